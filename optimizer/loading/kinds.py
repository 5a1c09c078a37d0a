"""What there is to load: cartons alike to the mm and g are one kind, whoever owns them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Self

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import CartonGroup, FixedStanding, Rules


@dataclass(frozen=True, slots=True)
class Hold:
    """The room that may be used, in mm, and what may go through the door."""

    x1: int
    x2: int
    y1: int
    y2: int
    height: int
    door_width: int
    door_height: int
    payload_g: int

    @classmethod
    def of(cls, spec: ContainerSpec, rules: Rules) -> Self:
        """The container without its margins."""
        return cls(
            x1=rules.wall_margin_mm,
            x2=spec.length_mm - rules.door_margin_mm,
            y1=rules.wall_margin_mm,
            y2=spec.width_mm - rules.wall_margin_mm,
            height=spec.height_mm,
            door_width=spec.door_width_mm,
            door_height=spec.door_height_mm,
            payload_g=spec.payload_g,
        )

    @property
    def volume_mm3(self) -> int:
        """Usable volume."""
        return (self.x2 - self.x1) * (self.y2 - self.y1) * self.height


@dataclass(frozen=True, slots=True)
class Kind:
    """Cartons that are alike."""

    length: int
    width: int
    height: int
    gross_g: int
    upright: bool
    top_load_g: int | None

    @property
    def volume_mm3(self) -> int:
        """Of one carton."""
        return self.length * self.width * self.height

    def positions(self, hold: Hold) -> list[tuple[int, int, int]]:
        """Ways to stand (dx, dy, dz) that fit the hold and pass the door, without repeats."""
        edges = (self.length, self.width, self.height)
        found = []
        for dx, dy, dz in sorted(set(permutations(edges))):
            if self.upright and dz != self.height:
                continue
            inside = dx <= hold.x2 - hold.x1 and dy <= hold.y2 - hold.y1 and dz <= hold.height
            if inside and dy <= hold.door_width and dz <= hold.door_height:
                found.append((dx, dy, dz))
        return found


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything that should go in.

    `units[consignment][kind]` are the marks of its cartons that do not stand in the container yet.
    """

    kinds: tuple[Kind, ...]
    units: dict[str, dict[int, tuple[str, ...]]]
    fixed: tuple[FixedStanding, ...]
    fixed_kinds: tuple[Kind, ...]
    """Mass and strength of each standing carton; strangers count as weightless and strong."""

    def quantities(self, consignments: Sequence[str]) -> list[int]:
        """How many cartons of each kind these consignments have."""
        counts = [0] * len(self.kinds)
        for consignment_id in consignments:
            for kind, units in self.units[consignment_id].items():
                counts[kind] += len(units)
        return counts

    def volume_mm3(self, consignment_id: str) -> int:
        """Of its cartons that do not stand yet."""
        units = self.units[consignment_id]
        return sum(self.kinds[kind].volume_mm3 * len(marks) for kind, marks in units.items())

    def gross_g(self, consignment_id: str) -> int:
        """Of its cartons that do not stand yet."""
        units = self.units[consignment_id]
        return sum(self.kinds[kind].gross_g * len(marks) for kind, marks in units.items())


def _kind_of(group: CartonGroup) -> Kind:
    return Kind(
        length=group.length_mm,
        width=group.width_mm,
        height=group.height_mm,
        gross_g=group.gross_g,
        upright=group.this_side_up,
        top_load_g=group.max_top_load_g,
    )


def stock_of(lots: Mapping[str, tuple[CartonGroup, ...]], fixed: Sequence[FixedStanding]) -> Stock:
    """Sort the cartons into kinds, biggest first; what stands already is not loaded again."""
    standing = {box.unit_id for box in fixed}
    kind_by_unit: dict[str, Kind] = {}
    loose: dict[str, dict[Kind, list[str]]] = {}
    for consignment_id, groups in lots.items():
        mine = loose.setdefault(consignment_id, {})
        for group in groups:
            kind = _kind_of(group)
            for unit_id in group.unit_ids:
                if unit_id in standing:
                    kind_by_unit[unit_id] = kind
                else:
                    mine.setdefault(kind, []).append(unit_id)
    kinds = sorted(
        {kind for mine in loose.values() for kind in mine},
        key=lambda k: (-k.volume_mm3, k.length, k.width, k.height, k.gross_g, k.upright,
                       -1 if k.top_load_g is None else k.top_load_g),
    )  # fmt: skip
    index = {kind: number for number, kind in enumerate(kinds)}
    return Stock(
        kinds=tuple(kinds),
        units={
            consignment_id: {index[kind]: tuple(marks) for kind, marks in mine.items()}
            for consignment_id, mine in loose.items()
        },
        fixed=tuple(fixed),
        fixed_kinds=tuple(
            kind_by_unit.get(box.unit_id)
            or Kind(box.dx_mm, box.dy_mm, box.dz_mm, 0, upright=True, top_load_g=None)
            for box in fixed
        ),
    )
