"""The guard of every listener: which Host, which Origin and which token a request must have.

Host: a web page whose name an attacker points at this machine (DNS rebinding) runs in a browser
that can reach loopback. The page sends its own name as Host, so the guard answers only to names
that are this listener's. Origin: browsers add it to requests that a page of another site makes.
Token: whoever reaches a listener that is not on loopback must know a secret.
"""

import hmac
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.responses import Response
from starlette.types import Scope

from groupage.serving.epcis_exceptions import epcis_exception
from groupage.serving.problems import problem_response
from groupage.settings import tokens_of

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - as a name, no host is meant
PROBE_PATHS = frozenset({"/healthz", "/readyz"})
"""Paths that need no token: what runs the process must see that it lives."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/@\[\]]+)(?::\d{0,5})?")
_REMEMBERED_MAX = 100
_TRUSTED = "groupage.trusted"


def _ignore(_reason: str) -> None:
    pass


def is_trusted(scope: Scope) -> bool:
    """Return whether the request had a token, or its listener asks for none."""
    return bool(scope.get(_TRUSTED, True))


class Guard:
    """Checks the head of each request; what it refuses does not reach the application."""

    def __init__(
        self,
        *,
        host: str,
        token: SecretStr | None,
        setting: str,
        more_hosts: Sequence[str] = (),
        signed_paths: str = "",
        on_refusal: Callable[[str], None] = _ignore,
    ) -> None:
        """Guard a listener that is bound to `host`.

        `token` holds the tokens that are accepted; without it the listener asks for none.
        `setting` is the variable that has them, for messages. Clients may also call the listener by
        the names `more_hosts`. Below `signed_paths` the application itself refuses what has
        neither a token nor a signature that it verifies. `on_refusal` is called with ``host``,
        ``origin`` or ``token``.
        """
        own = set() if host in _WILDCARDS else {_name_of(host)}
        self._names = _LOOPBACK_NAMES | own | {name.lower() for name in more_hosts}
        self._tokens = tokens_of(token)
        self._setting = setting
        self._signed_paths = signed_paths
        self._on_refusal = on_refusal
        self._accepted_hosts: set[bytes] = set()

    def find_refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that must not reach the application; None if it may."""
        headers = scope["headers"]
        # Nearly every request of a listener without a token ends here.
        by_name = dict(headers)
        if (
            by_name.get(b"host") in self._accepted_hosts
            and len(by_name) == len(headers)
            and b"origin" not in by_name
            and not self._tokens
        ):
            return None
        return self._find_refusal(scope)

    def _find_refusal(self, scope: Scope) -> Response | None:
        hosts: list[bytes] = []
        origins: list[bytes] = []
        credentials: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value)
            elif name == b"origin":
                origins.append(value)
            elif name == b"authorization":
                credentials.append(value)
        if len(hosts) != 1:
            self._on_refusal("host")
            found = "none" if not hosts else str(len(hosts))
            return problem_response(
                400,
                "bad_request",
                "The request cannot be read",
                f"a request has one Host header; this one has {found}",
            )
        if not self._accepts_host(hosts[0], scope):
            self._on_refusal("host")
            return _wrong_host(hosts[0])
        if origins and scope["method"] not in _READING and not self._accepts_origins(origins):
            self._on_refusal("origin")
            return problem_response(
                403,
                "foreign_origin",
                "The page of another site may not write",
                f"the header Origin is {_shown(origins[0])}; a program sends none, and a page must "
                "come from a name that GROUPAGE_HTTP_HOSTS lists",
                standard_type=epcis_exception(scope["path"], 403),
            )
        if self._tokens and not self._accepts_credentials(credentials):
            scope[_TRUSTED] = False
            signed = self._signed_paths and scope["path"].startswith(self._signed_paths)
            if scope["path"] not in PROBE_PATHS and not signed:
                self._on_refusal("token")
                return self._unauthorized(scope["path"])
        return None

    def _accepts_host(self, value: bytes, scope: Scope) -> bool:
        if value in self._accepted_hosts:
            return True
        name = _host_in(value)
        own = scope.get("server")
        accepted = name in self._names or (own is not None and name == _name_of(own[0]))
        if accepted and len(self._accepted_hosts) < _REMEMBERED_MAX:
            self._accepted_hosts.add(value)
        return accepted

    def _accepts_origins(self, values: list[bytes]) -> bool:
        if len(values) != 1:
            return False
        try:
            origin = urlsplit(values[0].decode("ascii"))
        except ValueError:
            return False
        is_origin = origin.scheme in {"http", "https"} and not (origin.path or origin.query)
        return is_origin and _host_in(origin.netloc.encode()) in self._names

    def _accepts_credentials(self, values: list[bytes]) -> bool:
        if len(values) != 1:
            return False
        scheme, _, given = values[0].partition(b" ")
        given = given.strip()
        # All of them, whichever is right: the time of an answer tells nothing about the tokens.
        matches = [hmac.compare_digest(given, token) for token in self._tokens]
        return scheme.lower() == b"bearer" and any(matches)

    def _unauthorized(self, path: str) -> Response:
        return problem_response(
            401,
            "unauthorized",
            "A token is needed",
            f"send the header `Authorization: Bearer TOKEN`; {self._setting} of the process has "
            "the tokens that are right",
            {"WWW-Authenticate": "Bearer"},
            standard_type=epcis_exception(path, 401),
        )


def _name_of(address: str) -> str:
    """Write a host or an address as it stands in a Host header."""
    address = address.partition("%")[0].lower()  # fe80::1%eth0
    return f"[{address}]" if ":" in address else address


def _host_in(value: bytes) -> str | None:
    """Return the name in a Host header without its port; None when the header is malformed."""
    match = _HOST.fullmatch(value.decode("latin-1").lower())
    return match[1] if match else None


def _wrong_host(value: bytes) -> Response:
    return problem_response(
        421,
        "wrong_host",
        "The request is for another host",
        f"the header Host is {_shown(value)}; use the address on which this process listens, or "
        "add the name to GROUPAGE_HTTP_HOSTS of the process",
    )


def _shown(value: bytes) -> str:
    return ascii(value[:100].decode("latin-1"))
