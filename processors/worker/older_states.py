"""Older states, derived again from their facts.

An older version stored them in another form, or the hub has adopted a policy since. A worker
derives those that it loads for a batch, and all others of its partitions between batches
(`processors.worker.background`); `groupage migrate --derive` derives all while no worker runs. All
call `derive`: one transaction that locks the states, so that each is derived once and a kill leaves
nothing half done.

A body of an older form is not decoded, except for what is pending in it: a request that is on its
way and not a fact yet (`Aggregate.pending`).
"""

import sys
from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
import structlog

from groupage.contracts.encoding import headers_of
from groupage.domain.errors import GroupageError
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.base import State
from groupage.domain.state.forms import FORMS, POLICY_KINDS
from groupage.store import alerts, dead_letters, writers
from groupage.store.facts import StoredFact, facts_of, rewrite_subjects
from groupage.store.older_states import lock_older_states, older_states
from groupage.store.pool import Connection
from groupage.store.state_codec import unpack
from groupage.store.writers import pack_headers
from groupage.telemetry import metrics
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import refold
from processors.kernel.outputs import Output, Publication
from processors.worker import rejections
from processors.worker.assignment import PartitionProgress
from processors.worker.batch import PartitionBatch
from processors.worker.cache import CachedAggregate, StateCache
from processors.worker.commit import write_derived
from processors.worker.timers import Deadlines, owner_topic
from processors.worker.write_batch import WriteBatch
from processors.worker.writes import build_writes

_CHUNK_FACTS_MAX = 2_000
"""Of all states of a chunk together: their facts are in memory at once."""
_DERIVED_AT_ONCE = 50
"""A batch may load thousands of states; the facts of a chunk are in memory at once."""

log = structlog.get_logger(__name__)


class PolicyUnknown(GroupageError):
    """Another worker derived states under a policy that this one has not read yet."""


async def load_states(
    pool: asyncpg.Pool,
    aggregate: Aggregate[Any],
    keys: Sequence[str],
    *,
    deadlines: Deadlines,
) -> list[writers.StoredState]:
    """Load stored states; derive older ones first. Raises PolicyUnknown."""
    kind, policy = aggregate.kind, aggregate.policies.number
    stored = await writers.load_states(pool, kind, keys)
    older = [row.key for row in stored if row.form < FORMS[kind] or row.policy < policy]
    if kind in POLICY_KINDS and any(row.policy > policy for row in stored):
        raise PolicyUnknown
    if not older:
        return stored
    for begin in range(0, len(older), _DERIVED_AT_ONCE):
        chunk = older[begin : begin + _DERIVED_AT_ONCE]
        await derive(pool, aggregate, chunk, deadlines=deadlines)
    log.info("states_derived", kind=kind, states=len(older))
    return await writers.load_states(pool, kind, keys)


async def next_chunk(
    connection: Connection,
    aggregate: Aggregate[Any],
    *,
    after: str,
    states_max: int,
    partitions: Sequence[int] | None = None,
) -> list[str]:
    """Return the keys of the next states to derive, in their order and from behind `after` on.

    `partitions` None: of all. Empty: no older state is left behind `after`.
    """
    keys: list[str] = []
    facts = 0
    for key, revision in await older_states(
        connection,
        aggregate.kind,
        policy=aggregate.policies.number,
        after=after,
        limit=states_max,
        partitions=partitions,
    ):
        facts += revision
        if keys and facts > _CHUNK_FACTS_MAX:
            break
        keys.append(key)
    return keys


async def derive(
    pool: asyncpg.Pool,
    aggregate: Aggregate[Any],
    keys: Sequence[str],
    *,
    deadlines: Deadlines | None = None,
    skips_locked: bool = False,
) -> int:
    """Derive those of the states that are older; return how many there were.

    With `skips_locked` it leaves those to others that another transaction has locked.

    They become what the stored facts, the hub's policies and the stored clock make them. Alerts and
    dead letters follow. For a new policy, changed outputs are published. For a new form, changes of
    alerts are; other outputs are those that were published for the same facts. `deadlines` learns
    the deadlines.
    """
    kind = aggregate.kind
    async with pool.acquire() as connection, connection.transaction():
        stored = await lock_older_states(
            connection,
            kind,
            keys,
            policy=aggregate.policies.number,
            skips_locked=skips_locked,
        )
        if not stored:
            return 0
        clocks = await writers.clocks_of(connection, owner_topic(kind).name)
        facts = await _facts_by_key(connection, kind, [row.key for row in stored])
        await _rewrite_subjects(connection, facts)
        writes = WriteBatch(
            epoch=0,
            partitions={
                (owner_topic(kind).name, row.partition): PartitionProgress(
                    next_offset=0, clock_at=clocks.get(row.partition)
                )
                for row in stored
            },
        )
        for row in stored:
            cached = _derive_one(aggregate, row, facts[row.key], clocks.get(row.partition))
            writes.mark_dirty((kind, row.key), cached)
            writes.new_facts[kind, row.key] = []
        older_forms = [row.key for row in stored if row.form < FORMS[kind]]
        await _compare_with_published(connection, writes, kind, older_forms)
        await _compare_rejections(connection, writes, facts)
        cache = StateCache(states_max=0, bytes_max=sys.maxsize)  # the caller caches what it loads
        await build_writes(writes, pool, deadlines or Deadlines(pool), cache)
        await write_derived(connection, writes)
    metrics.STATES_DERIVED.labels(kind).inc(len(stored))
    return len(stored)


