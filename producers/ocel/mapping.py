"""Mapping of the container-logistics log: its fourteen activities as events of the hub.

| Activity | groupage |
|---|---|
| Register_Customer_Order | consignment.noted order_registered (the order is the consignment) |
| Create_Transport_Document | consignment.noted transport_document_created |
| Book_Vehicles | carrier.booking_confirmed for each vehicle; without one: consignment.noted |
| Order_Empty_Containers | container.released for each; without one: consignment.noted |
| Pick_Up_Empty_Container | container.picked_up |
| Collect_Goods | unit.received: the carrier takes the handling unit over |
| Load_Truck | unit.loaded: the unit goes into the container that stands on the truck |
| Drive_to_Terminal | container.moved to the terminal |
| Weigh | container.weighed (the log holds no figure) |
| Place_in_Stock, Bring_to_Loading_Bay | container.moved |
| Load_to_Vehicle | container.on_board, with the vehicle as voyage if the row names one |
| Reschedule_Container | container.booked, rescheduled |
| Depart | leg.departed: the vehicle is the voyage |

The log names no container type, so the type is a parameter (`Assumptions`).
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import ConsignmentNoted
from groupage.domain.events.equipment import (
    ContainerBooked,
    ContainerMoved,
    ContainerOnBoard,
    ContainerPickedUp,
    ContainerReleased,
    ContainerWeighed,
)
from groupage.domain.events.schedule import CarrierBookingConfirmed, LegDeparted
from groupage.domain.events.unit import UnitLoaded, UnitReceived
from groupage.domain.fact import Fact
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.entries import Accepted, Entry, Quarantined, Rejected
from producers.ocel.log import LogEvent
from producers.problems import FieldProblem

FOUND_BY = "import-ocel"


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Values that the hub's events need and the log lacks."""

    iso_type: str = "22G1"
    """Container type; its usual tare and gross mass are in `groupage.domain.containers`."""


class TransportDocuments(msgspec.Struct, kw_only=True):
    """The orders and containers of the log's transport documents."""

    orders: dict[str, str] = msgspec.field(default_factory=dict)
    """Customer order by transport document."""
    containers: dict[str, int] = msgspec.field(default_factory=dict)
    """Number of containers ordered, by transport document."""

    def add(self, row: LogEvent) -> None:
        """Collect the order or the number of containers that a row names."""
        document = row.single_object("Transport_Document")
        if document is None:
            return
        if row.activity == "Create_Transport_Document" and (
            order := row.single_object("Customer_Order")
        ):
            self.orders[document] = order
        if row.activity == "Order_Empty_Containers" and (ordered := row.objects_of("Container")):
            self.containers[document] = len(ordered)


class _MissingObject(Exception):
    """The row lacks an object that its activity needs."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """The mapping of a log: its source, the assumptions, and its transport documents."""

    source: str
    assumptions: Assumptions
    documents: TransportDocuments

    def entry(self, row: LogEvent, *, recorded_at: datetime) -> Entry:
        """Map a row to facts; quarantine it with a reason, or reject it as broken."""
        if row.at is None or not row.event_id:
            problem = FieldProblem(
                field=f"line {row.line}, column {'id' if row.at else 'time'}",
                value=row.event_id if row.at else row.time,
                expected="an event id" if row.at else "a time like 2023-05-22T11:54:42",
            )
            return Rejected(event_id=row.event_id, code="broken_row", problems=(problem,))
        if not row.objects:
            reason = f"{row.activity} names no object, so it belongs to no aggregate"
            return self._quarantine(row, QuarantineCode.NO_OBJECT, reason)
        meaning = _ACTIVITIES.get(row.activity)
        if meaning is None:
            known = ", ".join(_ACTIVITIES)
            reason = f"activity {row.activity!r} is not known; known: {known}"
            return self._quarantine(row, QuarantineCode.UNKNOWN_ACTIVITY, reason)
        try:
            events = list(meaning(self, row))
        except _MissingObject as error:
            return self._quarantine(
                row, QuarantineCode.MISSING_OBJECT, f"{row.activity} names no {error}"
            )
        return Accepted(facts=tuple(self._facts(row, row.at, events, recorded_at)))

    def _quarantine(self, row: LogEvent, code: QuarantineCode, reason: str) -> Quarantined:
        return Quarantined(
            dead_letter=DeadLetter(
                code=code,
                reason=reason,
                found_by=FOUND_BY,
                value=row.text.encode(),
                type=row.activity,
                event_source=self.source,
                event_id=row.event_id,
            )
        )

    def _facts(
        self, row: LogEvent, at: datetime, events: list[Event], recorded_at: datetime
    ) -> Iterator[Fact]:
        """Yield the facts: a single one has the row's own id, several are numbered."""
        for number, event in enumerate(events, start=1):
            yield Fact(
                event_id=row.event_id if len(events) == 1 else f"{row.event_id}#{number}",
                source=self.source,
                key=event.key,
                occurred_at=at,
                recorded_at=recorded_at,
                data=event,
                original=row.text.encode(),
            )

    def note_milestone(self, row: LogEvent, milestone: str, *references: str) -> Iterator[Event]:
        """Yield a milestone of the customer's order, which the row or its document names."""
        document = row.single_object("Transport_Document")
        order = (
            row.single_object("Customer_Order")
            or self.documents.orders.get(document or "")
            or document
        )
        if order is None:
            raise _MissingObject("customer order or transport document")
        yield ConsignmentNoted(consignment_id=order, milestone=milestone, references=references)


