"""The parts of a DCSA event that follow from the hub's event. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentAccepted,
    ConsignmentAmended,
    ConsignmentBooked,
    ConsignmentCancelled,
    ConsignmentEvent,
    ConsignmentRejected,
    HoldPlaced,
    HoldReleased,
    HoldType,
)
from groupage.domain.events.consolidation import StuffingCompleted
from groupage.domain.events.customs import (
    CustomsDeclared,
    CustomsRejected,
    CustomsReleased,
    CustomsSelected,
    DeclarationEvent,
)
from groupage.domain.events.equipment import (
    ContainerEvent,
    ContainerGatedIn,
    ContainerGatedOut,
    ContainerInspected,
    ContainerPickedUp,
    ContainerResealed,
    ContainerSealed,
)
from producers.dcsa.shipments import CONSOLIDATION_URN, DOCUMENT_OF_HOLD, FORWARDER
from producers.dcsa.vocabulary import SEAL_TYPES
from producers.epcis.observation import CONSIGNMENT_URN

_SHIPMENT_EVENTS: tuple[type[Event], ...] = (
    ConsignmentBooked,
    ConsignmentAmended,
    ConsignmentAccepted,
    ConsignmentRejected,
    ConsignmentCancelled,
    HoldPlaced,
    HoldReleased,
    CustomsDeclared,
    CustomsRejected,
)
_EQUIPMENT_EVENTS: tuple[type[Event], ...] = (
    CustomsSelected,
    CustomsReleased,
    ContainerPickedUp,
    ContainerGatedIn,
    ContainerInspected,
    StuffingCompleted,
    ContainerSealed,
    ContainerResealed,
    ContainerGatedOut,
)
EVENT_TYPE_OF: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((event.name for event in _SHIPMENT_EVENTS), "SHIPMENT")
    | dict.fromkeys((event.name for event in _EQUIPMENT_EVENTS), "EQUIPMENT")
)
"""Names of the events that become DCSA events, and the types of these."""
_SEAL_LENGTH_MAX = 15
_REFERENCES_MAX = 1_000


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What other facts say about the aggregate of a fact."""

    equipment_ref: str = ""
    """The container of a consolidation."""
    carrier_booking_id: str = ""
    """The carrier's booking of a container or consolidation."""
    consignment_ids: tuple[str, ...] = ()
    """Those that a declaration covers."""
    holds: Mapping[str, HoldType] = MappingProxyType({})
    """The kinds of a consignment's holds by their ids."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a DCSA event that depend on the hub's event."""

    event_type: str
    subtype: str
    document: tuple[str, str] | None = None
    references: tuple[tuple[str, str], ...] = ()
    equipment_ref: str = ""
    empty_or_laden: str = ""
    seal: dict[str, str] | None = None
    place: str = ""
    at_hub: bool = False
    plate: str = ""
    reason: str = ""


def parts_of(event: Event, around: Surroundings) -> Outgoing:
    """Return the parts of an event of a type in `EVENT_TYPE_OF`."""
    match event:
        case ConsignmentEvent():
            return _of_consignment(event, around)
        case DeclarationEvent():
            return _of_declaration(event, around)
        case StuffingCompleted():
            return Outgoing(
                event_type="EQUIPMENT",
                subtype="STUFFED",
                equipment_ref=around.equipment_ref,
                empty_or_laden="LADEN",
                references=((FORWARDER, CONSOLIDATION_URN + event.consolidation_id),),
                at_hub=True,
            )
        case ContainerEvent():
            return _CONTAINER_EVENTS[type(event)](event)
    raise TypeError(f"{event.name} is not among the events that become DCSA events")


_SHIPMENTS: dict[type[Event], str] = {
    ConsignmentBooked: "RECEIVED",
    ConsignmentAmended: "AMENDMENT_RECEIVED",
    ConsignmentAccepted: "CONFIRMED",
    ConsignmentRejected: "REJECTED",
    ConsignmentCancelled: "CANCELLED",
    HoldPlaced: "ON_HOLD",
    HoldReleased: "RELEASED",
}