def _derive_one(
    aggregate: Aggregate[Any],
    row: writers.StoredState,
    facts: Sequence[StoredFact],
    clock_at: datetime | None,
) -> CachedAggregate:
    same_form = row.form == FORMS[aggregate.kind]
    before = _decode(aggregate, row) if same_form else _decode_pending(aggregate, row)
    entries = [Entry(stored.fact_id, stored.fact) for stored in facts]
    state = refold(aggregate, before, entries, clock_at=clock_at)
    cached = CachedAggregate(
        aggregate=aggregate,
        state=state,
        partition=row.partition,
        body_bytes=len(row.body),
        id_prefixes=array("Q"),
    )
    if same_form:
        older = aggregate.under(aggregate.policies.up_to(row.policy))
        cached.outputs = older.outputs(before)
    return cached


def _decode(aggregate: Aggregate[Any], row: writers.StoredState) -> State:
    state: State = msgspec.json.decode(unpack(row.body), type=aggregate.state_type)
    return state


def _decode_pending(aggregate: Aggregate[Any], row: writers.StoredState) -> State:
    """Return a new state with what is pending in a body of an older form."""
    state: State = aggregate.new(row.key)
    if aggregate.pending:
        fields = msgspec.json.decode(unpack(row.body), type=dict[str, msgspec.Raw])
        types = get_type_hints(aggregate.state_type)
        for name in fields.keys() & set(aggregate.pending):
            setattr(state, name, msgspec.json.decode(fields[name], type=types[name]))
    return state


async def _facts_by_key(
    connection: Connection, kind: AggregateKind, keys: Sequence[str]
) -> dict[str, list[StoredFact]]:
    by_key: dict[str, list[StoredFact]] = defaultdict(list)
    for stored in await facts_of(connection, kind, keys):
        by_key[stored.fact.key].append(stored)
    return by_key


async def _rewrite_subjects(connection: Connection, facts: dict[str, list[StoredFact]]) -> None:
    """Give the rows of facts and of their dead letters the ids that readers of the log make.

    Versions before 0.3.0 stored the ids of units and containers as their senders wrote them.
    """
    older = [
        stored
        for each in facts.values()
        for stored in each
        if stored.stored_subject != stored.fact.subject
    ]
    if older:
        await rewrite_subjects(connection, older)
        headers = {UUID(hex=each.fact_id): pack_headers(headers_of(each.fact)) for each in older}
        await dead_letters.rewrite_headers(connection, headers)


async def _compare_with_published(
    connection: Connection, writes: WriteBatch, kind: AggregateKind, keys: Sequence[str]
) -> None:
    """Take the open alerts for what was published, and all else for published as it is now."""
    opened: dict[str, list[alerts.OpenAlert]] = defaultdict(list)
    for alert in await alerts.open_alerts(connection, kind, keys):
        opened[alert.about].append(alert)
    for key in keys:
        cached = writes.dirty[kind, key]
        ids: dict[str, str] = {}
        published: dict[str, Publication] = {}
        for output_id, output in cached.outputs.items():
            alert_id = alerts.alert_id_of(output.event) if isinstance(output, Output) else None
            if alert_id is None:
                published[output_id] = output
            else:
                ids[alert_id] = output_id
        for alert in opened[key]:
            output_id = ids.get(alert.alert_id, alert.alert_id)
            published[output_id] = Output(alert.event, alert.raised_at)
        cached.outputs = published


async def _compare_rejections(
    connection: Connection, writes: WriteBatch, facts: dict[str, list[StoredFact]]
) -> None:
    """Open and settle dead letters, so that they are those of the derived states."""
    fact_ids = [UUID(hex=stored.fact_id) for each in facts.values() for stored in each]
    codes = await dead_letters.open_rejections(connection, fact_ids)
    for (kind, key), cached in writes.dirty.items():

        async def load_facts(of: str = key) -> Sequence[StoredFact]:
            return facts[of]

        before = {each.fact_id: codes[each.fact_id] for each in facts[key] if each.fact_id in codes}
        if before != rejections.rejection_codes(cached.state):
            part = PartitionBatch(owner_topic(kind).name, cached.partition)
            await rejections.record_changes(writes, part, (kind, key), cached, before, load_facts)
