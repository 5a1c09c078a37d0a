"""Cargo to load. Cartons alike to the mm and g are one type, across consignments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Self

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import CartonGroup, PreloadedCarton, Rules
from groupage.domain.plan import Placement


@dataclass(frozen=True, slots=True)
class CargoSpace:
    """Inner space of a container that may be used, and its door, in mm."""

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
        """Return the space inside the margins."""
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
class CartonType:
    """Size, mass and strength that cartons have in common."""

    length: int
    width: int
    height: int
    gross_g: int
    upright: bool
    top_load_g: int | None

    @property
    def volume_mm3(self) -> int:
        """Volume of one carton."""
        return self.length * self.width * self.height

    def orientations(self, space: CargoSpace) -> list[tuple[int, int, int]]:
        """Return the ways to stand (dx, dy, dz) that fit the space and pass the door, sorted."""
        edges = (self.length, self.width, self.height)
        orientations = []
        for dx, dy, dz in sorted(set(permutations(edges))):
            if self.upright and dz != self.height:
                continue
            inside = dx <= space.x2 - space.x1 and dy <= space.y2 - space.y1 and dz <= space.height
            if inside and dy <= space.door_width and dz <= space.door_height:
                orientations.append((dx, dy, dz))
        return orientations


class Cargo(msgspec.Struct, frozen=True, kw_only=True):
    """The cartons of one consignment, to be loaded whole or not at all."""

    consignment_id: str
    cartons: tuple[CartonGroup, ...]
    must_stay: bool = False
    """On the manifest or loaded already: the last to be left out."""
    must_go: bool = False
    """A dispatcher pinned it: left out after all others but those that must stay."""
    worth: int | None = None
    """Cost of leaving it out; the loader leaves out the cheapest. None: its volume."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything to load into one container.

    `units[consignment][type]` are the unit ids of its cartons that are not loaded yet; a type is
    named by its index in `types`.
    """

    types: tuple[CartonType, ...]
    units: dict[str, dict[int, tuple[str, ...]]]
    preloaded: tuple[PreloadedCarton, ...]
    preloaded_types: tuple[CartonType, ...]
    """Type of each preloaded carton. One of an unknown consignment is weightless and strong."""

    def quantities(self, consignments: Sequence[str]) -> list[int]:
        """Count the cartons of each type that these consignments have."""
        counts = [0] * len(self.types)
        for consignment_id in consignments:
            for number, unit_ids in self.units[consignment_id].items():
                counts[number] += len(unit_ids)
        return counts

    def volume_mm3(self, consignment_id: str) -> int:
        """Return the volume of its cartons that are not loaded yet."""
        units = self.units[consignment_id]
        return sum(self.types[number].volume_mm3 * len(ids) for number, ids in units.items())

    def preloaded_placements(self) -> list[Placement]:
        """Return the preloaded cartons as the first ones of a load plan."""
        return [
            Placement(
                unit_id=carton.unit_id, consignment_id=carton.consignment_id, x_mm=carton.x_mm,
                y_mm=carton.y_mm, z_mm=carton.z_mm, dx_mm=carton.dx_mm, dy_mm=carton.dy_mm,
                dz_mm=carton.dz_mm, sequence=sequence,
            )
            for sequence, carton in enumerate(self.preloaded, start=1)
        ]  # fmt: skip

    def gross_g(self, consignment_id: str) -> int:
        """Return the mass of its cartons that are not loaded yet."""
        units = self.units[consignment_id]
        return sum(self.types[number].gross_g * len(ids) for number, ids in units.items())


def type_of(group: CartonGroup) -> CartonType:
    """Return the type of a group's cartons."""
    return CartonType(
        length=group.length_mm,
        width=group.width_mm,
        height=group.height_mm,
        gross_g=group.gross_g,
        upright=group.this_side_up,
        top_load_g=group.max_top_load_g,
    )


def stock_of(
    cargo: Mapping[str, tuple[CartonGroup, ...]], preloaded: Sequence[PreloadedCarton]
) -> Stock:
    """Sort cartons by type, largest first. Preloaded cartons are not loaded again."""
    preloaded_ids = {carton.unit_id for carton in preloaded}
    type_by_unit: dict[str, CartonType] = {}
    loose: dict[str, dict[CartonType, list[str]]] = {}
    for consignment_id, groups in cargo.items():
        ids_by_type = loose.setdefault(consignment_id, {})
        for group in groups:
            carton_type = type_of(group)
            for unit_id in group.unit_ids:
                if unit_id in preloaded_ids:
                    type_by_unit[unit_id] = carton_type
                else:
                    ids_by_type.setdefault(carton_type, []).append(unit_id)
    types = sorted(
        {carton_type for ids_by_type in loose.values() for carton_type in ids_by_type},
        key=lambda t: (-t.volume_mm3, t.length, t.width, t.height, t.gross_g, t.upright,
                       -1 if t.top_load_g is None else t.top_load_g),
    )  # fmt: skip
    index = {carton_type: number for number, carton_type in enumerate(types)}
    return Stock(
        types=tuple(types),
        units={
            consignment_id: {index[t]: tuple(unit_ids) for t, unit_ids in ids_by_type.items()}
            for consignment_id, ids_by_type in loose.items()
        },
        preloaded=tuple(preloaded),
        preloaded_types=tuple(
            type_by_unit.get(carton.unit_id)
            or CartonType(
                carton.dx_mm, carton.dy_mm, carton.dz_mm, 0, upright=True, top_load_g=None
            )
            for carton in preloaded
        ),
    )
