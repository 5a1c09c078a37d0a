"""Serve ASGI applications by uvicorn, behind a guard and within limits."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from groupage.domain.errors import Misconfigured
from groupage.serving.connections import Connections
from groupage.serving.descriptors import connections_within
from groupage.serving.guard import PROBE_PATHS, Guard
from groupage.serving.problems import problem_response
from groupage.serving.protocol import LimitedProtocol

_BACKLOG = 2_048
_KEEP_ALIVE_S = 75


class _Server(uvicorn.Server):
    """Leaves signals to `groupage.process`: uvicorn would raise them again when it has ended."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(
    app: ASGIApp,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    guard: Guard,
    requests_max: int,
    grace_s: float,
) -> None:
    """Serve until `stop` is set; requests in flight then have `grace_s` to be answered.

    Beyond `requests_max` at once (or what file descriptors allow), requests get 503, except for
    the probes.
    """
    connections = Connections(connections_within(requests_max))
    protocol: Any = partial(LimitedProtocol, open_connections=connections)
    server = _Server(
        uvicorn.Config(
            _guard_and_limit(app, guard, connections),
            http=protocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, int(grace_s)),
        )
    )

    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    ending = asyncio.create_task(end())
    try:
        await server.serve(sockets=[listener])
    finally:
        ending.cancel()


def _guard_and_limit(app: ASGIApp, guard: Guard, connections: Connections) -> ASGIApp:
    """Limit requests with a problem document; uvicorn's own limit answers in plain text."""
    full = problem_response(
        503,
        "overloaded",
        "Too many requests at once",
        f"{connections.limit} requests may be in progress, {connections.share} of them for one "
        "client; try again",
        {"Retry-After": "1", "Connection": "close"},
    )

    async def guarded_app(scope: Scope, receive: Receive, send: Send) -> None:
        answer = app
        if scope["type"] == "http":
            if connections.are_full_for(scope["client"]) and scope["path"] not in PROBE_PATHS:
                connections.note_full()
                answer = full
            elif refusal := guard.find_refusal(scope):
                answer = refusal
        await answer(scope, receive, send)

    return guarded_app


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """Open a listening socket. Raises Misconfigured that names `setting` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"{setting}={port} on {host} cannot be used ({error.strerror}); "
            "choose a free port, or 0 to let the system choose"
        ) from error
    listener.setblocking(False)  # noqa: FBT003 - the library's only way
    return listener


def address_of(listener: socket.socket) -> str:
    """Return ``http://host:port`` of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
