"""Simulated facts through the HTTP gateway, as a warehouse system without Kafka sends them."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any, Self

import aiohttp
import msgspec

from groupage.contracts.encoding import envelope_json
from groupage.domain.errors import InvalidInput, Misconfigured, Unavailable
from groupage.domain.fact import Fact

_PATH = "/v1/events:batch"
_CONTENT_TYPE = "application/cloudevents-batch+json"
_CHUNK_FACTS = 500
_ATTEMPTS = 8
_TIMEOUT_S = 30.0
_PAUSE_MAX_S = 10.0
_BUSY = frozenset({429, 502, 503, 504})


class _Told(msgspec.Struct, frozen=True):
    """The gateway's answer to a batch."""

    rejected: int = 0
    unavailable: int = 0
    items: tuple[dict[str, Any], ...] = ()


class HttpSink:
    """Posts batches; waits when the gateway asks for time, stops when it refuses a fact."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + _PATH
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def configured(cls) -> "HttpSink":
        """The gateway of the running hub (GROUPAGE_GATEWAY_URL)."""
        url = os.environ.get("GROUPAGE_GATEWAY_URL")
        if not url:
            raise Misconfigured(
                "GROUPAGE_GATEWAY_URL is not set, and no hub runs here: start one with "
                "`groupage up`, or name the gateway, e.g. http://127.0.0.1:8080"
            )
        return cls(url)

    async def __aenter__(self) -> Self:
        """Make the session; the first batch connects."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        if self._session:
            await self._session.close()

    async def send(self, facts: Sequence[Fact]) -> None:
        """Post them in order. Raises InvalidInput with the gateway's words when it refuses one."""
        for start in range(0, len(facts), _CHUNK_FACTS):
            await self._post(facts[start : start + _CHUNK_FACTS])

    async def _post(self, facts: Sequence[Fact]) -> None:
        body = b"[" + b",".join(envelope_json(fact) for fact in facts) + b"]"
        assert self._session, "used as a context manager"
        said = ""
        for attempt in range(_ATTEMPTS):
            pause_s = 2**attempt / 4
            try:
                async with self._session.post(
                    self._url, data=body, headers={"Content-Type": _CONTENT_TYPE}
                ) as answer:
                    said = await answer.text()
                    if answer.status not in _BUSY and self._taken(answer.status, said):
                        return
                    pause_s = float(answer.headers.get("Retry-After", pause_s))
            except (aiohttp.ClientError, TimeoutError) as error:
                said = str(error)
            await asyncio.sleep(min(pause_s, _PAUSE_MAX_S))
        raise Unavailable(f"{self._url} did not take the facts: {said[:500]}")

    def _taken(self, status: int, said: str) -> bool:
        """Whether all is with Kafka; sending the whole batch again is harmless when it is not."""
        if status not in (200, 202, 207):
            raise InvalidInput(f"{self._url} answered {status}: {said[:1_000]}")
        told = msgspec.json.decode(said, type=_Told)
        if told.rejected:
            refused = next(item for item in told.items if item.get("outcome") == "invalid")
            raise InvalidInput(f"{self._url} refused a fact: {refused}")
        return told.unavailable == 0
