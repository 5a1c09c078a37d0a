"""The process of a worker: ``groupage run processors``."""

import asyncio
import time

import structlog

from groupage.contracts.admin import START_PATIENCE_S, ensure_topics
from groupage.contracts.policy_log import PolicyLog
from groupage.domain.errors import Misconfigured
from groupage.domain.policy_history import PolicyHistory
from groupage.process import relax_garbage_collection, run_process
from groupage.settings import ClockSettings, PolicySettings, TelemetrySettings
from groupage.store.policies import write_adoptions
from groupage.store.pool import refusals_in_words
from groupage.store.startup import migrated_pool
from groupage.store.trust import open_trust
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
        # Before anything starts: another secret than the hub's ends the process with a message.
        with refusals_in_words():
            await open_trust(
                pool, settings.hub_key(), kafka=settings.kafka, prefix=settings.topics.prefix
            )
            history = await _read_policies(settings)
            await write_adoptions(pool, history.adoptions)
        relax_garbage_collection()
        worker = Worker(
            settings,
            pool=pool,
            aggregates=all_aggregates(history),
            time_rules=TimeRules.of(history, ClockSettings().source),
        )
        lock = WorkerLock(
            settings.database, policies=lambda: len(worker.policies.history.adoptions)
        )
        async with lock, TelemetryServer(telemetry, checks=worker.checks):
            try:
                await worker.start()
                stopped = asyncio.create_task(stop.wait())
                await asyncio.wait((stopped, worker.failed), return_when=asyncio.FIRST_COMPLETED)
                stopped.cancel()
            finally:  # also if it did not start: its services would keep the process from ending
                started_s = time.monotonic()
                await worker.stop(budget_s=budget_s)
                log.info("worker_stopped", stop_s=round(time.monotonic() - started_s, 3))
            if worker.failed.done():
                worker.failed.result()
    finally:
        pool.terminate()


async def _read_policies(settings: WorkerSettings) -> PolicyHistory:
    """Read the hub's policies from the log; a new hub adopts that of its file.

    A file that has changed later is not adopted, and a wrong one ends nothing: a restart decides
    nothing. The worker's log says so.
    """
    file = PolicySettings()
    async with PolicyLog(
        settings.kafka, prefix=settings.topics.prefix, hub_key=settings.hub_key()
    ) as policy_log:
        adoptions = await policy_log.read_to_end()
        if not adoptions:
            reason = f"first start: {file.described()}"
            adoptions = await policy_log.adopt_first(file.load(), by="groupage", reason=reason)
    history = PolicyHistory(adoptions[0].policy, adoptions)
    if file.path is not None:
        _compare_with_file(history, file)
    return history


def _compare_with_file(history: PolicyHistory, file: PolicySettings) -> None:
    try:
        problem = "" if history.has_adopted(file.load()) else "the hub has never adopted it"
    except Misconfigured as error:
        problem = str(error)
    if problem:
        log.warning(
            "policy_file_not_adopted",
            file=str(file.path),
            problem=problem,
            in_force=history.adoptions[-1].digest,
            to_do="groupage policy adopt FILE --by NAME --reason TEXT",
        )
