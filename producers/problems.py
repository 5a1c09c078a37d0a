"""What is wrong with a field: where, what was found, what would be right. Used by every way in."""

from typing import Any

import msgspec

_VALUE_LENGTH_MAX = 200


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One error. `field` is a path (``data.size.length_mm``, ``row 7, column 毛重``)."""

    field: str
    value: Any
    expected: str

    @property
    def message(self) -> str:
        """For people, in one line."""
        return f"{self.field}: {self.value!r} is not right; expected {self.expected}"


def shown(value: object) -> object:
    """A value from outside, short enough to repeat in an answer."""
    if isinstance(value, bool | int | float | None):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _VALUE_LENGTH_MAX else text[:_VALUE_LENGTH_MAX] + "…"
