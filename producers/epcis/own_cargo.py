"""What the hub's events of cartons and consignments say in EPCIS (`own_meanings.py`). Pure."""

from typing import Any

from groupage.domain.events import consignment, unit
from groupage.domain.events.consignment import HoldType
from groupage.domain.own_urns import own_urn
from producers.epcis.own_parts import (
    Around,
    Meaning,
    Members,
    consignment_urns,
    container_epc,
    inside,
    measurement,
    objects,
    place,
    transaction,
    transactions,
    unit_epc,
)

_CONDITIONS = {"damaged": "damaged", "wet": "damaged", "wrong_marks": "mismatch_instance"}


def declare_unit_received(event: unit.UnitReceived, _: Around) -> Members:
    """Declare that a carton was counted in at the dock."""
    disposition = _CONDITIONS.get(event.condition, "in_progress")
    return {
        **objects("receiving", [unit_epc(event.unit_id)], disposition),
        **place(event.dock),
        **transactions(consignment=event.consignment_id, visit=event.visit_id),
    }


def declare_unit_measured(event: unit.UnitMeasured, _: Around) -> Members:
    """Declare size and mass of a carton as the reports of a sensor."""
    return {
        **objects("inspecting", [unit_epc(event.unit_id)]),
        **transactions(consignment=event.consignment_id),
        **measurement(size=event.size, gross_g=event.gross_g, device=event.device),
    }


def sighting_of_unit(step: str, field: str, disposition: str = "in_progress") -> Meaning:
    """Return the declaration of an event by which a carton is at a place."""

    def declare(event: Any, _: Around) -> Members:
        return {
            **objects(step, [unit_epc(event.unit_id)], disposition),
            **place(getattr(event, field)),
            **transactions(consignment=event.consignment_id),
        }

    return declare


def declare_units_repacked(event: unit.UnitRepacked, _: Around) -> Members | None:
    """Declare that cartons became others; None without either side."""
    if not (event.inputs and event.outputs):
        return None
    return {
        "type": "TransformationEvent",
        "inputEPCList": list(map(unit_epc, event.inputs)),
        "outputEPCList": list(map(unit_epc, event.outputs)),
        "bizStep": "repackaging",
        "disposition": "in_progress",
        **transactions(consignment=event.consignment_id),
        **measurement(size=event.size, gross_g=event.gross_g),
    }


def declare_unit_packed(event: unit.UnitPacked, _: Around) -> Members:
    """Declare that a carton was put into or onto another one."""
    return {
        **inside(
            "AggregationEvent",
            "ADD",
            "packing",
            unit_epc(event.parent_id),
            [unit_epc(event.unit_id)],
        ),
        **transactions(consignment=event.consignment_id),
    }


def declare_unit_unpacked(event: unit.UnitUnpacked, _: Around) -> Members:
    """Declare that a carton was taken out of its parent, or of any."""
    epcs = [unit_epc(event.unit_id)]
    if event.parent_id is None:
        members = objects("unpacking", epcs)
    else:
        parent = unit_epc(event.parent_id)
        members = inside("AggregationEvent", "DELETE", "unpacking", parent, epcs)
    return members | transactions(consignment=event.consignment_id)


def declare_unit_loaded(event: unit.UnitLoaded, _: Around) -> Members:
    """Declare that a carton was stowed in a container."""
    parent, epcs = container_epc(event.equipment_ref), [unit_epc(event.unit_id)]
    return {
        **inside("AggregationEvent", "ADD", "loading", parent, epcs),
        "disposition": "in_progress",
        **transactions(consignment=event.consignment_id, consolidation=event.consolidation_id),
    }


def declare_unit_unloaded(event: unit.UnitUnloaded, _: Around) -> Members:
    """Declare that a carton was taken out of a container."""
    parent, epcs = container_epc(event.equipment_ref), [unit_epc(event.unit_id)]
    return {
        **inside("AggregationEvent", "DELETE", "unloading", parent, epcs),
        **transactions(consignment=event.consignment_id),
    }


# --- consignments ---------------------------------------------------------------------------------
_DISCREPANCIES = {
    "damaged": "damaged",
    "marks": "mismatch_instance",
    "unfit": "non_conformant",
    "short": "mismatch_quantity",
    "over": "mismatch_quantity",
}
_HOLDS: dict[HoldType, str] = {
    "DAMAGE": "damaged",
    "MEASURE": "mismatch_quantity",
    "DOCS": "mismatch_class",
}


def _cartons(consignment_id: str, pieces: int) -> list[Members]:
    """Return a number of cartons of a consignment whose ids nobody named."""
    return [{"epcClass": own_urn("cartons", consignment_id), "quantity": pieces}]


def declare_announcement(event: consignment.AsnReceived, _: Around) -> Members:
    """Declare that an advance shipping notice names cartons."""
    own = transaction("consignment", event.consignment_id)
    return {
        "type": "TransactionEvent",
        "action": "ADD",
        "bizTransactionList": [{**own, "type": "desadv"}, own],
        "epcList": [unit_epc(each.unit_id) for each in event.units],
    }


def declare_discrepancy(event: consignment.ReceiptDiscrepancy, _: Around) -> Members:
    """Declare what the tally found. Nobody saw the cartons that are missing."""
    if event.discrepancy == "short":  # nobody saw the cartons that are missing
        urns = consignment_urns([event.consignment_id])
        members = objects("inspecting", urns, _DISCREPANCIES["short"])
        return members | transactions(consignment=event.consignment_id)
    members = objects(
        "inspecting", list(map(unit_epc, event.unit_ids)), _DISCREPANCIES[event.discrepancy]
    )
    if len(event.unit_ids) < event.pieces:
        rest = event.pieces - len(event.unit_ids)
        members["quantityList"] = _cartons(event.consignment_id, rest)
    return members | transactions(consignment=event.consignment_id)


def declare_tally(event: consignment.TallyCompleted, _: Around) -> Members:
    """Declare how many cartons the dock counted."""
    return {
        **objects("cycle_counting", [], quantityList=_cartons(event.consignment_id, event.pieces)),
        **transactions(consignment=event.consignment_id),
    }


def declare_consignment_returned(event: consignment.ConsignmentReturned, _: Around) -> Members:
    """Declare that the cargo went back to the merchant."""
    return {
        **objects("shipping", consignment_urns([event.consignment_id]), "returned"),
        **transactions(consignment=event.consignment_id),
    }


def declare_hold_placed(event: consignment.HoldPlaced, _: Around) -> Members:
    """Declare that a consignment is held, with the kind of hold."""
    return {
        **objects("holding", consignment_urns([event.consignment_id])),
        "persistentDisposition": {"set": [_HOLDS.get(event.hold, "unavailable")]},
        **transactions(consignment=event.consignment_id),
    }


def declare_hold_released(event: consignment.HoldReleased, around: Around) -> Members:
    """Declare that a hold ended, with its kind."""
    hold = event.hold or around.holds.get(event.hold_id or "", "DISPATCHER")
    return {
        **objects("holding", consignment_urns([event.consignment_id])),
        "persistentDisposition": {"unset": [_HOLDS.get(hold, "unavailable")]},
        **transactions(consignment=event.consignment_id),
    }
