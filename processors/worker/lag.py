"""How far a worker is, for those who watch: lag as a metric, offsets in Kafka for its own tools."""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from groupage.telemetry import metrics
from processors.worker.assignment import Assignment

_COMMIT_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


def show_lag(consumer: AIOKafkaConsumer, assignment: Assignment, *, prefix: str) -> None:
    """Records in the log that are not in the state yet, by partition."""
    assigned = consumer.assignment()
    for (topic, number), position in assignment.positions.items():
        tp = TopicPartition(prefix + topic, number)
        end = consumer.highwater(tp) if tp in assigned else None
        if end is not None:
            metrics.CONSUMER_LAG.labels("worker", topic, str(number)).set(
                max(0, end - position.next_offset)
            )


async def commit_to_kafka(
    consumer: AIOKafkaConsumer, assignment: Assignment, *, prefix: str
) -> None:
    """Tell Kafka the offsets. Nothing depends on it: PostgreSQL's count."""
    offsets = {
        TopicPartition(prefix + topic, number): position.next_offset
        for (topic, number), position in assignment.positions.items()
    }
    if not offsets:
        return
    try:
        async with asyncio.timeout(_COMMIT_TIMEOUT_S):
            await consumer.commit(offsets)
    except (KafkaError, TimeoutError) as error:
        # Only lag tools miss it; the next one is seconds away.
        log.debug("kafka_commit_failed", error=repr(error))
