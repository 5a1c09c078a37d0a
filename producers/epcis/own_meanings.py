"""What each event of the hub says in EPCIS 2.0 and CBV 2.0: one declaration per event class. Pure.

A declaration is a function that returns the members of the EPCIS event, or the reason why EPCIS has
no place for the event. A public event class without one is an error when this module is imported.
`mapping.py` reads the events again; docs/formats/epcis.md says what is lost on the way.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from groupage.domain.catalogue import EVENTS
from groupage.domain.commands import Command
from groupage.domain.events import (
    consignment,
    consolidation,
    customs,
    equipment,
    planning,
    schedule,
    unit,
)
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import HoldType
from groupage.domain.own_urns import own_urn
from producers.epcis.own_parts import (
    Members,
    consignment_urns,
    container_epc,
    measurement,
    place,
    seal_urn,
    transaction,
    transactions,
    unit_epc,
)


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What other facts say about the aggregate of a fact."""

    equipment_ref: str = ""
    """The container of a consolidation."""
    consignment_ids: tuple[str, ...] = ()
    """Those that a declaration covers."""
    holds: Mapping[str, HoldType] = MappingProxyType({})
    """The kinds of a consignment's holds by their ids."""


Meaning: TypeAlias = Callable[[Any, Around], Members | None]
"""Returns the members of the EPCIS event; None: EPCIS has no place for what it says."""


def _objects(step: str, epcs: list[str], disposition: str = "", **more: Any) -> Members:
    """Return an observation of things."""
    event = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "epcList": epcs}
    return event | ({"disposition": disposition} if disposition else {}) | more


def _inside(kind: str, action: str, step: str, parent: str, children: list[str]) -> Members:
    event = {"type": kind, "action": action, "parentID": parent, "bizStep": step}
    return event | ({"childEPCs": children} if children else {})


# --- units ----------------------------------------------------------------------------------------
_CONDITIONS = {"damaged": "damaged", "wet": "damaged", "wrong_marks": "mismatch_instance"}


def _received(event: unit.UnitReceived, _: Around) -> Members:
    disposition = _CONDITIONS.get(event.condition, "in_progress")
    return {
        **_objects("receiving", [unit_epc(event.unit_id)], disposition),
        **place(event.dock),
        **transactions(consignment=event.consignment_id, visit=event.visit_id),
    }


def _measured(event: unit.UnitMeasured, _: Around) -> Members:
    return {
        **_objects("inspecting", [unit_epc(event.unit_id)]),
        **transactions(consignment=event.consignment_id),
        **measurement(size=event.size, gross_g=event.gross_g, device=event.device),
    }


def _seen_at(step: str, field: str, disposition: str = "in_progress") -> Meaning:
    """Return the declaration of an event by which a carton is at a place."""

    def declare(event: Any, _: Around) -> Members:
        return {
            **_objects(step, [unit_epc(event.unit_id)], disposition),
            **place(getattr(event, field)),
            **transactions(consignment=event.consignment_id),
        }

    return declare


def _repacked(event: unit.UnitRepacked, _: Around) -> Members | None:
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


def _packed(event: unit.UnitPacked, _: Around) -> Members:
    return {
        **_inside(
            "AggregationEvent",
            "ADD",
            "packing",
            unit_epc(event.parent_id),
            [unit_epc(event.unit_id)],
        ),
        **transactions(consignment=event.consignment_id),
    }


def _unpacked(event: unit.UnitUnpacked, _: Around) -> Members:
    epcs = [unit_epc(event.unit_id)]
    if event.parent_id is None:
        members = _objects("unpacking", epcs)
    else:
        parent = unit_epc(event.parent_id)
        members = _inside("AggregationEvent", "DELETE", "unpacking", parent, epcs)
    return members | transactions(consignment=event.consignment_id)


