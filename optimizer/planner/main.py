"""The planner as a process: ``groupage run planner``."""

import asyncio
import os
import signal
import sys

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
from groupage.store.pool import create_pool
from groupage.store.schema import require_schema
from groupage.telemetry import TelemetryServer, configure_logging
from optimizer.planner.planner import Planner

_STOP_BUDGET_S_MAX = 12.0

log = structlog.get_logger(__name__)


def main() -> None:
    """Run until SIGTERM. Reads its settings from the environment."""
    settings = PlannerSettings()
    telemetry = TelemetrySettings()
    configure_logging(telemetry, process="planner")
    try:
        asyncio.run(_watched(settings, telemetry))
    except GroupageError as error:
        log.error("process_ended", process="planner", error=str(error))  # noqa: TRY400 - in words
        sys.exit(1)
    except Exception:
        log.exception("process_crashed", process="planner")
        sys.exit(1)
    log.info("process_ended", process="planner")


async def _watched(settings: PlannerSettings, telemetry: TelemetrySettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if not stop.is_set():
            log.info("process_stopping", process="planner")
            stop.set()
            # Whatever is not stored yet comes again: nothing is lost by going.
            loop.call_later(min(settings.shutdown_timeout_s, _STOP_BUDGET_S_MAX), os._exit, 0)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    await _work(settings, telemetry, stop)


async def _work(
    settings: PlannerSettings, telemetry: TelemetrySettings, stop: asyncio.Event
) -> None:
    kafka, topics = KafkaSettings(), TopicSettings()
    pool = await create_pool(DatabaseSettings(), application_name="groupage planner")
    try:
        await require_schema(pool)
        report = await ensure_topics(
            kafka, prefix=topics.prefix, create=False, patience_s=START_PATIENCE_S
        )
        report.require_equal()
        planner = Planner(
            kafka=kafka,
            prefix=topics.prefix,
            pool=pool,
            settings=settings,
            policy=PolicySettings().load(),
        )
        async with TelemetryServer(telemetry, checks=planner.checks):
            await planner.run(stop)
    finally:
        pool.terminate()
