"""An HTTP connection: uvicorn's protocol with limits on heads, on waiting and on slow reading."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from groupage.serving.clients import client_of
from groupage.serving.connections import Connections
from groupage.serving.problems import MEDIA_TYPE, problem_json

_HEAD_BYTES_MAX = 64 * 2**10
_HEADER_EXTRA_BYTES = len(": \r\n")
_WAIT_S = 30.0
"""For a head to be complete, for the rest of a body that nobody reads any more, and for a client
to read a response, besides the time that the response takes at the least speed."""
_LEAST_READING_BYTES_PER_S = 16 * 2**10
_HEAD = (
    b"HTTP/1.1 %b\r\ncontent-type: " + MEDIA_TYPE.encode() + b"\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n"
)
_TOO_LARGE = f"The head of the request has over {_HEAD_BYTES_MAX} bytes."


class _HeadTooLarge(Exception):
    """Ends the parsing: httptools wraps whatever a callback raises."""


class LimitedProtocol(HttpToolsProtocol):
    """Limits what uvicorn with httptools does not limit.

    uvicorn's other parser, h11, limits the head, but is written in Python: a whole request takes
    twice as long. The class is private to uvicorn, therefore pyproject.toml pins its minor version.
    """

    _in_head = True
    _head_bytes = 0
    _bytes_without_progress = 0
    """Bytes since the last byte of a body: of heads, trailers and chunk extensions."""
    client_name = ""
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, open_connections: Connections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open_connections = open_connections

    # --- connection -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head from now on, or close when too many connections are open."""
        super().connection_made(transport)
        self.client_name = client_of(self.client)
        if self._open_connections.admit(self):
            self._start_timer()
        else:
            self._answer(
                "503 Service Unavailable", "overloaded", "Too many connections", "try again"
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._open_connections.remove(self)
        self._stop_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    # --- request --------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that grows beyond its limit, and trailers that do."""
        self._bytes_without_progress += len(data)
        super().data_received(data)
        if self._in_head:
            self._start_timer()
        if self._bytes_without_progress > _HEAD_BYTES_MAX:
            self.send_400_response(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Count the bytes of a new head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the header's bytes. Nobody reads trailers: they are dropped."""
        self._head_bytes += len(name) + len(value) + _HEADER_EXTRA_BYTES
        if self._head_bytes > _HEAD_BYTES_MAX:
            raise _HeadTooLarge
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the timer: the head is complete."""
        self._stop_timer()
        self._head_bytes += len(self.url)
        if self._head_bytes > _HEAD_BYTES_MAX:
            raise _HeadTooLarge
        self._in_head, self._bytes_without_progress = False, 0
        if not self.url.startswith(b"/"):
            self._use_host_of_target()
        self._open_connections.note_request(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note the progress."""
        self._bytes_without_progress = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop waiting for the rest of a body."""
        self._bytes_without_progress = 0
        self._stop_timer()
        super().on_message_complete()

    def _use_host_of_target(self) -> None:
        """Put the host of ``GET http://host/path`` in place of Host (RFC 9112, section 3.2.2)."""
        target = httptools.parse_url(self.url)
        hosts = [index for index, (name, _) in enumerate(self.headers) if name == b"host"]
        if target.host and len(hosts) == 1:
            host = b"[%b]" % target.host if b":" in target.host else target.host
            self.headers[hosts[0]] = (b"host", host)

    # --- response -------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        """Count the connection as idle; the rest of a body that nobody reads has its time."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._open_connections.note_response(self)
            if self.cycle.more_body:
                self._start_timer()

    def pause_writing(self) -> None:
        """Give a client that reads slowly the time that its response takes at the least speed."""
        super().pause_writing()
        self._stop_write_timer()
        wait_s = _WAIT_S + self.transport.get_write_buffer_size() / _LEAST_READING_BYTES_PER_S
        self._write_timer = self.loop.call_later(wait_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        self._stop_write_timer()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer with a problem document, as every other error is answered, and close."""
        if self._head_bytes > _HEAD_BYTES_MAX:
            msg = _TOO_LARGE
        elif msg.startswith("Invalid HTTP"):
            msg = "Expected HTTP/1.1. Terminate TLS in a reverse proxy."
        self._answer("400 Bad Request", "bad_request", "The request cannot be read", msg)

    def _answer(self, status: str, code: str, title: str, detail: str) -> None:
        cycle = cast("Any", self.cycle)
        if cycle is None or not cycle.response_started or cycle.response_complete:
            body = problem_json(int(status[:3]), code, title, detail)
            self.transport.write(_HEAD % (status.encode(), len(body)) + body)
        self.transport.close()

    # --- timers ---------------------------------------------------------------------------------

    def _start_timer(self) -> None:
        if self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(_WAIT_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
