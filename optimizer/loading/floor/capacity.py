"""The floor that consignments take at least, whatever else is in their container.

Two weak cartons, on which nothing may stand, never stand over one another; nor do two high ones,
of which two are higher than the container. So the weak ones of a container have a layout on its
floor, and so have the high ones, also where other cargo stands below or above them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import CartonGroup, Rules
from optimizer.loading.floor.bounds import Row, area_row, rows
from optimizer.loading.floor.kinds import NO_KIND, Floor, Kind, kind_of
from optimizer.loading.floor.one_kind import most_pieces
from optimizer.loading.stock import CargoSpace, type_of

KINDS_MAX = 8
"""Kinds with a limit of their own, those that take most floor."""

Counts = dict[Kind, int]


@dataclass(frozen=True, slots=True)
class FloorUse:
    """The pieces of a consignment that take floor of their own."""

    weak: Counts
    high: Counts


@dataclass(frozen=True, slots=True)
class FloorLimit:
    """An inequality about the consignments of a container: they take at most `most` together."""

    takes: dict[str, int]
    """By consignment."""
    most: int


@dataclass(frozen=True, slots=True)
class FloorExcess:
    """Pieces that do not fit on an empty floor."""

    counts: Counts
    needed_mm2: int
    floor_mm2: int
    is_weak: bool
    """They bear nothing; else they are too high for a second layer."""
    most: int | None
    """Pieces that may fit, where all are of one kind."""


def floor_use(cartons: Iterable[CartonGroup], spec: ContainerSpec, rules: Rules) -> FloorUse:
    """Return the weak and the high pieces among these cartons."""
    space = CargoSpace.of(spec, rules)
    use = FloorUse({}, {})
    for group in cartons:
        is_weak = group.max_top_load_g == 0
        edges = (group.length_mm, group.width_mm, group.height_mm)
        highest_mm = group.height_mm if group.this_side_up else max(edges)
        if not is_weak and 2 * highest_mm <= spec.height_mm:
            continue
        carton_type = type_of(group)
        kind = kind_of(carton_type, space)
        if kind is None or kind == NO_KIND:
            continue
        lowest_mm = min(dz for _, _, dz in carton_type.orientations(space))
        for counts, counted in ((use.weak, is_weak), (use.high, 2 * lowest_mm > spec.height_mm)):
            if counted:
                counts[kind] = counts.get(kind, 0) + len(group.unit_ids)
    return use


def find_excess(
    cartons: Iterable[CartonGroup], spec: ContainerSpec, rules: Rules
) -> FloorExcess | None:
    """Return the proof that these cartons do not fit on the floor of an empty container."""
    use = floor_use(cartons, spec, rules)
    floor = Floor.of(CargoSpace.of(spec, rules))
    for counts, is_weak in ((use.weak, True), (use.high, False)):
        needed_mm2 = _area_mm2(counts)
        # Two pieces that do not fit side by side take more than a quarter of the floor.
        if 4 * needed_mm2 > floor.area_mm2 and any(
            row.is_broken(counts) for row in rows(floor, counts, work=0)
        ):
            most = None
            if len(counts) == 1:
                most = most_pieces(floor.length, floor.width, next(iter(counts)), 0)
            return FloorExcess(counts, needed_mm2, floor.area_mm2, is_weak, most)
    return None


def floor_limits(
    uses: Mapping[str, FloorUse], spec: ContainerSpec, rules: Rules
) -> tuple[FloorLimit, ...]:
    """Return the limits that some choice of these consignments would break."""
    floor = Floor.of(CargoSpace.of(spec, rules))
    limits = []
    for by_consignment in (
        {c: use.weak for c, use in uses.items() if use.weak},
        {c: use.high for c, use in uses.items() if use.high},
    ):
        total: Counts = {}
        for counts in by_consignment.values():
            for kind, count in counts.items():
                total[kind] = total.get(kind, 0) + count
        for row in (area_row(floor, total), *_rows_alone(floor, total)):
            if row.is_broken(total):
                takes = {c: row.take(counts) for c, counts in by_consignment.items()}
                limits.append(FloorLimit({c: n for c, n in takes.items() if n}, row.most))
    return tuple(limits)


def _rows_alone(floor: Floor, total: Counts) -> list[Row]:
    """Return the limit of each kind, of those that take most floor."""
    largest = sorted(total, key=lambda kind: (-kind.area_mm2 * total[kind], kind))
    return [
        Row({kind: 1}, most_pieces(floor.length, floor.width, kind, 0))
        for kind in largest[:KINDS_MAX]
        if total[kind] * kind.area_mm2 * 2 > floor.area_mm2
    ]


def _area_mm2(counts: Counts) -> int:
    return sum(kind.area_mm2 * count for kind, count in counts.items())
