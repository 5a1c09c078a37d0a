"""Groupage's own loading engine, as the benchmark runs it: in this process."""

import time
from collections.abc import Callable
from math import ceil
from typing import Protocol

import msgspec

from groupage.app.bench.loading import todays_engine
from groupage.app.bench.loading.outcome import Improvement, Limits, Outcome
from groupage.app.bench.loading.problem import Box, LoadPlan, Problem
from groupage.domain.errors import InvalidInput


class Engine(Protocol):
    """An engine that fills a container."""

    name: str
    rules: frozenset[str]
    """The rules that it keeps, by the names of `groupage.app.bench.loading.cargo.RULE_NAMES`."""

    def fill(
        self, problem: Problem, limits: Limits, on_better: Callable[[LoadPlan], None]
    ) -> list[Box]:
        """Return the boxes for one container, in loading sequence."""


class TodaysEngine:
    """The engine that plans a hub's containers today. Supports fully whether asked to or not."""

    name = "groupage, today's engine"
    rules = frozenset({"bearing"})

    def fill(
        self, problem: Problem, limits: Limits, on_better: Callable[[LoadPlan], None]
    ) -> list[Box]:
        """Fill a container; of the rules that are no geometry, only loads on boxes are kept."""
        return todays_engine.fill(
            problem.container,
            problem.types,
            bearing=problem.rules.bearing,
            seconds=limits.seconds,
            work=limits.work,
            seed=limits.seed,
            on_better=on_better,
        )


def find_engine() -> Engine:
    """Return the engine to measure."""
    return TodaysEngine()


def solve(engine: Engine, problem: Problem, limits: Limits) -> Outcome:
    """Load a problem within limits."""
    began = time.process_time()
    if problem.all_boxes:
        plans = load_all(engine, problem, limits)
        return Outcome(plans=tuple(plans), cpu_s=time.process_time() - began, in_sequence=True)
    improvements: list[Improvement] = []

    def note(plan: LoadPlan) -> None:
        volume = sum(box.volume for box in plan)
        improvements.append(Improvement(cpu_s=time.process_time() - began, volume=volume))

    plan = engine.fill(problem, limits, note)
    return Outcome(
        plans=(plan,),
        cpu_s=time.process_time() - began,
        improvements=tuple(improvements),
        in_sequence=True,
    )


def load_all(engine: Engine, problem: Problem, limits: Limits) -> list[LoadPlan]:
    """Fill container after container until no box is left."""
    plans: list[LoadPlan] = []
    began = time.process_time()
    left = [box_type.quantity for box_type in problem.types]
    while any(left):
        indices = [index for index, quantity in enumerate(left) if quantity]
        rest = msgspec.structs.replace(
            problem,
            types=tuple(
                msgspec.structs.replace(problem.types[index], quantity=left[index])
                for index in indices
            ),
        )
        seconds = limits.seconds
        if seconds is not None:
            spare = seconds - (time.process_time() - began)
            seconds = max(0.001, spare / ceil(1.1 * rest.containers_min))
        share = msgspec.structs.replace(limits, seconds=seconds)
        plan = [
            box._replace(type_index=indices[box.type_index])
            for box in engine.fill(rest, share, lambda _: None)
        ]
        if not plan:
            raise InvalidInput(f"{problem.name}: {sum(left)} boxes left do not fit any container")
        for box in plan:
            left[box.type_index] -= 1
        plans.append(plan)
    return plans
