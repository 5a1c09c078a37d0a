"""Mapping of an EPCIS event to events of the hub. Pure. Raises Unmapped with a reason.

| EPCIS 2.0 | groupage |
|---|---|
| Object, by bizStep, per EPC | `units.py`: received, measured, stored, moved, staged, shipped … |
| Object holding; persistentDisposition | hold.placed, hold.released (needs the consignment) |
| Aggregation ADD, parent a container | unit.loaded, for each child |
| Aggregation ADD, other parent | unit.packed, for each child; a container: on_board |
| Aggregation DELETE | unit.unloaded or unit.unpacked, for each child |
| Aggregation OBSERVE | as Object for parent and children, then as ADD for the children |
| Transformation | unit.repacked |
| Association, parent a container | ADD container.sealed (replacing: resealed), DELETE unsealed |
| Transaction with a desadv | asn.received |
"""

from urllib.parse import unquote

from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    AnnouncedUnit,
    AsnReceived,
    HoldPlaced,
    HoldReleased,
    HoldType,
    ReceiptDiscrepancy,
)
from groupage.domain.events.equipment import (
    ContainerOnBoard,
    ContainerResealed,
    ContainerSealed,
    ContainerUnsealed,
)
from groupage.domain.events.unit import (
    UnitLoaded,
    UnitPacked,
    UnitRepacked,
    UnitUnloaded,
    UnitUnpacked,
)
from producers.dead_letters import QuarantineCode
from producers.epcis.observation import Observation
from producers.epcis.units import container_event, unit_event
from producers.epcis.unmapped import Unmapped

_INSIDE_STEPS = frozenset(("packing", "repackaging", "loading"))
_RESEAL_STEPS = frozenset(("replacing", "repairing"))
_HOLDS: dict[str, HoldType] = {
    "damaged": "DAMAGE",
    "needs_replacement": "DAMAGE",
    "mismatch_quantity": "MEASURE",
    "mismatch_class": "DOCS",
    "mismatch_instance": "DOCS",
    "no_pedigree_match": "DOCS",
}


def events_of(seen: Observation) -> list[Event]:
    """Map an EPCIS event to at least one event of the hub. Raises Unmapped."""
    match seen.kind:
        case "ObjectEvent":
            return _map_object_event(seen)
        case "AggregationEvent":
            return _map_aggregation(seen)
        case "TransformationEvent":
            return _map_transformation(seen)
        case "AssociationEvent":
            return _map_association(seen)
        case "TransactionEvent":
            return _map_transaction(seen)
        case _:
            raise Unmapped(
                QuarantineCode.UNKNOWN_EVENT_TYPE,
                f"the hub acts on events of EPCIS 2.0 only, not on {seen.kind}",
            )


def _map_object_event(seen: Observation) -> list[Event]:
    if seen.action == "DELETE":
        raise Unmapped(
            QuarantineCode.OBJECT_DELETED, "the hub has no event for the end of an object's life"
        )
    held = _holds(seen)
    if seen.step == "holding":
        if not held:
            raise Unmapped(
                QuarantineCode.NO_CONSIGNMENT, "holding needs the consignment; name its GINC"
            )
        return held
    return [*_map_objects(seen, seen.units, seen.containers), *held]


def _map_objects(
    seen: Observation, units: tuple[str, ...], containers: tuple[str, ...]
) -> list[Event]:
    if not units and not containers:
        what = "only quantities of a class" if seen.by_class else "no logistic unit or container"
        raise Unmapped(
            QuarantineCode.NO_LOGISTIC_UNIT, f"{seen.step or seen.kind}: the event names {what}"
        )
    if damage := _damage(seen, units):
        return damage
    return [
        *(container_event(seen, ref) for ref in containers),
        *(unit_event(seen, unit_id) for unit_id in units),
    ]


def _damage(seen: Observation, units: tuple[str, ...]) -> list[Event]:
    """Map an inspection that measures nothing and finds damage, if it names the consignment."""
    found = seen.step == "inspecting" and not seen.measurement.any_report and units
    if not found or seen.consignment_id is None or seen.disposition != "damaged":
        return []
    return [
        ReceiptDiscrepancy(
            consignment_id=seen.consignment_id,
            discrepancy="damaged",
            pieces=len(units),
            unit_ids=units,
        )
    ]


def _holds(seen: Observation) -> list[Event]:
    """Map dispositions to holds, with the disposition in the hold's id for its release."""
    if seen.consignment_id is None:
        return []
    placed = seen.holds_set
    if seen.step == "holding" and not placed and not seen.holds_unset:
        placed = (seen.disposition or "holding",)
    elif seen.step != "holding":
        placed = tuple(word for word in placed if word in _HOLDS)
    return [
        *(
            HoldPlaced(
                consignment_id=seen.consignment_id,
                hold_id=f"epcis:{word}",
                hold=_HOLDS.get(word, "DISPATCHER"),
                by="EPCIS",
                reason=word,
            )
            for word in placed
        ),
        *(
            HoldReleased(
                consignment_id=seen.consignment_id, hold_id=f"epcis:{word}", by="EPCIS", reason=word
            )
            for word in seen.holds_unset
            if seen.step == "holding" or word in _HOLDS
        ),
    ]


