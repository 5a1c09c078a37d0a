"""A container loading problem, the rules that hold for it, and a load plan.

Lengths are integers in the unit of the problem (cm in most files of the literature), masses
grams. Seen from the door, the origin is the far left floor corner: x towards the door, y to
the right, z up.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Literal, NamedTuple, TypeAlias

import msgspec

Support: TypeAlias = Literal["none", "full"]
Edges: TypeAlias = tuple[int, int, int]


class BoxType(msgspec.Struct, frozen=True, kw_only=True):
    """Boxes that are alike."""

    number: int
    """In its file, from 1. Boxes of a number that go to different stops are types of their own."""
    edges: Edges
    vertical: tuple[bool, bool, bool]
    """Which of the edges may stand vertical."""
    quantity: int
    gross_g: int = 0
    stop: int = 1
    """The stop where it is unloaded; stop 1 is the first."""
    top_load_g: int | None = None
    """Grams that may rest on a box; 0: not stackable. None: any mass."""
    top_pressure_g_per_cm2: int | None = None
    """Grams that may rest on each cm² of its top, at each place of contact."""
    layers_max: int | None = None
    """Boxes in a stack of boxes of this number, the lowest included."""
    stack_class: int = 0
    """A box stands only on boxes of its own class or a higher (heavier) one."""

    @property
    def volume(self) -> int:
        """Volume of one box."""
        return self.edges[0] * self.edges[1] * self.edges[2]

    def orientations(self) -> set[Edges]:
        """Return the ways to stand (dx, dy, dz) that the marks allow."""
        return {
            (self.edges[i], self.edges[j], self.edges[k])
            for i, j, k in permutations(range(3))
            if self.vertical[k]
        }


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Where the centre of gravity of the cargo must be, by the CTU Code, annex 7."""

    length_permille: int = 50
    """Largest distance from the middle of the length, of the length."""
    width_permille: int = 50
    height_permille: int = 550
    """Largest height above the floor, of the inner height."""
    half_permille: int = 600
    """Largest share of the mass in half of the length."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Rules beyond walls, overlaps, counts and orientation marks."""

    support: Support = "none"
    """`full`: the whole base of each box rests on the floor or on tops of other boxes."""
    stops: bool = False
    """Boxes are unloaded stop by stop; none stands in the way of a box of an earlier stop."""
    cross_depth: int = 0
    """How far a box of a later stop may reach past the door side of one of an earlier stop."""
    bearing: bool = False
    """Limits on what rests on a box, layers and stack classes hold."""
    balance: Balance | None = None
    payload_g: int | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Boxes, and the container that they go into."""

    family: str
    """Name of its class or file, for example BR5."""
    number: int
    """In its class or file, from 1."""
    container: Edges
    types: tuple[BoxType, ...]
    rules: Rules = Rules()
    unit_mm: int = 10
    """Millimetres in the unit of length."""
    all_boxes: bool = False
    """All boxes go into as few containers as possible; else one container is filled."""

    @property
    def name(self) -> str:
        """Name of the instance, for example BR5/1."""
        return f"{self.family}/{self.number}"

    @property
    def volume(self) -> int:
        """Inner volume of a container."""
        return self.container[0] * self.container[1] * self.container[2]

    @property
    def cargo_volume(self) -> int:
        """Volume of all boxes."""
        return sum(t.volume * t.quantity for t in self.types)

    @property
    def containers_min(self) -> int:
        """Containers that the volume of the boxes needs at least."""
        return -(-self.cargo_volume // self.volume)


class Box(NamedTuple):
    """A box in its place. `type_index` is its type's index in `Problem.types`."""

    type_index: int
    x: int
    y: int
    z: int
    dx: int
    dy: int
    dz: int

    @property
    def volume(self) -> int:
        """Volume as it stands."""
        return self.dx * self.dy * self.dz


LoadPlan: TypeAlias = Sequence[Box]
"""The boxes of one container, in loading sequence where the solver has one."""
