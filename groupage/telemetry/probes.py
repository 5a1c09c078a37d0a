"""The routes by which every process is watched: ``/metrics``, ``/healthz``, ``/readyz``."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from groupage.serving import is_trusted

Checks = Callable[[], Awaitable[dict[str, bool | str]]]
"""Readiness: check name → ``True``, or ``False``, or a sentence that names the failure."""

_CHECKS_TIMEOUT_S = 5.0
_OK, _UNAVAILABLE = 200, 503


async def no_checks() -> dict[str, bool | str]:
    """Return no checks, for a process that depends on nothing."""
    return {}


class Probes:
    """The answers of one process. All checks of a readiness share a budget of 5 s."""

    def __init__(
        self, checks: Checks = no_checks, *, registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._checks = checks
        self._registry = registry
        self._checking: asyncio.Task[dict[str, bool | str]] | None = None

    def routes(self) -> list[Route]:
        """Build the routes; an OpenAPI document leaves them out."""
        endpoints = {
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._metrics,
        }
        return [Route(path, ask, include_in_schema=False) for path, ask in endpoints.items()]

    async def _health(self, _: Request) -> Response:
        """Answer 200 while the event loop runs."""
        return _json(_OK, {"status": "ok"})

    async def _readiness(self, request: Request) -> Response:
        """Answer 200 when every check is true, else 503, with the checks.

        Checks name servers and their errors: where a token is asked for, only its bearer sees them.
        """
        # Requests at the same time share one look at Kafka and PostgreSQL: anybody may ask.
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._run_checks())
        checks = await asyncio.shield(self._checking)
        ready = all(value is True for value in checks.values())
        body: dict[str, object] = {"status": "ready" if ready else "not ready"}
        if is_trusted(request.scope):
            body["checks"] = checks
        return _json(_OK if ready else _UNAVAILABLE, body)

    async def _run_checks(self) -> dict[str, bool | str]:
        try:
            async with asyncio.timeout(_CHECKS_TIMEOUT_S):
                return await self._checks()
        except TimeoutError:
            return {"checks": f"no answer within {_CHECKS_TIMEOUT_S:g} s"}
        except Exception as error:  # noqa: BLE001 - a server that is just starting raises anything
            return {"checks": repr(error)}

    async def _metrics(self, _: Request) -> Response:
        """Answer in Prometheus's text format."""
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return Response(generate_latest(self._registry), headers=headers)


def _json(status: int, body: object) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