def _require_objects(row: LogEvent, object_type: str) -> tuple[str, ...]:
    found = row.objects_of(object_type)
    if not found:
        raise _MissingObject(object_type)
    return found


def _register_order(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    yield from mapping.note_milestone(row, "order_registered")


def _create_document(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    documents = row.objects_of("Transport_Document")
    yield from mapping.note_milestone(row, "transport_document_created", *documents)


def _book_vehicles(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    document, vehicles = row.single_object("Transport_Document"), row.objects_of("Vehicle")
    if document is None or not vehicles:
        yield from mapping.note_milestone(
            row, "vehicles_booked", *row.objects_of("Transport_Document")
        )
        return
    for vehicle in vehicles:
        yield CarrierBookingConfirmed(
            voyage_id=vehicle,
            carrier_booking_id=document,
            iso_type=mapping.assumptions.iso_type,
            count=max(1, mapping.documents.containers.get(document, 1)),
        )


def _order_empties(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    containers = row.objects_of("Container")
    if not containers:
        yield from mapping.note_milestone(
            row, "empties_ordered", *row.objects_of("Transport_Document")
        )
    spec = spec_of(mapping.assumptions.iso_type)
    for container in containers:
        yield ContainerReleased(
            equipment_ref=container,
            iso_type=spec.iso_type,
            tare_g=spec.tare_g,
            max_gross_g=spec.max_gross_g,
            carrier_booking_id=row.single_object("Transport_Document"),
        )


def _pick_up_container(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _require_objects(row, "Container"):
        yield ContainerPickedUp(equipment_ref=container, plate=row.single_object("Truck") or "")


def _collect(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for unit in _require_objects(row, "Handling_Unit"):
        yield UnitReceived(unit_id=unit)


def _load_truck(_: Mapping, row: LogEvent) -> Iterator[Event]:
    (container,) = _require_objects(row, "Container")[:1]
    for unit in _require_objects(row, "Handling_Unit"):
        yield UnitLoaded(unit_id=unit, equipment_ref=container)


def _weigh(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _require_objects(row, "Container"):
        yield ContainerWeighed(equipment_ref=container)


def _move_to(place: str) -> "_Activity":
    def move(_: Mapping, row: LogEvent) -> Iterator[Event]:
        for container in _require_objects(row, "Container"):
            yield ContainerMoved(equipment_ref=container, place=place)

    return move


def _load_to_vehicle(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _require_objects(row, "Container"):
        yield ContainerOnBoard(equipment_ref=container, voyage_id=row.single_object("Vehicle"))


def _reschedule(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _require_objects(row, "Container"):
        yield ContainerBooked(
            equipment_ref=container, voyage_id=row.single_object("Vehicle"), rescheduled=True
        )


def _depart(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for vehicle in _require_objects(row, "Vehicle"):
        yield LegDeparted(voyage_id=vehicle, leg_id=vehicle, mode="VESSEL", place="terminal")


_Activity = Callable[[Mapping, LogEvent], Iterator[Event]]
_ACTIVITIES: dict[str, _Activity] = {
    "Register_Customer_Order": _register_order,
    "Create_Transport_Document": _create_document,
    "Book_Vehicles": _book_vehicles,
    "Order_Empty_Containers": _order_empties,
    "Pick_Up_Empty_Container": _pick_up_container,
    "Collect_Goods": _collect,
    "Load_Truck": _load_truck,
    "Drive_to_Terminal": _move_to("terminal"),
    "Weigh": _weigh,
    "Place_in_Stock": _move_to("stock"),
    "Bring_to_Loading_Bay": _move_to("loading bay"),
    "Load_to_Vehicle": _load_to_vehicle,
    "Reschedule_Container": _reschedule,
    "Depart": _depart,
}
