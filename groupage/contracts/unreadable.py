"""Skip records that the Kafka client cannot parse.

A header whose name is not UTF-8 makes aiokafka raise UnicodeDecodeError without the offset, at
every attempt: such a record would stop its partition for ever.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_WAIT_MS = 1_000
_RECORDS_MAX = 2_000

log = structlog.get_logger(__name__)


class UnreadableRecord(NamedTuple):
    """Stands in for a record that aiokafka cannot parse; has the fields of an empty one."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: None = None
    value: None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


async def read_record_by_record(
    consumer: AIOKafkaConsumer, expected: Mapping[TopicPartition, int]
) -> dict[TopicPartition, list[ConsumerRecord | UnreadableRecord]]:
    """Read on from the expected offset of each partition, up to its first unreadable record."""
    records_by_partition: dict[TopicPartition, list[ConsumerRecord | UnreadableRecord]] = {}
    for tp, offset in expected.items():
        end = consumer.highwater(tp)
        if end is not None and end > offset:
            records = await _read(consumer, tp, offset)
            if records:
                records_by_partition[tp] = records
    return records_by_partition


async def _read(
    consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int
) -> list[ConsumerRecord | UnreadableRecord]:
    records: list[ConsumerRecord | UnreadableRecord] = []
    # Seeking also drops the rest of the fetch that failed.
    consumer.seek(tp, offset)
    while len(records) < _RECORDS_MAX:
        try:
            fetched = await consumer.getmany(tp, timeout_ms=_WAIT_MS, max_records=1)
        except UnicodeDecodeError as error:
            records.append(
                UnreadableRecord(tp.topic, tp.partition, offset, int(time.time() * 1_000))
            )
            log.warning(
                "record_unreadable",
                topic=tp.topic,
                partition=tp.partition,
                offset=offset,
                error=str(error),
            )
            consumer.seek(tp, offset + 1)
            break
        if not fetched.get(tp):
            break
        records += fetched[tp]
        offset = records[-1].offset + 1
    return records
