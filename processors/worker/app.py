"""The Faust app of a worker: intake, channel, fold agent, relay.

Of Faust the worker uses the App, which starts and stops everything in order; one agent, which folds
the batches of an in-memory channel; and Service, from which the intake and the relay derive. Its
Kafka consumer, tables, web server and data directory are switched off, because the offsets that
count are in PostgreSQL, committed in the same transaction as the states, and the log's records go
through our own consumer. Leave them off: a second consumer would join a group for nothing, and a
table would be a second store that no transaction covers.
"""

import asyncio
from collections.abc import AsyncIterable, Mapping
from typing import Any

import asyncpg
import faust
import msgspec
from faust.app.base import BootStrategy
from faust.types import ChannelT

from groupage.contracts.policy_log import PolicyLog
from groupage.contracts.signing import HubKey, hub_key_from
from groupage.contracts.topics import CAPTURE_TOPIC, DEAD_LETTER_TOPIC, POLICY_TOPIC, TOPICS
from groupage.domain.events.base import AggregateKind
from groupage.domain.policy_history import PolicyHistory
from groupage.settings import (
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    ProcessorSettings,
    TopicSettings,
)
from groupage.store.pool import TRANSIENT_ERRORS
from processors.kernel.aggregate import Aggregate
from processors.worker.assignment import Assignment
from processors.worker.background import BackgroundDerivation
from processors.worker.batch import Batch
from processors.worker.intake import Intake, Source
from processors.worker.pipeline import Hooks, Pipeline
from processors.worker.plausibility import DEFAULT_RULES, TimeRules
from processors.worker.policies import PolicyFollower
from processors.worker.relay import Relay
from processors.worker.write_batch import WriteBatch

EMPTY_BATCH = Batch(epoch=-1, parts=[])
"""Wakes the fold agent, so that it sees how the last commit ended."""


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a worker."""

    kafka: KafkaSettings
    database: DatabaseSettings
    topics: TopicSettings
    processor: ProcessorSettings
    hub: HubSettings

    @classmethod
    def from_environment(cls) -> "WorkerSettings":
        """Read ``GROUPAGE_*``. Raises pydantic's ValidationError naming what is missing."""
        return cls(
            kafka=KafkaSettings(),
            database=DatabaseSettings(),
            topics=TopicSettings(),
            processor=ProcessorSettings(),
            hub=HubSettings(),
        )

    def hub_key(self) -> HubKey:
        """Return the hub's key. Raises Misconfigured."""
        return hub_key_from(self.hub, self.topics)


class _WithoutFaustsKafka(BootStrategy):
    """Starts no consumer, producer or web server: intake and relay have their own."""

    enable_kafka = False
    enable_web = False


class HubApp(faust.App):
    """Runs services and agents on channels; uses neither disk nor network."""

    BootStrategy = _WithoutFaustsKafka

    async def on_first_start(self) -> None:
        """Do nothing: Faust would create a data directory for tables."""

    async def _wait_for_table_recovery_completed(self) -> bool:
        return False


class Worker:
    """A worker: the app, and a future that fails when the worker must end."""

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        pool: asyncpg.Pool,
        aggregates: Mapping[AggregateKind, Aggregate[Any]],
        time_rules: TimeRules = DEFAULT_RULES,
    ) -> None:
        """Create the app; needs a running event loop, starts nothing.

        The worker judges by the policies of `aggregates` until it has read more from the log.
        """
        self._pool = pool
        aggregates = dict(aggregates)
        self.assignment = Assignment()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.app = create_app(settings)
        self._batches: ChannelT[Batch] = self.app.channel(maxsize=1)
        prefix, hub_key = settings.topics.prefix, settings.hub_key()
        self.relay = Relay(
            kafka=settings.kafka,
            prefix=prefix,
            hub_key=hub_key,
            pool=pool,
            assignment=self.assignment,
            fail=self._fail,
        )
        self.intake = Intake(
            source=Source(
                kafka=settings.kafka,
                prefix=prefix,
                hub_key=hub_key,
                topics=[
                    topic.name
                    for topic in TOPICS
                    if topic.name in (CAPTURE_TOPIC, DEAD_LETTER_TOPIC, POLICY_TOPIC)
                    or aggregates.keys() & set(topic.kinds)
                ],
            ),
            settings=settings.processor,
            pool=pool,
            channel=self._batches,
            assignment=self.assignment,
            time_rules=time_rules,
            fail=self._fail,
        )
        self.pipeline = Pipeline(
            pool=pool,
            aggregates=aggregates,
            settings=settings.processor,
            assignment=self.assignment,
            hooks=Hooks(reset=self.intake.reset, committed=self._wake_relay, wake=self._wake),
        )
        self.app.agent(self._batches, name="fold", concurrency=1)(self._fold)
        self.app.service(self.relay)  # type: ignore[arg-type] # takes instances too
        self.app.service(self.intake)  # type: ignore[arg-type]
        self.app.service(
            BackgroundDerivation(  # type: ignore[arg-type]
                pool=pool,
                aggregates=aggregates,
                assignment=self.assignment,
                pipeline=self.pipeline,
                fail=self._fail,
            )
        )
        self.policies = PolicyFollower(
            policy_log=PolicyLog(settings.kafka, prefix=prefix, hub_key=hub_key),
            history=next(iter(aggregates.values())).policies,
            pool=pool,
            pipeline=self.pipeline,
            judge_by=self._judge_by,
            fail=self._fail,
        )
        self.app.service(self.policies)  # type: ignore[arg-type]

    async def start(self) -> None:
        """Join the Kafka group and start to fold. Returns at once."""
        self.app.finalize()
        self.app.flow_control.resume()
        await self.app.start()

    async def stop(self, *, budget_s: float) -> None:
        """Stop in order within the budget. The next worker repeats whatever was cut short."""
        try:
            async with asyncio.timeout(budget_s):
                await self.app.stop()
                await self.pipeline.stop()
        except TimeoutError:
            return

    async def _fold(self, batches: AsyncIterable[Batch]) -> None:
        try:
            async for batch in batches:
                self.intake.allow_next_batch()
                await self.pipeline.take(batch)
                self.intake.expect_next_batch()
        except Exception as error:
            # Faust would restart the agent and lose the batch; a bug must end the process.
            self._fail(error)
            raise

    async def checks(self) -> dict[str, bool | str]:
        """Return whether this worker can fold and commit, for ``/readyz``."""
        return {
            "assigned": self.assignment.epoch > 0 or "Kafka has not assigned partitions yet",
            "database": await _database_answers(self._pool),
            "commits": self.pipeline.health(),
        }

    def _judge_by(self, policies: PolicyHistory) -> None:
        self.pipeline.judge_by(policies)
        self.intake.time_rules = self.intake.time_rules.following(policies)

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    def _wake_relay(self, writes: WriteBatch) -> None:
        if writes.outbox:
            self.relay.wake()

    async def _wake(self) -> None:
        await self._batches.put(EMPTY_BATCH)  # type: ignore[arg-type] # a channel takes any value


async def _database_answers(pool: asyncpg.Pool) -> bool | str:
    try:
        return bool(await pool.fetchval("select true", timeout=2.0))
    except TRANSIENT_ERRORS as error:
        return f"PostgreSQL does not answer: {error!r}"


def create_app(settings: WorkerSettings) -> faust.App:
    """Create an app without agents or services."""
    return HubApp(
        id=f"{settings.topics.prefix}groupage-processors",
        broker=f"kafka://{settings.kafka.bootstrap_servers}",
        store="memory://",
        autodiscover=False,
        web_enabled=False,
    )
