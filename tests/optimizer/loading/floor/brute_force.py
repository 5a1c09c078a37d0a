"""A plain search for layouts on small floors, cell by cell, to compare the loader with."""

from collections.abc import Mapping, Sequence
from functools import cache

from optimizer.loading.floor.kinds import Floor, Kind, Rectangle


def fits(floor: Floor, counts: Mapping[Kind, int]) -> bool:
    """Return whether all pieces fit, by trying every piece and no piece on the first free cell."""
    kinds = list(counts)
    taken = frozenset(
        (x, y) for y1, y2, begin in floor.steps for y in range(y1, y2) for x in range(begin)
    )
    cells = [(x, y) for x in range(floor.length) for y in range(floor.width)]

    @cache
    def search(at: int, full: frozenset[tuple[int, int]], left: tuple[int, ...]) -> bool:
        if not any(left):
            return True
        while at < len(cells) and cells[at] in full:
            at += 1
        if at == len(cells):
            return False
        free = len(cells) - at
        if sum(kind.area_mm2 * n for kind, n in zip(kinds, left, strict=True)) > free:
            return False
        x, y = cells[at]
        for number, kind in enumerate(kinds):
            for dx, dy in kind.ways() if left[number] else ():
                piece = {(x + i, y + j) for i in range(dx) for j in range(dy)}
                inside = x + dx <= floor.length and y + dy <= floor.width
                if inside and not piece & full:
                    rest = (*left[:number], left[number] - 1, *left[number + 1 :])
                    if search(at + 1, full | piece, rest):
                        return True
        return search(at + 1, full, left)

    return search(0, taken, tuple(counts.values()))


def mistakes(floor: Floor, counts: Mapping[Kind, int], places: Sequence[Rectangle]) -> list[str]:
    """Return what is wrong with a layout of these pieces."""
    wrong = []
    left = {kind: n for kind, n in counts.items() if n}
    for place in places:
        kinds = [k for k in sorted(left, key=lambda k: k.turns) if (place.dx, place.dy) in k.ways()]
        kind = next((k for k in kinds if left[k]), None)
        if kind is None:
            wrong.append(f"no piece is left for {place}")
        else:
            left[kind] -= 1
        if place.y < 0 or place.y + place.dy > floor.width or place.x + place.dx > floor.length:
            wrong.append(f"{place} reaches through a wall")
        for y1, y2, begin in floor.steps:
            if place.y < y2 and y1 < place.y + place.dy and place.x < begin:
                wrong.append(f"{place} is where something stands")
    for number, place in enumerate(places):
        for other in places[:number]:
            beside = place.x >= other.x + other.dx or other.x >= place.x + place.dx
            before = place.y >= other.y + other.dy or other.y >= place.y + place.dy
            if not beside and not before:
                wrong.append(f"{place} and {other} overlap")
    return wrong + [f"{n} of {kind} are missing" for kind, n in left.items() if n]