def _map_aggregation(seen: Observation) -> list[Event]:
    children = len(seen.units) + len(seen.containers)
    if seen.action == "OBSERVE" and seen.step not in _INSIDE_STEPS:
        return _map_observed_aggregation(seen)
    if seen.parent is None:
        raise Unmapped(QuarantineCode.NO_PARENT, "the aggregation names no parent")
    if not children:
        raise Unmapped(
            QuarantineCode.CHILDREN_UNNAMED,
            f"{seen.action} on {seen.parent.id} without serialised children: name each of them",
        )
    return _map_unpacking(seen) if seen.action == "DELETE" else _map_packing(seen)


def _map_observed_aggregation(seen: Observation) -> list[Event]:
    parent = seen.parent
    units, containers = seen.units, seen.containers
    if parent is not None and parent.is_container:
        containers = (parent.id, *containers)
    elif parent is not None and parent.scheme not in ("sgln", "gsrn"):
        units = (parent.id, *units)
    events = _map_objects(seen, units, containers)
    inside = _map_packing(seen) if parent is not None and (seen.units or seen.containers) else []
    return [*events, *inside]


def _map_packing(seen: Observation) -> list[Event]:
    parent = seen.parent
    if parent is None:
        return []
    on_board: list[Event] = [ContainerOnBoard(equipment_ref=ref) for ref in seen.containers]
    if parent.is_container:
        return [
            *on_board,
            *(
                UnitLoaded(
                    unit_id=unit_id,
                    consignment_id=seen.consignment_id,
                    equipment_ref=parent.id,
                    consolidation_id=seen.own_ids.get("consolidation"),
                )
                for unit_id in seen.units
            ),
        ]
    return [
        *on_board,
        *(
            UnitPacked(unit_id=unit_id, consignment_id=seen.consignment_id, parent_id=parent.id)
            for unit_id in seen.units
        ),
    ]


def _map_unpacking(seen: Observation) -> list[Event]:
    parent = seen.parent
    if parent is None or not seen.units:
        raise Unmapped(
            QuarantineCode.NO_LOGISTIC_UNIT,
            "only containers are removed; the hub has no event for that",
        )
    if parent.is_container:
        return [
            UnitUnloaded(
                unit_id=unit_id,
                consignment_id=seen.consignment_id,
                equipment_ref=parent.id,
                reason=seen.disposition,
            )
            for unit_id in seen.units
        ]
    return [
        UnitUnpacked(unit_id=unit_id, consignment_id=seen.consignment_id, parent_id=parent.id)
        for unit_id in seen.units
    ]


def _map_transformation(seen: Observation) -> list[Event]:
    if not seen.inputs or not seen.outputs:
        raise Unmapped(
            QuarantineCode.INPUTS_OR_OUTPUTS_ONLY_BY_CLASS,
            "a repack needs at least one serialised input and output; classes have no state",
        )
    measurement = seen.measurement
    return [
        UnitRepacked(
            unit_id=seen.outputs[0],
            consignment_id=seen.consignment_id,
            inputs=seen.inputs,
            outputs=seen.outputs,
            size=measurement.size if len(seen.outputs) == 1 else None,
            gross_g=measurement.gross_g if len(seen.outputs) == 1 else None,
        )
    ]


def _map_association(seen: Observation) -> list[Event]:
    parent = seen.parent
    if parent is None or not parent.is_container:
        raise Unmapped(
            QuarantineCode.ASSOCIATION_WITHOUT_CONTAINER,
            "the hub reads associations of a seal with a container (urn:epc:id:bic:…)",
        )
    if not seen.units:
        raise Unmapped(QuarantineCode.CHILDREN_UNNAMED, f"the seal on {parent.id} has no number")
    seal_no = unquote(_number(seen.units[0]))
    if seen.action == "OBSERVE":
        raise Unmapped(
            QuarantineCode.SEAL_ONLY_SEEN,
            f"seal {seal_no} was seen on {parent.id}; ADD says that it went on",
        )
    reason = seen.disposition or seen.step
    if seen.action == "DELETE":
        return [ContainerUnsealed(equipment_ref=parent.id, seal_no=seal_no, reason=reason)]
    if seen.step in _RESEAL_STEPS:
        return [ContainerResealed(equipment_ref=parent.id, seal_no=seal_no, reason=reason)]
    return [
        ContainerSealed(
            equipment_ref=parent.id,
            seal_no=seal_no,
            consolidation_id=seen.own_ids.get("consolidation"),
        )
    ]


def _map_transaction(seen: Observation) -> list[Event]:
    if seen.action == "DELETE":
        raise Unmapped(
            QuarantineCode.TRANSACTION_NOT_OF_A_HUB,
            "the hub has no event for the end of a transaction",
        )
    if "desadv" not in seen.transactions:
        if seen.step and (seen.units or seen.containers):
            return _map_objects(seen, seen.units, seen.containers)
        raise Unmapped(
            QuarantineCode.TRANSACTION_NOT_OF_A_HUB,
            "the hub reads despatch advices (type desadv) and no other transactions",
        )
    if not seen.units:
        raise Unmapped(
            QuarantineCode.NO_LOGISTIC_UNIT, "the despatch advice names no logistic unit"
        )
    return [
        AsnReceived(
            consignment_id=seen.consignment_id or _reference(seen),
            units=tuple(AnnouncedUnit(unit_id=unit_id) for unit_id in seen.units),
        )
    ]


def _reference(seen: Observation) -> str:
    """Return the number of the purchase order, or of the despatch advice, as consignment id."""
    return _number(seen.transactions.get("po") or seen.transactions["desadv"])


def _number(uri: str) -> str:
    """Return the number at the end of a URI: that of an order, or the one stamped on a seal."""
    return uri.rstrip("/").replace("/", ":").rpartition(":")[2] or uri
