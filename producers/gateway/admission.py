"""Admission control: rate, body size, bytes in flight; checked before the body is read."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from groupage.settings import GatewaySettings
from producers.gateway.problems import RETRY_AFTER_S, HttpProblem

CLIENTS_MAX = 10_000
"""Buckets kept; beyond, the limiter forgets the client that was quiet longest."""
_BODY_TIMEOUT_S = 30.0


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


class InFlightBudget:
    """Bytes of requests that Kafka has not confirmed yet. When it is used up, requests get 503."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._used_bytes = 0

    @property
    def used_bytes(self) -> int:
        """Bytes reserved now."""
        return self._used_bytes

    def reserve(self, size_bytes: int) -> bool:
        """Reserve; returns False, and reserves nothing, when the budget does not suffice."""
        if self._used_bytes + size_bytes > self._capacity_bytes:
            return False
        self._used_bytes += size_bytes
        return True

    def release(self, size_bytes: int) -> None:
        """Free what `reserve` took."""
        self._used_bytes -= size_bytes


class Admission:
    """Admits requests: checks rate, size and budget, in this order, and reads the body."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._rates = RateLimit(rate_per_s=settings.rate_per_s, burst=settings.rate_burst)
        self._budget = InFlightBudget(settings.max_in_flight_bytes)

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[bytes]:
        """Yield the body of an admitted request; its bytes stay reserved until the block ends.

        Raises HttpProblem.
        """
        self._check_rate(request)
        reservation = _Reservation(self._budget)
        try:
            yield await self._read_body(request, reservation)
        finally:
            reservation.release()

    async def _read_body(self, request: Request, reservation: "_Reservation") -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                self._reserve(reservation, self._announced_bytes(request))
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._settings.max_body_bytes:
                        raise self._too_large_problem(f"more than {self._settings.max_body_bytes}")
                    self._reserve(reservation, len(body))
        except TimeoutError:
            raise HttpProblem(
                408, "too_slow", f"the body did not arrive within {_BODY_TIMEOUT_S:g} s"
            ) from None
        except ClientDisconnect:
            raise HttpProblem(400, "bad_request", "the client went away") from None
        return bytes(body)

    def _check_rate(self, request: Request) -> None:
        client = request.client.host if request.client else "unknown"
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
        if size > self._settings.max_body_bytes:
            raise self._too_large_problem(text)
        return size

    def _too_large_problem(self, size: str) -> HttpProblem:
        return HttpProblem(
            413,
            "too_large",
            f"the body has {size} bytes; at most {self._settings.max_body_bytes} are accepted: "
            "send less",
            outcome="too_large",
        )

    def _reserve(self, reservation: "_Reservation", size_bytes: int) -> None:
        if not reservation.grow_to(size_bytes):
            raise HttpProblem(
                503,
                "overloaded",
                f"{self._budget.used_bytes} bytes wait for Kafka; the gateway took nothing of this "
                "request, send it again",
                outcome="unavailable",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )


class _Reservation:
    """The bytes of the budget that one request holds."""

    def __init__(self, budget: InFlightBudget) -> None:
        self._budget = budget
        self._size_bytes = 0

    def grow_to(self, size_bytes: int) -> bool:
        if size_bytes > self._size_bytes:
            if not self._budget.reserve(size_bytes - self._size_bytes):
                return False
            self._size_bytes = size_bytes
        return True

    def release(self) -> None:
        self._budget.release(self._size_bytes)
        self._size_bytes = 0
