"""Sentences about containers that have room, and cargo beside which a consignment may not be."""

from collections.abc import Mapping, Sequence

import msgspec

from groupage.domain.instance import Demand
from groupage.domain.words import join_names
from optimizer.allocation.bins import Bin
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.rules.registry import find_placement_rule
from optimizer.allocation.rules.rule import SharingRule

NAMED_MAX = 3
"""Consignments, and containers, that a reason names."""


def conflicts(
    solution: PartialSolution, demand: Demand, bins: Sequence[Bin], names: Mapping[str, str]
) -> str:
    """Say for containers with room what they hold that keeps the consignment out; or "".

    `names` are the ids of the containers by the keys of their bins.
    """
    clauses = []
    for bin_ in bins:
        if not bin_.members or not solution.problem.allows(demand.consignment_id, bin_.slot):
            continue
        rule = bin_.binding_rule(demand)
        if isinstance(rule, SharingRule):
            cargo = _conflicting_cargo(solution, rule, demand, tuple(bin_.members.values()))
            clauses.append(f"{names[bin_.slot.key]} has room, but holds {cargo}")
    more = f"; {len(clauses) - NAMED_MAX} more likewise" if len(clauses) > NAMED_MAX else ""
    return "; ".join(clauses[:NAMED_MAX]) + more


def placement_note(
    solution: PartialSolution, demand: Demand, bins: Sequence[Bin], names: Mapping[str, str]
) -> str:
    """Say which rule of sharing opens or empties a container for a placed consignment; or ""."""
    bin_ = solution.bins[solution.assignment[demand.consignment_id]]
    if bin_.slot.existing is None:
        others = [other for other in bins if other is not bin_]
        clauses = conflicts(solution, demand, others, names)
        return f"goes into a new {bin_.slot.spec.iso_type}: {clauses}" if clauses else ""
    alone = Bin(bin_.slot, solution.problem)
    alone.add(demand)
    leaving = [
        member
        for consignment_id in bin_.slot.existing.consignment_ids
        if consignment_id not in bin_.members
        and (member := solution.problem.demands.get(consignment_id)) is not None
        and isinstance(alone.binding_rule(member), SharingRule)
    ]
    if not leaving:
        return ""
    rule = alone.binding_rule(leaving[0])
    assert isinstance(rule, SharingRule)
    cargo = _conflicting_cargo(solution, rule, demand, leaving)
    who = join_names([member.consignment_id for member in leaving], NAMED_MAX)
    return f"{who} {'makes' if len(leaving) == 1 else 'make'} way ({cargo})"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """The newcomers for which a consignment leaves its container."""

    reason: str
    pinned: bool
    """Whether it must: without the pinned ones among them it could stay."""


def makes_way(solution: PartialSolution, demand: Demand) -> Way | None:
    """Name the newcomers without which the consignment could stay where it is; None: nobody."""
    problem = solution.problem
    bin_ = solution.bins.get(demand.current_consolidation_id or "")
    if bin_ is None or bin_.binding_rule(demand) is None:
        return None
    if bin_.slot.cost_key not in problem.assignment_cost.get(demand.consignment_id, {}):
        return None
    key = bin_.slot.key
    new = {c: m for c, m in bin_.members.items() if m.current_consolidation_id != key}
    pinned = sorted(c for c, m in new.items() if find_placement_rule(m) is not None)
    chosen = sorted(new.keys() - pinned)
    for newcomers, why in (
        (pinned, "pinned there"),
        (chosen, "which costs the lane less"),
        (pinned + chosen, "some of them pinned there"),
    ):
        if newcomers and _could_stay(solution, demand, bin_, without=newcomers):
            named = join_names(newcomers, NAMED_MAX)
            cargo = _cargo_in_the_way(solution, demand, [new[c] for c in newcomers], bin_)
            return Way(
                reason=f"makes way in {key} for {named}, {why}{cargo}",
                pinned=newcomers is not chosen,
            )
    return None


def _could_stay(
    solution: PartialSolution, demand: Demand, bin_: Bin, *, without: Sequence[str]
) -> bool:
    rest = Bin(bin_.slot, solution.problem)
    for consignment_id, member in bin_.members.items():
        if consignment_id not in without:
            rest.add(member)
    return rest.binding_rule(demand) is None


def _cargo_in_the_way(
    solution: PartialSolution, demand: Demand, newcomers: Sequence[Demand], bin_: Bin
) -> str:
    rule = bin_.binding_rule(demand)
    if not isinstance(rule, SharingRule):
        return ""
    return f" ({_conflicting_cargo(solution, rule, demand, newcomers)})"


def _conflicting_cargo(
    solution: PartialSolution, rule: SharingRule, demand: Demand, members: Sequence[Demand]
) -> str:
    return rule.conflicting_cargo(demand, members, solution.problem.instance.rules)
