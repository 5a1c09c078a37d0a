"""The transaction of a batch: facts, states, dead letters, alerts, outbox, and the fence."""

import time
from collections import Counter

import asyncpg

from groupage.domain.errors import GroupageError
from groupage.store import alerts, dead_letters, writers
from groupage.store.aggregates_by_offset import insert_lists
from groupage.store.captured_events import insert_captures
from groupage.store.facts import copy_facts
from groupage.store.pool import Connection
from groupage.store.sender_alerts import Sender, renew_alerts
from groupage.telemetry import metrics
from processors.worker.write_batch import WriteBatch


class Fenced(GroupageError):
    """Another worker has advanced a partition of the batch.

    Nothing was written; the worker starts again from the stored offsets.
    """


async def commit(pool: asyncpg.Pool, writes: WriteBatch) -> None:
    """Write all of the batch in one transaction. Raises Fenced when another worker was faster.

    1. Advance the offsets, each from the value that this worker knows: the fence. It also locks the
       rows, so that a worker that lost its partitions without noticing waits here and then fails.
    2. Copy the new facts, list the aggregates of those from outside, and insert the captured
       EPCIS events.
    3. Upsert the states, guarded by their revision.
    4. Insert dead letters, settle those whose reason has gone, write alerts and the outbox.
    5. Settle the dead letters of replayed records; renew the alerts about senders.
    """
    started_s = time.perf_counter()
    async with pool.acquire() as connection, connection.transaction():
        if not await writers.advance_offsets(connection, writes.offsets):  # 1
            raise Fenced
        if writes.fact_lines:
            await copy_facts(connection, writes.fact_lines)  # 2
        if writes.aggregate_lists:
            await insert_lists(connection, writes.aggregate_lists)
        if writes.captures:
            await insert_captures(connection, writes.captures)
        await write_derived(connection, writes)  # 3, 4
        await _settle_undecodable(connection, writes)  # 5
    _observe(writes, time.perf_counter() - started_s)


async def write_derived(connection: Connection, writes: WriteBatch) -> None:
    """Write what follows from facts, in the caller's transaction: steps 3 and 4 of `commit`."""
    for kind, rows in writes.states.items():
        if not await writers.upsert_states(connection, kind, rows):
            raise Fenced
    if writes.dead_letters:
        await dead_letters.insert_dead_letters(connection, list(writes.dead_letters.values()))
    if writes.settled:
        await dead_letters.settle_rejections(connection, writes.settled)
    await alerts.write(connection, writes.alerts)
    if writes.outbox:
        await writers.insert_outbox(connection, writes.outbox)


async def _settle_undecodable(connection: Connection, writes: WriteBatch) -> None:
    added = Counter(Sender(row.code, row.source) for row in writes.dead_letters.values())
    settled = await dead_letters.settle_replayed(connection, writes.offsets)
    if writes.acknowledged:
        settled += await dead_letters.settle_refused_ticks(connection, writes.acknowledged)
    added.subtract(settled)
    if added:
        topic, partition = writes.offsets[0][:2]
        await renew_alerts(connection, added, topic=topic, partition=partition)


def _observe(writes: WriteBatch, commit_s: float) -> None:
    now_s = time.time()
    metrics.COMMIT_S.labels("worker").observe(commit_s)
    metrics.BATCH_EVENTS.labels("worker").observe(writes.records)
    metrics.LAST_COMMIT_AT.labels("worker").set(now_s)
    if writes.records:
        age_s = max(0.0, now_s - writes.oldest_ms / 1_000)
        metrics.EVENT_TO_STATE_S.labels("worker").observe(age_s)
    for row in writes.dead_letters.values():
        metrics.EVENTS_DEAD_LETTERED.labels(row.topic, row.code).inc()
