"""The last step of a fold: rows of the dirty states, and messages for changed outputs."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import asyncpg

from groupage.contracts.encoding import check_size, encode
from groupage.contracts.event_data import require_readable
from groupage.contracts.undecodable import Undecodable
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.store.facts import facts_of
from groupage.store.state_codec import pack
from groupage.store.writers import OutboxRow, pack_headers
from groupage.telemetry import metrics
from processors.kernel.fold import encode_state
from processors.kernel.outputs import Change, Forward, Message, changes
from processors.worker.cache import CachedAggregate, StateCache
from processors.worker.refused_messages import refuse
from processors.worker.timers import Deadlines, owner_topic
from processors.worker.write_batch import WriteBatch

_YIELD_EVERY = 10
"""States after which other tasks get a turn."""


async def build_writes(
    writes: WriteBatch,
    pool: asyncpg.Pool,
    deadlines: Deadlines,
    cache: StateCache,
) -> None:
    """Add the rows and messages of all dirty aggregates to `writes`."""
    recorded_at = datetime.now(UTC)
    newest_tick_at = _newest_tick_at(writes)
    forwards: list[tuple[CachedAggregate, Forward]] = []
    for number, ((kind, key), cached) in enumerate(writes.dirty.items()):
        for message in _changed_outputs(writes, kind, cached, newest_tick_at):
            if isinstance(message, Forward):
                forwards.append((cached, message))
            else:
                _publish(writes, cached, message, recorded_at)
        deadline = cached.aggregate.deadline(cached.state)
        _add_state(writes, kind, key, cached, cache, deadline)
        if deadline is not None:
            deadlines.note(kind, cached.partition, deadline)
        if number % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    for kind, count in _count_applied(writes).items():
        metrics.EVENTS_APPLIED.labels(kind).inc(count)
    if forwards:
        await _forward(writes, pool, forwards, recorded_at)
    cache.shrink(writes.dirty.keys())


def _newest_tick_at(writes: WriteBatch) -> datetime | None:
    """Return the hub's time, for aggregates whose own topic gets no ticks.

    The time of day would be wrong on a hub with an external clock.
    """
    ticks = (progress.clock_at for progress in writes.partitions.values())
    return max((tick_at for tick_at in ticks if tick_at is not None), default=None)


def _count_applied(writes: WriteBatch) -> Counter[AggregateKind]:
    applied: Counter[AggregateKind] = Counter()
    for (kind, _), facts in writes.new_facts.items():
        applied[kind] += len(facts)
    return applied


def _changed_outputs(
    writes: WriteBatch,
    kind: AggregateKind,
    cached: CachedAggregate,
    newest_tick_at: datetime | None,
) -> Sequence[Message]:
    before, outputs = cached.outputs, cached.aggregate.outputs(cached.state)
    cached.outputs = outputs
    if outputs == before:
        return ()
    progress = writes.partitions[(owner_topic(kind).name, cached.partition)]
    clock_at = progress.time or newest_tick_at
    times = [at for at in (cached.state.changed_at, clock_at) if at is not None]
    # A state with outputs has facts, and so a time, though there may be no tick yet.
    at = max(times, default=datetime.now(UTC))
    return changes(before, outputs, state=cached.state, at=at)


def _add_state(
    writes: WriteBatch,
    kind: AggregateKind,
    key: str,
    cached: CachedAggregate,
    cache: StateCache,
    deadline: datetime | None,
) -> None:
    state = cached.state
    body = encode_state(state)
    cache.resize(cached, len(body))
    writes.states.setdefault(kind, []).append(  # a `StateRow`
        (
            key,
            cached.partition,
            state.revision,
            state.changed_at,
            deadline,
            state.policy_number,
            pack(body),
            *cached.aggregate.columns(state),
        )
    )


def _publish(
    writes: WriteBatch, cached: CachedAggregate, change: Change, recorded_at: datetime
) -> None:
    kind, state = cached.aggregate.kind, cached.state
    writes.alerts.note(change.event, change.at)
    fact = change.fact(kind, state.key, revision=state.revision, recorded_at=recorded_at)
    _add_message(writes, cached, fact, recorded_at)


def _add_message(
    writes: WriteBatch, cached: CachedAggregate, fact: Fact, recorded_at: datetime
) -> None:
    """Add the message, if its readers will accept it: they check the same."""
    record = encode(fact, derived=True)
    try:
        check_size(record)
        require_readable(fact.data.name, record.value)
    except Undecodable as error:
        refuse(writes, cached, fact, record, error, recorded_at)
        return
    writes.outbox.append(
        OutboxRow(
            origin_topic=owner_topic(cached.aggregate.kind).name,
            origin_partition=cached.partition,
            topic=record.topic,
            key=fact.key,
            headers=pack_headers(record.headers),
            value=record.value,
        )
    )


async def _forward(
    writes: WriteBatch,
    pool: asyncpg.Pool,
    forwards: Iterable[tuple[CachedAggregate, Forward]],
    recorded_at: datetime,
) -> None:
    """Publish stored facts under another aggregate's key, or withdraw them; oldest first."""
    keys: dict[AggregateKind, set[str]] = {}
    for cached, _ in forwards:
        keys.setdefault(cached.aggregate.kind, set()).add(cached.state.key)
    stored_facts = {
        stored.fact_id: stored.fact
        for kind, senders in keys.items()
        for stored in await facts_of(pool, kind, sorted(senders))
    }
    for cached, forward in forwards:
        kind = cached.aggregate.kind
        new_facts = writes.new_facts.get((kind, cached.state.key), ())
        fact = stored_facts.get(forward.fact_id) or next(
            incoming.fact for incoming in new_facts if incoming.fact_id == forward.fact_id
        )
        revision = cached.state.revision
        message = forward.fact(fact, kind, revision=revision, recorded_at=recorded_at)
        _add_message(writes, cached, message, recorded_at)
