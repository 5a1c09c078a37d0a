"""The HTTP server for ``/metrics``, ``/healthz`` and ``/readyz`` beside every process."""

import asyncio
from typing import Self

import structlog
from prometheus_client import REGISTRY, CollectorRegistry
from starlette.applications import Starlette

from groupage.serving import Guard, address_of, listen, serve_http
from groupage.settings import TelemetrySettings
from groupage.telemetry.metrics import set_build_info
from groupage.telemetry.probes import Checks, Probes, no_checks

_REQUESTS_MAX = 20
_GRACE_S = 1.0

log = structlog.get_logger(__name__)


class TelemetryServer:
    """Serves a process's :class:`Probes` until :meth:`stop`; an asynchronous context manager."""

    def __init__(
        self,
        settings: TelemetrySettings,
        *,
        checks: Checks = no_checks,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._settings = settings
        self._probes = Probes(checks, registry=registry)
        self._ending = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """``http://host:port``, known after :meth:`start`."""
        return self._address

    async def start(self) -> None:
        """Bind and serve. Raises Misconfigured when the port is taken."""
        set_build_info()
        host, port = self._settings.metrics_host, self._settings.metrics_port
        listener = listen(host, port, setting="GROUPAGE_METRICS_PORT")
        self._address = address_of(listener)
        app = Starlette(routes=self._probes.routes())
        app.router.redirect_slashes = False
        self._serving = asyncio.create_task(
            serve_http(
                app,
                listener,
                self._ending,
                guard=Guard(
                    host=host,
                    token=self._settings.metrics_token,
                    setting="GROUPAGE_METRICS_TOKEN",
                    more_hosts=self._settings.host_names,
                ),
                requests_max=_REQUESTS_MAX,
                grace_s=_GRACE_S,
            ),
            name="telemetry-server",
        )
        log.info("metrics_listening", address=self._address)

    async def stop(self) -> None:
        """Close the server; harmless when it never started."""
        if self._serving:
            self._ending.set()
            serving, self._serving = self._serving, None
            await serving

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
