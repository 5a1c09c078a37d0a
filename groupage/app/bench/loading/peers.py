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


class Peer:
    """A package that loads problems in processes of its own, each on one core.

    Packages count wall time. When other processes kept one from the core, it runs again with more
    wall time, until it had its CPU seconds; the next problem begins with as much.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = f"{name} {metadata.version(name)}"
        self._wall_for_cpu = 1.0

    def solve(self, problem: Problem, limits: Limits) -> Outcome:
        """Load a problem within limits."""
        assert limits.seconds is not None, "a peer needs a limit in seconds"
        outcome = Outcome(failure="not run")
        for _ in range(TRIES):
            wall_s = limits.seconds * self._wall_for_cpu
            began = time.monotonic()
            outcome = _run(self.name, problem, limits.seconds, wall_s)
            finished = time.monotonic() - began < wall_s
            if finished or outcome.failure is not None:
                break
            share = min(1.0, max(0.1, outcome.cpu_s / wall_s))
            self._wall_for_cpu = 1.0 / share
            if outcome.cpu_s >= limits.seconds * USED_PERMILLE / 1_000:
                break
        return outcome


def installed_peers() -> list[Peer]:
    """Return the peers that are installed."""
    return [Peer(name) for name in PEERS if util.find_spec(name) is not None]


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
