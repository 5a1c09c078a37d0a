"""The read API as a process: ``groupage run api``."""

import asyncio
from functools import partial

import asyncpg
import structlog

from groupage.app.api.app import create_app
from groupage.app.api.epcis_json_query import read_json_query
from groupage.app.api.metrics import refresh_periodically
from groupage.app.api.readiness import check_readiness
from groupage.app.own_events.projector import project_continuously
from groupage.app.subscriptions.deliverer import Deliverer
from groupage.process import run_process
from groupage.serving import Guard, address_of, listen, serve_http
from groupage.settings import (
    ApiSettings,
    DatabaseSettings,
    SubscriptionSettings,
    TelemetrySettings,
)
from groupage.store.readers.captured_events import CaptureFilter
from groupage.store.startup import migrated_pool
from groupage.telemetry import TelemetryServer

_REQUESTS_MAX = 500
_GRACE_S = 5.0

log = structlog.get_logger(__name__)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. Reads its settings from the environment."""
    settings, database, telemetry = ApiSettings(), DatabaseSettings(), TelemetrySettings()
    subscriptions = SubscriptionSettings()

    async def body(stop: asyncio.Event) -> None:
        pool = await migrated_pool(database, application_name="groupage-api", older_forms=True)
        try:
            deliverer = asyncio.create_task(Deliverer(database, subscriptions, _read_filter).run())
            try:
                await serve(settings, pool, telemetry, stop, subscriptions=subscriptions)
            finally:
                deliverer.cancel()
                await asyncio.wait((deliverer,))
        finally:
            pool.terminate()
        log.info("api_stopped")

    run_process("api", body, telemetry=telemetry, stop_budget_s=_GRACE_S + 1)


def _read_filter(query: bytes) -> CaptureFilter:
    return read_json_query(query, {}).filter


async def serve(
    settings: ApiSettings,
    pool: "asyncpg.Pool[asyncpg.Record]",
    telemetry: TelemetrySettings,
    stop: asyncio.Event,
    *,
    subscriptions: SubscriptionSettings,
) -> None:
    """Serve until `stop`. Raises Misconfigured when the port is taken."""
    listener = listen(settings.host, settings.port, setting="GROUPAGE_API_PORT")
    async with TelemetryServer(telemetry, checks=partial(check_readiness, pool)):
        log.info("api_listening", address=address_of(listener))
        tasks = (
            asyncio.create_task(refresh_periodically(pool)),
            asyncio.create_task(project_continuously(pool)),
        )
        try:
            await serve_http(
                create_app(pool, subscriptions),
                listener,
                stop,
                guard=Guard(
                    host=settings.host,
                    token=settings.token,
                    setting="GROUPAGE_API_TOKEN",
                    more_hosts=telemetry.host_names,
                ),
                requests_max=_REQUESTS_MAX,
                grace_s=_GRACE_S,
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
