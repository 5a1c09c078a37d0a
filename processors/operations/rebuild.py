"""Rebuild: folds the whole log into a schema of its own, then compares the tables or swaps them.

It reads up to the stored offsets, as the workers have, and publishes nothing: what aggregates
published is in the log already. Killed at any moment it leaves the hub as it was.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.consumers import STOP_TIMEOUT_S, stop_consumer
from groupage.contracts.policy_log import read_adoptions
from groupage.contracts.signing import Trust
from groupage.contracts.topic_ids import TopicIds
from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.contracts.unreadable import read_record_by_record
from groupage.domain.errors import Conflict, Unavailable
from groupage.domain.events.base import AggregateKind
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.forms import FORMS
from groupage.settings import DatabaseSettings
from groupage.store import migrations
from groupage.store.captured_events import adopt_older_captures
from groupage.store.dead_letter_comparison import DeadLetterCounts
from groupage.store.locks import without_workers
from groupage.store.log_identity import require_same_log, require_whole_log
from groupage.store.older_states import count_older_states
from groupage.store.policies import count_adoptions, write_adoptions
from groupage.store.pool import create_pool, refusals_in_words
from groupage.store.schema import require_schema
from groupage.store.table_swap import TableReport, compare, swap_tables
from groupage.store.trust import read_trust
from processors.kernel.aggregate import Aggregate
from processors.worker.app import WorkerSettings
from processors.worker.assignment import Assignment, Partition
from processors.worker.batch import Batch, PartitionBatch
from processors.worker.decoding import decode_into
from processors.worker.pair_order import PairOrder
from processors.worker.pipeline import Hooks, Pipeline
from processors.worker.plausibility import DEFAULT_RULES, TimeRules

_IDLE_S_MAX = 60.0
_CONNECT_TIMEOUT_S = 20.0
_STATEMENT_TIMEOUT_S = 3_600.0
_FETCH_BYTES_MAX = 2 * 2**20
_RUN_RECORDS = 500
"""Records read of a partition before its counterpart has its turn."""

log = structlog.get_logger(__name__)
Progress = Callable[[int, int], None]
"""Called with the number of records folded, and of all records."""


class RebuildReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a rebuild."""

    records: int
    tables: tuple[TableReport, ...]
    dead_letters: DeadLetterCounts
    replaced: bool

    @property
    def equal(self) -> bool:
        """Whether the rebuilt tables are the stored ones, row by row."""
        return not any(table.only_stored or table.only_rebuilt for table in self.tables)


async def rebuild(
    settings: WorkerSettings,
    aggregates: Mapping[AggregateKind, Aggregate[Any]],
    *,
    time_rules: TimeRules = DEFAULT_RULES,
    assumed: Callable[[], Policy] | None = None,
    derive_more: Callable[["asyncpg.Pool[asyncpg.Record]"], Awaitable[None]] | None = None,
    verify: bool,
    progress: Progress,
) -> RebuildReport:
    """Fold the whole log; then compare with the stored tables, and replace them unless `verify`.

    `derive_more` fills further tables from the rebuilt ones, before these are compared.

    The policies are those of the log, as far as the workers have read it. For a hub that has
    adopted none, `assumed` or else those of `aggregates` count.

    Raises Conflict when a worker is connected, or when the log has lost its oldest records.
    """
    url = settings.database.url.get_secret_value()
    with refusals_in_words():
        connection = await asyncpg.connect(
            url, timeout=_CONNECT_TIMEOUT_S, command_timeout=_STATEMENT_TIMEOUT_S
        )
    try:
        await require_schema(connection, place=settings.database.address, older_forms=True)
        async with without_workers(connection), _scratch(connection, url) as schema:
            targets = await _targets(connection)
            await _require_its_log(settings, connection, targets)
            trust = await read_trust(connection, settings.hub_key(), taken_in=targets)
            policies = await _policies(settings, aggregates, assumed, connection)
            if verify and policies.number:
                await _require_derived(connection, policies.number)
            pool = await _scratch_pool(settings.database, schema)
            try:
                await write_adoptions(pool, policies.adoptions)
                bound = {kind: each.under(policies) for kind, each in aggregates.items()}
                log = _Log(settings, targets, trust, time_rules.following(policies))
                records = await _fold_log(log, settings, bound, pool, targets, progress)
                await adopt_older_captures(pool)
                if derive_more is not None:
                    await derive_more(pool)
            finally:
                pool.terminate()
            tables, dead_letters = await compare(connection, schema)
            if not verify:
                await swap_tables(connection, schema)
            return RebuildReport(
                records=records,
                tables=tuple(tables),
                dead_letters=dead_letters,
                replaced=not verify,
            )
    finally:
        await connection.close(timeout=10)


