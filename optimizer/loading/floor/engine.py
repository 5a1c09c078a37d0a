"""Load cargo of one layer: choose the consignments and their layout, and say what bounds it."""

from collections.abc import Mapping, Sequence

from groupage.domain.plan import Placement
from optimizer.deadline import StageDeadline
from optimizer.loading.engine import SearchResult
from optimizer.loading.floor.bounds import rows
from optimizer.loading.floor.cartons import assign_cartons, count_pieces
from optimizer.loading.floor.exact import Decision
from optimizer.loading.floor.fitting import Fitting, push_back
from optimizer.loading.floor.kinds import NO_KIND, Floor, Kind, Rectangle, kind_of
from optimizer.loading.floor.selection import Candidate, Selection
from optimizer.loading.floor.shortage import FloorShortage
from optimizer.loading.stock import CargoSpace, Stock

PIECES_MAX = 200
"""More loose cartons than this are left to the search over blocks."""
WORK = 0.3
"""CP-SAT deterministic time for the layouts of one container, about two seconds."""
CHOICES_MAX = 30
"""Choices of consignments for which a layout is looked for."""


def floor_kinds(space: CargoSpace, stock: Stock) -> dict[int, Kind] | None:
    """Return the kind of each carton type if all cargo must stand on the floor, else None."""
    if sum(stock.quantities(tuple(stock.units))) > PIECES_MAX or not _is_one_layer(space, stock):
        return None
    kinds: dict[int, Kind] = {}
    for number, carton_type in enumerate(stock.types):
        kind = kind_of(carton_type, space)
        if kind is None:
            return None
        kinds[number] = kind
    return kinds


def _is_one_layer(space: CargoSpace, stock: Stock) -> bool:
    """Return whether no loose carton can stand on any carton, loaded or loose."""
    heights = [
        min((dz for _, _, dz in t.orientations(space)), default=space.height + 1)
        for t in stock.types
    ]
    lowest = sorted(heights)[:2]
    if not lowest:
        return False
    counts = stock.quantities(tuple(stock.units))
    for number, carton_type in enumerate(stock.types):
        # The lowest carton that could stand on it: another one of its own type, if there is one.
        others = heights[:number] + heights[number + (counts[number] < 2) :]
        above = min(others, default=space.height + 1)
        if carton_type.top_load_g != 0 and heights[number] + above <= space.height:
            return False
    return not any(
        carton_type.top_load_g != 0 and carton.z_mm + carton.dz_mm + lowest[0] <= space.height
        for carton, carton_type in zip(stock.preloaded, stock.preloaded_types, strict=True)
    )


def search_floor(
    space: CargoSpace,
    stock: Stock,
    kinds: Mapping[int, Kind],
    *,
    ranks: Mapping[str, int],
    worth: Mapping[str, int],
    deadline: StageDeadline,
) -> tuple[SearchResult, bool]:
    """Load the consignments of most worth, each whole, as `engine.search` does for all cargo.

    `kinds` are those of `floor_kinds`. Returns also whether it is proven that no other choice of
    whole consignments is worth more.
    """
    floor = Floor.of(space, stock.preloaded)
    candidates = [
        Candidate(c, count_pieces(units, kinds), stock.gross_g(c), ranks[c], max(1, worth[c]))
        for c, units in sorted(stock.units.items())
        if all(kinds[number] != NO_KIND for number in units)
    ]
    payload_g = space.payload_g - sum(t.gross_g for t in stock.preloaded_types)
    bounds = rows(floor, _sum_counts(candidates))
    fitting = Fitting(floor, bounds, deadline, work=WORK)
    selection = Selection(candidates, bounds, payload_g)
    kept: list[Candidate] = []
    rectangles: tuple[Rectangle, ...] = ()
    is_proven = True
    is_over = bool(candidates) and deadline.is_over()
    for _ in range(0 if is_over else CHOICES_MAX):
        choice = selection.best()
        answer = fitting.find(_sum_counts(choice))
        if answer.decision == Decision.FITS:
            kept, rectangles = choice, answer.rectangles
            break
        is_proven = is_proven and answer.decision == Decision.DOES_NOT_FIT
        selection.no_goods.append(_sum_counts(choice))
        if deadline.is_over():
            break
    else:
        is_proven = not candidates
    ids = {c.consignment_id for c in kept}
    placements = _placements(space, stock, kinds, sorted(ids), push_back(floor, rectangles))
    result = SearchResult(
        placements=placements,
        unplaced=tuple(sorted(set(stock.units) - ids)),
        passes=1,
        cut_short=bool(candidates) and not kept and deadline.has_cut,
        shortages=_shortages(floor, candidates, kept, payload_g, fitting),
    )
    return result, is_proven and selection.is_exact


def _sum_counts(candidates: Sequence[Candidate]) -> dict[Kind, int]:
    counts: dict[Kind, int] = {}
    for candidate in candidates:
        for kind, count in candidate.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    return counts


def _shortages(
    floor: Floor,
    candidates: Sequence[Candidate],
    kept: Sequence[Candidate],
    payload_g: int,
    fitting: Fitting,
) -> tuple[FloorShortage, ...]:
    """Return those left out that the payload would allow and for which no layout exists."""
    ids = {c.consignment_id for c in kept}
    spare_g = payload_g - sum(c.gross_g for c in kept)
    free_mm2 = floor.area_mm2 - _area_mm2(_sum_counts(kept))
    return tuple(
        FloorShortage(candidate.consignment_id, _area_mm2(candidate.counts), free_mm2)
        for candidate in candidates
        if candidate.consignment_id not in ids
        and candidate.gross_g <= spare_g
        and fitting.find(_sum_counts([*kept, candidate])).decision == Decision.DOES_NOT_FIT
    )


def _area_mm2(counts: Mapping[Kind, int]) -> int:
    return sum(kind.area_mm2 * count for kind, count in counts.items())


def _placements(
    space: CargoSpace,
    stock: Stock,
    kinds: Mapping[int, Kind],
    kept: Sequence[str],
    places: Sequence[Rectangle],
) -> tuple[Placement, ...]:
    """Return the preloaded cartons, then a carton in each place."""
    preloaded = stock.preloaded_placements()
    units = {consignment_id: stock.units[consignment_id] for consignment_id in kept}
    standing = assign_cartons(space, stock.types, units, kinds, places)
    return tuple(preloaded) + tuple(
        Placement(
            unit_id=carton.unit_id, consignment_id=carton.consignment_id, x_mm=carton.x_mm,
            y_mm=carton.y_mm, z_mm=0, dx_mm=carton.dx_mm, dy_mm=carton.dy_mm,
            dz_mm=carton.dz_mm, sequence=sequence,
        )
        for sequence, carton in enumerate(standing, start=len(preloaded) + 1)
    )  # fmt: skip
