"""Fold: from a batch of records to everything that one transaction will write.

1. Forward facts that arrived in a partition that does not own their aggregate.
2. Load the aggregates that are not cached.
3. Drop duplicates.
4. Advance each aggregate, in the order of the log, and on each tick those with a deadline.
5. Build the rows and messages.

The worker knows no rule of the domain: these are the aggregates'.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg

from groupage.contracts.digits import ACCEPTED_HEADER, has_wrong_digits
from groupage.contracts.encoding import headers_of
from groupage.contracts.partitioning import partition_of
from groupage.contracts.topics import BY_NAME
from groupage.domain.events.base import AggregateKind
from groupage.store import facts, writers
from groupage.store.facts import LogPosition, StoredFact
from groupage.store.state_codec import unpack
from groupage.store.writers import OutboxRow, pack_headers
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, refold, tick
from processors.worker import dead_letters, deduplication, older_states, rejections
from processors.worker.assignment import (
    Assignment,
    PartitionProgress,
)
from processors.worker.batch import AggregateKey, Batch, IncomingFact, PartitionBatch
from processors.worker.cache import CachedAggregate, StateCache
from processors.worker.pairs import join_pairs, offsets_before, owns
from processors.worker.plan_check import quarantine_unknown_plans
from processors.worker.plausibility import quarantine_events_ahead
from processors.worker.state_loader import StateLoader
from processors.worker.timers import Deadlines
from processors.worker.write_batch import WriteBatch
from processors.worker.writes import build_writes

_TURNED_BACK_AT_ONCE = 200
"""States in memory at once, apart from those that change."""
_YIELD_EVERY = 100
"""Facts after which other tasks get a turn.