def _of_consignment(event: ConsignmentEvent, around: Surroundings) -> Outgoing:
    document = ("BOOKING", event.consignment_id)
    if isinstance(event, HoldPlaced):
        document = (DOCUMENT_OF_HOLD[event.hold], event.hold_id)
    elif isinstance(event, HoldReleased):
        hold = event.hold or around.holds.get(event.hold_id or "", "DISPATCHER")
        document = (DOCUMENT_OF_HOLD[hold], event.hold_id or "")
    return Outgoing(
        event_type="SHIPMENT",
        subtype=_SHIPMENTS[type(event)],
        document=document,
        references=((FORWARDER, CONSIGNMENT_URN + event.consignment_id),),
        reason=getattr(event, "reason", ""),
    )


def _of_declaration(event: DeclarationEvent, around: Surroundings) -> Outgoing:
    event_type, reason = "SHIPMENT", ""
    match event:
        case CustomsSelected(selection=selection):
            event_type, subtype = "EQUIPMENT", f"CUSTOMS_SELECTED_FOR_{selection}"
        case CustomsReleased(reference=reference):
            event_type, subtype, reason = "EQUIPMENT", "CUSTOMS_RELEASED", reference
        case CustomsRejected(reason=why):
            subtype, reason = "REJECTED", why
        case _:
            subtype = "SUBMITTED"
    ids = event.consignment_ids if isinstance(event, CustomsDeclared) else around.consignment_ids
    return Outgoing(
        event_type=event_type,
        subtype=subtype,
        document=("CUSTOMS_CLEARANCE", event.declaration_id),
        references=tuple((FORWARDER, CONSIGNMENT_URN + name) for name in ids[:_REFERENCES_MAX]),
        equipment_ref=around.equipment_ref,
        reason=reason,
    )


def _picked_up(event: Any) -> Outgoing:
    return Outgoing(
        event_type="EQUIPMENT",
        subtype="PICKED_UP",
        equipment_ref=event.equipment_ref,
        empty_or_laden="EMPTY",
        plate=event.plate,
    )


def _gated_in(event: Any) -> Outgoing:
    return Outgoing(
        event_type="EQUIPMENT",
        subtype="GATED_IN",
        equipment_ref=event.equipment_ref,
        empty_or_laden="EMPTY",
        place=event.place,
        at_hub=True,
    )


def _inspected(event: Any) -> Outgoing:
    defects = f": {event.defects}" if event.defects else ""
    return Outgoing(
        event_type="EQUIPMENT",
        subtype="INSPECTED",
        equipment_ref=event.equipment_ref,
        empty_or_laden="EMPTY",
        at_hub=True,
        reason=f"{event.result}{defects}",
    )


def _sealed(event: Any) -> Outgoing:
    resealed = isinstance(event, ContainerResealed)
    kind = SEAL_TYPES.word_of(event.seal_type)
    seal = {"number": event.seal_no, "source": event.source, "type": kind}
    fits = len(event.seal_no) <= _SEAL_LENGTH_MAX
    return Outgoing(
        event_type="EQUIPMENT",
        subtype="RESEALED" if resealed else "STUFFED",
        equipment_ref=event.equipment_ref,
        empty_or_laden="LADEN",
        seal={name: text for name, text in seal.items() if text} if fits else None,
        references=_consolidation(event),
        at_hub=not resealed,
        reason=getattr(event, "reason", "") if fits else f"seal {event.seal_no}",
    )


def _gated_out(event: Any) -> Outgoing:
    return Outgoing(
        event_type="EQUIPMENT",
        subtype="GATED_OUT",
        equipment_ref=event.equipment_ref,
        empty_or_laden="LADEN",
        references=_consolidation(event),
        at_hub=True,
        plate=event.plate,
    )


_CONTAINER_EVENTS: dict[type[Event], Callable[[Any], Outgoing]] = {
    ContainerPickedUp: _picked_up,
    ContainerGatedIn: _gated_in,
    ContainerInspected: _inspected,
    ContainerSealed: _sealed,
    ContainerResealed: _sealed,
    ContainerGatedOut: _gated_out,
}


def _consolidation(event: Any) -> tuple[tuple[str, str], ...]:
    name = getattr(event, "consolidation_id", None)
    return ((FORWARDER, CONSOLIDATION_URN + name),) if name else ()
