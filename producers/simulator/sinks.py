"""Where the simulated facts go: Kafka, the HTTP gateway, or a file of JSON Lines."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

import msgspec
import stamina
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.contracts.encoding import encode, envelope_json
from groupage.contracts.topics import TOPICS, Topic
from groupage.domain.errors import GroupageError, Misconfigured, Unavailable
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.publisher import Publisher

_CHUNK_FACTS = 1_000
_ATTEMPTS = 5
_PAUSE_S = 1.0


class Sink(Protocol):
    """Takes facts in their order. An asynchronous context manager."""

    async def __aenter__(self) -> Self:
        """Connect."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        ...

    async def send(self, facts: Sequence[Fact]) -> None:
        """Returns when the other side has them. Raises GroupageError when it cannot."""
        ...


class FileSink:
    """One structured CloudEvent per line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    async def __aenter__(self) -> Self:
        """Open the file, new."""
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise Misconfigured(f"{self._path} cannot be written: {error.strerror}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        if self._file:
            self._file.close()

    async def send(self, facts: Sequence[Fact]) -> None:
        """Append them."""
        assert self._file, "used as a context manager"
        self._file.writelines(envelope_json(fact) + b"\n" for fact in facts)


class KafkaSink:
    """Straight to Kafka. The record's time is the wall's, so that latencies are real ones."""

    def __init__(self, settings: KafkaSettings, *, prefix: str = "") -> None:
        self._publisher = Publisher(settings, prefix=prefix, timeout_s=30.0)
        self._prefix = prefix

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._publisher.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Flush and close."""
        await self._publisher.stop()

    async def send(self, facts: Sequence[Fact]) -> None:
        """Send, and send again what failed: the same id twice does no harm."""
        for start in range(0, len(facts), _CHUNK_FACTS):
            await self._send_chunk(facts[start : start + _CHUNK_FACTS])

    async def _send_chunk(self, facts: Sequence[Fact]) -> None:
        now_ms = int(time.time() * 1_000)
        records = [
            msgspec.structs.replace(encode(fact, prefix=self._prefix), timestamp_ms=now_ms)
            for fact in facts
        ]
        async for attempt in stamina.retry_context(
            on=Unavailable, attempts=_ATTEMPTS, timeout=None, wait_initial=_PAUSE_S
        ):
            with attempt:
                results = await self._publisher.send_records(records)
                for index, result in enumerate(results):
                    if isinstance(result, GroupageError):
                        # From the first failure on, so that the order within each key stays.
                        records = records[index:]
                        raise result


class Ticker:
    """Sends `clock.ticked` to every partition of every topic whose owners have deadlines."""

    def __init__(self, settings: KafkaSettings, *, prefix: str = "") -> None:
        self._settings = settings
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises Unavailable when no broker answers."""
        producer = AIOKafkaProducer(
            **self._settings.client_kwargs(),
            client_id="groupage-simulator-clock",
            enable_idempotence=True,
        )
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                await producer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            await producer.stop()
            raise Unavailable(
                f"Kafka at {self._settings.bootstrap_servers} did not answer: {error}"
            ) from error
        self._producer = producer
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        if self._producer:
            await self._producer.stop()

    async def tick(self, at: datetime) -> None:
        """It is `at` now, for everybody. Returns when Kafka has all ticks."""
        await self._send(at, [one for one in TOPICS if one.ticks])

    async def tick_lanes(self, at: datetime) -> None:
        """It is `at` now, for the lanes: those with reasons to ask for a plan may ask."""
        await self._send(at, [one for one in TOPICS if one.ticks and "lane" in one.kinds])

    async def tick_others(self, at: datetime) -> None:
        """It is `at` now, for all but the lanes."""
        await self._send(at, [one for one in TOPICS if one.ticks and "lane" not in one.kinds])

    async def _send(self, at: datetime, topics: Sequence[Topic]) -> None:
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
        async with asyncio.timeout(self._settings.request_timeout_s):
            sent = [
                await producer.send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=record.headers,
                    partition=partition,
                )
                for record in (encode(fact, prefix=self._prefix, topic=one.name) for one in topics)
                for partition in await producer.partitions_for(record.topic)
            ]
            await asyncio.gather(*sent)
