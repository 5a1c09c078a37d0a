"""The open connections of a listener: how many there may be, and which close when it is full."""

import asyncio
from collections import Counter
from typing import Protocol

import structlog

from groupage.serving.clients import client_of

_TELL_EVERY_S = 10.0

log = structlog.get_logger(__name__)


class Closable(Protocol):
    """A connection."""

    transport: asyncio.Transport
    client_name: str


class Connections:
    """Counts connections that wait for a request apart from those whose request is answered.

    Idle connections cost nobody a request: when no more may be open, the connection that has been
    idle longest is closed for a new one. Requests are limited instead, to `limit` at once and
    three quarters of them for one client; some more connections may be open so that the others get
    an answer, and the probes theirs.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.share = max(1, limit * 3 // 4)
        self._open_max = limit + max(8, limit // 8)
        self._idle: dict[Closable, None] = {}
        self._active: dict[Closable, str] = {}
        self._active_by_client: Counter[str] = Counter()
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
        if connection not in self._active:
            client = connection.client_name
            self._active[connection] = client
            self._active_by_client[client] += 1

    def note_response(self, connection: Closable) -> None:
        """Count the connection as idle again: its last response is complete."""
        self._end_activity(connection)
        self._idle[connection] = None

    def remove(self, connection: Closable) -> None:
        """Forget a connection that is closed."""
        self._idle.pop(connection, None)
        self._end_activity(connection)

    def _end_activity(self, connection: Closable) -> None:
        client = self._active.pop(connection, None)
        if client is not None:
            self._active_by_client[client] -= 1
            if not self._active_by_client[client]:
                del self._active_by_client[client]

    def are_full_for(self, address: tuple[str, int] | None) -> bool:
        """Tell whether more requests are in progress, of all or of this client, than may be."""
        if len(self._active) <= self.share:
            return False
        in_progress = self._active_by_client[client_of(address)]
        return len(self._active) > self.limit or in_progress > self.share

    def note_full(self) -> None:
        """Log that the listener is full, once in ten seconds."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + _TELL_EVERY_S
            log.warning("connections_full", limit=self.limit, requests=len(self._active))
