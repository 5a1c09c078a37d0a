"""Every demand is placed once or left out with a reason, and the moves say what changed."""

from collections import Counter

from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


def _check_places(case: Case) -> Violations:
    found: Violations = []
    places = Counter(c for one in case.plan.containers for c in one.consignment_ids)
    left = Counter(one.consignment_id for one in case.plan.left_out)
    for consignment_id in sorted(set(places) | set(left) | set(case.demands)):
        where = f"consignment {consignment_id}"
        if consignment_id not in case.demands:
            found.append(broken("unknown_consignment", where, "is no demand of the instance"))
        elif places[consignment_id] and left[consignment_id]:
            found.append(broken("placed_and_left_out", where, "has a place and is left out too"))
        elif places[consignment_id] + left[consignment_id] > 1:
            times = places[consignment_id] + left[consignment_id]
            found.append(broken("placed_twice", where, f"stands {times} times, must stand once"))
        elif not places[consignment_id] + left[consignment_id]:
            found.append(broken("missing_demand", where, "is neither placed nor left out"))
    return found


def _check_left_out(case: Case) -> Violations:
    found: Violations = []
    for one in case.plan.left_out:
        where = f"consignment {one.consignment_id}"
        if not one.reason.strip():
            found.append(broken("no_reason", where, f"is left out ({one.code}) without a reason"))
        if one.next_voyage_id is not None and one.next_voyage_id not in case.departures:
            found.append(
                broken("unknown_voyage", where, f"next voyage {one.next_voyage_id} is not known")
            )
    return found


def _check_moves(case: Case) -> Violations:
    right = set()
    for demand in case.instance.demands:
        container = case.container_of.get(demand.consignment_id)
        now = container.consolidation_id if container else None
        if now != demand.current_consolidation_id:
            right.add((demand.consignment_id, demand.current_consolidation_id, now))
    said = Counter(
        (move.consignment_id, move.from_consolidation_id, move.to_consolidation_id)
        for move in case.plan.moves
    )
    found: Violations = []
    for key in sorted((right | set(said)), key=str):
        where = f"move of consignment {key[0]}"
        if key not in said:
            found.append(broken("missing_move", where, f"from {key[1]} to {key[2]} is not named"))
        elif key not in right:
            found.append(broken("wrong_move", where, f"from {key[1]} to {key[2]} is not so"))
        elif said[key] > 1:
            found.append(broken("wrong_move", where, f"is named {said[key]} times"))
    found += [
        broken("no_reason", f"move of consignment {move.consignment_id}", "has no reason")
        for move in case.plan.moves
        if not move.reason.strip() or not move.code.strip()
    ]
    return found


def check(case: Case) -> Violations:
    """Places, reasons, moves."""
    return _check_places(case) + _check_left_out(case) + _check_moves(case)
