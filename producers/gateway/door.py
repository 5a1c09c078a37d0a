"""Who may come in, how often, and how much at once. Nothing is read that would not be let in."""

import asyncio
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from groupage.settings import GatewaySettings
from producers.gateway.problems import Refusal

CLIENTS_MAX = 10_000
"""Buckets kept; the client that was quiet longest is forgotten first."""
_BODY_TIMEOUT_S = 30.0
_RETRY_AFTER_S = 1


class RateLimit:
    """A token bucket for each client: `rate_per_s` on average, `burst` at once."""

    def __init__(
        self, *, rate_per_s: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """Take a token: 0.0, or the seconds until the client has one again."""
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


class Room:
    """Bytes that were let in and are not with Kafka yet. Full is full: nobody queues in memory."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._used_bytes = 0

    @property
    def used_bytes(self) -> int:
        """What is inside now."""
        return self._used_bytes

    def take(self, size_bytes: int) -> bool:
        """Reserve; False when there is no room. A single thing larger than all room never fits."""
        if self._used_bytes + size_bytes > self._capacity_bytes:
            return False
        self._used_bytes += size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        """Free what `take` reserved."""
        self._used_bytes -= size_bytes


class Door:
    """Checks in this order: token, rate, size, room. Then reads the body."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._rates = RateLimit(rate_per_s=settings.rate_per_s, burst=settings.rate_burst)
        self.room = Room(settings.max_in_flight_bytes)

    @asynccontextmanager
    async def admitted(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request that may come in; its bytes count until the block ends.

        Raises Refusal.
        """
        self.check_token(request)
        self._check_rate(request)
        held = _Held(self.room)
        try:
            body = await self._read(request, held)
            yield body
        finally:
            held.release()

    async def _read(self, request: Request, held: "_Held") -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                self._hold(held, self._announced_bytes(request))
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._settings.max_body_bytes:
                        raise self._too_large(f"more than {self._settings.max_body_bytes}")
                    self._hold(held, len(body))
        except TimeoutError:
            raise Refusal(
                408, "too_slow", f"the body did not arrive within {_BODY_TIMEOUT_S:g} s"
            ) from None
        except ClientDisconnect:
            raise Refusal(400, "bad_request", "the client went away") from None
        return bytes(body)

    def check_token(self, request: Request) -> None:
        """Raises Refusal without the bearer token, where one is set."""
        token = self._settings.token
        if token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        wanted = token.get_secret_value().encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), wanted):
            raise Refusal(
                401,
                "unauthorized",
                "send the header `Authorization: Bearer <token>` with the gateway's token",
                outcome="unauthorized",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _check_rate(self, request: Request) -> None:
        client = request.client.host if request.client else "unknown"
        wait_s = self._rates.wait_s(client)
        if wait_s > 0:
            raise Refusal(
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
            raise self._too_large(text)
        return size

    def _too_large(self, size: str) -> Refusal:
        return Refusal(
            413,
            "too_large",
            f"the body has {size} bytes; {self._settings.max_body_bytes} is the most: send less",
            outcome="too_large",
        )

    def _hold(self, held: "_Held", size_bytes: int) -> None:
        if not held.grow_to(size_bytes):
            raise Refusal(
                503,
                "overloaded",
                f"{self.room.used_bytes} bytes wait for Kafka; nothing was taken of this request, "
                "send it again",
                outcome="unavailable",
                headers={"Retry-After": str(_RETRY_AFTER_S)},
            )


class _Held:
    """The room that one request has."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size_bytes = 0

    def grow_to(self, size_bytes: int) -> bool:
        if size_bytes > self._size_bytes:
            if not self._room.take(size_bytes - self._size_bytes):
                return False
            self._size_bytes = size_bytes
        return True

    def release(self) -> None:
        self._room.give_back(self._size_bytes)
        self._size_bytes = 0
