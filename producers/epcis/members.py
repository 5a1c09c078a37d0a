"""Members of GS1's types, and the forms of their values, after GS1's JSON Schema of EPCIS 2.0."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from groupage.domain.namespaces import Namespaces
from groupage.domain.near_names import did_you_mean

_COMMON = """@context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo
errorDeclaration bizStep disposition readPoint bizLocation bizTransactionList sourceList
destinationList sensorElementList"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _event(text: str) -> frozenset[str]:
    return _names(f"{_COMMON} {text}")


MEMBERS: Mapping[str, frozenset[str]] = {
    "ObjectEvent": _event("action epcList quantityList persistentDisposition ilmd"),
    "AggregationEvent": _event("action parentID childEPCs childQuantityList"),
    "TransactionEvent": _event("action parentID epcList quantityList"),
    "TransformationEvent": _event(
        """inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID
        persistentDisposition ilmd"""
    ),
    "AssociationEvent": _event("action parentID childEPCs childQuantityList"),
    "errorDeclaration": _names("declarationTime reason correctiveEventIDs"),
    "persistentDisposition": _names("set unset"),
    "quantityElement": _names("epcClass quantity uom"),
    "bizTransaction": _names("type bizTransaction"),
    "source": _names("type source"),
    "destination": _names("type destination"),
    "readPoint": _names("id"),
    "bizLocation": _names("id"),
    "sensorElement": _names("sensorMetadata sensorReport"),
    "sensorMetadata": _names(
        "time deviceID deviceMetadata rawData startTime endTime dataProcessingMethod bizRules"
    ),
    "sensorReport": _names(
        """type exception deviceID deviceMetadata rawData dataProcessingMethod bizRules time
        microorganism chemicalSubstance coordinateReferenceSystem value component stringValue
        booleanValue hexBinaryValue uriValue minValue maxValue meanValue sDev percRank percValue
        uom"""
    ),
}
EVENT_TYPES = tuple(name for name in MEMBERS if name.endswith("Event"))
_CLOSED = frozenset(
    ("persistentDisposition", "quantityElement", "bizTransaction", "source", "destination")
)
"""Types that the standard gives no place for extensions."""
COMMENTS = frozenset(("rdfs:comment", "comment"))


class Unknown(NamedTuple):
    """A member that its type does not have."""

    name: str
    expected: str


def is_extension(name: str, namespaces: Namespaces) -> bool:
    """Tell whether a name has a namespace, or is a term of the document's @context."""
    return ":" in name or namespaces.defines(name)


def find_unknown(kind: str, value: Mapping[str, Any], names: Namespaces) -> Iterator[Unknown]:
    """Find the members of an object of GS1's type `kind` that this type does not have."""
    known = MEMBERS[kind]
    for name in value:
        if name in known or name in COMMENTS:
            continue
        if kind in _CLOSED:
            listed = ", ".join(sorted(known))
            yield Unknown(name, f"no such member: a {kind} has {listed}{did_you_mean(name, known)}")
        elif not is_extension(name, names):
            yield Unknown(
                name,
                f"a member of {kind} in EPCIS 2.0, or a name with its namespace"
                f"{did_you_mean(name, known)}",
            )


URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
UNIT = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)


def is_uri(value: object) -> bool:
    """Tell whether it is a URI, or a compact one."""
    return isinstance(value, str) and URI.fullmatch(value) is not None


def is_number(value: object) -> bool:
    """Tell whether it is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_hex(value: object) -> bool:
    """Tell whether it is binary data in hex."""
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


URI_FIELDS = _names(
    """deviceID deviceMetadata rawData dataProcessingMethod bizRules microorganism
    chemicalSubstance coordinateReferenceSystem uriValue"""
)
NUMBER_FIELDS = _names("value minValue maxValue meanValue sDev percRank percValue")
TIME_FIELDS = _names("time startTime endTime")
"""Of sensor metadata and sensor reports."""
