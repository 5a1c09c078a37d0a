"""Upgrade of stored states: those in the form of an older version are derived again from facts.

A chunk is one transaction. Killed at any moment, what is done stays done, and the next run goes on
with the rest.
"""

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
import structlog

from groupage.domain.events.base import AggregateKind
from groupage.settings import DatabaseSettings
from groupage.store.locks import migration_lock, without_workers
from groupage.store.older_states import count_older_states, mark_derived
from groupage.store.pool import create_pool
from groupage.store.schema import read_schema
from processors.kernel.aggregate import Aggregate
from processors.worker.older_states import derive, next_chunk

_CHUNK_STATES = 200

log = structlog.get_logger(__name__)
Progress = Callable[[AggregateKind, int, int], None]
"""Called with the kind, its states that are derived, and all that are to be derived."""


async def derive_older_states(
    settings: DatabaseSettings,
    aggregates: Mapping[AggregateKind, Aggregate[Any]],
    *,
    progress: Progress,
    chunk_states: int = _CHUNK_STATES,
) -> dict[AggregateKind, int]:
    """Derive all states of older forms; return how many there were of each kind.

    Raises Conflict when a worker is connected.
    """
    pool = await create_pool(
        settings,
        application_name="groupage migrate",
        server_settings={"enable_seqscan": "off"},
    )
    derived: dict[AggregateKind, int] = {}
    try:
        async with pool.acquire() as connection, migration_lock(connection):
            schema = await read_schema(connection, place=settings.address)
            async with without_workers(connection):
                for kind in schema.underived:
                    derived[kind] = await _derive_kind(
                        pool, aggregates[kind], progress, chunk_states
                    )
    finally:
        pool.terminate()
    return derived


async def _derive_kind(
    pool: asyncpg.Pool, aggregate: Aggregate[Any], progress: Progress, chunk_states: int
) -> int:
    kind = aggregate.kind
    total = await count_older_states(pool, kind)
    done = 0
    progress(kind, done, total)
    after = ""
    while keys := await next_chunk(pool, aggregate, after=after, states_max=chunk_states):
        done += await derive(pool, aggregate, keys)
        progress(kind, done, total)
        after = keys[-1]
    await mark_derived(pool, [kind])
    log.info("states_derived", kind=kind, states=done)
    return done
