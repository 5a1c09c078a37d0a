"""What the hub does as DCSA Track & Trace events: a page for the read API, all for an export."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from groupage.contracts.encoding import fact_digest
from groupage.domain.events.consignment import HoldPlaced
from groupage.domain.events.consolidation import ConsolidationBooked, ConsolidationFrozen
from groupage.domain.events.consolidation import StuffingStarted as Stuffing
from groupage.domain.events.customs import CustomsDeclared
from groupage.domain.events.equipment import ContainerReleased
from groupage.domain.fact import Fact
from groupage.store.facts import StoredFact, find_stored
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
from processors.kernel.series import is_in_series, series_of
from producers.dcsa.outgoing import bookings_of, classification_of, event_of
from producers.dcsa.outgoing_parts import EVENT_TYPE_OF, Surroundings
from producers.dcsa.report import SOURCE

_ROUNDS_MAX = 20
"""A page may take so many reads until it is full; then it is shorter, and says how to go on."""
_CORRECTIONS_MAX = 100
_ABOUT = (
    Stuffing.name,
    ConsolidationFrozen.name,
    ConsolidationBooked.name,
    CustomsDeclared.name,
    ContainerReleased.name,
    HoldPlaced.name,
)


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

    def matches(self, event: dict[str, Any]) -> bool:
        """Tell whether an event has the wanted types, and no other booking than the wanted one."""
        event_type, subtype, document = classification_of(event)
        bookings = bookings_of(event)
        return (
            (self.carrier_booking is None or not bookings or self.carrier_booking in bookings)
            and (self.event_types is None or event_type in self.event_types)
            and (self.subtypes is None or subtype in self.subtypes)
            and (self.document_types is None or document in self.document_types)
        )


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the order in which the hub recorded them."""

    events: list[dict[str, Any]]
    cursor: str | None
    """Where the next page begins; None: this is the last one."""


async def read_page(
    connection: Connection, wanted: EventFilter, *, cursor: str | None, limit: int
) -> EventPage:
    """Read a page of events. Raises InvalidInput for a cursor that no page gave."""
    after = None if cursor is None else Position.of_cursor(cursor)
    facts = await _facts_wanted(connection, wanted)
    events: list[dict[str, Any]] = []
    for _ in range(_ROUNDS_MAX):
        stored = await read_recorded_facts(connection, facts, after=after, limit=limit)
        made = await _events_of(connection, stored)
        for each, event in zip(stored, made, strict=True):
            after = position_of(each)
            if event is not None and wanted.matches(event):
                events.append(event)
                if len(events) == limit:
                    return EventPage(events=events, cursor=after.cursor)
        if len(stored) < limit:
            return EventPage(events=events, cursor=None)
    return EventPage(events=events, cursor=None if after is None else after.cursor)


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


async def _facts_wanted(connection: Connection, wanted: EventFilter) -> Wanted:
    types = tuple(
        name
        for name, event_type in EVENT_TYPE_OF.items()
        if wanted.event_types is None or event_type in wanted.event_types
    )
    keys: frozenset[Key] | None = None
    if wanted.transport_document is not None:
        keys = frozenset()  # the hub issues none
    if wanted.carrier_booking is not None:
        found = await _keys_of_booking(connection, wanted.carrier_booking)
        keys = found if keys is None else keys & found
    if wanted.equipment is not None:
        found = await _keys_of_container(connection, wanted.equipment)
        keys = found if keys is None else keys & found
    return Wanted(
        types=types,
        keys=keys,
        since_at=wanted.since_at,
        until_at=wanted.until_at,
        without_source=SOURCE,
    )


