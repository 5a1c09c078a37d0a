"""The projection of stored facts into EPCIS events: bounded steps, each in a transaction.

Whoever runs it takes an advisory lock for each step, so that several processes may try.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import structlog

from groupage.app.own_events.statements import Statement, histories, statements_of
from groupage.contracts.captured_events import CapturedEvent, declaration_digest
from groupage.contracts.encoding import fact_digest
from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.events.consolidation import (
    ConsolidationFrozen,
    StuffingCompleted,
    StuffingStarted,
)
from groupage.domain.events.customs import (
    CustomsDeclared,
    CustomsRejected,
    CustomsReleased,
    CustomsSelected,
)
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.store.captured_events import StoredCapture, insert_own_events
from groupage.store.facts import StoredFact, find_stored
from groupage.store.own_events import (
    FORM,
    advance,
    delete_older,
    find_corrections,
    find_facts_about,
    find_messages,
    lock_own_events,
    partitions_with_facts,
    read_backlogs,
    read_chunk,
)
from groupage.store.policies import read_history
from groupage.store.pool import Connection
from processors.kernel.series import is_in_series, series_of
from producers.epcis.outgoing import HubPlace, event_id_of, events_of, instant_text
from producers.epcis.own_parts import Around

FACTS_MAX = 200
BYTES_MAX = 8 * 2**20
_LINKS_MAX = 50
_NEED_OTHERS = (
    CustomsSelected,
    CustomsReleased,
    CustomsRejected,
    StuffingCompleted,
    HoldReleased,
)
"""Events about something that only another fact of the aggregate names."""
_TELL_OTHERS = tuple(
    event.name for event in (CustomsDeclared, StuffingStarted, ConsolidationFrozen, HoldPlaced)
)

log = structlog.get_logger(__name__)


class Step(NamedTuple):
    """The result of a step."""

    events: int
    """Events that were stored."""
    left: bool
    """More facts are left."""


async def run_step(pool: "asyncpg.Pool[asyncpg.Record]", *, alone: bool = False) -> Step | None:
    """Make the next facts of a partition into events; None: another process does.

    With `alone` it takes no lock: nobody else knows these tables.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not alone and not await lock_own_events(connection):
            return None
        backlogs = await read_backlogs(connection)
        if not backlogs:
            return Step(0, left=False)
        for each in backlogs:
            if each.form != FORM:
                if await delete_older(connection, each):
                    await advance(connection, [each._replace(until=0)])
                return Step(0, left=True)
        busy = await partitions_with_facts(connection, backlogs)
        if idle := [each for each in backlogs if each not in busy]:
            await advance(connection, idle)
        if not busy:
            return Step(0, left=False)
        chunk = await read_chunk(connection, busy[0], limit=FACTS_MAX, bytes_max=BYTES_MAX)
        events = await _make_events(connection, chunk.facts)
        if events:
            await insert_own_events(connection, events)
        await advance(connection, [busy[0]._replace(until=chunk.next_offset)])
        return Step(len(events), left=len(busy) > 1 or chunk.next_offset < busy[0].until)


