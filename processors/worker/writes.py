"""The end of a fold: rows of the touched states, and what their owners say that is new."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg

from groupage.contracts.encoding import encode
from groupage.domain.events.alerts import AlertCleared, AlertRaised
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.store.bodies import pack
from groupage.store.facts import facts_of
from groupage.store.writers import AlertRow, OutboxRow, StateRow, pack_headers
from groupage.telemetry import metrics
from processors.aggregates.unit.aggregate import handed
from processors.kernel.aggregate import encode_state
from processors.kernel.outputs import Change, HandOver, change_id, changes
from processors.worker.cache import Owner, StateCache
from processors.worker.timers import Deadlines, home_of
from processors.worker.write_batch import Effects

_YIELD_EVERY = 10
"""States after which other tasks get a turn."""


async def conclude(
    effects: Effects,
    pool: asyncpg.Pool,
    deadlines: Deadlines,
    cache: StateCache,
) -> None:
    """Complete the effects from the states that the batch touched."""
    recorded_at = datetime.now(UTC)
    handovers: list[tuple[Owner, HandOver]] = []
    for number, ((kind, key), owner) in enumerate(effects.touched.items()):
        clock_at = effects.places[(home_of(kind).name, owner.partition)].clock_at
        for change in _new_changes(owner, clock_at or recorded_at):
            if isinstance(change.event, HandOver):
                handovers.append((owner, change.event))
            else:
                _say(effects, owner, change, recorded_at)
        deadline = owner.core.deadline(owner.state)
        _add_state(effects, kind, key, owner, cache, deadline)
        if deadline is not None:
            deadlines.note(kind, owner.partition, deadline)
        if number % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    for kind, count in _applied(effects).items():
        metrics.EVENTS_APPLIED.labels(kind).inc(count)
    if handovers:
        await _hand_over(effects, pool, handovers)
    cache.shrink(effects.touched.keys())


def _applied(effects: Effects) -> Counter[AggregateKind]:
    applied: Counter[AggregateKind] = Counter()
    for (kind, _), entries in effects.entries.items():
        applied[kind] += len(entries)
    return applied


def _new_changes(owner: Owner, clock_at: datetime) -> list[Change]:
    before, said = owner.said, owner.core.outputs(owner.state)
    owner.said = said
    if said == before:
        return []
    at = max(owner.state.changed_at or clock_at, clock_at)
    return changes(before, said, state=owner.state, at=at)


def _add_state(
    effects: Effects,
    kind: AggregateKind,
    key: str,
    owner: Owner,
    cache: StateCache,
    deadline: datetime | None,
) -> None:
    body = encode_state(owner.state)
    cache.resize(owner, len(body))
    effects.states.setdefault(kind, []).append(
        StateRow(
            key=key,
            partition=owner.partition,
            revision=owner.state.revision,
            changed_at=owner.state.changed_at,
            deadline_at=deadline,
            body=pack(body),
            columns=owner.core.columns(owner.state),
        )
    )


def _say(effects: Effects, owner: Owner, change: Change, recorded_at: datetime) -> None:
    event, kind = change.event, owner.core.kind
    if isinstance(event, AlertRaised):
        effects.alerts[event.alert_id] = AlertRow(
            event.alert_id,
            event.about,
            event.about_kind,
            event.code,
            event.severity,
            event.message,
            event.due_at,
            change.at,
        )
    elif isinstance(event, AlertCleared):
        effects.cleared[event.alert_id] = change.at
    fact = Fact(
        event_id=change_id(kind, owner.state.key, change, owner.state.revision),
        source=f"/groupage/{kind}",
        key=event.key,
        occurred_at=change.at,
        recorded_at=recorded_at,
        data=event,
        relayed_by=kind,
    )
    effects.outbox.append(_message(owner, fact))


def _message(owner: Owner, fact: Fact) -> OutboxRow:
    record = encode(fact, derived=True)
    return OutboxRow(
        origin_topic=home_of(owner.core.kind).name,
        origin_partition=owner.partition,
        topic=record.topic,
        key=fact.key,
        headers=pack_headers(record.headers),
        value=record.value,
    )


async def _hand_over(
    effects: Effects, pool: asyncpg.Pool, handovers: Iterable[tuple[Owner, HandOver]]
) -> None:
    """Send waiting facts on, oldest first: the same facts, under their consignment's key."""
    units = sorted({owner.state.key for owner, _ in handovers})
    stored = {each.fact_id: each.fact for each in await facts_of(pool, "unit", units)}
    for owner, event in handovers:
        entries = effects.entries.get((owner.core.kind, owner.state.key), ())
        fact = stored.get(event.fact_id) or next(
            entry.fact for entry in entries if entry.fact_id == event.fact_id
        )
        effects.outbox.append(_message(owner, handed(fact, event.owner_id)))
