"""Read all ticks of the log: which stand, which workers refuse, and which are void."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.consumers import STOP_TIMEOUT_S, stop_consumer
from groupage.contracts.decoding import decode_for_store
from groupage.contracts.signing import Trust
from groupage.contracts.topics import TOPICS
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.unreadable import UnreadableRecord, read_record_by_record
from groupage.domain.events.clock import ClockTicked, ClockVoided
from groupage.settings import KafkaSettings
from processors.worker.assignment import Partition
from processors.worker.plausibility import TimeRules

_IDLE_S_MAX = 60.0
_FETCH_BYTES_MAX = 2 * 2**20


@dataclass
class Tick:
    """A tick in the log."""

    at: datetime
    offset: int
    source: str
    doubt: str
    """Why workers refuse it; empty: they believe it."""
    record: Any
    is_void: bool = False


@dataclass
class PartitionTicks:
    """The ticks of a partition, in their order."""

    end: int
    """Offset behind the records that were read."""
    ticks: list[Tick] = field(default_factory=list)

    def void(self, event: ClockVoided) -> None:
        """Apply an event that came after the ticks read so far."""
        for tick in self.ticks:
            tick.is_void = tick.is_void or event.voids(tick.at)

    def latest(self, without: Iterable[Tick] = ()) -> datetime | None:
        """Return the latest tick that stands."""
        left = {id(tick) for tick in without}
        return max(
            (
                tick.at
                for tick in self.ticks
                if not (tick.doubt or tick.is_void or id(tick) in left)
            ),
            default=None,
        )


async def read_ticks(
    kafka: KafkaSettings,
    prefix: str,
    trust: Trust,
    rules: TimeRules,
    *,
    begin: dict[Partition, int] | None = None,
) -> dict[Partition, PartitionTicks]:
    """Read the ticks of every partition from its oldest record, or from `begin`, to its end.

    Ticks that are not the hub's own are not among them.
    """
    consumer = AIOKafkaConsumer(
        **kafka.client_kwargs(),
        client_id="groupage-clock-void",
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
    )
    await consumer.start()
    try:
        partitions = {
            TopicPartition(prefix + topic.name, number): (topic.name, number)
            for topic in TOPICS
            if topic.ticks
            for number in range(topic.partitions)
        }
        consumer.assign(list(partitions))
        oldest = await consumer.beginning_offsets(list(partitions))
        ends = await consumer.end_offsets(list(partitions))
        found = {partition: PartitionTicks(ends[tp]) for tp, partition in partitions.items()}
        following = {
            tp: max(oldest[tp], (begin or {}).get(partition, 0))
            for tp, partition in partitions.items()
        }
        for tp, offset in following.items():
            consumer.seek(tp, offset)
        while left := {tp: at for tp, at in following.items() if at < ends[tp]}:
            async with asyncio.timeout(_IDLE_S_MAX):
                fetched = await _fetch(consumer, left)
            for tp, records in fetched.items():
                following[tp] = records[-1].offset + 1
                _add(found[partitions[tp]], partitions[tp], records, trust, rules)
            # A transaction marker is at the end of a partition, and no record.
            for tp in left:
                following[tp] = max(following[tp], await consumer.position(tp))
        return found
    finally:
        await stop_consumer(consumer, timeout_s=STOP_TIMEOUT_S)


async def _fetch(
    consumer: AIOKafkaConsumer, left: dict[TopicPartition, int]
) -> dict[TopicPartition, list[Any]]:
    try:
        fetched: dict[TopicPartition, list[Any]] = await consumer.getmany(
            *left, timeout_ms=1_000, max_records=2_000
        )
    except UnicodeDecodeError:
        return await read_record_by_record(consumer, left)
    return fetched


def _add(
    ticks: PartitionTicks,
    partition: Partition,
    records: Iterable[Any],
    trust: Trust,
    rules: TimeRules,
) -> None:
    for record in records:
        if record.offset >= ticks.end or isinstance(record, UnreadableRecord):
            continue
        if not _may_be_tick(record):
            continue
        stamped_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        try:
            fact = decode_for_store(
                record.headers,
                record.key,
                record.value,
                recorded_at=stamped_at,
                topic=partition[0],
                hub_key=trust.key_for(*partition, record.offset),
            )[0]
        except Undecodable:
            continue
        if isinstance(fact.data, ClockVoided):
            ticks.void(fact.data)
        elif isinstance(fact.data, ClockTicked):
            at = fact.data.at
            doubt = rules.doubt_tick(at, record, stamped_at, fact.source)
            ticks.ticks.append(Tick(at, record.offset, fact.source, doubt, record))


def _may_be_tick(record: Any) -> bool:
    """Tell at a glance: most records say in a header that they are something else."""
    name = dict(record.headers).get("ce_type")
    return (name or record.value or b"").find(b"clock.") >= 0
