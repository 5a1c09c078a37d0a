"""Report progress: lag as a metric, and offsets to Kafka for its own tools."""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from groupage.telemetry import metrics
from processors.worker.assignment import Assignment

_COMMIT_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


def set_lag(consumer: AIOKafkaConsumer, assignment: Assignment, *, prefix: str) -> None:
    """Set the lag metric: records in the log that are not in the states yet, by partition."""
    assigned = consumer.assignment()
    for (topic, number), progress in assignment.partitions.items():
        tp = TopicPartition(prefix + topic, number)
        end = consumer.highwater(tp) if tp in assigned else None
        if end is not None:
            metrics.CONSUMER_LAG.labels("worker", topic, str(number)).set(
                max(0, end - progress.next_offset)
            )


async def commit_to_kafka(
    consumer: AIOKafkaConsumer, assignment: Assignment, *, prefix: str
) -> None:
    """Commit the offsets to Kafka, for lag tools. The worker resumes from those in PostgreSQL."""
    offsets = {
        TopicPartition(prefix + topic, number): progress.next_offset
        for (topic, number), progress in assignment.partitions.items()
    }
    if not offsets:
        return
    try:
        async with asyncio.timeout(_COMMIT_TIMEOUT_S):
            await consumer.commit(offsets)
    except (KafkaError, TimeoutError) as error:
        # Only lag tools miss it; the next commit is seconds away.
        log.debug("kafka_commit_failed", error=repr(error))
