"""Limits of a run, and the load plans that it ends with."""

import msgspec

from groupage.app.bench.loading.problem import LoadPlan


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Where a solver must stop. Seconds are CPU seconds of its process."""

    seconds: float | None
    work: int | None = None
    """In units of the engine; the plan is then the same on each machine."""
    seed: int = 0


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """A better load plan during a run."""

    cpu_s: float
    volume: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a run of a solver on a problem."""

    plans: tuple[LoadPlan, ...] = ()
    """The boxes of each container."""
    cpu_s: float = 0.0
    improvements: tuple[Improvement, ...] = ()
    failure: str | None = None
    """Why there is no plan."""
    in_sequence: bool = False
    """The boxes stand in loading sequence."""

    @property
    def volume(self) -> int:
        """Volume of all boxes loaded."""
        return sum(box.volume for plan in self.plans for box in plan)
