"""The Faust app of a processor worker: intake, channel, fold agent, relay. Made, not imported."""

import asyncio
from collections.abc import AsyncIterable, Mapping
from typing import Any

import asyncpg
import faust
import msgspec
from faust.app.base import BootStrategy
from faust.types import ChannelT

from groupage.contracts.topics import DEAD_LETTER_TOPIC, TOPICS
from groupage.domain.events.base import AggregateKind
from groupage.settings import DatabaseSettings, KafkaSettings, ProcessorSettings, TopicSettings
from groupage.store.pool import TRANSIENT_ERRORS
from processors.kernel.aggregate import Aggregate
from processors.worker.assignment import Assignment
from processors.worker.batch import Batch
from processors.worker.intake import Intake, Source
from processors.worker.pipeline import Hooks, Pipeline
from processors.worker.relay import Relay
from processors.worker.write_batch import Effects

NOTHING = Batch(epoch=-1, slices=[])
"""Wakes the fold agent, so that it looks how the last commit ended."""


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a worker is told."""

    kafka: KafkaSettings
    database: DatabaseSettings
    topics: TopicSettings
    processor: ProcessorSettings

    @classmethod
    def from_environment(cls) -> "WorkerSettings":
        """Read ``GROUPAGE_*``. Raises pydantic's ValidationError naming what is missing."""
        return cls(
            kafka=KafkaSettings(),
            database=DatabaseSettings(),
            topics=TopicSettings(),
            processor=ProcessorSettings(),
        )


class _WithoutFaustsKafka(BootStrategy):
    """Intake and relay speak to Kafka; Faust's own consumer would join a group for nothing."""

    enable_kafka = False
    enable_web = False


class HubApp(faust.App):
    """Runs services and agents on channels, and touches neither disk nor network itself."""

    BootStrategy = _WithoutFaustsKafka

    async def on_first_start(self) -> None:
        """Faust makes a data directory here, for tables. There are none."""

    async def _wait_for_table_recovery_completed(self) -> bool:
        return False


class Worker:
    """One processor worker: an app, and a future that ends when the worker must."""

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        pool: asyncpg.Pool,
        cores: Mapping[AggregateKind, Aggregate[Any]],
    ) -> None:
        """Needs a running event loop. Nothing is started here."""
        self._pool = pool
        self.assignment = Assignment()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.app = create_app(settings)
        self._batches: ChannelT[Batch] = self.app.channel(maxsize=1)
        prefix = settings.topics.prefix
        self.relay = Relay(
            kafka=settings.kafka,
            prefix=prefix,
            pool=pool,
            assignment=self.assignment,
            fail=self._fail,
        )
        self.intake = Intake(
            source=Source(
                kafka=settings.kafka,
                prefix=prefix,
                topics=[
                    topic.name
                    for topic in TOPICS
                    if topic.name == DEAD_LETTER_TOPIC or cores.keys() & set(topic.kinds)
                ],
            ),
            settings=settings.processor,
            pool=pool,
            channel=self._batches,
            assignment=self.assignment,
            fail=self._fail,
        )
        self.pipeline = Pipeline(
            pool=pool,
            cores=cores,
            settings=settings.processor,
            assignment=self.assignment,
            hooks=Hooks(reset=self.intake.reset, committed=self._committed, wake=self._wake),
        )
        self.app.agent(self._batches, name="fold", concurrency=1)(self._fold)
        self.app.service(self.relay)  # type: ignore[arg-type] # takes instances too
        self.app.service(self.intake)  # type: ignore[arg-type]

    async def start(self) -> None:
        """Join the group and work. Returns at once."""
        self.app.finalize()
        self.app.flow_control.resume()
        await self.app.start()

    async def stop(self, *, budget_s: float) -> None:
        """End in order, within the budget. What is cut short is done again by the next worker."""
        try:
            async with asyncio.timeout(budget_s):
                await self.app.stop()
                await self.pipeline.stop()
        except TimeoutError:
            return

    async def _fold(self, batches: AsyncIterable[Batch]) -> None:
        try:
            async for batch in batches:
                self.intake.go_on()
                await self.pipeline.take(batch)
        except Exception as error:
            # Faust would start the agent again and lose the batch; a bug ends the process.
            self._fail(error)
            raise

    async def checks(self) -> dict[str, bool | str]:
        """Whether this worker can do its work, for ``/readyz``."""
        return {
            "assigned": self.assignment.epoch > 0 or "Kafka has not assigned partitions yet",
            "database": await _answers(self._pool),
            "commits": self.pipeline.health(),
        }

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    def _committed(self, effects: Effects) -> None:
        if effects.outbox:
            self.relay.wake()

    async def _wake(self) -> None:
        await self._batches.put(NOTHING)  # type: ignore[arg-type] # a channel takes any value


async def _answers(pool: asyncpg.Pool) -> bool | str:
    try:
        return bool(await pool.fetchval("select true", timeout=2.0))
    except TRANSIENT_ERRORS as error:
        return f"PostgreSQL does not answer: {error!r}"


def create_app(settings: WorkerSettings) -> faust.App:
    """An app without agents or services yet."""
    return HubApp(
        id=f"{settings.topics.prefix}groupage-processors",
        broker=f"kafka://{settings.kafka.bootstrap_servers}",
        store="memory://",
        autodiscover=False,
        web_enabled=False,
    )
