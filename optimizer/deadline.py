"""The wall time of one solve, shared by all its stages.

Work limits end a solve, so that the same instance gives the same plan. The deadline is the
emergency stop for instances or machines that these limits do not foresee. Each stage may use the
time up to its share of the whole, so that the stages after it have time left. When its time is
over, a stage returns the best that it has, and the plan names it in `SolverStats.cut_short`.
"""

import time
from collections.abc import Callable
from typing import Literal

StageName = Literal["build", "allocate", "explain", "load", "route"]

STAGE_ENDS: dict[StageName, float] = {
    "build": 0.3,
    "allocate": 0.45,
    "explain": 0.5,
    "load": 0.75,
    "route": 0.85,
}
"""Stage → share of the wall time after which it must have ended. The rest is for the verifier,
which checks every carton and cannot stop early."""
PLANNER_SHARE = 0.8
"""Share of the planner's time limit that a solve has, from reading the lane to the verified plan. A
solver that takes longer than the whole limit hangs, and the planner kills it."""
SEARCH_S_MIN = 0.01
SEARCH_S_MAX = 86_400.0
"""The least and the most seconds that a search of OR-Tools is given: 0 would mean no limit."""


class Deadline:
    """The end of a solve, and the stages that it cut short."""

    def __init__(self, wall_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = clock()
        self._wall_s = wall_s
        self._cut_short: set[StageName] = set()

    def stage(self, name: StageName) -> "StageDeadline":
        """Return the deadline of one stage."""
        return StageDeadline(self, name)

    def left_s(self, name: StageName) -> float:
        """Return the seconds that the stage has left; negative when its time is over."""
        return self._began_s + self._wall_s * STAGE_ENDS[name] - self._clock()

    def cut(self, name: StageName) -> None:
        """Note that the stage ended before its work was done."""
        self._cut_short.add(name)

    @property
    def cut_short(self) -> tuple[StageName, ...]:
        """The stages that ended before their work was done, in the order of execution."""
        return tuple(name for name in STAGE_ENDS if name in self._cut_short)


class StageDeadline:
    """The deadline of one stage."""

    def __init__(self, whole: Deadline, name: StageName) -> None:
        self._whole = whole
        self._name: StageName = name

    def is_over(self) -> bool:
        """Return whether the stage must stop. Ask only when there is work left to do.

        An answer of True is noted: the deadline has then cut the stage short.
        """
        if self._whole.left_s(self._name) > 0:
            return False
        self._whole.cut(self._name)
        return True

    def left_s(self) -> float:
        """Return the seconds for one search of OR-Tools."""
        return min(max(SEARCH_S_MIN, self._whole.left_s(self._name)), SEARCH_S_MAX)

    def of(self, name: StageName) -> "StageDeadline":
        """Return the deadline of another stage of the same solve."""
        return self._whole.stage(name)

    @property
    def has_cut(self) -> bool:
        """Whether the deadline has cut the stage short."""
        return self._name in self._whole.cut_short


def unlimited(name: StageName) -> StageDeadline:
    """Return the deadline of a stage that has all the time it needs."""
    return Deadline(float("inf")).stage(name)
