"""Parameters whose names name a field: extensions, ILMD, quantities, sensor measures and times.

``EQ_ILMD_cbvmda:lotNumber=L7``, ``GE_value_CEL=8``, ``EXISTS_https://ns.example/#shift``.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from itertools import chain
from typing import Literal, NamedTuple, get_args

from groupage.app.api.query import WrongParameters, plus_hint
from groupage.contracts.captured_comparisons import Comparison, Operator
from groupage.contracts.captured_fields import (
    DECLARED,
    INNER,
    MEASURES,
    QUANTITY,
    SCOPES,
    SENSORS,
    TIMES,
    flat_name,
    instant_of,
    number_of,
)
from groupage.contracts.captured_terms import field_term, value_terms
from groupage.domain.namespaces import Namespaces
from groupage.serving.problems import WrongField

_OPERATIONS: dict[str, Operator] = {each: each for each in get_args(Operator)}
_COMPARED = re.compile(rf"({'|'.join(_OPERATIONS)})_(.+)", re.DOTALL)
_FIELD = re.compile(
    rf"({INNER})?(?:({'|'.join(scope for scope in SCOPES if scope)})_)?([^_].*[:#].+)", re.DOTALL
)
_MEASURE = re.compile(rf"({QUANTITY}|{'|'.join(MEASURES)})(?:_([0-9A-Z]{{2,3}}))?")
_TIMES = {
    **{name: name for name in TIMES},
    DECLARED: DECLARED,
    "errorDeclaration_Time": DECLARED,  # so in the standard's schema of queries
}
_WITHOUT_UNIT = frozenset((QUANTITY, "percRank"))
_MASTER_DATA = ("HASATTR_", "EQATTR_", "EQ_ATTR_")
_PREFIX = re.compile(r"[A-Za-z][\w.-]*")
_LENGTH_MAX = 1_000


class FieldQuery(NamedTuple):
    """What a parameter asks for: one of the terms, and the comparison."""

    terms: tuple[str, ...]
    comparison: Comparison | None = None


def is_field_parameter(name: str) -> bool:
    """Tell whether the name is of this kind; a wrong one of it, too."""
    return name.startswith(_MASTER_DATA) or _target(name) is not None


def is_single(name: str) -> bool:
    """Tell whether the parameter has one value, in which `|` stands for itself."""
    return name.startswith(("GT_", "GE_", "LT_", "LE_", "EXISTS_"))


def read_field_parameter(
    name: str, values: Sequence[str], namespaces: Namespaces
) -> FieldQuery | None:
    """Convert a parameter; None: it asks for nothing. Raises WrongParameters."""
    if name.startswith(_MASTER_DATA):
        raise _wrong(name, "no such parameter: the hub keeps no master data", name)
    if len(name) > _LENGTH_MAX:
        raise _wrong(name[:100], f"a name of at most {_LENGTH_MAX} characters", name[:100])
    compared, target = _target(name) or ("EXISTS", "")
    if compared == "EXISTS":
        return _existing(name, target, values, namespaces)
    if target in _TIMES:
        operands = [_instant(name, value) for value in values]
        return _compare("", (_TIMES[target],), compared, operands)
    if match := _MEASURE.fullmatch(target):
        measure, unit = match[1], match[2] or ""
        if not unit and measure not in _WITHOUT_UNIT:
            expected = f"{compared}_{measure}_UNIT, with a unit of UN/ECE Rec 20 like CEL or KGM"
            raise _wrong(name, expected, name)
        numbers = [_number(name, value) for value in values]
        return _compare("", (measure,), compared, numbers, unit)
    scope, names = _field(name, target, namespaces)
    if compared == "EQ":
        terms = [value_terms(scope, each, value) for each in names for value in values]
        return FieldQuery(tuple(dict.fromkeys(chain.from_iterable(terms))))
    return _compare(scope, names, compared, [_ordered(name, value) for value in values])


def _target(name: str) -> tuple[Operator | Literal["EXISTS"], str] | None:
    """Return the operation and the rest of the name; None: it is not of this kind."""
    if name.startswith("EXISTS_"):
        target = name.removeprefix("EXISTS_")
        return ("EXISTS", target) if target == SENSORS or _FIELD.fullmatch(target) else None
    match = _COMPARED.fullmatch(name)
    if match is None:
        return None
    target = match[2]
    compared = _OPERATIONS[match[1]]
    is_time = target in _TIMES and compared in ("GE", "LT")
    if is_time or _MEASURE.fullmatch(target) or _FIELD.fullmatch(target):
        return compared, target
    return None


def _existing(
    name: str, target: str, values: Sequence[str], namespaces: Namespaces
) -> FieldQuery | None:
    if values[0] not in ("", "true", "1", "false", "0"):
        raise _wrong(name, "true, or no value", values[0])
    if values[0] in ("false", "0"):
        return None
    if target == SENSORS:
        return FieldQuery((field_term("", SENSORS),))
    scope, names = _field(name, target, namespaces)
    return FieldQuery(tuple(field_term(scope, each) for each in names))


def _field(name: str, target: str, namespaces: Namespaces) -> tuple[str, tuple[str, ...]]:
    """Return the scope and the names that the parameter's field may have in events."""
    match = _FIELD.fullmatch(target)
    assert match is not None
    scope, field = (match[1] or "") + (match[2] or ""), match[3]
    if "#" in field:
        # Namespace, `#`, local name: so says the standard. The namespace may end with one itself.
        namespace, _, local = field.rpartition("#")
        return scope, (namespace + local, f"{namespace}#{local}")
    expanded = flat_name(field, namespaces)
    prefix = field.partition(":")[0]
    if expanded == field and _PREFIX.fullmatch(prefix) and not _is_iri(field):
        expected = (
            "a prefix that the query's @context or the header GS1-Extensions binds, or the "
            "namespace, # and the local name"
        )
        raise _wrong(name, expected, prefix)
    return scope, (expanded,)


def _is_iri(field: str) -> bool:
    return "://" in field or field.startswith("urn:")


def _compare(
    scope: str,
    names: tuple[str, ...],
    compared: Operator,
    operands: Sequence[Fraction | datetime],
    unit: str = "",
) -> FieldQuery:
    terms = tuple(field_term(scope, each) for each in names)
    comparison = Comparison(
        scope=scope, names=names, operator=compared, operands=tuple(operands), unit=unit
    )
    return FieldQuery(terms, comparison)


def _number(name: str, value: str) -> Fraction:
    number = number_of(value)
    if number is None:
        raise _wrong(name, "a number like 8 or -0.5", value)
    return number


def _instant(name: str, value: str) -> datetime:
    at = instant_of(value)
    if at is None:
        expected = "a time with its offset from UTC, like 2026-03-02T08:00:00Z" + plus_hint(value)
        raise _wrong(name, expected, value)
    return at


def _ordered(name: str, value: str) -> Fraction | datetime:
    number = number_of(value)
    operand = instant_of(value) if number is None else number
    if operand is None:
        expected = "a number, or a time with its offset from UTC" + plus_hint(value)
        raise _wrong(name, expected, value)
    return operand


def _wrong(field: str, expected: str, value: str) -> WrongParameters:
    return WrongParameters((WrongField(field=field, value=value[:200], expected=expected),))
