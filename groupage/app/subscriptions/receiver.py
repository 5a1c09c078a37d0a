"""One receiver of deliveries: resolves its name, checks the address, and posts to that address.

The name is resolved here and not by the HTTP client, because a second resolution could lead
elsewhere than the address that was checked. Redirects and proxies of the environment are not
followed, for the same reason.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Self

import httpx

from groupage.app.subscriptions.destination import Destination
from groupage.app.subscriptions.failure import DeliveryFailed
from groupage.settings.subscriptions import HOSTS_VARIABLE, AllowedHost

_ADDRESSES_MAX = 4
"""A name may have thousands of addresses; each connection takes its time."""
_ANSWER_BYTES_MAX = 64 * 2**10
_ANSWER_TIMEOUT_S = 1.0
_RETRY_AFTER_MAX_S = 3_600.0
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_GONE = 410
_TOO_LARGE = 413

# Threads of their own: a resolver that hangs must not hold those of other parts of the process.
_RESOLVER = ThreadPoolExecutor(max_workers=32, thread_name_prefix="resolve")


class Receiver:
    """Posts to one destination; connections are not shared with other destinations."""

    def __init__(
        self,
        destination: Destination,
        allowed: AllowedHost,
        *,
        timeout_s: float,
        ca_file: Path | None = None,
    ) -> None:
        self._destination = destination
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            verify=_tls(ca_file),
            trust_env=False,
            follow_redirects=False,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=30),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Deliver. Raises DeliveryFailed unless the receiver confirms (2xx)."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._post(await self._resolve(), body, headers)
        except (TimeoutError, httpx.TimeoutException):
            raise DeliveryFailed(f"no answer within {self._timeout_s:g} s") from None
        except httpx.HTTPError as error:
            raise DeliveryFailed(_sentence(error)) from None

    async def _resolve(self) -> Sequence[str]:
        """Return the addresses to which the hub may connect. Raises DeliveryFailed."""
        host, port = self._destination.host.strip("[]"), self._destination.port
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                _RESOLVER, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
        except (OSError, UnicodeError) as error:
            raise DeliveryFailed(f"{host} cannot be resolved: {error}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        admitted = [each for each in addresses if self._allowed.admits_address(each)]
        if not admitted:
            where = self._allowed.network or "the public internet"
            raise DeliveryFailed(
                f"{host} resolves to {', '.join(addresses[:_ADDRESSES_MAX])}, which is not in "
                f"{where}; {HOSTS_VARIABLE} may allow {host}=ADDRESS or {host}=NETWORK"
            )
        return admitted[:_ADDRESSES_MAX]

    async def _post(
        self, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]
    ) -> None:
        for address in addresses:
            try:
                await self._post_to(address, body, headers)
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
            else:
                return

    async def _post_to(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        destination = self._destination
        host = f"[{address}]" if ":" in address else address
        request = self._client.build_request(
            "POST",
            f"{destination.scheme}://{host}:{destination.port}{destination.target}",
            content=body,
            headers={**headers, "Host": destination.authority},
            # Its certificate must be that of the name, not of the address.
            extensions={"sni_hostname": destination.host.strip("[]")},
        )
        request.extensions["timeout"] = httpx.Timeout(self._timeout_s).as_dict()
        response = await self._client.send(request, stream=True)
        try:
            _require_success(response)
            await _skip_body(response)
        finally:
            await response.aclose()


def _require_success(response: httpx.Response) -> None:
    """Raise DeliveryFailed unless the receiver confirmed."""
    status = response.status_code
    if status in _SUCCESS:
        return
    if status in _REDIRECTS:
        raise DeliveryFailed(f"status {status}: the hub does not follow redirects")
    raise DeliveryFailed(
        f"status {status}",
        retry_after_s=_retry_after_s(response.headers.get("Retry-After", "")),
        is_too_large=status == _TOO_LARGE,
        is_final=status == _GONE,
    )


async def _skip_body(response: httpx.Response) -> None:
    """Read what there is of a short answer, so that the connection can be used again."""
    size = 0
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            async for part in response.aiter_raw():
                size += len(part)
                if size > _ANSWER_BYTES_MAX:
                    return
    except (TimeoutError, httpx.HTTPError):
        return  # the head of the answer confirmed the delivery


def _retry_after_s(text: str) -> float | None:
    """Return the seconds that the header asks for, at most an hour; None: it asks for none."""
    try:
        if text.isascii() and text.isdigit():
            seconds = float(text[:10])
        else:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 1.0), _RETRY_AFTER_MAX_S)


@lru_cache(maxsize=1)
def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return the context of all receivers: it takes 20 ms to read the certificates."""
    return ssl.create_default_context(cafile=ca_file)


def _sentence(error: httpx.HTTPError) -> str:
    """Say what failed, without what the receiver sent."""
    if isinstance(error, httpx.ProtocolError | httpx.DecodingError):
        return "the connection ended early, or the answer is not HTTP"
    text = str(error)[:200] or type(error).__name__
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {text}"
    return f"the connection broke: {text}"
