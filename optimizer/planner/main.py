"""The planner as a process: ``groupage run planner``."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from groupage.contracts.admin import START_PATIENCE_S, ensure_topics
from groupage.contracts.signing import hub_key_from
from groupage.domain.policy import Policy
from groupage.process import run_process
from groupage.settings import (
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    PlannerSettings,
    TelemetrySettings,
    TopicSettings,
)
from groupage.store.derivation import Derivation
from groupage.store.policies import read_history
from groupage.store.pool import refusals_in_words
from groupage.store.startup import migrated_pool
from groupage.telemetry import TelemetryServer
from optimizer.planner.planner import Planner

_STOP_BUDGET_S_MAX = 12.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Settings:
    """All settings, read before anything starts: a missing setting is reported in one sentence."""

    planner: PlannerSettings = field(default_factory=PlannerSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    hub: HubSettings = field(default_factory=HubSettings)


def main() -> None:
    """Run until SIGTERM, with settings from the environment."""
    settings = _Settings()

    async def body(stop: asyncio.Event) -> None:
        await _run(settings, stop)

    run_process(
        "planner",
        body,
        telemetry=settings.telemetry,
        # The next planner consumes again what is not stored yet.
        stop_budget_s=min(settings.planner.shutdown_timeout_s, _STOP_BUDGET_S_MAX),
        loop=asyncio.run,
    )


async def _run(settings: _Settings, stop: asyncio.Event) -> None:
    prefix = settings.topics.prefix
    pool = await migrated_pool(
        settings.database, application_name="groupage planner", older_forms=True
    )
    try:
        report = await ensure_topics(
            settings.kafka, prefix=prefix, create=False, patience_s=START_PATIENCE_S
        )
        report.require_equal()
        with refusals_in_words():
            policy = (await read_history(pool, assumed=Policy)).newest
        _warn_of_impatience(settings.planner, policy)
        planner = Planner(
            kafka=settings.kafka,
            prefix=prefix,
            hub_key=hub_key_from(settings.hub, settings.topics),
            pool=pool,
            settings=settings.planner,
            policy=policy,
        )
        derivation = Derivation(pool)

        async def checks() -> dict[str, bool | str]:
            return {**await planner.checks(), **await derivation.check()}

        async with TelemetryServer(settings.telemetry, checks=checks):
            # Until then requests wait in Kafka.
            await _until_first(derivation.wait(), stop)
            await planner.run(stop)
    finally:
        pool.terminate()


def _warn_of_impatience(settings: PlannerSettings, policy: Policy) -> None:
    """Warn when lanes ask again while the planner may still be solving: its answer comes late."""
    longest_s = settings.solve_timeout_s * settings.attempts_max
    if policy.request_timeout_s <= longest_s:
        log.warning(
            "request_timeout_short",
            request_timeout_s=policy.request_timeout_s,
            at_least_s=longest_s,
            todo="raise request_timeout_s of the policy, or lower "
            "GROUPAGE_PLANNER_SOLVE_TIMEOUT_S or _ATTEMPTS_MAX",
        )


async def _until_first(wait: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Wait for the coroutine, but no longer than until `stop`."""
    waiting, stopped = asyncio.create_task(wait), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((waiting, stopped), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            waiting.result()
    finally:
        waiting.cancel()
        stopped.cancel()
