"""Lanes of a few consignments, and their CP-SAT model, which accepts or rejects an allocation."""

from collections.abc import Mapping
from typing import Any

from ortools.sat.python import cp_model

from groupage.domain.containers import spec_of
from groupage.domain.instance import (
    ContainerOffer,
    Demand,
    Departure,
    Instance,
    OpenConsolidation,
)
from groupage.domain.plan import Stage
from groupage.domain.policy import Policy
from optimizer.allocation.build import build_problem, new_slot
from optimizer.allocation.model import add_rows
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import NoGoods, Problem
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables
from tests.optimizer.world import CLOCK_AT, demand, departure, group

SMALL, LARGE = "22G1", "42G1"


def lane(*demands: Demand, **more: Any) -> Instance:
    """One sailing in ten days that offers both types; `more` replaces fields."""
    policy = Policy()
    fields: dict[str, Any] = {
        "departures": (departure("V1", 10),),
        "weights": policy.weights,
        "rules": policy.rules,
        **more,
    }
    return Instance(
        request_id="R", lane_id="CNNGB-NLRTM", sequence=1, clock_at=CLOCK_AT, demands=demands,
        **fields,
    )  # fmt: skip


def opened(
    consolidation_id: str, *consignment_ids: str, stage: Stage = "slushy", voyage_id: str = "V1"
) -> OpenConsolidation:
    """A small container of the published plan."""
    return OpenConsolidation(
        consolidation_id=consolidation_id,
        voyage_id=voyage_id,
        spec=spec_of(SMALL),
        stage=stage,
        consignment_ids=consignment_ids,
    )


def offers(**available: int | None) -> tuple[ContainerOffer, ...]:
    """Types on offer: ``g22=2`` is two 22G1."""
    types = {"g22": (SMALL, 190_000), "g42": (LARGE, 310_000)}
    return tuple(
        ContainerOffer(iso_type=types[t][0], freight_usd_cents=types[t][1], available=count)
        for t, count in available.items()
    )


def well_filled(*more: Demand, **changes: Any) -> Instance:
    """A published container C of V1 with 20 m³ in it; V2 sails a week later."""
    members = tuple(
        demand(f"M{n}", group(f"M{n}", 52), current_consolidation_id="C") for n in range(4)
    )
    fields: dict[str, Any] = {
        "departures": (
            departure("V1", 10, offers=offers(g22=1)),
            departure("V2", 17, offers=offers(g22=1)),
        ),
        "consolidations": (opened("C", *(member.consignment_id for member in members)),),
        **changes,
    }
    return lane(*members, *more, **fields)


def deep_crate(number: int) -> Demand:
    """By volume seven fit a 22G1, by shape six: two layers of three, nothing beside them."""
    name = f"T{number}"
    own = group(name, 1, (1_500, 2_200, 1_150), gross_g=400_000, this_side_up=True)
    return demand(name, own, priority="must_go")


def high_crate(number: int) -> Demand:
    """By volume eight fit a 22G1, by its floor four: in a row, none above another."""
    name = f"H{number}"
    own = group(name, 1, (1_300, 2_200, 1_300), gross_g=400_000, this_side_up=True)
    return demand(name, own, priority="must_go")


class LaneModel:
    """The model of a lane. New containers are called `new1`, `new2` ... of the first departure."""

    def __init__(self, instance: Instance, *, new: int = 1, iso_type: str = SMALL) -> None:
        self.problem: Problem = build_problem(instance, NoGoods())
        first: Departure = instance.departures[0]
        singles = [
            new_slot(instance, first, iso_type, key=f"new{n}", copies_max=1)
            for n in range(1, new + 1)
        ]
        movable = [slot for slot in self.problem.slots if not slot.fixed]
        self.slots: tuple[Slot, ...] = (*movable, *singles)

    def variables(self, model: cp_model.CpModel) -> Variables:
        """Add the variables to a model."""
        bins = PartialSolution(self.problem, extra=self.slots).bins
        contents = {key: bin_.members for key, bin_ in bins.items()}
        return Variables(model, self.problem, self.slots, contents)

    def accepts(self, assignment: Mapping[str, str], *, unused: str = "") -> bool:
        """Whether every rule allows these consignments in these containers together."""
        model = cp_model.CpModel()
        variables = self.variables(model)
        add_rows(model, variables, self.problem)
        for pair in assignment.items():
            if pair not in variables.assigned:
                return False
            model.add(variables.assigned[pair] == 1)
        if unused:
            model.add(variables.used[unused] == 0)
        return is_feasible(model)


def is_feasible(model: cp_model.CpModel) -> bool:
    """Whether the model has a solution."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)
