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
    append,
    combine,
    demand,
    drop_first,
    edit,
    first,
    plan,
    repeat_first,
    replace_in,
    rules,
)
from tests.optimizer.world import CLOCK_AT, DAY


def change_solver(**changes: Any) -> Change:
    """Name another solver or other limits in the plan."""
    return lambda case, old: (case, edit(old, solver=edit(solver_of(case.limits), **changes)))


def change_certificate(**changes: Any) -> Change:
    """Change the certificate of a certified plan."""

    def change(case: Instance, old: Plan) -> Both:
        plan, _ = certify(case, old)
        assert plan is not None
        assert plan.certificate is not None
        return case, edit(plan, certificate=edit(plan.certificate, **changes))

    return change


def change_left_out_code(consignment_id: str, code: str, **changes: Any) -> Change:
    """Change the code of a left-out."""
    return lambda case, old: (
        case,
        edit(
            old,
            left_out=replace_in(
                old.left_out, "consignment_id", consignment_id, code=code, **changes
            ),
        ),
    )


def add_cent(name: str) -> Change:
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
    "solved with another seed": ("other_instance", change_solver(seed=1)),
    "solved with more work": ("other_instance", change_solver(loading_passes=99)),
    "certified for another instance": (
        "other_instance", change_certificate(instance_digest="0" * 64),
    ),
    "certified for another plan": ("other_instance", change_certificate(plan_digest="0" * 64)),
    "certified by another verifier": ("other_verifier", change_certificate(verifier="me/1")),
    "certified with fewer checks": ("other_verifier", change_certificate(checks=("identity",))),
    "certified as cut short": ("other_verifier", change_certificate(repeatable=False)),
    # reasons of left-outs
    **{
        f"left out by {code} without cause": ("wrong_reason", change_left_out_code("O2", code))
        for code in (
            "customs_rejected", "dangerous_goods", "declaration_cap", "forbidden", "no_departure",
            "cap_not_judged", "rolled", "pinned",
            "not_available_before_cutoff", "heavier_than_container", "larger_than_container",
            "costs_more_than_waiting", "time_limit", "floor_area",
        )
    },
    "held without a hold": ("wrong_reason", change_left_out_code("O1", "blocked_by_hold")),
    "closed although it is pinned to an open container": (
        "wrong_reason",
        combine(
            demand("O1", pinned_consolidation_id="SLUSHY"),
            change_left_out_code("O1", "closed_to_changes"),
        ),
    ),
    "a mode policy that does not exist": (
        "wrong_reason", combine(rules(mode_mix=()), change_left_out_code("O1", "mode_mix")),
    ),
    "a next voyage that it misses": (
        "wrong_reason",
        change_left_out_code("O1", "not_available_before_cutoff", next_voyage_id="V2"),
    ),
    "moved out for another reason": (
        "wrong_reason",
        combine(
            demand("O1", current_consolidation_id="SLUSHY"),
            append("moves", edit(NO_MOVE, consignment_id="O1", from_consolidation_id="SLUSHY")),
        ),
    ),
    # moves
    "a move not named": ("missing_move", drop_first("moves")),
    "a move that does not happen": ("wrong_move", append("moves", NO_MOVE)),
    "a move named twice": ("wrong_move", repeat_first("moves")),
    "a move without a reason": ("no_reason", first("moves", reason=" ")),
    # cost
    **{f"{name} wrong": ("wrong_cost", add_cent(name)) for name in Cost.__struct_fields__},
    "a bound above the cost": ("wrong_bound", plan(lower_bound=10**9)),
    "optimal above the bound": (
        "wrong_bound", plan(stats=SolverStats(status="optimal", rounds=1, work=0.5)),
    ),
    "a gap too small": ("wrong_bound", plan(gap_ratio=0.0)),
    "a gap that is not a number": ("wrong_bound", plan(gap_ratio=float("nan"))),
}  # fmt: skip