The commit of the batch before makes a dozen round trips meanwhile, and each waits for a turn.
"""


class _NeedsHistory(Exception):
    pass


def _require_history() -> Iterable[Entry]:
    raise _NeedsHistory


class Folder:
    """Turns batches into write batches, one at a time. Its cached states are ahead of the store."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        aggregates: Mapping[AggregateKind, Aggregate[Any]],
        cache: StateCache,
        assignment: Assignment,
        wait_for_commit: Callable[[], Awaitable[None]],
    ) -> None:
        """`wait_for_commit` waits for the commit that is under way."""
        self._pool = pool
        self._aggregates = aggregates
        self._cache = cache
        self._assignment = assignment
        self._wait_for_commit = wait_for_commit
        self.deadlines = Deadlines(pool)
        self._states = StateLoader(pool, aggregates, cache, self.deadlines)
        self._in_commit: WriteBatch | None = None
        """The batch that is being committed while the next one is folded."""

    def forget(self) -> None:
        """Start again from what is stored."""
        self._cache.clear()
        self.deadlines.forget()
        self._in_commit = None

    def begin_commit(self, writes: WriteBatch) -> None:
        """Note that this batch is being committed."""
        writes.release_facts()
        self._in_commit = writes

    async def fold(self, batch: Batch) -> WriteBatch:
        """Return everything that is to be written for the batch. On any error call `forget`."""
        writes = WriteBatch(epoch=batch.epoch, partitions=self._assignment.partitions)
        parts = [
            unread
            for part in batch.parts
            if (progress := writes.partitions.get((part.topic, part.partition))) is not None
            and (unread := part.from_offset(progress.next_offset)) is not None
        ]
        wanted: dict[AggregateKey, int] = {}
        await quarantine_unknown_plans(parts, self._pool)
        for part in parts:
            writes.count_records(part)
            if part.ahead:
                progress = writes.partitions[(part.topic, part.partition)]
                quarantine_events_ahead(part, progress.clock_at)
            dead_letters.add_decoded(writes, part)
            writes.captures += part.captures
            writes.list_aggregates(part)
            self._forward_misrouted(writes, part, wanted)
        await self._states.load(wanted)
        await deduplication.drop_duplicates(
            writes,
            parts,
            cache=self._cache,
            in_commit=self._in_commit,
            wait_for_commit=self._wait_for_commit,
            pool=self._pool,
        )
        join_pairs(parts)
        before = offsets_before(writes.partitions, parts)
        ticks = {
            (part.topic, part.partition): await self._advance_part(writes, part) for part in parts
        }
        writes.offsets = [
            writers.OffsetAdvance(
                *partition, expected, writes.partitions[partition].next_offset, ticks.get(partition)
            )
            for partition, expected in before.items()
        ]
        await build_writes(writes, self._pool, self.deadlines, self._cache)
        return writes

    def _forward_misrouted(
        self, writes: WriteBatch, part: PartitionBatch, wanted: dict[AggregateKey, int]
    ) -> None:
        """Note the partition of each aggregate in `wanted`; forward facts that are in another one.

        A client with another partitioner than Kafka's sends facts to the wrong partition.
        """
        for segment in part.segments:
            for aggregate_key in list(segment.facts):
                partition = wanted.get(aggregate_key)
                if partition is None:
                    cached = self._cache.get(aggregate_key)
                    key = aggregate_key[1]
                    partition = (
                        partition_of(key, part.topic) if cached is None else cached.partition
                    )
                if partition == part.partition:
                    wanted[aggregate_key] = partition
                else:
                    misrouted = segment.facts.pop(aggregate_key)
                    writes.outbox += [_rerouting_row(part, incoming) for incoming in misrouted]

    # --- advancing ----------------------------------------------------------------------------

    async def _advance_part(self, writes: WriteBatch, part: PartitionBatch) -> datetime | None:
        """Advance aggregates up to each tick, then those whose deadline the tick reaches.

        Return the last tick that set the partition's clock.
        """
        progress = writes.partitions[(part.topic, part.partition)]
        ticked: datetime | None = None
        for segment in part.segments:
            await self._advance_aggregates(writes, part, segment.facts, progress)
            at, was = segment.tick_at, progress.clock_at
            if at is None:
                continue
            if segment.resets:
                writes.acknowledged.append(
                    LogPosition(part.topic, part.partition, segment.tick_offset)
                )
                if was is not None and at < was:
                    await self._set_clock(writes, part, progress, ticked := at)
            elif was is None or at > was:
                await self._set_clock(writes, part, progress, ticked := at)
        progress.next_offset = part.next_offset
        return ticked

    async def _set_clock(
        self, writes: WriteBatch, part: PartitionBatch, progress: PartitionProgress, at: datetime
    ) -> None:
        """Set the partition's clock; advance its aggregates if that changes their time."""
        before = progress.time
        progress.clock_at = at
        now = progress.time
        assert now is not None, "it is not earlier than `at`"
        if before is None or now > before:
            await self._tick(writes, part, now)
        elif now < before:
            await self._turn_back(writes, part, now)

    async def _advance_aggregates(
        self,
        writes: WriteBatch,
        part: PartitionBatch,
        facts_by_aggregate: Mapping[AggregateKey, list[IncomingFact]],
        progress: PartitionProgress,
    ) -> None:
        since_yield = 0
        for aggregate_key, new_facts in facts_by_aggregate.items():
            if not new_facts:
                continue  # all were duplicates
            cached = self._cache[aggregate_key]
            writes.add_facts(aggregate_key, new_facts)
            writes.mark_dirty(aggregate_key, cached)
            rejected = rejections.rejection_codes(cached.state) if cached.state.rejected else {}
            try:
                await self._advance(writes, aggregate_key, cached, new_facts, progress.time)
            except Exception as error:
                types = [incoming.fact.type for incoming in new_facts]
                error.add_note(
                    f"while {aggregate_key[0]} {aggregate_key[1]!r} folded {types} "
                    f"of {part.topic}[{part.partition}] from offset {new_facts[0].offset}"
                )
                raise
            if (rejected or cached.state.rejected) and (
                rejections.rejection_codes(cached.state) != rejected
            ):
                load_stored = partial(self._load_stored_facts, aggregate_key)
                await rejections.record_changes(
                    writes, part, aggregate_key, cached, rejected, load_stored
                )
            since_yield += len(new_facts)
            if since_yield >= _YIELD_EVERY:
                since_yield = 0
                await asyncio.sleep(0)

    async def _advance(
        self,
        writes: WriteBatch,
        aggregate_key: AggregateKey,
        cached: CachedAggregate,
        entries: Sequence[Entry],
        clock_at: datetime | None,
    ) -> None:
        try:
            cached.state = advance(
                cached.aggregate, cached.state, entries, _require_history, clock_at=clock_at
            ).state
        except _NeedsHistory:
            # All facts of the aggregate: those stored, and those of this batch so far.
            history = {
                stored.fact_id: Entry(stored.fact_id, stored.fact)
                for stored in await self._load_stored_facts(aggregate_key)
            }
            history |= {incoming.fact_id: incoming for incoming in writes.new_facts[aggregate_key]}
            cached.state = refold(
                cached.aggregate, cached.state, history.values(), clock_at=clock_at
            )

    async def _load_stored_facts(self, aggregate_key: AggregateKey) -> tuple[StoredFact, ...]:
        """Load the aggregate's facts of earlier batches."""
        await self._wait_for_commit()
        kind, key = aggregate_key
        return await facts.facts_of(self._pool, kind, [key])

    async def _tick(self, writes: WriteBatch, part: PartitionBatch, at: datetime) -> None:
        for kind in BY_NAME[part.topic].kinds:
            aggregate = self._aggregates.get(kind)
            if aggregate is None or not aggregate.has_clock or not owns(part, kind):
                continue
            due = await self.deadlines.due_keys(
                kind, partition=part.partition, at=at, uncommitted=(self._in_commit, writes)
            )
            await self._states.load({(kind, key): part.partition for key in due})
            for key in due:
                cached = self._cache[kind, key]
                cached.state = tick(cached.aggregate, cached.state, at)
                writes.mark_dirty((kind, key), cached)

    async def _turn_back(self, writes: WriteBatch, part: PartitionBatch, at: datetime) -> None:
        """Take back in all states of the partition what the clock decided after `at`."""
        await self._wait_for_commit()
        self.deadlines.forget()
        for kind, aggregate in self._aggregates.items():
            if not owns(part, kind) or not aggregate.has_clock:
                continue
            keys = list(writes.with_clock.get((kind, part.partition), ()))
            keys += await self._changed_by_clock(aggregate, part.partition, at, set(keys))
            await self._states.load({(kind, key): part.partition for key in keys})
            for key in keys:
                cached = self._cache[kind, key]
                cached.state = tick(aggregate, cached.state, at)
                writes.mark_dirty((kind, key), cached)

    async def _changed_by_clock(
        self, aggregate: Aggregate[Any], partition: int, at: datetime, besides: set[str]
    ) -> list[str]:
        """Return the stored aggregates of the partition that differ when the clock is at `at`."""
        kind, changed, after = aggregate.kind, list[str](), ""
        while keys := await writers.keys_in_partition(
            self._pool, kind, partition=partition, after=after, limit=_TURNED_BACK_AT_ONCE
        ):
            after = keys[-1]
            rows = await older_states.load_states(
                self._pool,
                aggregate,
                [key for key in keys if key not in besides],
                deadlines=self.deadlines,
            )
            for row in rows:
                body = unpack(row.body)
                state = tick(aggregate, self._states.decode(kind, body), at)
                if encode_state(state) != body:
                    changed.append(row.key)
            await asyncio.sleep(0)
        return changed


def _rerouting_row(part: PartitionBatch, incoming: IncomingFact) -> OutboxRow:
    """Return the same fact for its topic: Kafka's partitioner puts it where it belongs."""
    fact = incoming.fact
    headers = headers_of(fact)
    if has_wrong_digits(fact.data):  # and it was taken
        headers.append(ACCEPTED_HEADER)
    return OutboxRow(
        origin_topic=part.topic,
        origin_partition=part.partition,
        topic=part.topic,
        key=fact.key,
        headers=pack_headers(headers),
        value=facts.data_json_of(incoming.copy_line),
    )
