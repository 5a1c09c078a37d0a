"""Check that each demand is placed once or left out with a reason, and that moves are complete."""

from collections import Counter

from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


def _check_assignment(context: Context) -> Violations:
    violations: Violations = []
    places = Counter(
        consignment_id
        for container in context.plan.containers
        for consignment_id in container.consignment_ids
    )
    left = Counter(entry.consignment_id for entry in context.plan.left_out)
    for consignment_id in sorted(set(places) | set(left) | set(context.demands)):
        where = f"consignment {consignment_id}"
        if consignment_id not in context.demands:
            violations.append(
                violation(Code.UNKNOWN_CONSIGNMENT, where, "is not a demand of the instance")
            )
        elif places[consignment_id] and left[consignment_id]:
            violations.append(
                violation(Code.PLACED_AND_LEFT_OUT, where, "is in a container and left out too")
            )
        elif places[consignment_id] + left[consignment_id] > 1:
            times = places[consignment_id] + left[consignment_id]
            violations.append(
                violation(
                    Code.PLACED_TWICE,
                    where,
                    f"stands in the plan {times} times, must be once",
                )
            )
        elif not places[consignment_id] + left[consignment_id]:
            violations.append(
                violation(Code.MISSING_DEMAND, where, "is neither placed nor left out")
            )
    return violations


def _check_left_out(context: Context) -> Violations:
    violations: Violations = []
    for entry in context.plan.left_out:
        where = f"consignment {entry.consignment_id}"
        if not entry.reason.strip():
            violations.append(
                violation(Code.NO_REASON, where, f"is left out ({entry.code}) without a reason")
            )
        if entry.next_voyage_id is not None and entry.next_voyage_id not in context.departures:
            violations.append(
                violation(
                    Code.UNKNOWN_VOYAGE,
                    where,
                    f"next voyage {entry.next_voyage_id} is not known",
                )
            )
    return violations


def _check_moves(context: Context) -> Violations:
    expected = set()
    for demand in context.instance.demands:
        container = context.container_of.get(demand.consignment_id)
        now = container.consolidation_id if container else None
        if now != demand.current_consolidation_id:
            expected.add((demand.consignment_id, demand.current_consolidation_id, now))
    stated = Counter(
        (move.consignment_id, move.from_consolidation_id, move.to_consolidation_id)
        for move in context.plan.moves
    )
    violations: Violations = []
    for key in sorted((expected | set(stated)), key=str):
        where = f"move of consignment {key[0]}"
        if key not in stated:
            violations.append(
                violation(
                    Code.MISSING_MOVE,
                    where,
                    f"from {key[1]} to {key[2]} is missing in moves",
                )
            )
        elif key not in expected:
            violations.append(
                violation(Code.WRONG_MOVE, where, f"from {key[1]} to {key[2]} does not happen")
            )
        elif stated[key] > 1:
            violations.append(
                violation(Code.WRONG_MOVE, where, f"stands in moves {stated[key]} times")
            )
    violations += [
        violation(Code.NO_REASON, f"move of consignment {move.consignment_id}", "has no reason")
        for move in context.plan.moves
        if not move.reason.strip() or not move.code.strip()
    ]
    return violations


def check(context: Context) -> Violations:
    """Check assignment, reasons of left-outs, and moves."""
    return _check_assignment(context) + _check_left_out(context) + _check_moves(context)
