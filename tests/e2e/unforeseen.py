"""Find in logs what nobody foresaw."""

import json
from collections.abc import Iterator
from pathlib import Path

_FORESEEN = ("Unavailable",)
"""A server was away when the process started: it says so and ends, to be started again."""


def unforeseen(log_file: Path) -> Iterator[str]:
    """Lines of a log that tell of an exception nobody expected."""
    for line in log_file.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("Traceback"):
            yield line
        if not line.startswith("{"):
            continue  # a server's log
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # its writer was killed over it
        exceptions = entry.get("exception") or [{}]
        foreseen = exceptions[0].get("exc_type") in (None, "CancelledError", *_FORESEEN)
        theirs = "aiokafka" in f"{entry.get('logger')} {entry.get('event')}"
        if entry.get("level") in ("error", "critical") and not (foreseen or theirs):
            yield line
