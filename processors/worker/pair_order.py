"""Read a public partition and its internal one side by side, by Kafka's time.

Their order changes no state. But a message that a worker reads long before the facts that caused
it makes the aggregate fold again when these come, and a fact that it reads before the message is
rejected until that comes. So where both have a backlog, as in a rebuild, the partition that is
ahead waits for the other one.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.topics import COUNTERPARTS

_FETCH_MS = 100
"""aiokafka fetches again this long after its last fetch, even if records of it are unread."""


class PairOrder:
    """Fetches from a consumer; the assigned partitions are those of the last `start`."""

    def __init__(self, consumer: AIOKafkaConsumer, *, prefix: str) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._pairs: dict[TopicPartition, TopicPartition] = {}
        self._next: dict[TopicPartition, int] = {}
        """The offset behind the last record that was read, or where reading began."""
        self._read_ms: dict[TopicPartition, int] = {}
        """Kafka's time of that record."""
        self._ahead: set[TopicPartition] = set()
        self._awaited: dict[TopicPartition, int] = {}
        """The end of a partition from which nothing came: a transaction's marker may be there."""

    def start(self, offsets: dict[TopicPartition, int]) -> None:
        """Read these partitions, each from its offset on."""
        self._next = dict(offsets)
        self._read_ms.clear()
        self._ahead.clear()
        self._awaited.clear()
        self._pairs = {
            tp: other
            for tp in offsets
            if (other := self._counterpart_of(tp)) is not None and other in offsets
        }

    def finish(self, tp: TopicPartition) -> None:
        """Read no more of the partition: its counterpart need not wait for it."""
        if (other := self._pairs.pop(tp, None)) is not None:
            self._pairs.pop(other, None)
            self._ahead -= {tp, other}

    async def fetch(self, *, timeout_ms: int, records_max: int) -> dict[TopicPartition, list[Any]]:
        """Fetch the next records by partition, as `getmany` does."""
        if self._ahead:
            behind = [tp for tp in self._next if tp not in self._ahead]
            fetched = await self._getmany(*behind, timeout_ms=_FETCH_MS, records_max=records_max)
            if fetched:
                return fetched
            for tp in self._ahead:
                self._awaited[self._pairs[tp]] = self._end(self._pairs[tp])
            self._ahead.clear()
        return await self._getmany(timeout_ms=timeout_ms, records_max=records_max)

    async def _getmany(
        self, *tps: TopicPartition, timeout_ms: int, records_max: int
    ) -> dict[TopicPartition, list[Any]]:
        fetched: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
            *tps, timeout_ms=timeout_ms, max_records=records_max
        )
        for tp, records in fetched.items():
            if tp in self._pairs:
                self._next[tp] = records[-1].offset + 1
                self._read_ms[tp] = records[-1].timestamp
        self._compare(fetched)
        return fetched

    def _compare(self, read: Iterable[TopicPartition]) -> None:
        """Note which of the partitions and their counterparts are ahead now."""
        for tp in read:
            other = self._pairs.get(tp)
            if other is None:
                continue
            for reader, counterpart in ((tp, other), (other, tp)):
                if self._waits(reader, counterpart):
                    self._ahead.add(reader)
                else:
                    self._ahead.discard(reader)

    def _waits(self, tp: TopicPartition, other: TopicPartition) -> bool:
        """Tell whether a partition is ahead of its counterpart, which has more to read."""
        if self._read_ms.get(tp, -1) <= self._read_ms.get(other, -1):
            return False
        end = self._end(other)
        return end > self._next[other] and end != self._awaited.get(other)

    def _end(self, tp: TopicPartition) -> int:
        """Return the end of a partition as Kafka's last answer gave it; 0 before the first."""
        if tp not in self._consumer.assignment():
            return 0
        return self._consumer.highwater(tp) or 0

    def _counterpart_of(self, tp: TopicPartition) -> TopicPartition | None:
        topic = COUNTERPARTS.get(tp.topic.removeprefix(self._prefix))
        return None if topic is None else TopicPartition(self._prefix + topic, tp.partition)
