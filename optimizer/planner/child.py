"""The solver child process: it solves one job after the other from standard input.

A frame is four bytes of length and as many bytes of JSON. The process ends when its input ends,
even in the middle of a solve: a planner that was killed leaves no solver behind.
"""

import gc
import os
import queue
import struct
import sys
import threading
from typing import BinaryIO, Literal

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.certification import NO_EXCLUSIONS, Exclusions
from optimizer.deadline import Deadline

LENGTH = struct.Struct(">I")
"""Length of a frame's JSON."""


class SolveJob(msgspec.Struct, frozen=True, kw_only=True):
    """An instance to solve, without the load plans that the verifier rejected before."""

    instance: Instance
    exclusions: Exclusions = NO_EXCLUSIONS
    wall_s: float | None = None
    """Wall time that is left for the plan and its verification; None: that of the instance."""


class SolveResult(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, or why the instance is invalid; `ready` is sent once at the start."""

    kind: Literal["ready", "plan", "invalid"]
    plan: Plan | None = None
    message: str = ""
    stages: dict[str, float] = {}
    """Wall time in seconds by stage."""


_JOBS = msgspec.json.Decoder(SolveJob)


def main() -> None:
    """Solve jobs until standard input ends."""
    # Output that a library prints must not get between the frames.
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs: queue.Queue[bytes] = queue.Queue(maxsize=1)
    threading.Thread(target=_read_frames, args=(sys.stdin.buffer, jobs), daemon=True).start()
    from optimizer.solve import solve  # noqa: PLC0415, F401 - loads the solvers before the first job

    # As `groupage.process.relax_garbage_collection`, which loads much that no solver needs.
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 50, 50)
    _write_frame(results, SolveResult(kind="ready"))
    while True:
        _write_frame(results, solve_job(_JOBS.decode(jobs.get())))


def solve_job(job: SolveJob) -> SolveResult:
    """Solve one job."""
    from optimizer.solve import solve  # noqa: PLC0415 - heavy; only the child needs it
    from optimizer.stages import Stages  # noqa: PLC0415

    stages = Stages()
    deadline = Deadline(job.instance.limits.wall_s if job.wall_s is None else job.wall_s)
    try:
        plan = solve(job.instance, stages, exclusions=job.exclusions, deadline=deadline)
    except InvalidInput as error:
        return SolveResult(kind="invalid", message=str(error))
    return SolveResult(kind="plan", plan=plan, stages=stages.seconds)


def _read_frames(source: BinaryIO, jobs: "queue.Queue[bytes]") -> None:
    while True:
        head = source.read(LENGTH.size)
        if len(head) < LENGTH.size:
            os._exit(0)
        (length,) = LENGTH.unpack(head)
        frame = source.read(length)
        if len(frame) < length:
            os._exit(0)
        jobs.put(frame)


def _write_frame(target: BinaryIO, result: SolveResult) -> None:
    frame = msgspec.json.encode(result)
    target.write(LENGTH.pack(len(frame)) + frame)
    target.flush()


if __name__ == "__main__":
    main()
