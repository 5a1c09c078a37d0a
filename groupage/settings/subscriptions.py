"""Settings of subscriptions to EPCIS queries, which the read API delivers."""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from groupage.settings.base import config, split_list

Network = IPv4Network | IPv6Network
DEFAULT_PORTS = {"http": 80, "https": 443}
HOSTS_VARIABLE = "GROUPAGE_SUBSCRIPTION_HOSTS"
_PORT_MAX = 65_535
_ENTRY = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)"
    r"(?::(?P<port>\d{1,5}))?(?:=(?P<network>[0-9a-f.:/]+))?",
    re.ASCII,
)
_EXPECTED = (
    "expected HOST, HOST:PORT or, for a host that is not on the public internet, HOST=ADDRESS or "
    "HOST=NETWORK, like wms.example.com,erp.internal:8443=10.1.0.0/16"
)
_TRANSLATED = ip_network("64:ff9b::/96")
"""Addresses behind a translator (RFC 6052), which may lead to any IPv4 address."""


class AllowedHost(NamedTuple):
    """A host to which the hub may deliver."""

    host: str
    """In lower case; an address of IPv6 in brackets."""
    port: int | None
    """None: that of the scheme."""
    network: Network | None
    """Where its addresses must lie; None: anywhere on the public internet."""

    def admits_port(self, scheme: str, port: int) -> bool:
        """Return whether the hub may deliver to this port."""
        return port == (DEFAULT_PORTS[scheme] if self.port is None else self.port)

    def admits_address(self, text: str) -> bool:
        """Return whether the hub may connect to an address to which the name resolved."""
        address = ip_address(text.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if self.network is not None:
            return address in self.network
        if isinstance(address, IPv6Address) and (
            address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED
        ):
            return False
        return address.is_global and not address.is_multicast


class SubscriptionSettings(BaseSettings):
    """Webhook subscriptions of EPCIS queries (``GROUPAGE_SUBSCRIPTION_*``)."""

    model_config = config("GROUPAGE_SUBSCRIPTION_")

    hosts: str = ""
    """Hosts to which the hub may deliver, separated by commas; empty: to none."""
    ca_file: Path | None = None
    """Certificates that receivers are trusted by, in PEM; without it those of the system."""
    timeout_s: float = Field(default=30.0, gt=0, le=300)
    """Limit for one delivery, from the name's resolution to the head of the answer."""
    stop_after_s: float = Field(default=86_400.0, gt=0, le=30 * 86_400)
    """A subscription is stopped when its receiver has failed for so long."""
    stop_after_failures: int = Field(default=500, ge=1, le=100_000)
    """A subscription is stopped after so many failed attempts one after the other."""
    retry_max_s: float = Field(default=300.0, gt=0, le=3_600)
    """The longest wait between two attempts, unless the receiver asks for a longer one."""
    batch_events_max: int = Field(default=500, ge=1, le=10_000)
    batch_bytes_max: int = Field(default=2**20, ge=1, le=64 * 2**20)
    """A batch ends with the event that brings it there."""
    subscriptions_max: int = Field(default=100, ge=1, le=1_000)

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: str) -> str:
        _read_hosts(value)
        return value

    @property
    def allowed_hosts(self) -> tuple[AllowedHost, ...]:
        """The entries of `hosts`."""
        return _read_hosts(self.hosts)


def _read_hosts(value: str) -> tuple[AllowedHost, ...]:
    return tuple(_read_host(entry) for entry in split_list(value)) if value.strip() else ()


def _read_host(entry: str) -> AllowedHost:
    match = _ENTRY.fullmatch(entry.lower())
    if match is None or int(match["port"] or 0) > _PORT_MAX:
        raise ValueError(f"{entry[:80]!r} is not such a host; {_EXPECTED}")
    host = match["host"]
    network: Network | None
    try:
        # A host that is an address allows this one.
        network = ip_network(match["network"] or ip_address(host.strip("[]")))
    except ValueError as error:
        if match["network"] or "[" in host:
            raise ValueError(f"{entry[:80]!r}: {error}; {_EXPECTED}") from None
        network = None
    return AllowedHost(host, int(match["port"]) if match["port"] else None, network)
