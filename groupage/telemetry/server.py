"""A small HTTP server beside every process: ``/metrics``, ``/healthz``, ``/readyz``."""

from collections.abc import Awaitable, Callable
from typing import Self

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry

from groupage.domain.errors import Misconfigured
from groupage.settings import TelemetrySettings
from groupage.telemetry.metrics import set_build_info
from groupage.telemetry.probes import Checks, Probes, Told, nothing_to_check

log = structlog.get_logger(__name__)


class TelemetryServer:
    """Serves a process's :class:`Probes` until :meth:`stop`; an asynchronous context manager."""

    def __init__(
        self,
        settings: TelemetrySettings,
        *,
        checks: Checks = nothing_to_check,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._settings = settings
        self._probes = Probes(checks, registry=registry)
        self._runner: web.AppRunner | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """``http://host:port``, known after :meth:`start`."""
        return self._address

    async def start(self) -> None:
        """Bind and serve. Raises Misconfigured when the port is taken."""
        set_build_info()
        app = web.Application()
        for path, ask in self._probes.by_path.items():
            app.router.add_get(path, _handler(ask))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        host, port = self._settings.metrics_host, self._settings.metrics_port
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise Misconfigured(
                f"GROUPAGE_METRICS_PORT={port} on {host} cannot be used ({error.strerror}); "
                "choose a free port, or 0 to let the system choose"
            ) from error
        self._runner = runner
        bound_port = runner.addresses[0][1]
        self._address = f"http://{host}:{bound_port}"
        log.info("metrics_listening", address=self._address)

    async def stop(self) -> None:
        """Close the server; harmless when it never started."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _handler(
    ask: Callable[[], Awaitable[Told]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        told = await ask()
        headers = {"Content-Type": told.content_type}
        return web.Response(body=told.body, status=told.status, headers=headers)

    return handle
