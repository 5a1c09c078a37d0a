"""The planner as a process: ``groupage run planner``."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field

import structlog

from groupage.contracts.admin import START_PATIENCE_S, ensure_topics
from groupage.domain.errors import GroupageError
from groupage.settings import (
    DatabaseSettings,
    KafkaSettings,
    PlannerSettings,
    PolicySettings,
    TelemetrySettings,
    TopicSettings,
)
from groupage.store.startup import migrated_pool
from groupage.telemetry import TelemetryServer, configure_logging
from optimizer.planner.planner import Planner

_STOP_BUDGET_S_MAX = 12.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Settings:
    """Read before anything is started: a missing one is a sentence, not a crash."""

    planner: PlannerSettings = field(default_factory=PlannerSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    policy: PolicySettings = field(default_factory=PolicySettings)


def main() -> None:
    """Run until SIGTERM. Reads its settings from the environment."""
    settings = _Settings()
    configure_logging(settings.telemetry, process="planner")
    try:
        asyncio.run(_watched(settings))
    except GroupageError as error:
        log.error("process_ended", process="planner", error=str(error))  # noqa: TRY400 - in words
        sys.exit(1)
    except Exception:
        log.exception("process_crashed", process="planner")
        sys.exit(1)
    log.info("process_ended", process="planner")


async def _watched(settings: _Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    budget_s = min(settings.planner.shutdown_timeout_s, _STOP_BUDGET_S_MAX)

    def ask() -> None:
        if not stop.is_set():
            log.info("process_stopping", process="planner")
            stop.set()
            # Whatever is not stored yet comes again: nothing is lost by going.
            loop.call_later(budget_s, os._exit, 0)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    await _work(settings, stop)


async def _work(settings: _Settings, stop: asyncio.Event) -> None:
    prefix = settings.topics.prefix
    policy = settings.policy.load()
    pool = await migrated_pool(settings.database, application_name="groupage planner")
    try:
        report = await ensure_topics(
            settings.kafka, prefix=prefix, create=False, patience_s=START_PATIENCE_S
        )
        report.require_equal()
        planner = Planner(
            kafka=settings.kafka,
            prefix=prefix,
            pool=pool,
            settings=settings.planner,
            policy=policy,
        )
        async with TelemetryServer(settings.telemetry, checks=planner.checks):
            await planner.run(stop)
    finally:
        pool.terminate()
