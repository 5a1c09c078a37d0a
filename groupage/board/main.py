"""The reading process: ``groupage run api``."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator

import asyncpg
import structlog
import uvicorn
import uvloop

from groupage.board.app import create_app
from groupage.board.gauges import keep_fresh
from groupage.board.watching import readiness
from groupage.domain.errors import GroupageError, Misconfigured
from groupage.settings import ApiSettings, DatabaseSettings, TelemetrySettings
from groupage.store.pool import create_pool
from groupage.telemetry import TelemetryServer, configure_logging

_BACKLOG = 512
_CONNECTIONS_MAX = 500
_GRACE_S = 5

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn raises them again when it is done, and we end with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. Reads its settings from the environment."""
    telemetry = TelemetrySettings()
    configure_logging(telemetry, process="api")
    try:
        uvloop.run(serve(ApiSettings(), DatabaseSettings(), telemetry))
    except GroupageError as error:
        log.error("process_ended", process="api", error=str(error))  # noqa: TRY400 - said in words
        sys.exit(1)


async def serve(
    settings: ApiSettings, database: DatabaseSettings, telemetry: TelemetrySettings
) -> None:
    """Serve until a signal.

    Raises Misconfigured when the port is taken, Unavailable when the database does not answer.
    """
    pool = await create_pool(database, application_name="groupage-api")
    try:
        await _serve(settings, pool, telemetry)
    finally:
        pool.terminate()
    log.info("api_stopped")


async def _serve(
    settings: ApiSettings, pool: "asyncpg.Pool[asyncpg.Record]", telemetry: TelemetrySettings
) -> None:
    server = _Server(
        uvicorn.Config(
            create_app(pool),
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS_MAX,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
    listener = _listen(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)

    async def checks() -> dict[str, bool | str]:
        return await readiness(pool)

    async with TelemetryServer(telemetry, checks=checks):
        host, port = listener.getsockname()[:2]
        log.info("api_listening", address=f"http://{host}:{port}")
        gauges = asyncio.create_task(keep_fresh(pool))
        try:
            await server.serve(sockets=[listener])
        finally:
            gauges.cancel()
            await asyncio.wait((gauges,))


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _listen(settings: ApiSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"GROUPAGE_API_PORT={settings.port} on {settings.host} cannot be used "
            f"({error.strerror}); choose a free port, or 0 to let the system choose"
        ) from error
    listener.setblocking(False)  # noqa: FBT003 - the library's only way
    return listener
