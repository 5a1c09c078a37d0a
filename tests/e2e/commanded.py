"""A hub that is driven by the installed command alone, as its operators do."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from groupage.contracts.signing import HubKey

Process = subprocess.Popen[str]
GROUPAGE = Path(sys.executable).with_name("groupage")
START_TIMEOUT_S = 240.0
_POLL_S = 0.1


def bare_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this environment without groupage's settings (but the cache), plus `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GROUPAGE_") or name == "GROUPAGE_CACHE_DIR"
    }
    return kept | dict(extra)


def show(text: str) -> None:
    """Print a count; pytest shows it with ``-s`` and when a test fails."""
    print(text)  # noqa: T201 - what was counted is half of what these tests are for


class CommandedHub:
    """The command line on one data directory."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], *, program: Path | None = None
    ) -> None:
        self.folder = folder
        self.environment = bare_environment(settings)
        self._program = program or GROUPAGE
        if program:
            # Only what is installed beside the program may be imported.
            self.environment.pop("PYTHONPATH", None)

    def key(self) -> HubKey:
        """Return the key that `up` made."""
        return HubKey([(self.folder / "hub.secret").read_text(encoding="ascii").strip()])

    def start(self, *arguments: str, output: IO[str] | int = subprocess.PIPE) -> Process:
        """Start ``groupage --data-dir FOLDER ARGUMENTS``, away from the checkout."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [str(self._program), "--data-dir", str(self.folder), *arguments],
            cwd=self.folder.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE if output == subprocess.PIPE else subprocess.STDOUT,
            text=True,
            env=self.environment,
        )

    def command(
        self, *arguments: str, timeout_s: float = START_TIMEOUT_S
    ) -> subprocess.CompletedProcess[str]:
        """Run it and wait."""
        with self.start(*arguments) as process:
            try:
                output, errors = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def output_of(self, *arguments: str) -> str:
        """Run it, which must succeed, and return what it printed."""
        ended = self.command(*arguments)
        assert ended.returncode == 0, f"{arguments}: {ended.stderr[-4_000:]}"
        return ended.stdout

    def status(self) -> dict[str, Any]:
        """Return the document of ``status --json``; that the hub is down is not an error here."""
        found: dict[str, Any] = json.loads(self.command("status", "--json", timeout_s=60).stdout)
        return found

    def kill(self, name: str, *, within_s: float) -> int:
        """Wait until the status shows an id for the process, kill it, and return the id."""
        deadline = time.monotonic() + within_s
        while True:
            row = next(row for row in self.status()["processes"] if row["name"] == name)
            if row["pid"] is not None:
                try:
                    os.kill(row["pid"], signal.SIGKILL)
                except ProcessLookupError:
                    pass
                else:
                    return int(row["pid"])
            assert time.monotonic() < deadline, f"{name} was not started again: {row}"
            time.sleep(_POLL_S)

    def await_all_running(self, *, within_s: float) -> None:
        """Wait until the supervisor has started everything again."""
        deadline = time.monotonic() + within_s
        while True:
            rows = self.status()["processes"]
            if all(row["state"] == "running" for row in rows):
                return
            assert time.monotonic() < deadline, f"not running: {rows}"
            time.sleep(_POLL_S)
