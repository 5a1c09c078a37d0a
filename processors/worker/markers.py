"""Read on past transaction markers.

Markers take offsets and are no records. Without this the stored offset of a partition to which
somebody writes with transactions would never reach the end of its log, and whoever compares the two
(lag, the demo's backlog, Kafka's own tools) would wait without end.
"""

import asyncio
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

from processors.worker.assignment import Partition
from processors.worker.batch import PartitionBatch
from processors.worker.offsets import OffsetTracker

_EVERY_S = 1.0
_TIMEOUT_S = 0.1


class Markers:
    """Looks once a second for partitions whose log goes on without records."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        offsets: OffsetTracker,
        tp_of: Callable[[Partition], TopicPartition],
    ) -> None:
        self._consumer = consumer
        self._offsets = offsets
        self._tp_of = tp_of
        self._due_s = 0.0

    async def find_positions(self) -> dict[Partition, int]:
        """Return the consumer's position in each partition where it is beyond the last record."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return {}
        self._due_s = now_s + _EVERY_S
        assigned = self._consumer.assignment()
        positions = {}
        for partition, expected in list(self._offsets.expected.items()):
            tp = self._tp_of(partition)
            if tp in assigned and (self._consumer.highwater(tp) or 0) > expected:
                position = await self._position(tp)
                if position > expected:
                    positions[partition] = position
        return positions

    def add(self, positions: dict[Partition, int], parts: dict[Partition, PartitionBatch]) -> None:
        """Advance the parts to these positions, where a second fetch gave the same."""
        for partition, position in positions.items():
            expected = self._offsets.expected.get(partition)
            if expected is None or position <= expected:
                continue
            if self._offsets.accept_position(partition, position):
                part = parts.setdefault(partition, PartitionBatch(*partition))
                part.next_offset = position
            else:
                self._consumer.seek(self._tp_of(partition), expected)

    async def _position(self, tp: TopicPartition) -> int:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                position: int = await self._consumer.position(tp)
        except (IllegalStateError, TimeoutError):  # it was assigned or revoked a moment ago
            return 0
        return position
