"""Groupage's own loading engines, as the benchmark runs them: in this process."""

import time
from collections.abc import Callable
from math import ceil
from typing import Protocol

import msgspec

from groupage.app.bench.loading import planners_engine
from groupage.app.bench.loading.loading_order import loading_order
from groupage.app.bench.loading.outcome import Improvement, Limits, Outcome
from groupage.app.bench.loading.problem import Box, LoadPlan, Problem
from groupage.domain.errors import InvalidInput
from optimizer.loading.fewest_containers import api as fewest_containers
from optimizer.loading.kernel import api as kernel


class Engine(Protocol):
    """An engine that fills a container."""

    name: str
    rules: frozenset[str]
    """The rules that it keeps, by the names of `groupage.app.bench.loading.cargo.RULE_NAMES`."""

    def fill(
        self, problem: Problem, limits: Limits, on_better: Callable[[LoadPlan], None]
    ) -> list[Box]:
        """Return the boxes for one container, in loading sequence."""

    def fill_all(self, problem: Problem, limits: Limits) -> list[LoadPlan]:
        """Return the boxes of each container, all boxes together."""


class SearchEngine:
    """The search over blocks of boxes. Of the rules it knows support and payload."""

    name = "groupage"
    rules = frozenset[str]()

    def fill(
        self, problem: Problem, limits: Limits, on_better: Callable[[LoadPlan], None]
    ) -> list[Box]:
        """Fill a container within the limits."""
        loading = kernel.fill(
            problem.container,
            _box_types(problem),
            support=kernel.Support(problem.rules.support),
            seconds=limits.seconds,
            work=limits.work,
            seed=limits.seed,
            payload_g=problem.rules.payload_g,
            on_better=lambda better: on_better(_boxes(better)),
        )
        return loading_order(_boxes(loading))

    def fill_all(self, problem: Problem, limits: Limits) -> list[LoadPlan]:
        """Load all boxes into as few containers as possible within the limits."""
        loadings = fewest_containers.fill_all(
            problem.container,
            _box_types(problem),
            support=kernel.Support(problem.rules.support),
            seconds=limits.seconds,
            work=limits.work,
            seed=limits.seed,
        )
        return [loading_order(_boxes(loading)) for loading in loadings]


def _box_types(problem: Problem) -> list[kernel.BoxType]:
    return [
        kernel.BoxType(edges=t.edges, vertical=t.vertical, quantity=t.quantity, grams=t.gross_g)
        for t in problem.types
    ]


def _boxes(loading: kernel.Loading) -> list[Box]:
    return [Box(*box) for box in loading.boxes]


class PlannersEngine:
    """The engine that plans a hub's containers. Supports fully whether asked to or not."""

    name = "groupage, planner's engine"
    rules = frozenset({"stops", "bearing", "balance"})

    def fill(
        self, problem: Problem, limits: Limits, on_better: Callable[[LoadPlan], None]
    ) -> list[Box]:
        """Fill a container; work is counted in passes."""
        return planners_engine.fill(
            problem,
            seconds=limits.seconds,
            work=limits.work,
            seed=limits.seed,
            on_better=on_better,
        )

    def fill_all(self, problem: Problem, limits: Limits) -> list[LoadPlan]:
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
                for box in self.fill(rest, share, lambda _: None)
            ]
            if not plan:
                raise InvalidInput(f"{problem.name}: {sum(left)} boxes left fit no container")
            for box in plan:
                left[box.type_index] -= 1
            plans.append(plan)
        return plans


def find_engines(*, planners: bool) -> list[Engine]:
    """Return the engines to measure."""
    return [SearchEngine(), *([PlannersEngine()] if planners else [])]


def solve(engine: Engine, problem: Problem, limits: Limits) -> Outcome:
    """Load a problem within limits."""
    began = time.process_time()
    if problem.all_boxes:
        plans = engine.fill_all(problem, limits)
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
