"""The one transaction of a batch: facts, states, dead letters, alerts, outbox, and the fence."""

import time

import asyncpg

from groupage.domain.errors import GroupageError
from groupage.store import alerts, dead_letters, writers
from groupage.store.facts import copy_facts
from groupage.telemetry import metrics
from processors.worker.write_batch import Effects


class Fenced(GroupageError):
    """Another worker moved a partition of the batch. Nothing was written: start from the store."""


async def commit(pool: asyncpg.Pool, effects: Effects) -> None:
    """Write all of it or nothing. Raises Fenced when the partitions are not where they should be.

    1. Move the offsets, each from the value this worker knows: the fence. It also locks the rows,
       so that a late twin of this worker waits and then loses.
    2. Facts, which the fold has found to be new.
    3. States, guarded by their revision.
    4. Dead letters, those settled by it, alerts, messages for other owners.
    """
    started_s = time.perf_counter()
    async with pool.acquire() as connection, connection.transaction():
        if not await writers.advance_positions(connection, effects.positions):
            raise Fenced
        if effects.facts:
            await copy_facts(connection, effects.facts)
        for kind, rows in effects.states.items():
            if not await writers.upsert_states(connection, kind, rows):
                raise Fenced
        if effects.letters:
            await dead_letters.insert_dead_letters(connection, list(effects.letters.values()))
        if effects.settled:
            await dead_letters.settle_refusals(connection, effects.settled)
        await dead_letters.settle_replayed(connection, effects.positions)
        await alerts.write(connection, effects.alerts)
        if effects.outbox:
            await writers.insert_outbox(connection, effects.outbox)
    _tell(effects, time.perf_counter() - started_s)


def _tell(effects: Effects, commit_s: float) -> None:
    now_s = time.time()
    metrics.COMMIT_S.labels("worker").observe(commit_s)
    metrics.BATCH_EVENTS.labels("worker").observe(effects.records)
    metrics.LAST_COMMIT_AT.labels("worker").set(now_s)
    if effects.records:
        age_s = max(0.0, now_s - effects.oldest_ms / 1_000)
        metrics.EVENT_TO_STATE_S.labels("worker").observe(age_s)
    for letter in effects.letters.values():
        metrics.EVENTS_DEAD_LETTERED.labels(letter.topic, letter.code).inc()