def _loaded(event: unit.UnitLoaded, _: Around) -> Members:
    parent, epcs = container_epc(event.equipment_ref), [unit_epc(event.unit_id)]
    return {
        **_inside("AggregationEvent", "ADD", "loading", parent, epcs),
        "disposition": "in_progress",
        **transactions(consignment=event.consignment_id, consolidation=event.consolidation_id),
    }


def _unloaded(event: unit.UnitUnloaded, _: Around) -> Members:
    parent, epcs = container_epc(event.equipment_ref), [unit_epc(event.unit_id)]
    return {
        **_inside("AggregationEvent", "DELETE", "unloading", parent, epcs),
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


def _announced(event: consignment.AsnReceived, _: Around) -> Members:
    own = transaction("consignment", event.consignment_id)
    return {
        "type": "TransactionEvent",
        "action": "ADD",
        "bizTransactionList": [{**own, "type": "desadv"}, own],
        "epcList": [unit_epc(each.unit_id) for each in event.units],
    }


def _discrepancy(event: consignment.ReceiptDiscrepancy, _: Around) -> Members:
    if event.discrepancy == "short":  # nobody saw the cartons that are missing
        urns = consignment_urns([event.consignment_id])
        members = _objects("inspecting", urns, _DISCREPANCIES["short"])
        return members | transactions(consignment=event.consignment_id)
    members = _objects(
        "inspecting", list(map(unit_epc, event.unit_ids)), _DISCREPANCIES[event.discrepancy]
    )
    if len(event.unit_ids) < event.pieces:
        rest = event.pieces - len(event.unit_ids)
        members["quantityList"] = _cartons(event.consignment_id, rest)
    return members | transactions(consignment=event.consignment_id)


def _tallied(event: consignment.TallyCompleted, _: Around) -> Members:
    return {
        **_objects("cycle_counting", [], quantityList=_cartons(event.consignment_id, event.pieces)),
        **transactions(consignment=event.consignment_id),
    }


def _returned(event: consignment.ConsignmentReturned, _: Around) -> Members:
    return {
        **_objects("shipping", consignment_urns([event.consignment_id]), "returned"),
        **transactions(consignment=event.consignment_id),
    }


def _held(event: consignment.HoldPlaced, _: Around) -> Members:
    return {
        **_objects("holding", consignment_urns([event.consignment_id])),
        "persistentDisposition": {"set": [_HOLDS.get(event.hold, "unavailable")]},
        **transactions(consignment=event.consignment_id),
    }


def _freed(event: consignment.HoldReleased, around: Around) -> Members:
    hold = event.hold or around.holds.get(event.hold_id or "", "DISPATCHER")
    return {
        **_objects("holding", consignment_urns([event.consignment_id])),
        "persistentDisposition": {"unset": [_HOLDS.get(hold, "unavailable")]},
        **transactions(consignment=event.consignment_id),
    }


# --- containers and trucks ------------------------------------------------------------------------
def _container(
    step: str, disposition: str = "", *, at: str = "", consolidation: bool = False
) -> Meaning:
    """Return the declaration of an event by which a container is seen."""

    def declare(event: Any, _: Around) -> Members:
        of = event.consolidation_id if consolidation else None
        return {
            **_objects(step, [container_epc(event.equipment_ref)], disposition),
            **(place(getattr(event, at)) if at else {}),
            **transactions(consolidation=of, voyage=getattr(event, "voyage_id", None)),
        }

    return declare


def _inspected(event: equipment.ContainerInspected, _: Around) -> Members:
    disposition = "conformant" if event.result == "fit" else "non_conformant"
    return _objects("inspecting", [container_epc(event.equipment_ref)], disposition)


def _seal(event: Any, action: str, step: str, disposition: str = "") -> Members:
    seals = [seal_urn(event.seal_no)] if event.seal_no else []
    members = _inside("AssociationEvent", action, step, container_epc(event.equipment_ref), seals)
    return members | ({"disposition": disposition} if disposition else {})


def _sealed(event: equipment.ContainerSealed, _: Around) -> Members:
    return {
        **_seal(event, "ADD", "installing", "container_closed"),
        **transactions(consolidation=event.consolidation_id),
    }


def _verified(event: equipment.VgmVerified, _: Around) -> Members:
    certificate = {"type": "cert", "bizTransaction": own_urn("vgm", event.equipment_ref)}
    named = transactions(consolidation=event.consolidation_id).get("bizTransactionList", [])
    return {
        **_objects("inspecting", [container_epc(event.equipment_ref)]),
        "bizTransactionList": [certificate, *named],
        **measurement(size=None, gross_g=event.gross_g, device=event.device),
    }


def _weighed(event: equipment.ContainerWeighed, _: Around) -> Members | None:
    if event.gross_g is None:
        return None
    return {
        **_objects("sensor_reporting", [container_epc(event.equipment_ref)]),
        **measurement(size=None, gross_g=event.gross_g),
    }


def _truck(event: equipment.TruckArrived, _: Around) -> Members:
    epcs = consignment_urns(event.consignment_ids) or [own_urn("visit", event.visit_id)]
    return {
        **_objects("arriving", epcs),
        **place(event.dock),
        **transactions(visit=event.visit_id),
    }


# --- consolidations, customs, voyages -------------------------------------------------------------
def _stuffing(event: Any, around: Around) -> Members:
    ref = getattr(event, "equipment_ref", "") or around.equipment_ref
    epc = container_epc(ref) if ref else own_urn("consolidation", event.consolidation_id)
    return {
        **_objects("packing", [epc], "container_open"),
        **place(event.door),
        **transactions(consolidation=event.consolidation_id),
    }


def _declared(event: customs.CustomsDeclared, _: Around) -> Members:
    return {
        "type": "TransactionEvent",
        "action": "ADD",
        **transactions(declaration=event.declaration_id),
        "epcList": consignment_urns(event.consignment_ids),
    }


def _customs(part: str, word: str) -> Meaning:
    """Return the declaration of an event by which customs hold or release what is declared."""

    def declare(event: Any, around: Around) -> Members:
        epcs = consignment_urns(around.consignment_ids)
        return {
            **_objects("holding", epcs or [own_urn("declaration", event.declaration_id)]),
            "persistentDisposition": {part: [word]},
            **transactions(declaration=event.declaration_id),
        }

    return declare


def _leg(step: str, disposition: str) -> Meaning:
    def declare(event: Any, _: Around) -> Members:
        return {
            **_objects(step, [own_urn("voyage", event.voyage_id)], disposition),
            **place(event.place),
            **transactions(leg=event.leg_id),
        }

    return declare


def _port_call(event: schedule.PortCallReported, _: Around) -> Members:
    arrives = event.movement == "ARRIVED"
    return {
        **_objects(
            "arriving" if arrives else "departing",
            [own_urn("voyage", event.voyage_id)],
            "" if arrives else "in_transit",
        ),
        **place(event.place),
    }


_PAPER = "a paper about goods; EPCIS tells where things are and what happens to them"
_PLAN = "a plan or a schedule; EPCIS tells what has happened"
_DECISION = "a decision of people about goods that stay where they are"
_MEANINGS: dict[type[Event], Meaning | str] = {
    unit.UnitReceived: _received,
    unit.UnitMeasured: _measured,
    unit.UnitStored: _seen_at("storing", "location"),
    unit.UnitMoved: _seen_at("transporting", "location"),
    unit.UnitRepacked: _repacked,
    unit.UnitPacked: _packed,
    unit.UnitUnpacked: _unpacked,
    unit.UnitStaged: _seen_at("staging_outbound", "door"),
    unit.UnitLoaded: _loaded,
    unit.UnitUnloaded: _unloaded,
    unit.UnitShipped: _seen_at("shipping", "place", "in_transit"),
    consignment.ConsignmentBooked: _PAPER,
    consignment.ConsignmentAmended: _PAPER,
    consignment.ConsignmentAccepted: _PAPER,
    consignment.ConsignmentRejected: _PAPER,
    consignment.ConsignmentCancelled: _PAPER,
    consignment.ConsignmentReturned: _returned,
    consignment.ConsignmentSplit: _PAPER,
    consignment.ConsignmentNoted: _PAPER,
    consignment.AsnReceived: _announced,
    consignment.ReceiptDiscrepancy: _discrepancy,
    consignment.DiscrepancyAccepted: _DECISION,
    consignment.TallyCompleted: _tallied,
    consignment.RerateAccepted: _DECISION,
    consignment.HoldPlaced: _held,
    consignment.HoldReleased: _freed,
    consignment.DgDeclared: _PAPER,
    consignment.DgApproved: _DECISION,
    consignment.DgRejected: _DECISION,
    equipment.ContainerReleased: _PAPER,
    equipment.ContainerPickedUp: _container("collecting"),
    equipment.ContainerGatedIn: _container("arriving", at="place"),
    equipment.ContainerInspected: _inspected,
    equipment.ContainerSealed: _sealed,
    equipment.ContainerUnsealed: lambda event, _: _seal(event, "DELETE", "removing"),
    equipment.ContainerResealed: lambda event, _: _seal(event, "ADD", "replacing"),
    equipment.VgmVerified: _verified,
    equipment.ContainerGatedOut: _container("departing", "in_transit", consolidation=True),
    equipment.ContainerWeighed: _weighed,
    equipment.ContainerMoved: _container("transporting", at="place"),
    equipment.ContainerBooked: _PAPER,
    equipment.ContainerOnBoard: _container("loading", "in_transit"),
    equipment.TruckArrived: _truck,
    customs.CustomsDeclared: _declared,
    customs.CustomsSelected: _customs("set", "unavailable"),
    customs.CustomsReleased: _customs("unset", "unavailable"),
    customs.CustomsRejected: _customs("set", "non_conformant"),
    schedule.SailingPublished: _PLAN,
    schedule.SailingChanged: _PLAN,
    schedule.CarrierBookingConfirmed: _PAPER,
    schedule.CarrierBookingRolled: _PAPER,
    schedule.LegDeparted: _leg("departing", "in_transit"),
    schedule.LegArrived: _leg("arriving", "in_progress"),
    schedule.EtaUpdated: _PLAN,
    schedule.PortCallReported: _port_call,
    consolidation.ConsolidationOpened: _PLAN,
    consolidation.ConsolidationBooked: _PAPER,
    consolidation.ConsolidationFrozen: _PAPER,
    consolidation.ConsolidationUnfrozen: _PAPER,
    consolidation.StuffingStarted: _stuffing,
    consolidation.StuffingCompleted: _stuffing,
    consolidation.ConsolidationRolled: _PLAN,
    consolidation.ConsolidationBrokenUp: "its cartons are unloaded by events of their own",
    consolidation.ConsolidationCancelled: _PLAN,
    planning.PlanApproved: _PLAN,
    planning.PlanRejected: _PLAN,
}


def _complete() -> tuple[dict[str, Meaning], dict[str, str]]:
    """Divide the declarations by event name. Raises TypeError if one is missing."""
    public = {
        name: event
        for name, event in EVENTS.items()
        if not event.internal and not issubclass(event, Command)
    }
    missing = sorted(name for name, event in public.items() if event not in _MEANINGS)
    if missing:
        raise TypeError(
            f"no meaning in EPCIS is declared for {', '.join(missing)}: add the members of the "
            "event, or the reason why it has none"
        )
    declared = {name: _MEANINGS[event] for name, event in public.items()}
    return (
        {name: each for name, each in declared.items() if not isinstance(each, str)},
        {name: each for name, each in declared.items() if isinstance(each, str)},
    )


MEANINGS, WITHOUT_MEANING = _complete()
"""Declarations by event name; the reasons of events that have no meaning in EPCIS."""
TYPES = tuple(sorted(MEANINGS))
