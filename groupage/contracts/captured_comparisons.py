"""Comparisons that no term answers: numbers, instants and patterns of EPCs of a captured event.

A comparison looks at events one by one. The term of the field (`captured_terms.field_term`) leaves
the events that have it.
"""

import operator
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import msgspec

from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_fields import Field, fields_of, instant_of, number_of
from groupage.contracts.captured_terms import epcs_of
from groupage.domain.namespaces import Namespaces
from groupage.domain.rec20 import convert

Operator = Literal["EQ", "GT", "GE", "LT", "LE"]
_OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}
_DIFFERENCES = frozenset(("sDev",))


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A field that an event must have, with a value that compares so to one of `operands`."""

    scope: str
    names: tuple[str, ...]
    """Any of them."""
    operator: Operator
    operands: tuple[Fraction | datetime, ...]
    unit: str = ""
    """Of the operands; values in other units are converted. Empty: units do not count."""

    def matches(self, event: "_Event") -> bool:
        """Tell whether one of an event's fields is such a field."""
        return any(
            self._compares(field)
            for field in event.fields
            if field.scope == self.scope and field.name in self.names
        )

    def _compares(self, field: Field) -> bool:
        compare = _OPERATORS[self.operator]
        value = self._number(field)
        at = instant_of(field.value) if value is None else None
        return any(
            (at is not None and compare(at, operand))
            if isinstance(operand, datetime)
            else (value is not None and compare(value, operand))
            for operand in self.operands
        )

    def _number(self, field: Field) -> Fraction | None:
        number = number_of(field.value)
        if number is None or not self.unit:
            return number
        is_difference = field.name in _DIFFERENCES
        return convert(number, field.unit, self.unit, difference=is_difference)


class EpcMatch(msgspec.Struct, frozen=True, kw_only=True):
    """EPCs of an event of which one must match one of the expressions."""

    names: tuple[str, ...]
    """Of the terms of the EPCs' fields."""
    expressions: tuple[str, ...]
    """Over canonical ids; each matches the whole of one."""

    def matches(self, event: "_Event") -> bool:
        """Tell whether one of the event's EPCs matches."""
        compiled = re.compile("|".join(f"(?:{each})" for each in self.expressions), re.DOTALL)
        return any(compiled.fullmatch(each) for each in epcs_of(event.expanded, self.names))


class _Event:
    """What comparisons look at, derived once they do."""

    def __init__(self, members: dict[str, Any], names: Namespaces) -> None:
        self._members = members
        self._names = names

    @cached_property
    def fields(self) -> list[Field]:
        return list(fields_of(self._members, self._names))

    @cached_property
    def expanded(self) -> dict[str, Any]:
        expanded: dict[str, Any] = self._names.expand_members(self._members)
        return expanded


def meets_all(event: CapturedEvent, comparisons: Sequence[Comparison | EpcMatch]) -> bool:
    """Tell whether an event meets all comparisons. Never fails: see `captured_terms.terms_of`."""
    if not comparisons:
        return True
    try:
        members = msgspec.json.decode(event.body)
        context = msgspec.json.decode(event.context or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not isinstance(members, dict):
        return False
    names = Namespaces().with_context(context).with_context(members.get("@context"))
    compared = _Event(members, names)
    try:
        return all(comparison.matches(compared) for comparison in comparisons)
    except RecursionError:
        return False
