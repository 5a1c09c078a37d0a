"""Check the claim that the floor of a container does not suffice for a consignment.

The check refutes what is plainly untrue: a claim about cargo that can stand above or below all
other cargo, and about cargo that stands in plain rows beside all cargo that it cannot share its
floor with. It does not repeat the loader's proof.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from groupage.domain.containers import SPECS, ContainerSpec
from groupage.domain.instance import CartonGroup, Demand, Rules
from optimizer.verification.context import Context


def _ways(group: CartonGroup, spec: ContainerSpec, rules: Rules) -> Iterator[tuple[int, int, int]]:
    """Yield the ways to stand: edges along and across the container, and up."""
    length_mm = spec.length_mm - rules.wall_margin_mm - rules.door_margin_mm
    width_mm = min(spec.width_mm - 2 * rules.wall_margin_mm, spec.door_width_mm)
    height_mm = min(spec.height_mm, spec.door_height_mm)
    edges = (group.length_mm, group.width_mm, group.height_mm)
    for along, across, up in sorted(set(permutations(edges))):
        upright = up == group.height_mm or not group.this_side_up
        if upright and along <= length_mm and across <= width_mm and up <= height_mm:
            yield along, across, up


def _may_stand_on(
    upper: CartonGroup, lower: CartonGroup, spec: ContainerSpec, rules: Rules
) -> bool:
    heights = [
        min((up for _, _, up in _ways(group, spec, rules)), default=spec.height_mm)
        for group in (upper, lower)
    ]
    return lower.max_top_load_g != 0 and sum(heights) <= spec.height_mm


def _rivals(context: Context, demand: Demand, spec: ContainerSpec) -> list[CartonGroup]:
    """Return the cargo that can stand neither above nor below some of the consignment's."""
    rules = context.instance.rules
    return [
        other
        for any_demand in context.instance.demands
        for other in any_demand.cartons
        if any(
            not _may_stand_on(group, other, spec, rules)
            and not _may_stand_on(other, group, spec, rules)
            for group in demand.cartons
            if other is not group or len(group.unit_ids) > 1
        )
    ]


def _rows_fit(groups: Sequence[CartonGroup], spec: ContainerSpec, rules: Rules) -> bool:
    """Return whether all pieces stand in rows, all lengthwise or all crosswise."""
    for across_first in (True, False):
        pieces: list[tuple[int, int]] = []
        for group in groups:
            ways = [way[:2] for way in _ways(group, spec, rules)]
            if not ways:
                return False
            way = min(ways, key=lambda way: way[::-1]) if across_first else min(ways)
            pieces += [way] * len(group.unit_ids)
        if _row_lengths(pieces, spec.width_mm - 2 * rules.wall_margin_mm) <= (
            spec.length_mm - rules.wall_margin_mm - rules.door_margin_mm
        ):
            return True
    return False


def _row_lengths(pieces: Iterable[tuple[int, int]], width_mm: int) -> int:
    """Return the length of all rows across the container, the longest pieces first."""
    taken_mm = free_mm = 0
    for along, across in sorted(pieces, reverse=True):
        if across > free_mm:
            taken_mm += along
            free_mm = width_mm
        free_mm -= across
    return taken_mm


def may_lack_floor(context: Context, demand: Demand) -> bool:
    """Return whether some container may have too little floor for the consignment."""
    instance = context.instance
    if any(c.standing for c in instance.consolidations if c.stage == "slushy"):
        return True  # The floor behind loaded cartons is lost: nothing is plainly untrue.
    offered = (SPECS.get(o.iso_type) for d in instance.departures for o in d.offers)
    for spec in dict.fromkeys((*offered, *(c.spec for c in instance.consolidations))):
        if spec is None:
            continue
        rivals = _rivals(context, demand, spec)
        own = [group for group in demand.cartons if not any(group is other for other in rivals)]
        if rivals and not _rows_fit([*rivals, *own], spec, instance.rules):
            return True
    return False
