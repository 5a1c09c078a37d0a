"""The solver as a process of its own: one job after the other from standard input.

A frame is four bytes of length and as many of JSON. The process ends when its input ends, also in
the middle of a solve: a planner that was killed leaves no solver behind.
"""

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
from optimizer.doubts import NONE, Doubts

LENGTH = struct.Struct(">I")
"""How long a frame's content is."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One solve."""

    instance: Instance
    doubts: Doubts = NONE


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job."""

    kind: Literal["ready", "plan", "invalid"]
    plan: Plan | None = None
    message: str = ""
    stages: dict[str, float] = {}
    """Seconds by stage."""


_JOBS = msgspec.json.Decoder(Job)


def main() -> None:
    """Answer jobs until standard input ends."""
    # Whatever a library prints must not get between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs: queue.Queue[bytes] = queue.Queue(maxsize=1)
    threading.Thread(target=_read, args=(sys.stdin.buffer, jobs), daemon=True).start()
    from optimizer.solve import solve  # noqa: PLC0415, F401 - loads the solvers before the first job

    _say(answers, Answer(kind="ready"))
    while True:
        _say(answers, answer(_JOBS.decode(jobs.get())))


def answer(job: Job) -> Answer:
    """Solve one job."""
    from optimizer.solve import solve  # noqa: PLC0415 - heavy; only the child needs it
    from optimizer.stages import Stages  # noqa: PLC0415

    stages = Stages()
    try:
        plan = solve(job.instance, stages, doubts=job.doubts)
    except InvalidInput as error:
        return Answer(kind="invalid", message=str(error))
    return Answer(kind="plan", plan=plan, stages=stages.seconds)


def _read(source: BinaryIO, jobs: "queue.Queue[bytes]") -> None:
    while True:
        head = source.read(LENGTH.size)
        if len(head) < LENGTH.size:
            os._exit(0)
        (length,) = LENGTH.unpack(head)
        frame = source.read(length)
        if len(frame) < length:
            os._exit(0)
        jobs.put(frame)


def _say(target: BinaryIO, said: Answer) -> None:
    frame = msgspec.json.encode(said)
    target.write(LENGTH.pack(len(frame)) + frame)
    target.flush()


if __name__ == "__main__":
    main()
