"""What the hub does, and what carriers reported to it, as DCSA Track & Trace events.

A page for the read API, all for an export.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from groupage.app.carriers_events import carriers_events, is_of_carrier
from groupage.app.own_events_as_dcsa import own_events
from groupage.domain.events.consolidation import ConsolidationBooked
from groupage.domain.events.equipment import ContainerReleased
from groupage.store.facts import StoredFact
from groupage.store.pool import Connection
from groupage.store.readers.recorded_facts import (
    Key,
    Position,
    Wanted,
    consignments_in,
    consolidations_of,
    declarations_of,
    position_of,
    read_facts_about,
    read_facts_of_booking,
    read_recorded_facts,
    rejected_ids,
)
from producers.dcsa.outgoing import bookings_of, classification_of
from producers.dcsa.outgoing_parts import EVENT_TYPE_OF

_ROUNDS_MAX = 20
"""A page may take so many reads until it is full; then it is shorter, and says how to go on."""
_BOOKINGS_MAX = 20
"""Of a container that is used again and again, the voyages of so many bookings."""
_BOOKED = (ConsolidationBooked.name,)


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The events that are asked for; None: any."""

    carrier_booking: str | None = None
    """A carrier's booking, or a consignment of the hub."""
    transport_document: str | None = None
    equipment: str | None = None
    event_types: frozenset[str] | None = None
    subtypes: frozenset[str] | None = None
    document_types: frozenset[str] | None = None
    since_at: datetime | None = None
    until_at: datetime | None = None

    def matches(self, event: dict[str, Any], of_container: Collection[str], *, own: bool) -> bool:
        """Tell whether an event has the wanted types, and no other booking than the wanted one.

        `of_container`: the bookings of the wanted container. In shipment events of the hub's own
        the booking is the consignment.
        """
        event_type, subtype, document = classification_of(event)
        bookings = set() if own and event_type == "SHIPMENT" else set(bookings_of(event))
        of_other = event_type == "TRANSPORT" and bookings.isdisjoint(of_container)
        return (
            (self.carrier_booking is None or not bookings or self.carrier_booking in bookings)
            and (self.equipment is None or not bookings or not of_other)
            and (self.event_types is None or event_type in self.event_types)
            and (self.subtypes is None or subtype in self.subtypes)
            and (self.document_types is None or document in self.document_types)
        )


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the order in which the hub recorded them."""

    events: list[dict[str, Any]]
    cursor: str | None
    """Where the next page begins; None: this is the last one."""


class _Sought(NamedTuple):
    """The facts whose events may match a filter."""

    own: Wanted
    of_carriers: Wanted
    bookings: frozenset[str]
    """Of the wanted container."""


async def read_page(
    connection: Connection, wanted: EventFilter, *, cursor: str | None, limit: int
) -> EventPage:
    """Read a page of events. Raises InvalidInput for a cursor that no page gave."""
    after = None if cursor is None else Position.of_cursor(cursor)
    sought = await _facts_wanted(connection, wanted)
    events: list[dict[str, Any]] = []
    for _ in range(_ROUNDS_MAX):
        stored = await _next_facts(connection, sought, after, limit)
        made = await _events_of(connection, stored)
        for each in stored:
            after = position_of(each)
            event = made.get(each.fact_id)
            own = not is_of_carrier(each.fact)
            if event is not None and wanted.matches(event, sought.bookings, own=own):
                events.append(event)
                if len(events) == limit:
                    return EventPage(events=events, cursor=after.cursor)
        if len(stored) < limit:
            return EventPage(events=events, cursor=None)
    return EventPage(events=events, cursor=None if after is None else after.cursor)


async def _next_facts(
    connection: Connection, sought: _Sought, after: Position | None, limit: int
) -> Sequence[StoredFact]:
    """Read the next facts of both kinds, in their common order."""
    found = [
        *await read_recorded_facts(connection, sought.own, after=after, limit=limit),
        *await read_recorded_facts(connection, sought.of_carriers, after=after, limit=limit),
    ]
    return sorted(found, key=position_of)[:limit]


async def all_events(
    connection: Connection, wanted: EventFilter, *, page: int = 1_000
) -> AsyncIterator[dict[str, Any]]:
    """Yield all events in their order."""
    cursor: str | None = None
    while True:
        found = await read_page(connection, wanted, cursor=cursor, limit=page)
        for event in found.events:
            yield event
        if found.cursor is None:
            return
        cursor = found.cursor


async def _facts_wanted(connection: Connection, wanted: EventFilter) -> _Sought:
    types = tuple(
        name
        for name, event_type in EVENT_TYPE_OF.items()
        if wanted.event_types is None or event_type in wanted.event_types
    )
    keys: frozenset[Key] | None = None
    bookings: frozenset[str] = frozenset()
    if wanted.transport_document is not None:
        keys = frozenset()  # the hub issues none
    if wanted.carrier_booking is not None:
        found = await _keys_of_booking(connection, wanted.carrier_booking)
        keys = found if keys is None else keys & found
    if wanted.equipment is not None:
        found, bookings = await _keys_of_container(connection, wanted.equipment)
        keys = found if keys is None else keys & found
    own = Wanted(types=types, keys=keys, since_at=wanted.since_at, until_at=wanted.until_at)
    of_carriers = msgspec.structs.replace(own, types=(), of_carriers=True)
    return _Sought(own=own, of_carriers=of_carriers, bookings=bookings)


async def _keys_of_container(
    connection: Connection, equipment_ref: str
) -> tuple[frozenset[Key], frozenset[str]]:
    """Return the aggregates to which a container belongs, and the carriers' bookings of it."""
    consolidations = await consolidations_of(connection, equipment_ref=equipment_ref)
    keys: set[Key] = {("container", equipment_ref)}
    keys |= {("consolidation", name) for name in consolidations}
    about = await read_facts_about(connection, keys, (ContainerReleased.name, *_BOOKED))
    named = {getattr(each.fact.data, "carrier_booking_id", None) for each in about}
    bookings = frozenset(name for name in named if name)
    for booking in sorted(bookings)[:_BOOKINGS_MAX]:
        stored = await read_facts_of_booking(connection, booking)
        keys |= {("voyage", each.fact.key) for each in stored if each.kind == "voyage"}
    return frozenset(keys | await _keys_of(connection, consolidations)), bookings


