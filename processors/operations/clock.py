"""The clock process sends the time to all aggregates with deadlines: ``groupage run clock``."""

import asyncio
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.contracts.admin import START_PATIENCE_S, ensure_topics
from groupage.contracts.closing import close_producer
from groupage.contracts.encoding import encode
from groupage.contracts.topics import TOPICS
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.process import run_process
from groupage.settings import ClockSettings, KafkaSettings, TelemetrySettings, TopicSettings
from groupage.telemetry import TelemetryServer, metrics

_SEND_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 3.0
_STOP_BUDGET_S = 10.0

log = structlog.get_logger(__name__)


def main() -> None:
    """Run until SIGTERM. Reads its settings from the environment."""
    clock, kafka, topics = ClockSettings(), KafkaSettings(), TopicSettings()
    telemetry = TelemetrySettings()

    async def body(stop: asyncio.Event) -> None:
        # Kafka away at the start is more likely a wrong address than a restart: exit, visibly.
        report = await ensure_topics(
            kafka, prefix=topics.prefix, create=False, patience_s=START_PATIENCE_S
        )
        report.require_equal()
        async with TelemetryServer(telemetry):
            await keep_time(clock, kafka, topics.prefix, stop)

    run_process("clock", body, telemetry=telemetry, stop_budget_s=_STOP_BUDGET_S)


async def keep_time(
    settings: ClockSettings, kafka: KafkaSettings, prefix: str, stop: asyncio.Event
) -> None:
    """Send a tick every `tick_s` until `stop`.

    Not a retry: while Kafka is away the clock skips ticks, because the next one carries the time.
    Two clocks at once do no harm: workers ignore a tick that is not later than the last one.
    """
    producer: AIOKafkaProducer | None = None
    try:
        while not stop.is_set():
            if settings.source == "wall":
                try:
                    producer = producer or await _start_producer(kafka)
                    await send_tick(producer, prefix=prefix, at=datetime.now(UTC))
                except (KafkaError, TimeoutError, OSError) as error:
                    log.warning("tick_skipped", error=repr(error))
                    if producer is not None:
                        await close_producer(producer, timeout_s=_STOP_TIMEOUT_S)
                    producer = None
            try:
                async with asyncio.timeout(settings.tick_s):
                    await stop.wait()
            except TimeoutError:
                continue
    finally:
        if producer is not None:
            await close_producer(producer, timeout_s=_STOP_TIMEOUT_S)


async def send_tick(producer: AIOKafkaProducer, *, prefix: str, at: datetime) -> None:
    """Send the time `at` to every partition of every topic with deadlines; wait for Kafka."""
    fact = Fact(
        event_id=f"tick-{at.isoformat()}",
        source="/groupage/clock",
        key="hub",
        occurred_at=at,
        recorded_at=at,
        data=ClockTicked(at=at),
        relayed_by="clock",
    )
    async with asyncio.timeout(_SEND_TIMEOUT_S):
        sent = []
        for topic in TOPICS:
            if not topic.ticks:
                continue
            record = encode(fact, prefix=prefix, topic=topic.name)
            sent += [
                await producer.send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=record.headers,
                    partition=partition,
                )
                for partition in range(topic.partitions)
            ]
        await asyncio.gather(*sent)
    metrics.CLOCK_TICKS.inc()


async def _start_producer(kafka: KafkaSettings) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        **kafka.client_kwargs(), client_id="groupage-clock", enable_idempotence=True, linger_ms=5
    )
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await producer.start()
    except BaseException:
        await close_producer(producer, timeout_s=_STOP_TIMEOUT_S)
        raise
    return producer
