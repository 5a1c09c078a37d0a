"""Give the places of a layout to the cartons of its consignments."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from optimizer.loading.floor.kinds import Kind, Rectangle
from optimizer.loading.stock import CargoSpace, CartonType

Units = Mapping[str, Mapping[int, Sequence[str]]]
"""Consignment → type → unit ids, as `Stock.units`."""


class StandingCarton(NamedTuple):
    """A carton in its place on the floor of a container."""

    type_number: int
    consignment_id: str
    unit_id: str
    x_mm: int
    y_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int


def count_pieces(units: Mapping[int, Sequence[str]], kinds: Mapping[int, Kind]) -> dict[Kind, int]:
    """Count the pieces of each kind among the cartons of a consignment."""
    counts: dict[Kind, int] = {}
    for number, unit_ids in units.items():
        counts[kinds[number]] = counts.get(kinds[number], 0) + len(unit_ids)
    return counts


def assign_cartons(
    space: CargoSpace,
    types: Sequence[CartonType],
    units: Units,
    kinds: Mapping[int, Kind],
    places: Sequence[Rectangle],
) -> Iterator[StandingCarton]:
    """Yield a carton for each place, in the order of the places; consignments stand together."""
    waiting: dict[Kind, deque[tuple[int, str, str]]] = {}
    for consignment_id, by_type in units.items():
        for number, unit_ids in by_type.items():
            cartons = waiting.setdefault(kinds[number], deque())
            cartons.extend((number, consignment_id, unit_id) for unit_id in unit_ids)
    # Kinds that do not turn first: a piece that turns can take any place that is left.
    order = sorted(waiting, key=lambda kind: kind.turns)
    for x, y, dx, dy in places:
        kind = next(kind for kind in order if waiting[kind] and (dx, dy) in kind.ways())
        number, consignment_id, unit_id = waiting[kind].popleft()
        orientations = types[number].orientations(space)
        dz = min(dz for *base, dz in orientations if base == [dx, dy])
        yield StandingCarton(
            number, consignment_id, unit_id, space.x1 + x, space.y1 + y, dx, dy, dz
        )
