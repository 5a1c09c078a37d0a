"""The read API: one Starlette application over the store's readers, which the CLI uses too."""

import time
from functools import partial

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupage.app.api import dcsa, epcis, epcis_queries, epcis_subscriptions, lists, resources
from groupage.app.api.metrics import REQUEST_S
from groupage.app.api.openapi import build_document
from groupage.app.api.problems import EXCEPTION_HANDLERS
from groupage.app.api.readiness import check_readiness
from groupage.settings import SubscriptionSettings
from groupage.store.derivation import Derivation
from groupage.telemetry.probes import Probes

ENDPOINTS = (
    *lists.ENDPOINTS,
    *resources.ENDPOINTS,
    *dcsa.ENDPOINTS,
    *epcis.ENDPOINTS,
    *epcis_queries.ENDPOINTS,
    *epcis_subscriptions.ENDPOINTS,
)
"""Lists first: the ids of resources may hold slashes, so that their paths match much."""


def create_app(
    pool: "asyncpg.Pool[asyncpg.Record]", subscriptions: SubscriptionSettings | None = None
) -> Starlette:
    """Build the ASGI application over a pool of connections."""
    app = Starlette(
        routes=[
            *(endpoint.route() for endpoint in ENDPOINTS),
            Route("/openapi.json", _get_openapi, include_in_schema=False),
            *Probes(partial(check_readiness, pool)).routes(),
        ],
        middleware=[Middleware(_TimeRequests)],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    # A path with a slash at its end is another path: no redirect to an address that Host names.
    app.router.redirect_slashes = False
    app.state.pool = pool
    app.state.subscriptions = subscriptions or SubscriptionSettings()
    app.state.derivation = Derivation(pool)
    return app


async def _get_openapi(_: Request) -> Response:
    body = msgspec.json.encode(build_document(ENDPOINTS))
    return Response(body, media_type="application/json")


class _TimeRequests:
    """Middleware: observes the time of each request, by route and status."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            path = getattr(scope.get("route"), "path", "none")
            REQUEST_S.labels(path, str(status)).observe(time.perf_counter() - began_s)
