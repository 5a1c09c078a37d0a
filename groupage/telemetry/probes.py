"""What a process answers those who watch it: ``/metrics``, ``/healthz``, ``/readyz``.

No framework: each server hands these answers on in its own way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import msgspec
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Checks = Callable[[], Awaitable[dict[str, bool | str]]]
"""Readiness: check name → ``True``, or ``False``, or a sentence saying what is wrong."""

_CHECKS_TIMEOUT_S = 5.0
_OK, _UNAVAILABLE = 200, 503
_JSON = "application/json"


class Told(NamedTuple):
    """An answer, for any HTTP server."""

    status: int
    content_type: str
    body: bytes


async def nothing_to_check() -> dict[str, bool | str]:
    """Of a process that needs nobody."""
    return {}


class Probes:
    """The answers of one process. All checks of a readiness share a budget of 5 s."""

    def __init__(
        self, checks: Checks = nothing_to_check, *, registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._checks = checks
        self._registry = registry

    @property
    def by_path(self) -> Mapping[str, Callable[[], Awaitable[Told]]]:
        """Path → its answer."""
        return {"/healthz": self.healthz, "/readyz": self.readyz, "/metrics": self.metrics}

    async def healthz(self) -> Told:
        """The process turns: 200 while its event loop does."""
        return _told(_OK, {"status": "ok"})

    async def readyz(self) -> Told:
        """The process can work: 200 when every check is true, else 503 and what is wrong."""
        try:
            async with asyncio.timeout(_CHECKS_TIMEOUT_S):
                checks = await self._checks()
        except TimeoutError:
            checks = {"checks": f"no answer within {_CHECKS_TIMEOUT_S:g} s"}
        ready = all(value is True for value in checks.values())
        body = {"status": "ready" if ready else "not ready", "checks": checks}
        return _told(_OK if ready else _UNAVAILABLE, body)

    async def metrics(self) -> Told:
        """Prometheus metrics."""
        return Told(_OK, CONTENT_TYPE_LATEST, generate_latest(self._registry))


def _told(status: int, body: object) -> Told:
    return Told(status, _JSON, msgspec.json.encode(body))
