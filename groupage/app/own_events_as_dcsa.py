"""What the hub does as DCSA events: each fact with what other facts say about its aggregate."""

from collections import defaultdict
from collections.abc import Sequence
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
    read_facts_about,
)
from processors.kernel.series import is_in_series, series_of
from producers.dcsa.outgoing import event_of
from producers.dcsa.outgoing_parts import Surroundings

_CORRECTIONS_MAX = 100
_ABOUT = (
    Stuffing.name,
    ConsolidationFrozen.name,
    ConsolidationBooked.name,
    CustomsDeclared.name,
    ContainerReleased.name,
    HoldPlaced.name,
)


async def own_events(
    connection: Connection, own: Sequence[StoredFact]
) -> dict[str, dict[str, Any]]:
    """Return the events of the hub's own facts by the ids of these."""
    keys = {(each.kind, each.fact.key) for each in own}
    about = _standing(await read_facts_about(connection, keys, _ABOUT))
    ids = await _event_ids(connection, own)
    events = {}
    for each in own:
        facts = about.get((each.kind, each.fact.key), ())
        around = _surroundings(facts, each.fact.occurred_at)
        events[each.fact_id] = event_of(each.fact, event_id=ids[each.fact_id], around=around)
    return events


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
