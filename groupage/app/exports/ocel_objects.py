"""Events as OCEL 2.0 sees them: attributes with simple values, and the objects that take part.

Each field of an event class is one or the other, by its name and type: `_TYPE_OF_FIELD` lists the
fields that hold ids of objects, `NOT_OBJECTS` the ids of things that are no objects. An id that is
in neither is an error when this module is imported, so that a new event cannot be forgotten.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias, get_args, get_origin

import msgspec

from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.quantities import EquipmentRef, Id, UnitId
from groupage.domain.fact import Fact

ValueType: TypeAlias = Literal["string", "time", "integer", "float", "boolean"]
Value: TypeAlias = str | int | float | bool | datetime

_TYPE_OF_FIELD: dict[str, str] = {
    "by_plan_id": "plan",
    "carrier_booking_id": "carrier_booking",
    "children": "consignment",
    "command_id": "command",
    "consignee": "party",
    "consignment_id": "consignment",
    "consignment_ids": "consignment",
    "consolidation_id": "consolidation",
    "declaration_id": "declaration",
    "equipment_ref": "container",
    "from_consolidation_id": "consolidation",
    "from_voyage_id": "voyage",
    "inputs": "unit",
    "lane_id": "lane",
    "leg_id": "leg",
    "others": "unit",
    "outputs": "unit",
    "owner_id": "consignment",
    "parent_id": "unit",
    "plan_id": "plan",
    "shipper": "party",
    "to_consolidation_id": "consolidation",
    "to_voyage_id": "voyage",
    "unit_id": "unit",
    "unit_ids": "unit",
    "visit_id": "visit",
    "voyage_id": "voyage",
}
"""Object types by the fields, also of structs inside events, that hold ids of objects."""
NOT_OBJECTS = frozenset(
    {
        "about",
        "alert_id",
        "by",
        "clock_id",
        "digest",
        "hold_id",
        "hub_id",
        "manifest_ref",
        "milestone",
        "old_seal_no",
        "place_id",
        "reference",
        "references",
        "request_id",
        "revises",
        "seal_no",
        "service_id",
        "wish_ids",
    }
)
"""Fields whose ids are attributes: what they name has no life of its own in the hub."""
OBJECT_TYPES = tuple(sorted({*_TYPE_OF_FIELD.values()}))
OBJECT_ATTRIBUTES: dict[str, frozenset[str]] = {
    "consignment": frozenset({"buyer", "incoterm", "mode", "pod", "pol", "priority"}),
    "container": frozenset({"iso_type", "seal_no", "tare_g"}),
    "consolidation": frozenset({"iso_type"}),
    "unit": frozenset({"gross_g", "location", "size_height_mm", "size_length_mm", "size_width_mm"}),
    "voyage": frozenset({"carrier", "eta_at", "etd_at", "pod", "pol", "service_id"}),
}
"""Attributes of an event that are, from then on, attributes of the object that it is about."""
_OF_FACT: dict[str, ValueType] = {
    "fact_source": "string",
    "fact_event_id": "string",
    "fact_classifier": "string",
    "fact_recorded_at": "time",
}
"""Attributes of the envelope that each event has."""


class Relation(NamedTuple):
    """An object that takes part in an event, and as what."""

    object_id: str
    """Type and id (``unit:00012345...``): ids of different types may be the same."""
    object_type: str
    qualifier: str


def object_id(object_type: str, id_: str) -> str:
    """Return the id of an object in the log."""
    return f"{object_type}:{id_}"


@cache
def attribute_types(event: type[Event]) -> dict[str, ValueType]:
    """Return the attributes of an event class by name."""
    return _OF_FACT | dict(_types_of(event, ""))


def attributes_of(fact: Fact) -> dict[str, Value]:
    """Return the fact's attributes: those of the event, flattened, and those of its envelope."""
    values: dict[str, Value] = {
        "fact_source": fact.source,
        "fact_event_id": fact.event_id,
        "fact_classifier": fact.classifier,
        "fact_recorded_at": fact.recorded_at,
    }
    values.update(_values_of(fact.data, ""))
    return values


def relations_of(fact: Fact) -> list[Relation]:
    """Return the objects of a fact: its subject and aggregate first, each once for a qualifier."""
    event = fact.data
    found: dict[Relation, None] = {}
    for name, id_ in _ids_in(event):
        object_type = _TYPE_OF_FIELD[name]
        qualifier = name.removesuffix("_ids").removesuffix("_id")
        found[Relation(object_id(object_type, id_), object_type, qualifier)] = None
    kind = event.aggregate_kind
    if kind in OBJECT_TYPES and all(relation.object_type != kind for relation in found):
        found[Relation(object_id(kind, fact.key), kind, kind)] = None
    return list(found)