@asynccontextmanager
async def _scratch(
    connection: "asyncpg.Connection[asyncpg.Record]", url: str
) -> AsyncIterator[str]:
    # A rebuild that was killed left its schema.
    for row in await connection.fetch(
        "select nspname from pg_namespace where starts_with(nspname, 'rebuild_')"
    ):
        await connection.execute(f'drop schema "{row[0]}" cascade')
    schema = f"rebuild_{uuid.uuid4().hex[:12]}"
    await connection.execute(f'create schema "{schema}"')
    try:
        await migrations.upgrade(url, schema=schema)
        yield schema
    finally:
        if not connection.is_closed():
            await connection.execute(f'drop schema "{schema}" cascade')


async def _policies(
    settings: WorkerSettings,
    aggregates: Mapping[AggregateKind, Aggregate[Any]],
    assumed: Callable[[], Policy] | None,
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> PolicyHistory:
    adoptions = await read_adoptions(
        settings.kafka, prefix=settings.topics.prefix, hub_key=settings.hub_key()
    )
    count = await count_adoptions(connection)
    if not adoptions and assumed is not None:
        return PolicyHistory(assumed())
    return next(iter(aggregates.values())).policies.extended(adoptions[:count])


async def _require_derived(connection: "asyncpg.Connection[asyncpg.Record]", policy: int) -> None:
    """Raise Conflict while states are left that were derived under fewer policies."""
    left = sum([await count_older_states(connection, kind, policy=policy) for kind in FORMS])
    if left:
        raise Conflict(
            f"{left:,} states are left to be judged by the policy that was adopted last: start the "
            "workers, and compare when their metric groupage_states_of_older_forms is 0"
        )


async def _require_its_log(
    settings: WorkerSettings,
    connection: "asyncpg.Connection[asyncpg.Record]",
    targets: Mapping[Partition, int],
) -> None:
    """Raise Misconfigured if Kafka's log is another one than the workers', Conflict if it was."""
    prefix = settings.topics.prefix
    async with TopicIds(settings.kafka) as ids:
        found = await ids.read({prefix + topic for topic, _ in targets})
    await require_same_log(connection, found, prefix=prefix)
    await require_whole_log(connection)


async def _targets(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[Partition, int]:
    rows = await connection.fetch("select topic, partition, next_offset from intake_offset")
    return {(row[0], row[1]): row[2] for row in rows}


async def _scratch_pool(settings: DatabaseSettings, schema: str) -> asyncpg.Pool:
    return await create_pool(
        settings,
        application_name="groupage rebuild",
        server_settings={"search_path": schema, "enable_seqscan": "off"},
    )


async def _fold_log(
    source: "_Log",
    settings: WorkerSettings,
    aggregates: dict[AggregateKind, Aggregate[Any]],
    pool: asyncpg.Pool,
    targets: dict[Partition, int],
    progress: Progress,
) -> int:
    assignment = Assignment()
    await pool.executemany(
        "insert into intake_offset (topic, partition, next_offset) values ($1, $2, 0)",
        list(targets),
    )
    assignment.take(dict.fromkeys(targets, (0, None)))

    async def no_reset() -> None:
        raise Unavailable("the database failed during the rebuild; start it again")

    async def no_wake() -> None:
        return

    pipeline = Pipeline(
        pool=pool,
        aggregates=aggregates,
        settings=settings.processor,
        assignment=assignment,
        hooks=Hooks(reset=no_reset, committed=lambda _effects: None, wake=no_wake),
        publishes=False,
    )
    done, total = 0, sum(targets.values())
    progress(done, total)
    async with source.reading() as batches:
        async for parts in batches:
            await pipeline.take(Batch(assignment.epoch, parts))
            done = sum(position.next_offset for position in assignment.partitions.values())
            progress(done, total)
        await pipeline.wait_for_commit()
    return total


class _Log:
    """The log from its oldest records to the given offsets."""

    def __init__(
        self,
        settings: WorkerSettings,
        targets: dict[Partition, int],
        trust: Trust,
        time_rules: TimeRules,
    ) -> None:
        self._settings = settings
        self._trust = trust
        self.time_rules = time_rules
        self._prefix = settings.topics.prefix
        self._next: dict[TopicPartition, int] = {}
        self._left = {partition: end for partition, end in targets.items() if end}

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncIterator[list[PartitionBatch]]]:
        """Start a consumer; yield decoded records until each partition has reached its end."""
        consumer = AIOKafkaConsumer(
            **self._settings.kafka.client_kwargs(),
            client_id="groupage-rebuild",
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=_FETCH_BYTES_MAX,
        )
        await consumer.start()
        try:
            if self._left:
                await self._seek(consumer)
            yield self._parts(consumer)
        finally:
            await stop_consumer(consumer, timeout_s=STOP_TIMEOUT_S)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        tps = [TopicPartition(self._prefix + topic, number) for topic, number in self._left]
        consumer.assign(tps)
        begins = await consumer.beginning_offsets(tps)
        for tp in tps:
            if begins[tp] and tp.topic != self._prefix + DEAD_LETTER_TOPIC:
                raise Conflict(
                    f"{tp.topic}[{tp.partition}] begins at offset {begins[tp]}: Kafka has deleted "
                    "older records, so states can no longer be derived from the log"
                )
            consumer.seek(
                tp, begins[tp]
            )  # states need no dead letters, which are not kept for ever
            self._next[tp] = begins[tp]

    async def _fetch(
        self, consumer: AIOKafkaConsumer, order: PairOrder, *, timeout_ms: int
    ) -> dict[TopicPartition, list[Any]]:
        try:
            fetched = await order.fetch(timeout_ms=timeout_ms, records_max=_RUN_RECORDS)
        except UnicodeDecodeError:
            left = {tp: at for tp, at in self._next.items() if self._partition(tp) in self._left}
            return await read_record_by_record(consumer, left)
        return fetched

    def _partition(self, tp: TopicPartition) -> Partition:
        return tp.topic.removeprefix(self._prefix), tp.partition

    async def _parts(self, consumer: AIOKafkaConsumer) -> AsyncIterator[list[PartitionBatch]]:
        order = PairOrder(consumer, prefix=self._prefix)
        order.start(self._next)
        records_max = self._settings.processor.batch_records_max
        while self._left:
            parts: dict[Partition, PartitionBatch] = {}
            count = 0
            async with asyncio.timeout(_IDLE_S_MAX):
                while self._left and count < records_max:
                    fetched = await self._fetch(consumer, order, timeout_ms=0 if parts else 1_000)
                    count += self._decode(fetched, parts)
                    await self._finish(fetched or self._next, parts, consumer, order)
                    if not fetched and parts:
                        break
            if parts:
                yield list(parts.values())

    def _decode(
        self,
        fetched: dict[TopicPartition, list[Any]],
        parts: dict[Partition, PartitionBatch],
    ) -> int:
        """Append the records to the parts of their partitions; return how many there were."""
        for tp, records in fetched.items():
            self._next[tp] = records[-1].offset + 1
            partition = self._partition(tp)
            end = self._left.get(partition, 0)
            kept = [record for record in records if record.offset < end]
            if kept:
                part = parts.setdefault(partition, PartitionBatch(*partition))
                decode_into(part, kept, self._trust, self.time_rules)
        return sum(map(len, fetched.values()))

    async def _finish(
        self,
        tps: Iterable[TopicPartition],
        parts: dict[Partition, PartitionBatch],
        consumer: AIOKafkaConsumer,
        order: PairOrder,
    ) -> None:
        """Read no more of partitions that have reached their end, behind a record or a marker."""
        for tp in tps:
            partition = self._partition(tp)
            end = self._left.get(partition)
            if end is None or max(self._next[tp], await consumer.position(tp)) < end:
                continue
            del self._left[partition]
            part = parts.setdefault(partition, PartitionBatch(*partition))
            part.next_offset = end
            consumer.pause(tp)
            order.finish(tp)
