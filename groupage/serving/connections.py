"""The open connections of a listener: how many there may be, and which close when it is full."""

import asyncio
from typing import Protocol

import structlog

_TELL_EVERY_S = 10.0

log = structlog.get_logger(__name__)


class Closable(Protocol):
    """A connection."""

    transport: asyncio.Transport


class Connections:
    """Counts connections that wait for a request apart from those whose request is answered.

    Idle connections cost nobody a request: when no more may be open, the connection that has been
    idle longest is closed for a new one. Requests are limited instead, to `limit` at once; some
    more connections may be open so that the others get an answer, and the probes theirs.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._open_max = limit + max(8, limit // 8)
        self._idle: dict[Closable, None] = {}
        self._active: set[Closable] = set()
        self._quiet_until_s = 0.0

    def admit(self, connection: Closable) -> bool:
        """Count a new connection as idle. Returns False when nothing can be closed for it."""
        if len(self._idle) + len(self._active) >= self._open_max:
            self.note_full()
            if not self._idle:
                return False
            longest_idle = next(iter(self._idle))
            del self._idle[longest_idle]
            longest_idle.transport.close()
        self._idle[connection] = None
        return True

    def note_request(self, connection: Closable) -> None:
        """Count the connection as active: the head of a request is complete."""
        self._idle.pop(connection, None)
        self._active.add(connection)

    def note_response(self, connection: Closable) -> None:
        """Count the connection as idle again: its last response is complete."""
        self._active.discard(connection)
        self._idle[connection] = None

    def remove(self, connection: Closable) -> None:
        """Forget a connection that is closed."""
        self._idle.pop(connection, None)
        self._active.discard(connection)

    @property
    def are_full(self) -> bool:
        """Whether more requests are in progress than may be."""
        return len(self._active) > self.limit

    def note_full(self) -> None:
        """Log that the listener is full, once in ten seconds."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + _TELL_EVERY_S
            log.warning("connections_full", limit=self.limit, requests=len(self._active))
