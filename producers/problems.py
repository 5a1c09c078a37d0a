"""An error of a field: where, the value, what would be right. Every ingest reports errors so."""

import json
from typing import Any

import msgspec

from groupage.domain.words import error_text

_VALUE_LENGTH_MAX = 200


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One error. `field` is a path (``data.size.length_mm``, ``row 7, column 毛重``)."""

    field: str
    value: Any
    expected: str

    @property
    def message(self) -> str:
        """Write the error in one line."""
        return error_text(self.field, self.value, expected=self.expected)


class StatedProblem(FieldProblem, frozen=True, kw_only=True):
    """An error or a question whose `expected` is a whole sentence about the value."""

    @property
    def message(self) -> str:
        """Write the sentence behind its place."""
        return f"{self.field}: {self.expected}"


def abbreviate(value: object) -> object:
    """Shorten a value from outside so that a response may repeat it."""
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, bytes):
        value = value[: _VALUE_LENGTH_MAX + 1].decode("utf-8", "replace")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_LENGTH_MAX else text[:_VALUE_LENGTH_MAX] + "…"
