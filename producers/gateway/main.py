"""The gateway as a process: ``groupage run gateway``."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
import uvloop

from groupage.domain.errors import Misconfigured
from groupage.settings import GatewaySettings, KafkaSettings, TelemetrySettings, TopicSettings
from groupage.telemetry import TelemetryServer, configure_logging
from producers.gateway.app import Gateway, create_app

_BACKLOG = 2_048
_KEEP_ALIVE_S = 75
_CONNECTIONS_MAX = 2_000

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn raises them again when it is done, and we end with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; requests that are inside are answered first."""
    configure_logging(TelemetrySettings(), process="gateway")
    uvloop.run(
        serve(GatewaySettings(), KafkaSettings(), TopicSettings().prefix, TelemetrySettings())
    )


async def serve(
    settings: GatewaySettings, kafka: KafkaSettings, prefix: str, telemetry: TelemetrySettings
) -> None:
    """Serve until a signal. Raises Misconfigured when the port is taken."""
    app = create_app(settings, kafka, prefix=prefix)
    gateway: Gateway = app.state.gateway
    listener = _listen(settings)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            limit_concurrency=_CONNECTIONS_MAX,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, int(settings.shutdown_timeout_s)),
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)

    async def checks() -> dict[str, bool | str]:
        return {"kafka": await gateway.link.check()}

    async with TelemetryServer(telemetry, checks=checks):
        host, port = listener.getsockname()[:2]
        log.info("gateway_listening", address=f"http://{host}:{port}")
        await server.serve(sockets=[listener])
    log.info("gateway_stopped")


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _listen(settings: GatewaySettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"GROUPAGE_GATEWAY_PORT={settings.port} on {settings.host} cannot be used "
            f"({error.strerror}); choose a free port, or 0 to let the system choose"
        ) from error
    listener.setblocking(False)  # noqa: FBT003 - the library's only way
    return listener
