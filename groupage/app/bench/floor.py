"""`groupage bench floor`: pallets of one layer in containers, and floors of random pieces.

The loader is asked for as many single pallets as their area allows. Beside it stand the bound of
the area, the bound that the floor layout proves, and the search over blocks, which loads all other
cargo.
"""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

import msgspec

from groupage.domain.containers import SPECS, ContainerSpec
from groupage.domain.instance import CartonGroup
from groupage.domain.policy import Policy
from optimizer.deadline import unlimited
from optimizer.loading.api import load
from optimizer.loading.engine import search
from optimizer.loading.floor.kinds import Kind
from optimizer.loading.floor.one_kind import PROVEN_MAX, lay_out
from optimizer.loading.floor.pattern_bound import pattern_bound
from optimizer.loading.stock import Cargo, CargoSpace, stock_of

PALLETS_MM = ((1_200, 1_000), (1_200, 800))
_HEIGHT_MM, _GROSS_G = 1_300, 400_000
_EFFORT = 24


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a container and a pallet, or the mean of many floors of random pieces."""

    name: str
    pieces: float
    """Loaded; of random floors the mean."""
    proven: float
    """No layout has more; of random floors the mean."""
    area: float
    """No more by the area alone."""
    optimal_percent: float
    """Floors on which pieces and proven bound are the same."""
    by_blocks: int | None = None
    """Loaded by the search over blocks."""
    seconds: float
    """CPU time of the loader with nothing cached; of random floors the median of the layout."""
    worst_s: float


def run(*, floors: int, seed: int, report: Callable[[str], None]) -> list[Row]:
    """Load each pallet into each container, and lay out random pieces on `floors` floors."""
    rows = []
    for spec in SPECS.values():
        for pallet_mm in PALLETS_MM:
            rows.append(_load_pallets(spec, pallet_mm))
            report(f"{rows[-1].name}: {rows[-1].pieces:g}")
    if floors:
        rows.append(_lay_out_random(floors, seed))
    return rows


def _load_pallets(spec: ContainerSpec, pallet_mm: tuple[int, int]) -> Row:
    length_mm, width_mm = pallet_mm
    area = spec.length_mm * spec.width_mm // (length_mm * width_mm)
    cargo = [
        Cargo(
            consignment_id=f"C{number}",
            cartons=(
                CartonGroup(
                    unit_ids=(f"U{number}",), length_mm=length_mm, width_mm=width_mm,
                    height_mm=_HEIGHT_MM, gross_g=_GROSS_G, this_side_up=True, max_top_load_g=0,
                ),
            ),
        )
        for number in range(area)
    ]  # fmt: skip
    rules = Policy().rules
    space = CargoSpace.of(spec, rules)
    stock = stock_of({c.consignment_id: c.cartons for c in cargo}, ())
    lay_out.cache_clear()
    pattern_bound.cache_clear()
    began = time.process_time()
    loaded = load(spec, cargo, (), rules, effort=_EFFORT)
    seconds = time.process_time() - began
    bound = lay_out(space.x2 - space.x1, space.y2 - space.y1, Kind(*pallet_mm, turns=True)).bound
    by_blocks = search(
        space,
        stock,
        ranks=dict.fromkeys(stock.units, 2),
        worth=dict.fromkeys(stock.units, 1),
        effort=_EFFORT,
        seed=0,
        deadline=unlimited("load"),
    )
    pieces = len(loaded.placements)
    return Row(
        name=f"{spec.iso_type}, {length_mm} x {width_mm}",
        pieces=pieces,
        proven=bound,
        area=area,
        optimal_percent=100.0 if pieces == bound else 0.0,
        by_blocks=len(by_blocks.placements),
        seconds=round(seconds, 3),
        worst_s=round(seconds, 3),
    )


def _random_floors(count: int, seed: int) -> Iterator[tuple[int, int, Kind]]:
    """Yield floors of containers and trucks, with pieces of sizes without a common measure."""
    rng = random.Random(seed)  # noqa: S311 - no secrets
    while count:
        length, width = rng.randint(3_000, 13_600), rng.randint(1_800, 2_400)
        longer = rng.randint(500, 1_600)
        kind = Kind(longer, rng.randint(300, longer), turns=True)
        if pattern_bound(length, width, kind).pieces <= PROVEN_MAX:
            count -= 1
            yield length, width, kind


def _lay_out_random(count: int, seed: int) -> Row:
    pieces, bounds, areas, times = 0, 0, 0, []
    optimal = 0
    for length, width, kind in _random_floors(count, seed):
        began = time.process_time()
        layout = lay_out(length, width, kind)
        times.append(time.process_time() - began)
        pieces += len(layout.rectangles)
        bounds += layout.bound
        areas += length * width // kind.area_mm2
        optimal += layout.is_optimal
    return Row(
        name=f"{count} floors of random pieces",
        pieces=round(pieces / count, 2),
        proven=round(bounds / count, 2),
        area=round(areas / count, 2),
        optimal_percent=round(100 * optimal / count, 1),
        seconds=round(median(times), 3),
        worst_s=round(max(times), 3),
    )
