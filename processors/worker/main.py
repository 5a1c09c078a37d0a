"""The process of a worker: ``groupage run processors``."""

import asyncio
import time

import structlog

from groupage.contracts.admin import START_PATIENCE_S, ensure_topics
from groupage.process import relax_garbage_collection, run_process
from groupage.settings import ClockSettings, PolicySettings, TelemetrySettings
from groupage.store.startup import migrated_pool
from groupage.telemetry import TelemetryServer
from processors.aggregates.registry import all_aggregates
from processors.worker.app import Worker, WorkerSettings
from processors.worker.lock import WorkerLock
from processors.worker.plausibility import TimeRules

_STOP_BUDGET_S_MAX = 12.0

log = structlog.get_logger(__name__)


def main() -> None:
    """Run until SIGTERM. Reads its settings from the environment."""
    settings = WorkerSettings.from_environment()
    telemetry = TelemetrySettings()
    budget_s = min(settings.processor.shutdown_timeout_s, _STOP_BUDGET_S_MAX)

    async def body(stop: asyncio.Event) -> None:
        await _run(settings, telemetry, stop, budget_s)

    run_process("processors", body, telemetry=telemetry, stop_budget_s=budget_s)


async def _run(
    settings: WorkerSettings, telemetry: TelemetrySettings, stop: asyncio.Event, budget_s: float
) -> None:
    pool = await migrated_pool(
        settings.database,
        application_name="groupage processors",
        older_forms=True,
        # The tables grow: a query plan from old statistics must not scan them.
        server_settings={"enable_seqscan": "off"},
    )
    try:
        report = await ensure_topics(
            settings.kafka, prefix=settings.topics.prefix, create=False, patience_s=START_PATIENCE_S
        )
        report.require_equal()
        policy = PolicySettings().load()
        relax_garbage_collection()
        worker = Worker(
            settings,
            pool=pool,
            aggregates=all_aggregates(policy),
            time_rules=TimeRules.of(policy, ClockSettings().source),
        )
        async with WorkerLock(settings.database), TelemetryServer(telemetry, checks=worker.checks):
            await worker.start()
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait((stopped, worker.failed), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            started_s = time.monotonic()
            await worker.stop(budget_s=budget_s)
            log.info("worker_stopped", stop_s=round(time.monotonic() - started_s, 3))
            if worker.failed.done():
                worker.failed.result()
    finally:
        pool.terminate()
