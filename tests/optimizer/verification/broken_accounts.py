"""Breaks in what a plan states about itself: its instance, reasons, moves and cost."""

from typing import Any

from groupage.domain.instance import Instance
from groupage.domain.plan import Cost, Move, Plan, SolverStats
from optimizer.assemble import solver_of
from optimizer.verification.api import certify
from tests.optimizer.verification.changes import (
    HOUR,
    Both,
    Change,
    added,
    demand,
    doubled,
    edit,
    edited,
    first,
    plan,
    rules,
    shortened,
    together,
)
from tests.optimizer.world import CLOCK_AT, DAY


def solved(**changes: Any) -> Change:
    """Name another solver or other limits in the plan."""
    return lambda case, old: (case, edit(old, solver=edit(solver_of(case.limits), **changes)))


def certified(**changes: Any) -> Change:
    """Change the certificate of a certified plan."""

    def change(case: Instance, old: Plan) -> Both:
        plan, _ = certify(case, old)
        assert plan is not None
        assert plan.certificate is not None
        return case, edit(plan, certificate=edit(plan.certificate, **changes))

    return change


def left_out_as(consignment_id: str, code: str, **changes: Any) -> Change:
    """Change the code of a left-out."""
    return lambda case, old: (
        case,
        edit(
            old,
            left_out=edited(old.left_out, "consignment_id", consignment_id, code=code, **changes),
        ),
    )


def term(name: str) -> Change:
    """Add a cent to a term of the cost."""

    def change(case: Instance, old: Plan) -> Both:
        return case, edit(old, cost=edit(old.cost, **{name: getattr(old.cost, name) + 1}))

    return change


NO_MOVE = Move(
    consignment_id="F1", from_consolidation_id="FROZEN", to_consolidation_id=None, code="x",
    reason="y",
)  # fmt: skip
BREAKS: dict[str, tuple[str, Change]] = {
    # whose plan it is
    "another request": ("other_instance", plan(request_id="REQ-2")),
    "another lane": ("other_instance", plan(lane_id="CNSHA-NLRTM")),
    "another sequence": ("other_instance", plan(sequence=8)),
    "another plan id": ("other_instance", plan(plan_id="PLN-1")),
    "made before the clock": ("other_instance", plan(decided_at=CLOCK_AT - DAY)),
    "made after the clock": ("other_instance", plan(decided_at=CLOCK_AT + HOUR)),
    "for another cause": ("other_instance", plan(causes=("cancelled",))),
    "solved with another seed": ("other_instance", solved(seed=1)),
    "solved with more work": ("other_instance", solved(loading_passes=99)),
    "certified for another instance": ("other_instance", certified(instance_digest="0" * 64)),
    "certified for another plan": ("other_instance", certified(plan_digest="0" * 64)),
    "certified by another verifier": ("other_verifier", certified(verifier="me/1")),
    "certified with fewer checks": ("other_verifier", certified(checks=("identity",))),
    # reasons of left-outs
    **{
        f"left out by {code} without cause": ("wrong_reason", left_out_as("O2", code))
        for code in (
            "customs_rejected", "dangerous_goods", "declaration_cap", "forbidden", "no_departure",
            "cap_not_judged",
            "not_available_before_cutoff", "heavier_than_container", "larger_than_container",
            "costs_more_than_waiting",
        )
    },
    "held without a hold": ("wrong_reason", left_out_as("O1", "blocked_by_hold")),
    "a mode policy that does not exist": (
        "wrong_reason", together(rules(mode_mix=()), left_out_as("O1", "mode_mix")),
    ),
    "a next voyage that it misses": (
        "wrong_reason", left_out_as("O1", "not_available_before_cutoff", next_voyage_id="V2"),
    ),
    "moved out for another reason": (
        "wrong_reason",
        together(
            demand("O1", current_consolidation_id="SLUSHY"),
            added("moves", edit(NO_MOVE, consignment_id="O1", from_consolidation_id="SLUSHY")),
        ),
    ),
    # moves
    "a move not named": ("missing_move", shortened("moves")),
    "a move that does not happen": ("wrong_move", added("moves", NO_MOVE)),
    "a move named twice": ("wrong_move", doubled("moves")),
    "a move without a reason": ("no_reason", first("moves", reason=" ")),
    # cost
    **{f"{name} wrong": ("wrong_cost", term(name)) for name in Cost.__struct_fields__},
    "a bound above the cost": ("wrong_bound", plan(lower_bound=10**9)),
    "optimal above the bound": (
        "wrong_bound", plan(stats=SolverStats(status="optimal", rounds=1, work=0.5)),
    ),
    "a gap too small": ("wrong_bound", plan(gap_ratio=0.0)),
    "a gap that is not a number": ("wrong_bound", plan(gap_ratio=float("nan"))),
}  # fmt: skip
