"""Simulated facts through the HTTP gateway, as a warehouse system without Kafka sends them."""

import os
from collections.abc import Sequence
from typing import Any, Self

import httpx
import msgspec
import stamina
from pydantic import SecretStr

from groupage.contracts.encoding import envelope_json
from groupage.domain.errors import InvalidInput, Misconfigured, Unavailable
from groupage.domain.fact import Fact
from groupage.settings import bearer_headers

_PATH = "/v1/events:batch"
_HEADERS = {"Content-Type": "application/cloudevents-batch+json"}
_CHUNK_FACTS = 500
_ATTEMPTS = 8
_TIMEOUT_S = 30.0
_PAUSE_MAX_S = 10.0
_BUSY = frozenset({408, 429, 502, 503, 504})


class _BatchResult(msgspec.Struct, frozen=True):
    """The body of the gateway's response to a batch."""

    rejected: int = 0
    unavailable: int = 0
    items: tuple[dict[str, Any], ...] = ()


class _Busy(Unavailable):
    """The gateway asks to send again later."""

    retry_after_s: float | None = None


def _backoff(error: Exception) -> bool | float:
    """Tell stamina whether to retry; as a number, after how many seconds."""
    if isinstance(error, _Busy) and error.retry_after_s is not None:
        return min(error.retry_after_s, _PAUSE_MAX_S)
    return isinstance(error, Unavailable)


class HttpSink:
    """Posts batches; waits while the gateway is busy, stops when it rejects a fact."""

    def __init__(self, url: str, *, token: SecretStr | None = None) -> None:
        self._url = url.rstrip("/") + _PATH
        headers = _HEADERS | bearer_headers(token)
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, headers=headers)

    @classmethod
    def from_environment(cls) -> "HttpSink":
        """Return a sink to the gateway of the running hub.

        GROUPAGE_GATEWAY_URL is its address, GROUPAGE_GATEWAY_TOKEN its token if it asks for one.
        """
        url = os.environ.get("GROUPAGE_GATEWAY_URL")
        if not url:
            raise Misconfigured(
                "no hub runs here: start one with `groupage up`, or name its gateway, e.g. "
                "http://127.0.0.1:8080; GROUPAGE_GATEWAY_URL is not set"
            )
        token = os.environ.get("GROUPAGE_GATEWAY_TOKEN")
        return cls(url, token=SecretStr(token) if token else None)

    async def __aenter__(self) -> Self:
        """Return the sink; the first batch connects."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._client.aclose()

    def encode(self, facts: Sequence[Fact]) -> Sequence[bytes]:
        """Return each fact as a structured CloudEvent."""
        return list(map(envelope_json, facts))

    async def send(self, encoded: Sequence[bytes]) -> None:
        """Post facts in their order. Raises InvalidInput when the gateway rejects one."""
        for start in range(0, len(encoded), _CHUNK_FACTS):
            await self._post(b"[" + b",".join(encoded[start : start + _CHUNK_FACTS]) + b"]")

    @stamina.retry(
        on=_backoff, attempts=_ATTEMPTS, timeout=None, wait_initial=0.25, wait_max=_PAUSE_MAX_S
    )
    async def _post(self, body: bytes) -> None:
        """Post one batch; posting all of it again is harmless when Kafka has a part of it."""
        try:
            response = await self._client.post(self._url, content=body)
        except httpx.TransportError as error:
            raise Unavailable(f"{self._url} did not take the facts: {error!r}") from error
        if response.status_code in _BUSY:
            raise self._busy_error(response)
        if response.status_code not in (200, 202, 207):
            raise InvalidInput(
                f"{self._url} answered {response.status_code}: {response.text[:1_000]}"
            )
        result = msgspec.json.decode(response.content, type=_BatchResult)
        if result.rejected:
            invalid = next(item for item in result.items if item.get("outcome") == "invalid")
            raise InvalidInput(f"{self._url} rejected a fact: {invalid}")
        if result.unavailable:
            raise self._busy_error(response)

    def _busy_error(self, response: httpx.Response) -> _Busy:
        busy = _Busy(f"{self._url} did not take the facts: {response.text[:500]}")
        retry_after = response.headers.get("Retry-After", "")
        busy.retry_after_s = float(retry_after) if retry_after.isdigit() else None
        return busy
