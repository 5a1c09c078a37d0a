"""Run other loading packages beside ours, those that are installed."""

import os
import subprocess
import sys
import time
from importlib import metadata, util
from math import ceil

import msgspec

from groupage.app.bench.loading.outcome import Limits, Outcome
from groupage.app.bench.loading.peer_process import PEERS, Task
from groupage.app.bench.loading.problem import Problem

START_S = 3
"""CPU seconds for the start of the process and its answer."""
USED_PERMILLE = 900
"""A peer that counts wall time and got less than this share of its CPU seconds runs again."""
TRIES = 3
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "HIGHS_THREADS")


def installed_peers() -> list[str]:
    """Return the names of the peers that are installed."""
    return [name for name in PEERS if util.find_spec(name) is not None]


def version_of(name: str) -> str:
    """Return name and version of a peer."""
    return f"{name} {metadata.version(name)}"


def solve(name: str, problem: Problem, limits: Limits) -> Outcome:
    """Let a peer load a problem in a process of its own, on one core.

    A peer that counts wall time, and other processes kept from the core, runs again with more of it
    until it had its CPU seconds.
    """
    assert limits.seconds is not None, "a peer needs a limit in seconds"
    wall_s = limits.seconds
    for _ in range(TRIES):
        began = time.monotonic()
        outcome = _run(name, problem, limits.seconds, wall_s)
        had_time = outcome.cpu_s >= limits.seconds * USED_PERMILLE / 1_000
        finished = time.monotonic() - began < wall_s
        if had_time or finished or outcome.failure is not None:
            break
        wall_s *= min(5.0, limits.seconds / outcome.cpu_s)
    return outcome


def _run(name: str, problem: Problem, seconds: float, wall_s: float) -> Outcome:
    kill_s = ceil(2 * seconds) + START_S
    task = Task(problem=problem, seconds=seconds, wall_s=wall_s, kill_s=kill_s)
    process = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "groupage.app.bench.loading.peer_process", name],
        input=msgspec.json.encode(task),
        capture_output=True,
        env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
        check=False,
    )
    if process.returncode < 0:
        return Outcome(failure=f"killed after {kill_s} CPU seconds")
    if process.returncode:
        lines = process.stderr.decode(errors="replace").strip().splitlines()
        return Outcome(failure=lines[-1] if lines else f"ended with {process.returncode}")
    return msgspec.json.decode(process.stdout, type=Outcome)
