"""Clients, as far as a limit for each can tell them apart: by address."""

import ipaddress


def client_of(address: tuple[str, int] | None) -> str:
    """Return whom to count a request for: an IPv4 address, or the network of an IPv6 address.

    A single host has a whole /64 of IPv6 addresses.
    """
    if address is None:
        return "unknown"
    host = address[0]
    if ":" not in host:
        return host
    try:
        network = ipaddress.ip_network((host.partition("%")[0], 64), strict=False)
    except ValueError:
        return host
    return str(network)