async def _keys_of_booking(connection: Connection, reference: str) -> frozenset[Key]:
    """Return the aggregates to which a carrier's booking, or a consignment, belongs."""
    stored = await read_facts_of_booking(connection, reference)
    consolidations = {each.fact.key for each in stored if each.kind == "consolidation"}
    containers = {each.fact.key for each in stored if each.kind == "container"}
    for ref in containers:
        consolidations |= (await consolidations_of(connection, equipment_ref=ref)).keys()
    known = await consolidations_of(connection, keys=consolidations)
    containers |= {ref for ref in known.values() if ref}
    declarations = await declarations_of(connection, [reference])
    keys: set[Key] = {("consignment", reference)}
    keys |= {("container", ref) for ref in containers}
    keys |= {("voyage", each.fact.key) for each in stored if each.kind == "voyage"}
    keys |= {("declaration", name) for name in declarations}
    return frozenset(keys | await _keys_of(connection, known))


async def _keys_of(connection: Connection, consolidations: Collection[str]) -> frozenset[Key]:
    """Return these consolidations, their consignments and the declarations of these."""
    if not consolidations:
        return frozenset()
    consignments = await consignments_in(connection, consolidations)
    declarations = await declarations_of(connection, consignments)
    keys: set[Key] = {("consolidation", name) for name in consolidations}
    keys |= {("consignment", name) for name in consignments}
    keys |= {("declaration", name) for name in declarations}
    return frozenset(keys)


async def _events_of(
    connection: Connection, stored: Sequence[StoredFact]
) -> dict[str, dict[str, Any]]:
    """Return the events of facts by the ids of these; those that changed nothing have none."""
    if not stored:
        return {}
    keys: set[Key] = {(each.kind, each.fact.key) for each in stored}
    rejected = await rejected_ids(connection, keys)
    effective = [each for each in stored if each.fact_id not in rejected]
    own = [each for each in effective if not is_of_carrier(each.fact)]
    events = await carriers_events(
        connection, [each for each in effective if is_of_carrier(each.fact)]
    )
    return events | await own_events(connection, own)
