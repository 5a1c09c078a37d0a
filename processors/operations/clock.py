"""The clock process sends the time to all aggregates with deadlines: ``groupage run clock``.

Kafka's answer to each tick carries Kafka's own time. If the two differ by more than the policy's
`clock_tolerance_s`, this host's clock or the broker's is wrong: the process sends no more ticks, is
not ready, says so on the alert topic, and asks Kafka again every minute.

A simulated clock goes on from the hub's last tick, which a demo or a simulation sent, as fast as
the time of day; Kafka's time says nothing about it.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.contracts.admin import START_PATIENCE_S, ensure_topics
from groupage.contracts.closing import close_producer
from groupage.contracts.encoding import encode
from groupage.contracts.policy_following import PolicyFollower
from groupage.contracts.policy_log import PolicyLog, read_adoptions
from groupage.contracts.signing import HubKey, hub_key_from
from groupage.contracts.topics import CLOCK_TOPICS
from groupage.domain.codes import TimeCode
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.sender_alerts import CLOCK_ID, sender_alert
from groupage.domain.words import when
from groupage.process import run_process
from groupage.settings import (
    ClockSettings,
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    PolicySettings,
    TelemetrySettings,
    TopicSettings,
)
from groupage.telemetry import TelemetryServer, metrics

_SEND_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 3.0
_STOP_BUDGET_S = 10.0
_COMPARE_EVERY_S = 60.0
_SOURCE = "/groupage/clock"
_HOST_SOURCE = f"{_SOURCE}/host"
"""Names the clock of this host in the id of its alert. The alert about ticks that workers refused
is another one."""

log = structlog.get_logger(__name__)


def main() -> None:
    """Run until SIGTERM. Reads its settings from the environment."""
    settings, kafka, topics = ClockSettings(), KafkaSettings(), TopicSettings()
    telemetry = TelemetrySettings()
    hub_key = hub_key_from(HubSettings(), topics)

    async def body(stop: asyncio.Event) -> None:
        # Kafka away at the start is more likely a wrong address than a restart: exit, visibly.
        report = await ensure_topics(
            kafka, prefix=topics.prefix, create=False, patience_s=START_PATIENCE_S
        )
        report.require_equal()
        adoptions = await read_adoptions(kafka, prefix=topics.prefix, hub_key=hub_key)
        assumed = Policy() if adoptions else PolicySettings().load()
        policy = PolicyHistory(assumed, adoptions).at(datetime.now(UTC))
        tolerance = timedelta(seconds=policy.clock_tolerance_s)
        clock = Clock(kafka, topics.prefix, hub_key, tick_s=settings.tick_s, tolerance=tolerance)
        policy_log = PolicyLog(kafka, prefix=topics.prefix, hub_key=hub_key)
        follower = PolicyFollower(policy_log, wall=True, in_force=policy, judge_by=clock.judge_by)
        async with TelemetryServer(telemetry, checks=clock.checks):
            if settings.source == "wall":
                follower.start()
                try:
                    await clock.keep_time(stop)
                finally:
                    await follower.stop()
            elif settings.source == "simulated":
                await simulated_clock(
                    kafka,
                    topics.prefix,
                    hub_key,
                    tick_s=settings.tick_s,
                    last_at=await _last_tick(),
                ).keep_time(stop)
            else:
                await stop.wait()

    run_process("clock", body, telemetry=telemetry, stop_budget_s=_STOP_BUDGET_S)


async def _last_tick() -> datetime | None:
    """Read the hub's time from its database."""
    # A clock with the time of day needs no database.
    import asyncpg  # noqa: PLC0415

    from groupage.store.pool import refusals_in_words  # noqa: PLC0415
    from groupage.store.readers.clock import read_clock  # noqa: PLC0415

    with refusals_in_words():
        connection = await asyncpg.connect(DatabaseSettings().url.get_secret_value())
    try:
        return (await read_clock(connection)).last_at
    finally:
        await connection.close()


def simulated_clock(
    kafka: KafkaSettings, prefix: str, hub_key: HubKey, *, tick_s: float, last_at: datetime | None
) -> "Clock":
    """Return a clock that goes on from that tick; without one, from the time of day."""
    from_at, began_s = last_at or datetime.now(UTC), time.monotonic()
    return Clock(
        kafka,
        prefix,
        hub_key,
        tick_s=tick_s,
        tolerance=None,
        now=lambda: from_at + timedelta(seconds=time.monotonic() - began_s),
    )


