"""The end of a fold: rows of the touched states, and what their owners say that is new."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg

from groupage.contracts.encoding import encode
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.store.bodies import pack
from groupage.store.facts import facts_of
from groupage.store.writers import OutboxRow, StateRow, pack_headers
from groupage.telemetry import metrics
from processors.kernel.fold import encode_state
from processors.kernel.outputs import Change, Forward, Message, change_id, changes
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
    forwards: list[tuple[Owner, Forward]] = []
    for number, ((kind, key), owner) in enumerate(effects.touched.items()):
        clock_at = effects.places[(home_of(kind).name, owner.partition)].clock_at
        for message in _new_messages(owner, clock_at or recorded_at):
            if isinstance(message, Forward):
                forwards.append((owner, message))
            else:
                _publish(effects, owner, message, recorded_at)
        deadline = owner.core.deadline(owner.state)
        _add_state(effects, kind, key, owner, cache, deadline)
        if deadline is not None:
            deadlines.note(kind, owner.partition, deadline)
        if number % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    for kind, count in _applied(effects).items():
        metrics.EVENTS_APPLIED.labels(kind).inc(count)
    if forwards:
        await _forward(effects, pool, forwards)
    cache.shrink(effects.touched.keys())


def _applied(effects: Effects) -> Counter[AggregateKind]:
    applied: Counter[AggregateKind] = Counter()
    for (kind, _), entries in effects.entries.items():
        applied[kind] += len(entries)
    return applied


def _new_messages(owner: Owner, clock_at: datetime) -> list[Message]:
    before, outputs = owner.outputs, owner.core.outputs(owner.state)
    owner.outputs = outputs
    if outputs == before:
        return []
    at = max(owner.state.changed_at or clock_at, clock_at)
    return changes(before, outputs, state=owner.state, at=at)


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


def _publish(effects: Effects, owner: Owner, change: Change, recorded_at: datetime) -> None:
    event, kind = change.event, owner.core.kind
    effects.alerts.note(event, change.at)
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


async def _forward(
    effects: Effects, pool: asyncpg.Pool, forwards: Iterable[tuple[Owner, Forward]]
) -> None:
    """Send stored facts on, oldest first: the same facts, under another aggregate's key."""
    keys: dict[AggregateKind, set[str]] = {}
    for owner, _ in forwards:
        keys.setdefault(owner.core.kind, set()).add(owner.state.key)
    stored = {
        each.fact_id: each.fact
        for kind, senders in keys.items()
        for each in await facts_of(pool, kind, sorted(senders))
    }
    for owner, forward in forwards:
        kind = owner.core.kind
        entries = effects.entries.get((kind, owner.state.key), ())
        fact = stored.get(forward.fact_id) or next(
            entry.fact for entry in entries if entry.fact_id == forward.fact_id
        )
        effects.outbox.append(_message(owner, forward.readdressed(fact, kind)))
