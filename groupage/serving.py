"""Serve ASGI applications by uvicorn, with limits on connections and on the heads of requests."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import msgspec
import structlog
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from groupage.domain.errors import Misconfigured

_BACKLOG = 2_048
_KEEP_ALIVE_S = 75
_HEAD_BYTES_MAX = 64 * 2**10
_HEAD_TIMEOUT_S = 30.0
_BAD_REQUEST_HEAD = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n"
)

log = structlog.get_logger(__name__)


def _problem(status: int, code: str, title: str, detail: str) -> bytes:
    document = {"type": f"urn:groupage:problem:{code}", "title": title, "status": status}
    return msgspec.json.encode(document | {"detail": detail})


class _Server(uvicorn.Server):
    """Leaves signals to `groupage.process`: uvicorn would raise them again when it has ended."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(HttpToolsProtocol):
    """Limits the size and the time of a request's head: uvicorn with httptools limits neither.

    uvicorn's other parser, h11, limits the size, but is written in Python: a whole request takes
    twice as long. The class is private to uvicorn, therefore pyproject.toml pins its minor version.
    """

    _in_head = True
    _head_bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head from now on."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Count the bytes of a new head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop the timer: the head is complete."""
        self._stop_timer()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that grows beyond its limit."""
        was_in_head = self._in_head
        super().data_received(data)
        if not self._in_head:
            return
        self._start_timer()
        self._head_bytes += len(data) if was_in_head else 0
        if self._head_bytes > _HEAD_BYTES_MAX:
            self.send_400_response(f"The head of the request has over {_HEAD_BYTES_MAX} bytes.")

    def send_400_response(self, msg: str) -> None:
        """Answer with a problem document, as every other error is answered, and close."""
        if msg.startswith("Invalid HTTP"):
            msg = "Expected HTTP/1.1. Terminate TLS in a reverse proxy."
        body = _problem(400, "bad_request", "The request cannot be read", msg)
        self.transport.write(_BAD_REQUEST_HEAD % len(body) + body)
        self.transport.close()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(_HEAD_TIMEOUT_S, self.transport.close)

    def _stop_timer(self) -> None:
        self._in_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def serve_http(
    app: ASGIApp,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    connections_max: int,
    grace_s: float,
) -> None:
    """Serve until `stop` is set; requests in flight then have `grace_s` to be answered.

    Beyond `connections_max` open connections, requests get 503 and their connection is closed.
    """
    server = _Server(
        uvicorn.Config(
            _limit_connections(app, lambda: len(server.server_state.connections), connections_max),
            http=_Protocol,
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


def _limit_connections(
    app: ASGIApp, connections: Callable[[], int], connections_max: int
) -> ASGIApp:
    """Limit connections with a problem document; uvicorn's own limit answers in plain text."""
    detail = f"more than {connections_max} connections are open; close idle ones, then try again"
    body = _problem(503, "overloaded", "Too many connections", detail)
    headers = {"Retry-After": "1", "Connection": "close"}
    full = Response(body, 503, headers, media_type="application/problem+json")

    async def limited_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and connections() > connections_max:
            log.warning("connections_full", connections_max=connections_max)
            await full(scope, receive, send)
        else:
            await app(scope, receive, send)

    return limited_app


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
