"""Records that the Kafka client itself cannot read: found, put aside, passed.

A header whose name is not UTF-8 makes aiokafka raise without saying where, and again at every
attempt: one such record would stop its partition for ever.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_WAIT_MS = 1_000
_RECORDS_MAX = 2_000

log = structlog.get_logger(__name__)


class Unreadable(NamedTuple):
    """Stands for a record whose contents cannot be had; looks like an empty one."""

    offset: int
    timestamp: int
    key: None = None
    value: None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


async def read_one_by_one(
    consumer: AIOKafkaConsumer, expected: Mapping[TopicPartition, int]
) -> dict[TopicPartition, list[ConsumerRecord | Unreadable]]:
    """What follows the expected offset of each partition, up to its first unreadable record."""
    found: dict[TopicPartition, list[ConsumerRecord | Unreadable]] = {}
    for tp, offset in expected.items():
        end = consumer.highwater(tp)
        if end is not None and end > offset:
            records = await _read(consumer, tp, offset)
            if records:
                found[tp] = records
    return found


async def _read(
    consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int
) -> list[ConsumerRecord | Unreadable]:
    records: list[ConsumerRecord | Unreadable] = []
    # From here on, and without what is left of the fetch that failed.
    consumer.seek(tp, offset)
    while len(records) < _RECORDS_MAX:
        try:
            got = await consumer.getmany(tp, timeout_ms=_WAIT_MS, max_records=1)
        except UnicodeDecodeError as error:
            records.append(Unreadable(offset=offset, timestamp=int(time.time() * 1_000)))
            log.warning(
                "record_unreadable",
                topic=tp.topic,
                partition=tp.partition,
                offset=offset,
                error=str(error),
            )
            consumer.seek(tp, offset + 1)
            break
        if not got.get(tp):
            break
        records += got[tp]
        offset = records[-1].offset + 1
    return records