def subject_of(fact: Fact) -> Relation | None:
    """Return the object that the event is about; None: it is about no object."""
    event = fact.data
    name = type(event).subject_field or type(event).key_field
    object_type = _TYPE_OF_FIELD.get(name)
    if object_type is None:
        return None
    return Relation(object_id(object_type, event.subject), object_type, "")


# --- fields ---------------------------------------------------------------------------------------


def _types_of(struct: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, ValueType]]:
    for field in msgspec.structs.fields(struct):
        name = prefix + field.name
        if _holds_ids(field.type) and field.name in _TYPE_OF_FIELD:
            continue
        if inner := _struct_of(field.type):
            yield from _types_of(inner, f"{name}_")
        else:
            yield name, _value_type(field.type)


@cache
def _names_of(struct: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """Return the name of each field, and whether it holds ids of objects."""
    return tuple(
        (field.name, field.name in _TYPE_OF_FIELD and _holds_ids(field.type))
        for field in msgspec.structs.fields(struct)
    )


def _values_of(struct: msgspec.Struct, prefix: str) -> Iterator[tuple[str, Value]]:
    for field, holds_objects in _names_of(type(struct)):
        value = getattr(struct, field)
        name = prefix + field
        if value is None or holds_objects:
            continue
        if isinstance(value, msgspec.Struct):
            yield from _values_of(value, f"{name}_")
        elif isinstance(value, tuple | list | dict | frozenset):
            if value:
                yield name, msgspec.json.encode(value).decode()
        else:
            yield name, value


def _ids_in(struct: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yield (field, id) of each object that the struct names, also in structs inside."""
    for field, holds_objects in _names_of(type(struct)):
        value = getattr(struct, field)
        if not value:
            continue
        if holds_objects:
            for id_ in value if isinstance(value, tuple) else (value,):
                yield field, id_
        elif isinstance(value, msgspec.Struct):
            yield from _ids_in(value)
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, msgspec.Struct):
                    yield from _ids_in(item)


_ID_METAS = tuple(get_args(hint)[1] for hint in (Id, UnitId, EquipmentRef))


@cache
def _holds_ids(hint: Any) -> bool:
    """Tell whether the type is that of an id, or of several."""
    if any(meta in _ID_METAS for meta in getattr(hint, "__metadata__", ())):
        return True
    return not _is_struct(hint) and any(_holds_ids(part) for part in get_args(hint))


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _struct_of(hint: Any) -> type[msgspec.Struct] | None:
    """Return the struct of a field that holds one, or None; None for lists of structs."""
    if _is_struct(hint):
        return hint  # type: ignore[no-any-return]
    if get_origin(hint) in (tuple, list, dict, frozenset):
        return None
    return next((each for each in get_args(hint) if _is_struct(each)), None)


def _value_type(hint: Any) -> ValueType:
    plain = {_plain(part) for part in _alternatives(hint)} - {type(None)}
    for python, name in _VALUE_TYPES.items():
        if plain == {python}:
            return name
    return "string"


_VALUE_TYPES: dict[type, ValueType] = {
    bool: "boolean",
    int: "integer",
    float: "float",
    datetime: "time",
}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    if hasattr(hint, "__metadata__"):
        return _alternatives(hint.__origin__)
    if get_origin(hint) is Literal or get_origin(hint) in (tuple, list, dict, frozenset):
        return (str,)
    arguments = get_args(hint)
    return tuple(part for each in arguments for part in _alternatives(each)) or (hint,)


def _plain(hint: Any) -> Any:
    return getattr(hint, "__origin__", hint)


def _require_known_ids() -> None:
    unknown = {
        f"{event.name}.{field}"
        for event in EVENTS.values()
        for field in _id_fields(event)
        if field not in _TYPE_OF_FIELD and field not in NOT_OBJECTS
    }
    if unknown:
        raise TypeError(f"ids that are neither objects nor attributes in OCEL: {sorted(unknown)}")


def _id_fields(struct: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(struct):
        if _holds_ids(field.type):
            yield field.name
        for inner in _structs_in(field.type):
            yield from _id_fields(inner)


def _structs_in(hint: Any) -> Iterator[type[msgspec.Struct]]:
    if _is_struct(hint):
        yield hint
    else:
        for part in get_args(hint):
            yield from _structs_in(part)


_require_known_ids()
