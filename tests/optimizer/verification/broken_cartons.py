"""Breaks in load plans: wrong cartons, cartons that cannot get in or cannot stand there."""

from collections.abc import Callable
from typing import Any

from groupage.domain.instance import Instance
from groupage.domain.plan import Placement, Plan
from tests.optimizer.verification.changes import (
    Both,
    Change,
    change_spec,
    combine,
    container,
    container_of,
    demand,
    edit,
    rules,
)


def cartons(name: str, change: Callable[[list[Placement]], list[Placement]]) -> Change:
    """Change the load plan of one container; `change` receives it in loading order."""

    def apply(case: Instance, old: Plan) -> Both:
        ordered = sorted(container_of(old, name).placements, key=lambda p: p.sequence)
        return container(name, placements=tuple(change(ordered)))(case, old)

    return apply


def carton(name: str, number: int, **changes: Any) -> Change:
    """Replace fields of the carton at an index of the loading order."""

    def change(ordered: list[Placement]) -> list[Placement]:
        ordered[number] = edit(ordered[number], **changes)
        return ordered

    return cartons(name, change)


def limit_top_load(consignment_id: str, grams: int) -> Change:
    """Limit the top load of all cartons of a consignment."""

    def change(case: Instance, old: Plan) -> Both:
        wanted = next(d for d in case.demands if d.consignment_id == consignment_id)
        groups = tuple(edit(group, max_top_load_g=grams) for group in wanted.cartons)
        return demand(consignment_id, cartons=groups)(case, old)

    return change


def swap_sequence(first: int, second: int) -> Callable[[list[Placement]], list[Placement]]:
    """Swap two cartons in the loading sequence."""

    def change(ordered: list[Placement]) -> list[Placement]:
        a, b = ordered[first], ordered[second]
        ordered[first] = edit(a, sequence=b.sequence)
        ordered[second] = edit(b, sequence=a.sequence)
        return ordered

    return change


def load_far_last(ordered: list[Placement]) -> list[Placement]:
    """Load a carton at the far wall after the carton directly in front of it."""
    for i, far in enumerate(ordered):
        for j, near in enumerate(ordered):
            level = far.z_mm == near.z_mm == 0 and far.y_mm == near.y_mm
            if level and near.x_mm == far.x_mm + far.dx_mm:
                return swap_sequence(i, j)(ordered)
    raise AssertionError


def find_stack(ordered: list[Placement]) -> tuple[int, int]:
    """Return the indices of a carton and of a carton that stands on it."""
    return next(
        (i, j)
        for i, low in enumerate(ordered)
        for j, high in enumerate(ordered)
        if high.z_mm == low.z_mm + low.dz_mm and (high.x_mm, high.y_mm) == (low.x_mm, low.y_mm)
    )


def load_base_last(ordered: list[Placement]) -> list[Placement]:
    """Load a carton after the carton that stands on it."""
    return swap_sequence(*find_stack(ordered))(ordered)


def remove_support(ordered: list[Placement]) -> list[Placement]:
    """Remove a carton that carries another."""
    low, _ = find_stack(ordered)
    return [*ordered[:low], *ordered[low + 1 :]]


def lift_highest(ordered: list[Placement]) -> list[Placement]:
    """Raise the highest carton by 7 mm."""
    top = max(range(len(ordered)), key=lambda i: ordered[i].z_mm + ordered[i].dz_mm)
    ordered[top] = edit(ordered[top], z_mm=ordered[top].z_mm + 7)
    return ordered


def push_over_edge(ordered: list[Placement]) -> list[Placement]:
    """Push a high carton half off its support, towards the door."""
    high = [i for i, p in enumerate(ordered) if p.z_mm > 0]
    front = max(high, key=lambda i: ordered[i].x_mm + ordered[i].dx_mm)
    ordered[front] = edit(ordered[front], x_mm=ordered[front].x_mm + 300)
    return ordered


def tip_over(ordered: list[Placement]) -> list[Placement]:
    """Lay a carton that must stay upright on its side."""
    number = next(i for i, p in enumerate(ordered) if p.consignment_id == "N1")
    ordered[number] = edit(ordered[number], dx_mm=400, dy_mm=400, dz_mm=600)
    return ordered