class Clock:
    """Sends this host's time, as long as Kafka's time confirms it, or a simulated time."""

    def __init__(
        self,
        kafka: KafkaSettings,
        prefix: str,
        hub_key: HubKey,
        *,
        tick_s: float,
        tolerance: timedelta | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Make a clock; `tolerance`: how far Kafka's time may differ, None: in any way."""
        self._kafka = kafka
        self._prefix = prefix
        self._hub_key = hub_key
        self._tick_s = tick_s
        self._tolerance = tolerance
        self._now = now
        self._producer: AIOKafkaProducer | None = None
        self._doubt = ""
        """How this host's time differs from Kafka's; empty: it does not."""

    def judge_by(self, policy: Policy) -> None:
        """Compare this host's time with Kafka's by that policy from now on."""
        self._tolerance = timedelta(seconds=policy.clock_tolerance_s)

    async def checks(self) -> dict[str, bool | str]:
        """Return whether Kafka's time confirms this host's, for ``/readyz``."""
        return {"time": self._doubt or True}

    async def keep_time(self, stop: asyncio.Event) -> None:
        """Send a tick every `tick_s` until `stop`.

        Not a retry: while Kafka is away the clock skips ticks, because the next one carries the
        time. Two clocks at once do no harm: workers ignore a tick that is not later than the last.
        """
        try:
            while not stop.is_set():
                try:
                    await self.compare_or_tick()
                except (KafkaError, TimeoutError, OSError) as error:
                    log.warning("tick_skipped", error=repr(error))
                    await self.close()
                try:
                    async with asyncio.timeout(_COMPARE_EVERY_S if self._doubt else self._tick_s):
                        await stop.wait()
                except TimeoutError:
                    continue
        finally:
            await self.close()

    async def compare_or_tick(self) -> None:
        """Send a tick; while this host's time is in doubt, only compare it with Kafka's.

        Raises KafkaError, TimeoutError, OSError.
        """
        self._producer = self._producer or await _start_producer(self._kafka)
        at = self._now()
        if self._doubt:
            stamped_at = await self._send_alert(at)
        else:
            stamped_at = await send_tick(
                self._producer, prefix=self._prefix, hub_key=self._hub_key, at=at
            )
        doubted, self._doubt = self._doubt, self._compare(at, stamped_at)
        if bool(doubted) != bool(self._doubt):
            await self._send_alert(at)
            if self._doubt:
                log.critical("clock_differs", reason=self._doubt)
            else:
                log.info("clock_agrees_again")

    def _compare(self, at: datetime, stamped_at: datetime) -> str:
        if self._tolerance is None or abs(at - stamped_at) <= self._tolerance:
            return ""
        return (
            f"this host says that it is {when(at)}, and Kafka's time is {when(stamped_at)}: no "
            "more ticks are sent. Correct the clock of this host, or of the broker (NTP)"
        )

    async def _send_alert(self, at: datetime) -> datetime:
        """Raise or clear the alert about this clock; return Kafka's time."""
        assert self._producer is not None, "connected"
        raised = sender_alert(TimeCode.CLOCK_IMPLAUSIBLE, _HOST_SOURCE, self._doubt)
        event = raised if self._doubt else raised.withdrawal()
        fact = Fact(
            event_id=f"{event.name}-{at.isoformat()}",
            source=_SOURCE,
            key=event.key,
            occurred_at=at,
            recorded_at=at,
            data=event,
            relayed_by="clock",
        )
        record = encode(fact, derived=True)
        headers = self._hub_key.sign(record.topic, record.headers, record.value)
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            sent = await self._producer.send_and_wait(
                self._prefix + record.topic, value=record.value, key=record.key, headers=headers
            )
        return datetime.fromtimestamp(sent.timestamp / 1_000, UTC)

    async def close(self) -> None:
        """Close the connection to Kafka."""
        if self._producer is not None:
            await close_producer(self._producer, timeout_s=_STOP_TIMEOUT_S)
        self._producer = None


async def send_tick(
    producer: AIOKafkaProducer, *, prefix: str, hub_key: HubKey, at: datetime
) -> datetime:
    """Send the time `at` wherever aggregates have deadlines; return Kafka's time."""
    fact = Fact(
        event_id=f"tick-{at.isoformat()}",
        source=_SOURCE,
        key=CLOCK_ID,
        occurred_at=at,
        recorded_at=at,
        data=ClockTicked(at=at),
        relayed_by="clock",
    )
    async with asyncio.timeout(_SEND_TIMEOUT_S):
        sent = []
        for topic in CLOCK_TOPICS:
            record = encode(fact, prefix=prefix, topic=topic.name)
            headers = hub_key.sign(topic.name, record.headers, record.value)
            sent += [
                await producer.send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    # A copy: tracing adds to the list, once for each send.
                    headers=list(headers),
                    partition=partition,
                )
                for partition in range(topic.partitions)
            ]
        stamped = await asyncio.gather(*sent)
    metrics.CLOCK_TICKS.inc()
    return datetime.fromtimestamp(stamped[0].timestamp / 1_000, UTC)


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
