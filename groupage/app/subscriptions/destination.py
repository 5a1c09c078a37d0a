"""The address to which a subscription delivers, and whether a setting allows it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from groupage.domain.errors import InvalidInput
from groupage.settings.subscriptions import DEFAULT_PORTS, HOSTS_VARIABLE, AllowedHost

LENGTH_MAX = 2_000
_PORT_MAX = 65_535
# Narrower than RFC 3986: a text that two programs could read in two ways is none of these.
_DESTINATION = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[a-z0-9._~!$&'()*+,;=:@/%-]*)?(?P<query>\?[a-z0-9._~!$&'()*+,;=:@/?%-]*)?",
    re.ASCII | re.IGNORECASE,
)


class HostNotAllowed(InvalidInput):
    """No setting allows the host."""


class Destination(NamedTuple):
    """Where a subscription delivers."""

    scheme: str
    host: str
    """In lower case; an address of IPv6 in brackets."""
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """The host, with the port unless it is that of the scheme."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address without its query, which often holds a secret."""
        path, mark, _ = self.target.partition("?")
        return f"{self.scheme}://{self.authority}{path}{mark and '?...'}"


def read_destination(text: str) -> Destination:
    """Read an address. Raises InvalidInput, whose text leaves the address out: it may be secret."""
    match = _DESTINATION.fullmatch(text) if len(text) <= LENGTH_MAX else None
    port = int(match["port"] or DEFAULT_PORTS[match["scheme"].lower()]) if match else 0
    if match is None or not 1 <= port <= _PORT_MAX:
        raise InvalidInput(
            "an absolute URL with http or https, a host, and at most a port, a path and a query: "
            f"no user or password, no fragment, ASCII only, {LENGTH_MAX} characters at most"
        )
    target = (match["path"] or "/") + (match["query"] or "")
    return Destination(match["scheme"].lower(), match["host"].lower(), port, target)


def require_allowed(destination: Destination, allowed: Sequence[AllowedHost]) -> AllowedHost:
    """Return the entry of the setting that allows the host. Raises HostNotAllowed."""
    for entry in allowed:
        if entry.host == destination.host and entry.admits_port(
            destination.scheme, destination.port
        ):
            return entry
    raise HostNotAllowed(
        f"{HOSTS_VARIABLE} of the read API does not allow {destination.authority[:200]}"
        + ("" if allowed else ": it is empty, so that the hub delivers to no host")
    )
