"""Child processes of the tests of what `groupage up` starts."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from groupage.app.local.child import Child

STUBBORN = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
)


def python(folder: Path, code: str, **options: object) -> Child:
    """Return a child process that runs some Python."""
    return Child(
        name="child",
        program=[sys.executable, "-c", code],
        log_file=folder / "child.log",
        **options,  # type: ignore[arg-type]
    )


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it holds, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
