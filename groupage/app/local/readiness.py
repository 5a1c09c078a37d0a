"""Ask a process whether it is ready, once or again and again."""

import http
import http.client
import json
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from groupage.domain.state.forms import DERIVATION_CHECK
from groupage.settings import bearer_headers, metrics_token

_TIMEOUT_S = 6.0
"""A little longer than the process allows its own checks."""
_ASK_EVERY_S = 3.0
_ANSWER_BYTES_MAX = 10_000


class Readiness(NamedTuple):
    """What ``/readyz`` of a process says."""

    answered: bool
    failing: dict[str, str]
    """Checks that fail, each with its reason; why there is no answer as ``readyz``."""

    @property
    def ready(self) -> bool:
        """Whether every check holds."""
        return not self.failing

    @property
    def started(self) -> bool:
        """Whether the process works, perhaps waiting for the states of an upgrade: for hours."""
        return self.failing.keys() <= {DERIVATION_CHECK}

    @property
    def problem(self) -> str:
        """The failing checks in a line; empty if there are none."""
        return "; ".join(f"{name}: {reason}" for name, reason in self.failing.items())


def ask_readiness(address: str, *, timeout_s: float = _TIMEOUT_S) -> Readiness:
    """Ask the process whose metrics are at `address` (``http://host:port``). Never raises."""
    target = urlsplit(address)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=timeout_s)
    try:
        # Without the token a process says only whether it is ready.
        connection.request("GET", "/readyz", headers=bearer_headers(metrics_token()))
        response = connection.getresponse()
        body = response.read(_ANSWER_BYTES_MAX).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return Readiness(answered=False, failing={"readyz": str(error) or repr(error)})
    finally:
        connection.close()
    if response.status == http.HTTPStatus.OK:
        return Readiness(answered=True, failing={})
    return Readiness(answered=True, failing=_failing(body) or {"readyz": body})


def _failing(body: str) -> dict[str, str]:
    try:
        checks = json.loads(body)["checks"]
        return {name: str(value) for name, value in checks.items() if value is not True}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


class Watch:
    """Asks a process in a thread, so that a hung process does not hold up its supervisor."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._ending = threading.Event()
        self.answered_at = time.monotonic()
        """Monotonic seconds of the last answer, or of the process's last start."""
        self.problem = ""
        """The checks that fail by the last answer."""
        self._thread = threading.Thread(target=self._run, name=f"watch-{address}", daemon=True)
        self._thread.start()

    def note_start(self, now: float) -> None:
        """Wait for the first answer of a process that was started at `now`."""
        self.answered_at, self.problem = now, ""

    def stop(self) -> None:
        """Ask no more."""
        self._ending.set()

    def _run(self) -> None:
        while not self._ending.wait(_ASK_EVERY_S):
            found = ask_readiness(self._address)
            if found.answered:
                self.answered_at, self.problem = time.monotonic(), found.problem
