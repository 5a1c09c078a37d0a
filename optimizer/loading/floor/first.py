"""Lay out the part of a mixed cargo that bears nothing, before the rest is loaded around it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from groupage.domain.instance import PreloadedCarton
from optimizer.deadline import StageDeadline
from optimizer.loading.floor.bounds import area_row
from optimizer.loading.floor.cartons import Units, assign_cartons, count_pieces
from optimizer.loading.floor.engine import PIECES_MAX
from optimizer.loading.floor.exact import Decision
from optimizer.loading.floor.fitting import Fitting, push_back
from optimizer.loading.floor.kinds import NO_KIND, Floor, Kind, Rectangle, kind_of
from optimizer.loading.stock import CargoSpace, Stock


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Cartons on the floor, as if they were loaded already."""

    consignments: tuple[str, ...]
    """Those of which all weak cartons stand, and those that have none."""
    cartons: tuple[PreloadedCarton, ...]
    types: tuple[int, ...]
    """Of each carton."""


def lay_out_weak(
    space: CargoSpace,
    stock: Stock,
    weak: Collection[int],
    order: Sequence[str],
    deadline: StageDeadline,
    *,
    least_permille: int,
) -> LaidOut | None:
    """Lay out the cartons of the `weak` types, consignment by consignment, as far as they go.

    None if they would cover less than `least_permille` of the floor.
    """
    floor = Floor.of(space, stock.preloaded)
    kinds = {number: kind_of(stock.types[number], space) or NO_KIND for number in weak}
    units = {c: {n: ids for n, ids in stock.units[c].items() if n in kinds} for c in order}
    pieces = [kinds[n] for own in units.values() for n, ids in own.items() for _ in ids]
    covered_mm2 = sum(kind.area_mm2 for kind in pieces)
    if len(pieces) > PIECES_MAX or covered_mm2 * 1_000 < least_permille * floor.area_mm2:
        return None
    kept, places = _place_in_order(floor, units, kinds, deadline)
    kept_units = {c: units[c] for c in kept}
    standing = list(assign_cartons(space, stock.types, kept_units, kinds, places))
    if not standing:
        return None
    return LaidOut(
        consignments=tuple(kept),
        cartons=tuple(
            PreloadedCarton(
                unit_id=c.unit_id, consignment_id=c.consignment_id, x_mm=c.x_mm, y_mm=c.y_mm,
                z_mm=0, dx_mm=c.dx_mm, dy_mm=c.dy_mm, dz_mm=c.dz_mm,
            )
            for c in standing
        ),
        types=tuple(c.type_number for c in standing),
    )  # fmt: skip


def _place_in_order(
    floor: Floor, units: Units, kinds: dict[int, Kind], deadline: StageDeadline
) -> tuple[list[str], list[Rectangle]]:
    """Return the consignments that go on the floor one after the other, and their layout."""
    counts: dict[Kind, int] = {}
    kept: list[str] = []
    places: tuple[Rectangle, ...] = ()
    fitting = Fitting(floor, [area_row(floor, set(kinds.values()))], deadline, work=0)
    for consignment_id, own in units.items():
        more = dict(counts)
        for kind, count in count_pieces(own, kinds).items():
            more[kind] = more.get(kind, 0) + count
        answer = None if NO_KIND in more else fitting.find(more)
        if answer is not None and answer.decision == Decision.FITS:
            counts, places = more, answer.rectangles
            kept.append(consignment_id)
    return kept, push_back(floor, places)
