"""Choose free loopback ports once per data directory, and report wanted ports that are taken."""

import json
import socket
from pathlib import Path

from groupage.domain.errors import Misconfigured
from groupage.settings import LOOPBACK


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def is_listening(port: int, host: str = LOOPBACK, timeout_s: float = 1.0) -> bool:
    """Return whether a server accepts connections on the port."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


class PortBook:
    """The port of each name; a later start gets the same port while it is free."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports = _read(file)
        self._given: set[int] = set()

    def port(self, name: str, *, wanted: int = 0, variable: str = "") -> int:
        """Return the port of ``name``; ``wanted`` (from the setting ``variable``) must be free.

        Raises Misconfigured when a wanted port is taken.
        """
        if wanted:
            if wanted in self._given or not is_free(wanted):
                raise Misconfigured(
                    f"{variable}={wanted} is taken by another program; "
                    f"choose another port or unset {variable} to have a free one chosen"
                )
            return self._keep(name, wanted)
        known = self._ports.get(name)
        if known and known not in self._given and is_free(known):
            return self._keep(name, known)
        return self._keep(name, self._free_port())

    def save(self) -> None:
        """Store the ports for the next start."""
        self._file.write_text(json.dumps(self._ports, indent=1) + "\n", encoding="utf-8")

    def _keep(self, name: str, port: int) -> int:
        self._ports[name] = port
        self._given.add(port)
        return port

    def _free_port(self) -> int:
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.bind((LOOPBACK, 0))
                port = int(probe.getsockname()[1])
            if port not in self._given and port not in self._ports.values():
                return port


def _read(file: Path) -> dict[str, int]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): port for name, port in found.items() if isinstance(port, int)}
