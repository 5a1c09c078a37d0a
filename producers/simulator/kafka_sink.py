"""Simulated facts straight to Kafka, in whole batches, and the clock's ticks.

Sending record by record costs aiokafka a future, a lock and three callbacks for each, three times
what filling a batch costs; facts come here by the thousand.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

import stamina
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.contracts.closing import close_producer
from groupage.contracts.encoding import Record, encode
from groupage.contracts.partitioning import partition_of
from groupage.contracts.signing import HubKey
from groupage.contracts.topics import EXTERNAL_CLOCK_TOPICS, Topic
from groupage.domain.errors import Unavailable
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings

_CHUNK_FACTS = 2_000
_BATCH_BYTES = 512 * 2**10
_ATTEMPTS = 5
_PAUSE_S = 1.0
_STOP_TIMEOUT_S = 5.0
_Partition = tuple[str, int]
_Addressed = tuple[int, Record]
"""A record, and the number of its partition before it."""


async def _start(producer: AIOKafkaProducer, settings: KafkaSettings) -> AIOKafkaProducer:
    try:
        async with asyncio.timeout(settings.request_timeout_s):
            await producer.start()
    except (KafkaError, OSError, TimeoutError) as error:
        await close_producer(producer, timeout_s=1.0)
        raise Unavailable(
            f"Kafka at {settings.bootstrap_servers} did not answer "
            f"({type(error).__name__}: {error}); check GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"
        ) from error
    return producer


class KafkaSink:
    """Publishes facts. The record's time is the wall clock's, so that latencies are real."""

    def __init__(self, settings: KafkaSettings, *, prefix: str = "") -> None:
        self._settings = settings
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises Unavailable when no broker answers."""
        self._producer = await _start(
            AIOKafkaProducer(
                **self._settings.client_kwargs(),
                client_id="groupage-simulator-facts",
                enable_idempotence=True,
                compression_type="lz4",
                max_batch_size=_BATCH_BYTES,
                max_request_size=2 * _BATCH_BYTES,
            ),
            self._settings,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Flush and close."""
        if self._producer:
            await close_producer(self._producer, timeout_s=_STOP_TIMEOUT_S)

    def encode(self, facts: Sequence[Fact]) -> Sequence[_Addressed]:
        """Return a record for each fact, and its partition. Raises InvalidInput."""
        addressed = []
        for fact in facts:
            record = encode(fact, prefix=self._prefix)
            number = partition_of(fact.key, record.topic.removeprefix(self._prefix))
            addressed.append((number, record))
        return addressed

    async def send(self, encoded: Sequence[_Addressed]) -> None:
        """Return when Kafka has all of them, those of one key in their order.

        Raises Unavailable when Kafka does not take a batch in several attempts.
        """
        for start in range(0, len(encoded), _CHUNK_FACTS):
            by_partition: dict[_Partition, list[Record]] = {}
            for number, record in encoded[start : start + _CHUNK_FACTS]:
                by_partition.setdefault((record.topic, number), []).append(record)
            await asyncio.gather(*(self._send_all(*each) for each in by_partition.items()))

    async def _send_all(self, partition: _Partition, records: list[Record]) -> None:
        """Send the records of one partition, batch by batch."""
        sent = 0
        while sent < len(records):
            sent += await self._send_batch(partition, records[sent:])

    @stamina.retry(on=Unavailable, attempts=_ATTEMPTS, timeout=None, wait_initial=_PAUSE_S)
    async def _send_batch(self, partition: _Partition, records: Sequence[Record]) -> int:
        """Send as many of the first records as one batch holds; return how many.

        Kafka may have stored a batch that failed: the same event ids twice do no harm.
        """
        assert self._producer, "used as a context manager"
        topic, number = partition
        batch = self._producer.create_batch()
        now_ms = int(time.time() * 1_000)
        count = 0
        for record in records:
            if not batch.append(
                timestamp=now_ms, key=record.key, value=record.value, headers=record.headers
            ):
                break
            count += 1
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                await (await self._producer.send_batch(batch, topic, partition=number))
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(
                f"Kafka at {self._settings.bootstrap_servers} did not take a batch for {topic} "
                f"({error!r}); check `groupage status` and `groupage topics`"
            ) from error
        return count


class Ticker:
    """Sends `clock.ticked` to every partition of every topic whose aggregates have deadlines.

    It is the hub's clock, so it signs with the hub's key. Its ticks lie between the events.
    """

    def __init__(self, settings: KafkaSettings, *, hub_key: HubKey, prefix: str = "") -> None:
        self._settings = settings
        self._hub_key = hub_key
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises Unavailable when no broker answers."""
        self._producer = await _start(
            AIOKafkaProducer(
                **self._settings.client_kwargs(),
                client_id="groupage-simulator-clock",
                enable_idempotence=True,
            ),
            self._settings,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        if self._producer:
            await close_producer(self._producer, timeout_s=_STOP_TIMEOUT_S)

    async def tick(self, at: datetime) -> None:
        """Tell every aggregate kind with deadlines that it is `at`; return when Kafka knows."""
        await self._send(at, EXTERNAL_CLOCK_TOPICS)

    async def tick_lanes(self, at: datetime) -> None:
        """Tell the lanes that it is `at`: those with replan triggers may ask for a plan."""
        await self._send(at, (topic for topic in EXTERNAL_CLOCK_TOPICS if "lane" in topic.kinds))

    async def tick_others(self, at: datetime) -> None:
        """Tell all but the lanes that it is `at`."""
        topics = (topic for topic in EXTERNAL_CLOCK_TOPICS if "lane" not in topic.kinds)
        await self._send(at, topics)

    async def _send(self, at: datetime, topics: Iterable[Topic]) -> None:
        producer = self._producer
        assert producer, "used as a context manager"
        fact = Fact(
            event_id=at.isoformat(),
            source="/clock/simulator",
            key="hub",
            occurred_at=at,
            recorded_at=at,
            data=ClockTicked(at=at),
        )
        sent = []
        async with asyncio.timeout(self._settings.request_timeout_s):
            for topic in topics:
                record = encode(fact, prefix=self._prefix, topic=topic.name)
                headers = self._hub_key.sign(topic.name, record.headers, record.value)
                sent += [
                    await producer.send(
                        record.topic,
                        value=record.value,
                        key=record.key,
                        headers=list(headers),  # tracing adds to it
                        partition=partition,
                    )
                    for partition in await producer.partitions_for(record.topic)
                ]
            await asyncio.gather(*sent)
