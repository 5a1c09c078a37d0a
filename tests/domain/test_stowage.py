"""Where cartons stand: rows, columns and layers."""

import random

import pytest

from groupage.domain.plan import Placement
from groupage.domain.stowage import Stowage, stowage_of, stowage_text

Corner = tuple[int, int, int]


def placement(name: str, corner: Corner, size: Corner, sequence: int) -> Placement:
    """Place a carton."""
    (x, y, z), (dx, dy, dz) = corner, size
    return Placement(
        unit_id=name,
        consignment_id="CN-1",
        x_mm=x,
        y_mm=y,
        z_mm=z,
        dx_mm=dx,
        dy_mm=dy,
        dz_mm=dz,
        sequence=sequence,
    )


def by_name(*placements: Placement) -> dict[str, tuple[int, int, int]]:
    """Return row, column and layer of each carton."""
    return {each.unit_id: (each.row, each.column, each.layer) for each in stowage_of(placements)}


CUBE = (500, 500, 500)


def test_cartons_count_from_the_far_left_corner() -> None:
    """Rows towards the door, columns to the right, layers upwards."""
    assert by_name(
        placement("corner", (0, 0, 0), CUBE, 1),
        placement("above", (0, 0, 500), CUBE, 2),
        placement("right", (0, 500, 0), CUBE, 3),
        placement("before", (500, 0, 0), CUBE, 4),
        placement("far off", (2_000, 1_500, 1_000), CUBE, 5),
    ) == {
        "corner": (1, 1, 1),
        "above": (1, 1, 2),
        "right": (1, 2, 1),
        "before": (2, 1, 1),
        "far off": (1, 1, 1),
    }


def test_what_only_touches_does_not_count() -> None:
    """A neighbour beside the corridor is not behind a carton; a long one behind it is."""
    assert by_name(
        placement("long", (0, 0, 0), (1_000, 300, 300), 1),
        placement("behind it", (1_000, 250, 0), CUBE, 2),
        placement("beside", (1_000, 750, 0), CUBE, 3),
    ) == {"long": (1, 1, 1), "behind it": (2, 1, 1), "beside": (1, 2, 1)}


@pytest.mark.parametrize("seed", range(5))
def test_ranks_are_the_longest_chains(seed: int) -> None:
    """The sets of bits give what the definition gives, for random boxes that may overlap."""
    draw = random.Random(seed)
    placements = [
        placement(
            str(number),
            (draw.randrange(2_000), draw.randrange(2_000), draw.randrange(2_000)),
            (draw.randrange(1, 700), draw.randrange(1, 700), draw.randrange(1, 700)),
            number,
        )
        for number in range(60)
    ]
    assert {each.unit_id: each.row for each in stowage_of(placements)} == rows_of(placements)


def rows_of(placements: list[Placement]) -> dict[str, int]:
    """Compute the rows by their definition."""

    def stands_behind(far: Placement, near: Placement) -> bool:
        return (
            far.x_mm + far.dx_mm <= near.x_mm
            and far.y_mm < near.y_mm + near.dy_mm
            and near.y_mm < far.y_mm + far.dy_mm
            and far.z_mm < near.z_mm + near.dz_mm
            and near.z_mm < far.z_mm + far.dz_mm
        )

    rows: dict[str, int] = {}
    done: list[Placement] = []
    for near in sorted(placements, key=lambda each: each.x_mm):
        behind = [rows[far.unit_id] for far in done if stands_behind(far, near)]
        rows[near.unit_id] = 1 + max(behind, default=0)
        done.append(near)
    return rows


def test_in_words() -> None:
    """A line says where it stands and when it is loaded."""
    cartons = [placement("a", (0, 0, 0), CUBE, 1), placement("b", (0, 0, 500), CUBE, 2)]
    _, upper = stowage_of(cartons, reported={"b"})
    assert stowage_text(upper) == (
        "row 1, column 1, layer 2 from the far left floor corner; x y z 0 0 500 mm; "
        "no. 2 of 2 in the order of loading"
    )
    assert upper.reported
    (unplanned,) = stowage_of([placement("c", (0, 0, 0), CUBE, 0)])
    assert stowage_text(unplanned).endswith("x y z 0 0 0 mm; in no plan")
    assert isinstance(unplanned, Stowage)
