"""The straight way for facts: from the server to their handler, past what a framework does.

What the framework does around a route costs a request more than its handler does. The routes stay,
for whatever is asked seldom and for the OpenAPI document; they call the same handlers.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from groupage.telemetry import metrics
from producers.gateway.failures import EXPECTED, broken, told

Handler = Callable[[Request], Awaitable[Response]]


class Lane:
    """An ASGI application: POSTs to a path of `handlers` go to its handler, the rest to `app`.

    Every POST is timed.
    """

    def __init__(self, app: ASGIApp, *, handlers: Mapping[str, Handler]) -> None:
        self._app = app
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the server calls it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        handler = self._handlers.get(scope["path"])
        if handler is None:
            await self._app(scope, receive, send)
        else:
            answer = await _answered(handler, Request(scope, receive))
            await answer(scope, receive, send)
        metrics.GATEWAY_REQUEST_S.observe(time.perf_counter() - began_s)


async def _answered(handler: Handler, request: Request) -> Response:
    try:
        return await handler(request)
    except EXPECTED as error:
        return told(request, error)
    except Exception as error:  # noqa: BLE001 - ends in the log whole and in a 500, as in the framework
        return broken(request, error)