async def run_to_end(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Make all facts into events, in tables that nobody else knows: those of a rebuild."""
    while (step := await run_step(pool, alone=True)) is not None and step.left:
        pass


async def _make_events(connection: Connection, facts: Sequence[StoredFact]) -> list[StoredCapture]:
    linked = await _linked(connection, facts)
    by_cause = [statements_of(history) for history in histories(facts, linked)]
    about = [each.fact for statements in by_cause for each in statements]
    around = await _surroundings(connection, about)
    policies = await read_history(connection, assumed=Policy)
    writer = _Writer(policies, around)
    events: list[StoredCapture] = []
    for cause, statements in zip(facts, by_cause, strict=True):
        try:
            events += [event for each in statements for event in writer.write(each, cause)]
        except Exception:  # one fact must not keep all others from becoming events
            log.exception("own_event_failed", fact_id=cause.fact_id, type=cause.fact.type)
    return events


class _Writer:
    """Writes statements as EPCIS events."""

    def __init__(self, policies: PolicyHistory, around: "_Surroundings") -> None:
        self._policies = policies
        self._around = around
        self._hubs: dict[tuple[str, str], HubPlace] = {}

    def write(self, statement: Statement, cause: StoredFact) -> list[StoredCapture]:
        """Return the events of a statement, recorded when `cause` was."""
        members: dict[str, Any] = {"recordTime": instant_text(cause.fact.recorded_at)}
        declaration = ""
        if statement.instead is not None:
            declared = self._error_declaration(statement.instead, cause)
            declaration = declaration_digest(declared)
            members["errorDeclaration"] = declared
        return [
            StoredCapture(
                CapturedEvent(
                    event_id=event_id,
                    declaration=declaration,
                    event_time=statement.fact.fact.occurred_at,
                    recorded_at=cause.fact.recorded_at,
                    body=msgspec.json.encode(_with_identity(event, event_id, members)),
                ),
                cause.position,
            )
            for event_id, event in self._events(statement)
        ]

    def _error_declaration(self, instead: Iterable[Statement], cause: StoredFact) -> dict[str, Any]:
        ids = [event_id for each in instead for event_id, _ in self._events(each)]
        return {
            "declarationTime": instant_text(cause.fact.recorded_at),
            "reason": "did_not_occur" if cause.fact.retracted else "incorrect_data",
            **({"correctiveEventIDs": ids} if ids else {}),
        }

    def _events(self, statement: Statement) -> list[tuple[str, dict[str, Any]]]:
        stored = statement.fact
        hub = self._hub(stored)
        made = events_of(stored.fact, hub, self._around.of(stored))
        return [
            (event_id_of(stored.fact_id, again=statement.again, part=part), event)
            for part, event in enumerate(made, start=1)
        ]

    def _hub(self, stored: StoredFact) -> HubPlace:
        place = self._policies.at(stored.fact.occurred_at).hub
        key = (place.place_id, place.timezone)
        if key not in self._hubs:
            self._hubs[key] = HubPlace(*key)
        return self._hubs[key]


def _with_identity(event: dict[str, Any], event_id: str, members: dict[str, Any]) -> dict[str, Any]:
    return {"type": event["type"], "eventID": event_id, **event, **members}


async def _linked(connection: Connection, facts: Sequence[StoredFact]) -> list[StoredFact]:
    """Read all facts that these correct, or that correct these, and so on; with these."""
    if not facts:
        return []
    known = {each.fact_id: each for each in facts}
    fresh: Collection[StoredFact] = facts
    topic, partition, last = facts[-1].position
    for _ in range(_LINKS_MAX):
        found = [
            *await find_corrections(connection, {_target_name(each) for each in fresh}),
            *await _targets(connection, fresh),
            *await find_messages(
                connection,
                {_target_name(each) for each in fresh if _changes_message(each)},
            ),
        ]
        new = {
            each.fact_id: each
            for each in found
            if each.fact_id not in known
            and each.position[:2] == (topic, partition)
            and each.position.offset <= last
        }
        if not new:
            break
        known |= new
        fresh = new.values()
    return [*known.values()]


def _target_name(stored: StoredFact) -> tuple[Any, str, str]:
    """Return the name by which other facts correct this one."""
    fact = stored.fact
    name = series_of(fact, stored.fact_id) if is_in_series(fact) else fact.event_id
    return stored.kind, fact.key, name


def _changes_message(stored: StoredFact) -> bool:
    return stored.fact.correction_of is not None and is_in_series(stored.fact)


async def _targets(connection: Connection, facts: Iterable[StoredFact]) -> tuple[StoredFact, ...]:
    asked = []
    for each in facts:
        fact = each.fact
        if fact.correction_of is not None and not is_in_series(fact):
            target = msgspec.structs.replace(fact, event_id=fact.correction_of)
            digest = fact_digest(target, each.kind)
            asked.append((each.kind, fact.key, UUID(bytes=digest)))
    return await find_stored(connection, asked) if asked else ()


class _Surroundings:
    """What other facts of the same partition state about an aggregate before a fact."""

    def __init__(self, facts: Iterable[StoredFact]) -> None:
        self._facts: dict[tuple[str, str], list[StoredFact]] = defaultdict(list)
        for each in facts:
            self._facts[each.kind, each.fact.key].append(each)

    def of(self, stored: StoredFact) -> Around:
        """Return what is known of the aggregate of a fact."""
        if not isinstance(stored.fact.data, _NEED_OTHERS):
            return _NOTHING
        before = [
            each.fact
            for each in self._facts[stored.kind, stored.fact.key]
            if each.position[:2] == stored.position[:2]
            and each.position.offset < stored.position.offset
        ]
        withdrawn = {(fact.source, fact.correction_of) for fact in before}
        values: dict[str, Any] = {}
        for fact in before:
            if fact.retracted or (fact.source, fact.event_id) in withdrawn:
                continue
            match fact.data:
                case StuffingStarted(equipment_ref=ref) | ConsolidationFrozen(equipment_ref=ref):
                    values["equipment_ref"] = ref
                case CustomsDeclared(consignment_ids=names):
                    values["consignment_ids"] = names
                case HoldPlaced(hold_id=hold_id, hold=hold):
                    values.setdefault("holds", {})[hold_id] = hold
        return Around(**values)


_NOTHING = Around()


async def _surroundings(connection: Connection, facts: Iterable[StoredFact]) -> _Surroundings:
    keys = {
        (each.kind, each.fact.key) for each in facts if isinstance(each.fact.data, _NEED_OTHERS)
    }
    return _Surroundings(await find_facts_about(connection, keys, _TELL_OTHERS))
