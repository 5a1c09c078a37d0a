"""The fourteen activities of the container-logistics log as events of the hub.

| Activity | groupage |
|---|---|
| Register_Customer_Order | consignment.noted order_registered (the order is the consignment) |
| Create_Transport_Document | consignment.noted transport_document_created |
| Book_Vehicles | carrier.booking_confirmed for each vehicle; none named: consignment.noted |
| Order_Empty_Containers | container.released for each container; none named: consignment.noted |
| Pick_Up_Empty_Container | container.picked_up |
| Collect_Goods | unit.received (the handling unit is taken over) |
| Load_Truck | unit.loaded: the unit goes into the container that stands on the truck |
| Drive_to_Terminal | container.moved to the terminal |
| Weigh | container.weighed (the log holds no figure) |
| Place_in_Stock, Bring_to_Loading_Bay | container.moved |
| Load_to_Vehicle | container.on_board, of the vehicle's voyage where it is named |
| Reschedule_Container | container.booked, rescheduled |
| Depart | leg.departed: the vehicle is the voyage |

The log names no container type. `Assumed` says which one is written: a parameter, no finding.
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
from producers.dead_letters import DeadLetter
from producers.entries import Accepted, Entry, Quarantined, Rejected
from producers.ocel.log import LogEvent
from producers.problems import FieldProblem

FOUND_BY = "import-ocel"


class Assumed(msgspec.Struct, frozen=True, kw_only=True):
    """What the log does not say and an event of ours must."""

    iso_type: str = "22G1"
    """With its usual tare and gross mass (`groupage.domain.containers`)."""


class Papers(msgspec.Struct, kw_only=True):
    """What earlier rows said about transport documents."""

    orders: dict[str, str] = msgspec.field(default_factory=dict)
    """Customer order by transport document."""
    containers: dict[str, int] = msgspec.field(default_factory=dict)
    """Number of containers ordered, by transport document."""

    def learn(self, row: LogEvent) -> None:
        """Take note of a row."""
        document = row.one("Transport_Document")
        if document is None:
            return
        if row.activity == "Create_Transport_Document" and (order := row.one("Customer_Order")):
            self.orders[document] = order
        if row.activity == "Order_Empty_Containers" and (ordered := row.all("Container")):
            self.containers[document] = len(ordered)


class _Missing(Exception):
    """An object without which the activity says nothing."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """The mapping of one log: its source URI, what is assumed, and what its papers say."""

    source: str
    assumed: Assumed
    papers: Papers

    def entry(self, row: LogEvent, *, recorded_at: datetime) -> Entry:
        """The fate of a row: facts, put aside with the reason, or refused as broken."""
        if row.at is None or not row.event_id:
            problem = FieldProblem(
                field=f"line {row.line}, column {'id' if row.at else 'time'}",
                value=row.event_id if row.at else row.time,
                expected="an event id" if row.at else "a time like 2023-05-22T11:54:42",
            )
            return Rejected(event_id=row.event_id, code="broken_row", problems=(problem,))
        if not row.objects:
            reason = f"{row.activity} names no object at all: nobody can tell what it happened to"
            return self._quarantine(row, "no_object", reason)
        meaning = _ACTIVITIES.get(row.activity)
        if meaning is None:
            known = ", ".join(_ACTIVITIES)
            reason = f"activity {row.activity!r} is not known; known: {known}"
            return self._quarantine(row, "unknown_activity", reason)
        try:
            events = list(meaning(self, row))
        except _Missing as error:
            return self._quarantine(row, "missing_object", f"{row.activity} names no {error}")
        return Accepted(facts=tuple(self._facts(row, row.at, events, recorded_at)))

    def _quarantine(self, row: LogEvent, code: str, reason: str) -> Quarantined:
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
        """The row's own id for its only fact; numbered when it has several."""
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

    def noted(self, row: LogEvent, milestone: str, *references: str) -> Iterator[Event]:
        """A milestone of the customer's order: named in the row, or by its transport document."""
        document = row.one("Transport_Document")
        order = row.one("Customer_Order") or self.papers.orders.get(document or "") or document
        if order is None:
            raise _Missing("customer order or transport document")
        yield ConsignmentNoted(consignment_id=order, milestone=milestone, references=references)


def _need(row: LogEvent, object_type: str) -> tuple[str, ...]:
    found = row.all(object_type)
    if not found:
        raise _Missing(object_type)
    return found


def _register(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    yield from mapping.noted(row, "order_registered")


def _draw_up(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    documents = row.all("Transport_Document")
    yield from mapping.noted(row, "transport_document_created", *documents)


def _book(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    document, vehicles = row.one("Transport_Document"), row.all("Vehicle")
    if document is None or not vehicles:
        yield from mapping.noted(row, "vehicles_booked", *row.all("Transport_Document"))
        return
    for vehicle in vehicles:
        yield CarrierBookingConfirmed(
            voyage_id=vehicle,
            carrier_booking_id=document,
            iso_type=mapping.assumed.iso_type,
            count=max(1, mapping.papers.containers.get(document, 1)),
        )


def _order_empties(mapping: Mapping, row: LogEvent) -> Iterator[Event]:
    containers = row.all("Container")
    if not containers:
        yield from mapping.noted(row, "empties_ordered", *row.all("Transport_Document"))
    spec = spec_of(mapping.assumed.iso_type)
    for container in containers:
        yield ContainerReleased(
            equipment_ref=container,
            iso_type=spec.iso_type,
            tare_g=spec.tare_g,
            max_gross_g=spec.max_gross_g,
            carrier_booking_id=row.one("Transport_Document"),
        )


def _pick_up(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _need(row, "Container"):
        yield ContainerPickedUp(equipment_ref=container, plate=row.one("Truck") or "")


def _collect(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for unit in _need(row, "Handling_Unit"):
        yield UnitReceived(unit_id=unit)


def _load_truck(_: Mapping, row: LogEvent) -> Iterator[Event]:
    (container,) = _need(row, "Container")[:1]
    for unit in _need(row, "Handling_Unit"):
        yield UnitLoaded(unit_id=unit, equipment_ref=container)


def _weigh(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _need(row, "Container"):
        yield ContainerWeighed(equipment_ref=container)


def _move_to(place: str) -> "_Activity":
    def moved(_: Mapping, row: LogEvent) -> Iterator[Event]:
        for container in _need(row, "Container"):
            yield ContainerMoved(equipment_ref=container, place=place)

    return moved


def _load_to_vehicle(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _need(row, "Container"):
        yield ContainerOnBoard(equipment_ref=container, voyage_id=row.one("Vehicle"))


def _reschedule(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for container in _need(row, "Container"):
        yield ContainerBooked(
            equipment_ref=container, voyage_id=row.one("Vehicle"), rescheduled=True
        )


def _depart(_: Mapping, row: LogEvent) -> Iterator[Event]:
    for vehicle in _need(row, "Vehicle"):
        yield LegDeparted(voyage_id=vehicle, leg_id=vehicle, mode="VESSEL", place="terminal")


_Activity = Callable[[Mapping, LogEvent], Iterator[Event]]
_ACTIVITIES: dict[str, _Activity] = {
    "Register_Customer_Order": _register,
    "Create_Transport_Document": _draw_up,
    "Book_Vehicles": _book,
    "Order_Empty_Containers": _order_empties,
    "Pick_Up_Empty_Container": _pick_up,
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
