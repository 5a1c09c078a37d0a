"""The whole of it: one command starts real servers, plays a small day, checks it and leaves."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from groupage.local.hub import running_hub

DAY_S = 400
START_S = 90


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GROUPAGE_") or name == "GROUPAGE_CACHE_DIR"
    }


def _demo(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "groupage", "--data-dir", str(folder), "demo", *arguments]


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(DAY_S + 50)
def test_a_small_day_runs_through_and_its_checks_hold(tmp_path: Path) -> None:
    """Containers leave planned, certified and loaded as planned; status 0; nothing stays up."""
    done = subprocess.run(
        _demo(tmp_path, "--exit", "--scale", "small", "--seed", "3"),
        capture_output=True,
        text=True,
        timeout=DAY_S,
        env=_environment(),
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4_000:]
    assert "All checks hold." in said
    left = re.search(r"containers left\s+(\d+)", said)
    assert left is not None
    assert int(left.group(1)) >= 3
    departed = re.search(r"(\d+)\s+DEPARTED", said)
    assert departed is not None
    assert int(departed.group(1)) >= 80
    for exception in ("customs inspection", "manifest resubmitted", "vgm mismatch", "late truck"):
        assert exception in re.sub(r"\s+", " ", said)
    assert running_hub(tmp_path) is None


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(2 * START_S + 60)
def test_a_second_demo_on_the_same_directory_says_so(tmp_path: Path) -> None:
    """While one runs the other is refused with what to do; Ctrl-C stops the first in order."""
    first = subprocess.Popen(
        _demo(tmp_path, "--scale", "small"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        ends_at = time.monotonic() + START_S
        while running_hub(tmp_path) is None and time.monotonic() < ends_at:
            time.sleep(0.2)
        second = subprocess.run(
            _demo(tmp_path, "--scale", "small", "--exit"),
            capture_output=True,
            text=True,
            timeout=START_S,
            env=_environment(),
            check=False,
        )
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert "--data-dir" in second.stderr
    finally:
        first.send_signal(signal.SIGINT)
        first.wait(timeout=60)
    assert running_hub(tmp_path) is None
