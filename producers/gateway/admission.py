"""Admission control: rate, body size, bytes in flight; checked before the body is read."""

import asyncio
import math
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from groupage.serving import client_of
from groupage.settings import GatewaySettings
from producers.gateway.problems import RETRY_AFTER_S, HttpProblem

CLIENTS_MAX = 10_000
"""Buckets kept; beyond, the limiter forgets the client that was quiet longest."""
_BODY_TIMEOUT_S = 30.0
_SPAN_S = 5.0
_SPAN_BYTES = 5 * 1024
_FREE_BYTES = 64 * 1024
"""uvicorn buffers as much of every body; the number of requests at once bounds it."""
_SHARES = 4
"""A client may hold a quarter of the bytes that arrive, and at least one body of full size."""


class RateLimit:
    """A token bucket for each client: `rate_per_s` on average, `burst` at once."""

    def __init__(
        self, *, rate_per_s: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take_token(self, client: str) -> float:
        """Take a token: returns 0.0, or the seconds until the client has one again."""
        now = self._clock()
        tokens, at = self._buckets.pop(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate_per_s)
        wait_s = 0.0
        if tokens >= 1:
            tokens -= 1
        else:
            wait_s = (1 - tokens) / self._rate_per_s
        self._buckets[client] = (tokens, now)
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        return wait_s


class ByteBudget:
    """Bytes that may be held at a time."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self.used_bytes = 0
        """Bytes that are held now."""

    def fits(self, size_bytes: int) -> bool:
        """Return whether so many bytes more would fit."""
        return self.used_bytes + size_bytes <= self._capacity_bytes

    def take(self, size_bytes: int) -> None:
        """Hold bytes."""
        self.used_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Free what `take` took."""
        self.used_bytes -= size_bytes


class SharedBudget(ByteBudget):
    """Bytes that may be held at a time, by all clients and by each."""

    def __init__(self, capacity_bytes: int, *, share_bytes: int) -> None:
        super().__init__(capacity_bytes)
        self._share_bytes = share_bytes
        self._by_client: Counter[str] = Counter()

    def used_by(self, client: str) -> int:
        """Return the bytes that a client holds now."""
        return self._by_client[client]

    def take_for(self, client: str, size_bytes: int) -> bool:
        """Hold bytes for a client; returns False, and holds nothing, when they do not fit."""
        within_share = self.used_by(client) + size_bytes <= self._share_bytes
        if not within_share or not self.fits(size_bytes):
            return False
        self._by_client[client] += size_bytes
        self.take(size_bytes)
        return True

    def release_for(self, client: str, size_bytes: int) -> None:
        """Free what `take_for` took."""
        self.release(size_bytes)
        self._by_client[client] -= size_bytes
        if not self._by_client[client]:
            del self._by_client[client]


class Admission:
    """Admits requests: checks rate, size and budgets, and reads the body.

    A body counts by the bytes that have come, not by those that its head announces. While it
    arrives, what exceeds its first 64 KiB counts in one budget, of which a client has a share; when
    it is complete it counts in another until Kafka has its events. So bodies that arrive slowly
    hold up no other client, and nobody's single events.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._rates = RateLimit(rate_per_s=settings.rate_per_s, burst=settings.rate_burst)
        capacity_bytes = settings.max_in_flight_bytes
        share_bytes = max(settings.body_bytes_max, capacity_bytes // _SHARES)
        self._arriving = SharedBudget(capacity_bytes, share_bytes=share_bytes)
        self._in_flight = ByteBudget(capacity_bytes)

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[bytes]:
        """Yield the body of an admitted request; its bytes count until the block ends.

        Raises HttpProblem.
        """
        client = client_of(request.client)
        self._check_rate(client)
        announced_bytes = self._announced_bytes(request)
        if not self._in_flight.fits(announced_bytes):
            raise self._full_problem()
        body = await self._read_body(request, client)
        size_bytes = len(body)
        if not self._in_flight.fits(size_bytes):
            raise self._full_problem()
        self._in_flight.take(size_bytes)
        try:
            yield body
        finally:
            self._in_flight.release(size_bytes)

    async def _read_body(self, request: Request, client: str) -> bytes:
        body = bytearray()
        counted_bytes = 0
        pace = _Pace()
        try:
            async with asyncio.timeout_at(pace.deadline_s) as limit:
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._settings.body_bytes_max:
                        raise self._too_large_problem(f"more than {self._settings.body_bytes_max}")
                    if (more_bytes := len(body) - _FREE_BYTES - counted_bytes) > 0:
                        if not self._arriving.take_for(client, more_bytes):
                            raise self._arriving_problem(client)
                        counted_bytes += more_bytes
                    if pace.note(len(chunk)):
                        limit.reschedule(pace.deadline_s)
        except TimeoutError:
            raise HttpProblem(
                408, "too_slow", pace.complaint(len(body)), headers={"Connection": "close"}
            ) from None
        except ClientDisconnect:
            raise HttpProblem(400, "bad_request", "the client went away") from None
        finally:
            if counted_bytes:
                self._arriving.release_for(client, counted_bytes)
        return bytes(body)

    def _check_rate(self, client: str) -> None:
        wait_s = self._rates.take_token(client)
        if wait_s > 0:
            raise HttpProblem(
                429,
                "rate_limited",
                f"{self._settings.rate_per_s:g} requests a second are allowed; send several events "
                "in one batch, or wait",
                outcome="limited",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )

    def _announced_bytes(self, request: Request) -> int:
        text = request.headers.get("content-length", "0")
        size = int(text) if text.isascii() and text.isdigit() else 0
        if size > self._settings.body_bytes_max:
            raise self._too_large_problem(text)
        return size

    def _too_large_problem(self, size: str) -> HttpProblem:
        return HttpProblem(
            413,
            "too_large",
            f"the body has {size} bytes; at most {self._settings.body_bytes_max} are accepted: "
            "send less",
            outcome="too_large",
        )

    def _full_problem(self) -> HttpProblem:
        return _overloaded_problem(f"{self._in_flight.used_bytes} bytes of events wait for Kafka")

    def _arriving_problem(self, client: str) -> HttpProblem:
        return _overloaded_problem(
            f"{self._arriving.used_by(client)} bytes of unfinished bodies from {client} and "
            f"{self._arriving.used_bytes} bytes from all clients are arriving"
        )


class _Pace:
    """The least speed of a body: so many bytes in each span of time, and all of it in 30 s."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        now_s = self._loop.time()
        self._end_s = now_s + _BODY_TIMEOUT_S
        self._missing_bytes = _SPAN_BYTES
        self.deadline_s = min(now_s + _SPAN_S, self._end_s)
        """When the present span must be complete, by the clock of the event loop."""

    def note(self, size_bytes: int) -> bool:
        """Count bytes; returns whether they complete a span, so that the deadline moves."""
        self._missing_bytes -= size_bytes
        if self._missing_bytes > 0:
            return False
        self.deadline_s = min(self._loop.time() + _SPAN_S, self._end_s)
        self._missing_bytes = _SPAN_BYTES
        return True

    def complaint(self, received_bytes: int) -> str:
        """Say which limit the body missed."""
        if self.deadline_s >= self._end_s:
            return f"the body did not arrive within {_BODY_TIMEOUT_S:g} s; send less in one request"
        brought_bytes = _SPAN_BYTES - self._missing_bytes
        return (
            f"the body brought {brought_bytes} bytes in {_SPAN_S:g} s, {received_bytes} in all; "
            f"at least {_SPAN_BYTES} in {_SPAN_S:g} s are expected until it is complete"
        )


def _overloaded_problem(reason: str) -> HttpProblem:
    return HttpProblem(
        503,
        "overloaded",
        f"{reason}; the gateway took nothing of this request, send it again",
        outcome="unavailable",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