async def _keys_of_container(connection: Connection, equipment_ref: str) -> frozenset[Key]:
    """Return the aggregates to which a container belongs."""
    consolidations = await consolidations_of(connection, equipment_ref=equipment_ref)
    keys: set[Key] = {("container", equipment_ref)}
    return frozenset(keys | await _keys_of(connection, consolidations))


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
) -> list[dict[str, Any] | None]:
    """Return the event of each fact; None for those that changed nothing."""
    if not stored:
        return []
    keys: set[Key] = {(each.kind, each.fact.key) for each in stored}
    rejected = await rejected_ids(connection, keys)
    about = _standing(await read_facts_about(connection, keys, _ABOUT))
    ids = await _event_ids(connection, stored)
    return [
        None
        if each.fact_id in rejected
        else event_of(
            each.fact,
            event_id=ids[each.fact_id],
            around=_surroundings(about.get((each.kind, each.fact.key), ()), each.fact.occurred_at),
        )
        for each in stored
    ]


def _standing(about: Sequence[StoredFact]) -> dict[Key, list[Fact]]:
    """Sort the facts that nobody withdrew by their aggregates and the times of what they state."""
    withdrawn = {
        (each.kind, each.fact.key, each.fact.source, each.fact.correction_of)
        for each in about
        if each.fact.correction_of is not None
    }
    found: dict[Key, list[Fact]] = defaultdict(list)
    for each in about:
        fact = each.fact
        identity = (each.kind, fact.key, fact.source, fact.event_id)
        if not fact.retracted and identity not in withdrawn:
            found[each.kind, fact.key].append(fact)
    for facts in found.values():
        facts.sort(key=lambda fact: fact.occurred_at)
    return found


def _surroundings(about: Sequence[Fact], at: datetime) -> Surroundings:
    """Collect what the facts say by then: a container is used again, for another booking."""
    values: dict[str, Any] = {}
    for fact in about:
        if fact.occurred_at > at:
            break
        match fact.data:
            case Stuffing(equipment_ref=ref) | ConsolidationFrozen(equipment_ref=ref):
                values["equipment_ref"] = ref
            case ConsolidationBooked(carrier_booking_id=booking):
                values["carrier_booking_id"] = booking
            case ContainerReleased(carrier_booking_id=booking):
                values["carrier_booking_id"] = booking or ""
            case CustomsDeclared(consignment_ids=names):
                values["consignment_ids"] = names
            case HoldPlaced(hold_id=hold_id, hold=hold):
                values.setdefault("holds", {})[hold_id] = hold
    return Surroundings(**values)


async def _event_ids(connection: Connection, stored: Sequence[StoredFact]) -> dict[str, str]:
    """Return the event id of each fact: of a correction or retraction that of its first target.

    DCSA updates and retracts an event under its own id; the hub has a fact with an id of its own.
    """
    roots = {each.fact_id: each for each in stored}
    ids = {each.fact_id: _series_or_fact(each) for each in stored}
    open_ids = [name for name, each in roots.items() if _has_target(each)]
    for _ in range(_CORRECTIONS_MAX):
        if not open_ids:
            break
        targets = {name: _target_id(roots[name]) for name in open_ids}
        found = {
            each.fact_id: each
            for each in await find_stored(
                connection,
                [
                    (roots[name].kind, roots[name].fact.key, UUID(hex=target))
                    for name, target in targets.items()
                ],
            )
        }
        still_open = []
        for name, target in targets.items():
            ids[name] = target
            if target in found:
                roots[name] = found[target]
                ids[name] = _series_or_fact(found[target])
                if _has_target(found[target]):
                    still_open.append(name)
        open_ids = still_open
    return ids


def _series_or_fact(stored: StoredFact) -> str:
    return series_of(stored.fact, stored.fact_id)


def _has_target(stored: StoredFact) -> bool:
    return stored.fact.correction_of is not None and not is_in_series(stored.fact)


def _target_id(stored: StoredFact) -> str:
    """Return the fact id of what a fact corrects."""
    fact = stored.fact
    target = msgspec.structs.replace(fact, event_id=fact.correction_of or "")
    return fact_digest(target, stored.kind).hex()
