"""HTTP applications as processes: an address that is free or explained, uvicorn, probes."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from fastapi import FastAPI, Response
from starlette.types import ASGIApp

from groupage.domain.errors import Misconfigured
from groupage.telemetry.probes import Probes, Told

_BACKLOG = 2_048
_KEEP_ALIVE_S = 75


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn raises them again when it is done, and we end with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(
    app: ASGIApp,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    connections_max: int,
    grace_s: float,
) -> None:
    """Serve until `stop` is set; requests that are inside then have `grace_s` to be answered."""
    server = _Server(
        uvicorn.Config(
            app,
            http="httptools",  # h11, the other one, is written in Python and costs half a request
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            limit_concurrency=connections_max,
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


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """A listening socket. Raises Misconfigured naming `setting` when the port cannot be used."""
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
    """``http://host:port`` where it listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def add_probes(app: FastAPI, probes: Probes, *, described: bool) -> None:
    """Let the application answer its probes too; `described` in its OpenAPI document or not."""
    for path, ask in probes.by_path.items():
        app.add_api_route(
            path,
            _endpoint(ask),
            methods=["GET"],
            name=path.removeprefix("/"),
            description=ask.__doc__,
            include_in_schema=described,
        )


def _endpoint(ask: Callable[[], Awaitable[Told]]) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        told = await ask()
        return Response(told.body, told.status, {"Content-Type": told.content_type})

    return answer
