"""Fields of a captured EPCIS event that a query may name: extensions, measures, times.

A field has a scope, which is a part of the names of the standard's parameters: `EQ_ILMD_…` asks
for fields of the scope ``ILMD``, `EQ_INNER_ILMD_…` for those that lie deeper in one. The name of an
extension is its namespace and its local name as one text, the same from JSON and XML.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from groupage.contracts.instants import read_instant
from groupage.domain.namespaces import Namespaces

INNER = "INNER_"
SCOPES = (
    "",
    "ILMD",
    "ERROR_DECLARATION",
    "SENSORELEMENT",
    "SENSORMETADATA",
    "SENSORREPORT",
    "readPoint",
    "bizLocation",
)
"""Of extensions."""
QUANTITY = "quantity"
MEASURES = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue", "percRank")
"""Numbers of a sensor report."""
TIMES = ("time", "startTime", "endTime")
DECLARED = "errorDeclarationTime"
SENSORS = "sensorElementList"
_QUANTITY_LISTS = (
    "quantityList",
    "childQuantityList",
    "inputQuantityList",
    "outputQuantityList",
)
_DEPTH_MAX = 64
_TEXT = "#text"
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
"""A text with other zeros in front is an id: lot 007 is not lot 7."""
_BITS_MAX = 100
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]", re.ASCII)


class Field(NamedTuple):
    """A field with one of its values; None: it has fields of its own."""

    scope: str
    name: str
    value: str | int | float | bool | None
    unit: str = ""


def fields_of(event: dict[str, Any], names: Namespaces) -> Iterator[Field]:
    """Return the fields that queries may name; `names` has the prefixes of the event's names."""
    yield from _extensions("", event, names)
    if isinstance(ilmd := event.get("ilmd"), dict):
        for name, content in ilmd.items():
            yield from _tree("ILMD", name, content, names)
    if isinstance(declaration := event.get("errorDeclaration"), dict):
        yield from _extensions("ERROR_DECLARATION", declaration, names)
        yield from _value("", DECLARED, declaration.get("declarationTime"))
    for place in ("readPoint", "bizLocation"):
        if isinstance(content := event.get(place), dict):
            yield from _extensions(place, content, names)
    for member in _QUANTITY_LISTS:
        for item in _objects(event.get(member)):
            yield from _value("", QUANTITY, item.get("quantity"), item.get("uom"))
    if SENSORS in event:
        yield Field("", SENSORS, None)
    for element in _objects(event.get(SENSORS)):
        yield from _sensor_fields(element, names)


def flat_name(name: str, names: Namespaces) -> str:
    """Return the name with its namespace written out."""
    return names.expand_name(name).removeprefix("{").replace("}", "", 1)


def number_of(value: object) -> Fraction | None:
    """Return the number that a value is, or that a text shows; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value.bit_length() > _BITS_MAX:
        return None
    text = str(value)
    return Fraction(Decimal(text)) if _NUMBER.fullmatch(text) else None


def instant_of(value: object) -> datetime | None:
    """Return the instant that a text shows; None: it shows none."""
    if not isinstance(value, str) or not _TIME.match(value):
        return None
    at = read_instant(value)
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)


def forms_of(value: object) -> Iterator[str]:
    """Return the texts by which a value is compared: as it is, as a number, as an instant."""
    if isinstance(value, bool):
        yield str(value).lower()
        return
    if isinstance(value, str):
        yield value
    if (number := number_of(value)) is not None:
        yield f"number\n{number}"
    elif (at := instant_of(value)) is not None:
        yield f"time\n{at.isoformat()}"


def _sensor_fields(element: dict[str, Any], names: Namespaces) -> Iterator[Field]:
    yield from _extensions("SENSORELEMENT", element, names)
    if isinstance(metadata := element.get("sensorMetadata"), dict):
        yield from _extensions("SENSORMETADATA", metadata, names)
        for name in TIMES:
            yield from _value("", name, metadata.get(name))
    for report in _objects(element.get("sensorReport")):
        yield from _extensions("SENSORREPORT", report, names)
        yield from _value("", "time", report.get("time"))
        for name in MEASURES:
            yield from _value("", name, report.get(name), report.get("uom"))


def _extensions(scope: str, members: dict[str, Any], names: Namespaces) -> Iterator[Field]:
    for name, content in members.items():
        if ":" in name or names.defines(name):
            yield from _tree(scope, name, content, names)


def _tree(
    scope: str, name: str, content: Any, names: Namespaces, depth: int = 0
) -> Iterator[Field]:
    for item in content if isinstance(content, list) else (content,):
        if isinstance(item, dict):
            yield Field(scope, flat_name(name, names), _plain(item.get(_TEXT)))
            inner = scope if scope.startswith(INNER) else INNER + scope
            for member, value in item.items():
                if member not in (_TEXT, "@context") and depth < _DEPTH_MAX:
                    yield from _tree(inner, member, value, names, depth + 1)
        elif not isinstance(item, list):
            yield Field(scope, flat_name(name, names), _plain(item))


def _value(scope: str, name: str, value: Any, unit: Any = "") -> Iterator[Field]:
    if (plain := _plain(value)) is not None:
        yield Field(scope, name, plain, unit if isinstance(unit, str) else "")


def _plain(value: Any) -> str | int | float | bool | None:
    return value if isinstance(value, str | int | float) else None


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
