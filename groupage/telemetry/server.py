"""A small HTTP server beside every process: ``/metrics``, ``/healthz``, ``/readyz``."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from groupage.domain.errors import Misconfigured
from groupage.settings import TelemetrySettings
from groupage.telemetry.metrics import set_build_info

Checks = Callable[[], Awaitable[dict[str, bool | str]]]
"""Readiness: check name → ``True``, or ``False``, or a sentence saying what is wrong."""

_CHECKS_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


async def _nothing_to_check() -> dict[str, bool | str]:
    return {}


class TelemetryServer:
    """Serves until :meth:`stop`; an asynchronous context manager.

    ``/healthz`` answers 200 while the event loop turns. ``/readyz`` answers 200 when every check
    is ``True`` and 503 with the failing ones otherwise; checks share a budget of 5 s.
    """

    def __init__(
        self,
        settings: TelemetrySettings,
        *,
        checks: Checks = _nothing_to_check,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._settings = settings
        self._checks = checks
        self._registry = registry
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
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
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

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_CHECKS_TIMEOUT_S):
                checks = await self._checks()
        except TimeoutError:
            checks = {"checks": f"no answer within {_CHECKS_TIMEOUT_S:g} s"}
        ready = all(value is True for value in checks.values())
        return web.json_response(
            {"status": "ready" if ready else "not ready", "checks": checks},
            status=200 if ready else 503,
        )