def share_place(ordered: list[Placement]) -> list[Placement]:
    """Put a carton into the place of another."""
    ordered[5] = edit(ordered[5], x_mm=ordered[4].x_mm, y_mm=ordered[4].y_mm, z_mm=ordered[4].z_mm)
    return ordered


STRANGER = Placement(
    unit_id="X-1", consignment_id="X", x_mm=5_000, y_mm=0, z_mm=0, dx_mm=100, dy_mm=100, dz_mm=100,
    sequence=62,
)  # fmt: skip
BREAKS: dict[str, tuple[str, Change]] = {
    # cartons
    "a carton missing": ("carton_missing", cartons("NEW-1", lambda c: c[:-1])),
    "a carton twice": ("carton_twice", cartons("NEW-1", lambda c: [*c, c[-1]])),
    "an unknown carton": ("unknown_carton", cartons("NEW-1", lambda c: [*c, STRANGER])),
    "listed under another consignment": (
        "wrong_consignment", carton("NEW-1", 0, consignment_id="M1"),
    ),
    "a carton of another container": ("unknown_carton", carton("NEW-1", 0, unit_id="M1-001")),
    "a carton shrunk": ("wrong_size", carton("NEW-1", 3, dz_mm=399)),
    "a carton of no height": ("wrong_size", carton("NEW-1", 3, dz_mm=0)),
    "a carton tipped over": ("wrong_way_up", cartons("NEW-1", tip_over)),
    "a standing carton moved": ("standing_moved", carton("LOCKED", 1, x_mm=100)),
    "a standing carton turned": ("standing_moved", carton("LOCKED", 1, dx_mm=600, dy_mm=400)),
    "a standing carton lost": ("standing_lost", cartons("LOCKED", lambda c: c[1:])),
    "a standing carton loaded again": ("wrong_sequence", cartons("LOCKED", swap_sequence(0, 10))),
    # the way in
    "a number twice": ("wrong_sequence", carton("NEW-1", 0, sequence=2)),
    "a number left out": ("wrong_sequence", carton("NEW-1", -1, sequence=999)),
    "counted from 0": ("wrong_sequence", carton("NEW-1", 0, sequence=0)),
    "barred by a carton before it": ("not_loadable", cartons("NEW-2", load_far_last)),
    "set down under another": ("not_loadable", cartons("NEW-2", load_base_last)),
    # where it stands
    "through the far wall": ("outside_walls", carton("NEW-1", 0, x_mm=-1)),
    "through the left wall": ("outside_walls", carton("NEW-1", 0, y_mm=-1)),
    "through the floor": ("outside_walls", carton("NEW-1", 0, z_mm=-1)),
    "through the right wall": ("outside_walls", carton("NEW-1", -1, y_mm=2_100)),
    "through the door": ("outside_walls", carton("NEW-1", -1, x_mm=5_800)),
    "through the roof": ("outside_walls", carton("NEW-1", -1, z_mm=2_300)),
    "farther than any container reaches": ("outside_walls", carton("NEW-1", -1, x_mm=10**30)),
    "too near to the wall": ("outside_walls", rules(wall_margin_mm=5)),
    "too near to the door": ("outside_walls", rules(door_margin_mm=5_500)),
    "wider than the door": ("larger_than_door", change_spec(door_width_mm=300)),
    "two in one place": ("overlap", cartons("NEW-1", share_place)),
    "into its neighbour": ("overlap", carton("NEW-2", 1, z_mm=1)),
    "into a standing carton": ("overlap", carton("LOCKED", -1, x_mm=0, y_mm=0, z_mm=400)),
    "floating": ("unsupported", cartons("NEW-1", lift_highest)),
    "over the edge": ("unsupported", cartons("NEW-2", push_over_edge)),
    "its support pulled out": ("unsupported", cartons("NEW-2", remove_support)),
    "crushed": ("crushed", limit_top_load("M1", 0)),
    "crushed by a little": ("crushed", limit_top_load("M1", 11_999)),
    "a standing carton crushed": (
        "crushed",
        combine(limit_top_load("K1", 12_000), carton("LOCKED", -1, x_mm=0, y_mm=0, z_mm=800)),
    ),
}  # fmt: skip
