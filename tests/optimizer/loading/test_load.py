"""Loading rule by rule: cargo that just fits is loaded; cargo that just does not is left whole."""

from typing import Any

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import CartonGroup, PreloadedCarton
from optimizer.deadline import unlimited
from optimizer.loading.api import cargo_of, load
from optimizer.loading.engine import _pass_budget, _Search
from optimizer.loading.stock import Cargo, CargoSpace, stock_of
from tests.optimizer.loading.load_plans import RULES, SMALL, load_and_verify, rules, violations_of
from tests.optimizer.world import demand, group

edit = msgspec.structs.replace


def consignment(name: str, *groups: CartonGroup, must_stay: bool = False) -> Cargo:
    """A consignment's cartons."""
    return Cargo(consignment_id=name, cartons=groups, must_stay=must_stay)


def cubes(name: str, quantity: int, edge_mm: int = 400, **more: Any) -> Cargo:
    """A consignment of cubes."""
    return consignment(name, group(name, quantity, (edge_mm, edge_mm, edge_mm), **more))


def test_nothing_to_load() -> None:
    """No consignments, no placements, nothing unplaced."""
    loaded = load(SMALL, (), (), RULES)
    assert (loaded.placements, loaded.unplaced, loaded.fill_permille) == ((), (), 0)


def test_fills_to_the_last_cube() -> None:
    """Forty-five cubes of 400 mm fill a space of 5 x 3 x 3 exactly; one more does not fit."""
    loaded = load_and_verify(SMALL, [cubes("C", 45)])
    assert (len(loaded.placements), loaded.fill_permille, loaded.unplaced) == (45, 1_000, ())
    assert load_and_verify(SMALL, [cubes("C", 46)]).unplaced == ("C",)


def test_sequence_counts_from_one() -> None:
    """Placements come in loading order, numbered without gaps."""
    loaded = load_and_verify(SMALL, [cubes("A", 7), cubes("B", 8, 300)])
    assert [placement.sequence for placement in loaded.placements] == list(range(1, 16))


def test_consignments_are_whole() -> None:
    """Of three consignments of which two fit, two go in completely and one not at all."""
    cargo = [cubes("A", 20), cubes("B", 20), cubes("C", 20)]
    loaded = load_and_verify(SMALL, cargo)
    assert len(loaded.unplaced) == 1
    assert len(loaded.placements) == 40


@pytest.mark.parametrize("cheap", ["A", "B", "C"])
def test_the_cheapest_gives_way(cheap: str) -> None:
    """Of three alike of which two fit, the cheapest to leave out is not loaded."""
    cargo = [edit(cubes(name, 20), worth=1 if name == cheap else 5) for name in "ABC"]
    assert load_and_verify(SMALL, cargo).unplaced == (cheap,)


def test_an_expensive_consignment_replaces_the_cheapest_that_frees_enough() -> None:
    """None that is too small, more expensive, or must stay; without any, it is not loaded."""
    cargo = {name: (group(name, count, (400, 400, 400)),) for name, count in SIZES.items()}
    stock = stock_of(cargo, ())
    worth = {"OUT": 50, "small": 1, "cheap": 20, "dear": 60, "must stay": 2}
    run = _Search(
        CargoSpace.of(SMALL, RULES),
        stock,
        {name: 0 if name == "must stay" else 2 for name in cargo},
        worth,
        effort=9,
        seed=0,
        deadline=unlimited("load"),
    )
    every, unplaced_mm3 = list(SIZES), 3 * 400**3
    assert run.exchange(every, "OUT", unplaced_mm3) == ["OUT", "small", "dear", "must stay"]
    assert "OUT" not in run.exchange(["OUT", "small", "dear", "must stay"], "OUT", unplaced_mm3)


SIZES = {"OUT": 4, "small": 2, "cheap": 3, "dear": 5, "must stay": 9}
"""Cartons of each."""


def test_what_must_stay_stays() -> None:
    """The committed consignment is kept although it is the biggest."""
    cargo = [cubes("A", 20), edit(cubes("B", 25), must_stay=True)]
    assert load_and_verify(SMALL, cargo).unplaced == ()
    cargo[0] = cubes("A", 21)
    assert load_and_verify(SMALL, cargo).unplaced == ("A",)


@pytest.mark.parametrize(
    ("upright", "size_mm", "fits"),
    [
        (False, (300, 300, 1_500), True),
        (True, (300, 300, 1_500), False),
        (True, (1_500, 300, 300), True),
    ],
)
def test_this_side_up(*, upright: bool, size_mm: tuple[int, int, int], fits: bool) -> None:
    """A carton higher than the container lies down, unless it must stay upright."""
    cargo = [consignment("C", group("C", 2, size_mm, this_side_up=upright))]
    assert (not load_and_verify(SMALL, cargo).unplaced) == fits


@pytest.mark.parametrize(
    ("size_mm", "fits"),
    [
        ((1_900, 1_150, 1_100), True),
        ((1_900, 1_151, 1_101), False),
        ((1_160, 1_160, 1_160), False),
        ((2_001, 100, 100), False),
    ],
)
def test_door_and_walls(*, size_mm: tuple[int, int, int], fits: bool) -> None:
    """A carton must pass the door as it will stand, and fit behind it."""
    loaded = load_and_verify(SMALL, [consignment("C", group("C", 1, size_mm)), cubes("D", 1, 50)])
    assert ("C" not in loaded.unplaced) == fits
    assert "D" not in loaded.unplaced


def test_margins_take_space() -> None:
    """With 1 mm of margin at the walls a row of three cubes does not fit any more."""
    cargo = [cubes("C", 45)]
    assert load_and_verify(SMALL, cargo, under=rules(wall_margin_mm=1)).unplaced == ("C",)
    assert load_and_verify(SMALL, cargo, under=rules(door_margin_mm=1)).unplaced == ("C",)
    few = [cubes("C", 16)]
    loaded = load_and_verify(SMALL, few, under=rules(wall_margin_mm=100, door_margin_mm=100))
    assert loaded.unplaced == ()
    assert min(p.y_mm for p in loaded.placements) == 100


def test_payload() -> None:
    """Two tonnes may go in: the heavy consignment beyond that is not loaded."""
    cargo = [cubes("A", 10, gross_g=100_000), cubes("B", 10, gross_g=100_000)]
    assert load_and_verify(SMALL, cargo).unplaced == ()
    cargo[1] = cubes("B", 10, gross_g=100_001)
    assert load_and_verify(SMALL, cargo).unplaced == ("B",)


def test_nothing_on_fragile_cartons() -> None:
    """Cartons that bear nothing end up on top of the others, not under them."""
    cargo = [cubes("WEAK", 15, max_top_load_g=0), cubes("STRONG", 30)]
    assert load_and_verify(SMALL, cargo).unplaced == ()
    too_many = [cubes("WEAK", 16, max_top_load_g=0)]
    assert load_and_verify(SMALL, too_many).unplaced == ("WEAK",)


@pytest.mark.parametrize(("limit_g", "layers"), [(24_000, 3), (23_999, 2), (12_000, 2)])
def test_stack_as_high_as_the_carton_bears(limit_g: int, layers: int) -> None:
    """Cartons of 12 kg stand in as many layers as their strength allows, to the gram."""
    fits = [cubes("C", 15 * layers, max_top_load_g=limit_g)]
    assert load_and_verify(SMALL, fits).unplaced == ()
    more = [cubes("C", 15 * layers + 1, max_top_load_g=limit_g)]
    assert load_and_verify(SMALL, more).unplaced == ("C",)


def _standing(unit_id: str, x_mm: int, y_mm: int, z_mm: int, edge_mm: int = 400) -> PreloadedCarton:
    return PreloadedCarton(
        unit_id=unit_id, consignment_id="OLD", x_mm=x_mm, y_mm=y_mm, z_mm=z_mm,
        dx_mm=edge_mm, dy_mm=edge_mm, dz_mm=edge_mm,
    )  # fmt: skip


def test_around_what_stands() -> None:
    """Standing cartons keep their place, count as loaded first, and carry others."""
    preloaded = [_standing("OLD-001", 0, 0, 0), _standing("OLD-002", 0, 800, 0)]
    old = cubes("OLD", 2, 400)
    loaded = load_and_verify(SMALL, [old, cubes("C", 43)], preloaded=preloaded)
    assert loaded.unplaced == ()
    assert [p.unit_id for p in loaded.placements[:2]] == ["OLD-001", "OLD-002"]
    assert loaded.fill_permille == 1_000


def test_strangers_that_stand_are_obstacles() -> None:
    """A standing carton of an unknown consignment takes its space and stays in the plan."""
    preloaded = [_standing("X-1", 0, 400, 0)]
    assert load_and_verify(SMALL, [cubes("C", 44)], preloaded=preloaded).unplaced == ()
    assert load_and_verify(SMALL, [cubes("C", 45)], preloaded=preloaded).unplaced == ("C",)


def test_a_wall_of_standing_cartons_bars_what_is_behind() -> None:
    """Nothing can be put behind a wall: the space towards the far end is lost."""
    preloaded = [_standing(f"X-{y}{z}", 800, y, z) for z in (0, 400, 800) for y in (0, 400, 800)]
    loaded = load_and_verify(SMALL, [cubes("C", 18)], preloaded=preloaded)
    assert loaded.unplaced == ()
    assert min(p.x_mm for p in loaded.placements[9:]) == 1_200
    assert load_and_verify(SMALL, [cubes("C", 19)], preloaded=preloaded).unplaced == ("C",)


def test_same_input_same_plan() -> None:
    """Twice the same, and the order of consignments does not matter."""
    cargo = [
        cubes("A", 9, 370),
        cubes("B", 11, 290),
        consignment("C", group("C", 9, (510, 330, 270))),
    ]
    first = load(SMALL, cargo, (), RULES)
    assert load(SMALL, cargo, (), RULES) == first
    assert load(SMALL, cargo[::-1], (), RULES) == first


def test_cargo_of_demand() -> None:
    """The cargo of a demand has its cartons, and must stay if it is committed."""
    wanted = demand("C", committed=True)
    assert cargo_of(wanted, worth=7) == Cargo(
        consignment_id="C", cartons=wanted.cartons, must_stay=True, worth=7
    )


@pytest.mark.slow
def test_mixed_cargo_is_full_enough() -> None:
    """Twenty carton types fill at least 78 % of a 20-foot container, with full support."""
    sizes = [(380 + 17 * n % 190, 290 + 23 * n % 110, 210 + 31 * n % 120) for n in range(20)]
    cargo = [consignment(f"C{n:02d}", group(f"C{n:02d}", 45, size)) for n, size in enumerate(sizes)]
    loaded = load_and_verify(spec_of("22G1"), cargo, effort=6)
    assert loaded.unplaced
    assert loaded.fill_permille >= 780


BAD: list[tuple[str, Cargo | PreloadedCarton, str]] = [
    ("no length", consignment("C", group("C", 1, (0, 1, 1))), "carton group 1: length_mm is 0"),
    ("negative", consignment("C", group("C", 1, (1, -5, 1))), "width_mm is -5"),
    (
        "no height",
        consignment("C", group("A", 1), group("C", 1, (1, 1, 0))),
        "group 2: height_mm is 0",
    ),
    ("no mass", cubes("C", 1, gross_g=0), "consignment C, carton group 1: gross_g is 0"),
    ("top load", cubes("C", 1, max_top_load_g=-1), "max_top_load_g is -1"),
    ("no units", cubes("C", 0), "unit_ids is empty"),
    ("no cartons", consignment("C"), "consignment C: cartons is empty"),
    ("unit twice", consignment("C", group("C", 1), group("C", 1)), "unit_ids names C-001 again"),
    ("too many", cubes("C", 20_001, 1), "20001 cartons for one container"),
    ("flat", _standing("X", 0, 0, 0, 0), "preloaded carton X: dx_mm is 0"),
    ("outside", _standing("X", 1_700, 0, 0), "x_mm + size is 2100, must be at most 2000"),
    ("under the floor", _standing("X", 0, 0, -1), "z_mm is -1, must be at least 0"),
]


@pytest.mark.parametrize(("what", "item", "message"), BAD, ids=[row[0] for row in BAD])
def test_nonsense_is_named(what: str, item: Cargo | PreloadedCarton, message: str) -> None:
    """The error names the item, the field, the value and what would be right."""
    cargo = [item] if isinstance(item, Cargo) else []
    preloaded = [item] if isinstance(item, PreloadedCarton) else []
    with pytest.raises(InvalidInput) as caught:
        load(SMALL, cargo, preloaded, RULES)
    assert message in str(caught.value)


def test_nonsense_of_the_container_is_named() -> None:
    """The loader also checks sizes, margins, repeated ids and effort."""
    with pytest.raises(InvalidInput, match="container 22G1: door_width_mm is 0"):
        load(edit(SMALL, door_width_mm=0), (), (), RULES)
    with pytest.raises(InvalidInput, match="container 22G1: payload_g is 0"):
        load(edit(SMALL, max_gross_g=SMALL.tare_g), (), (), RULES)
    with pytest.raises(InvalidInput, match=r"wall_margin_mm 600 .* leave no space"):
        load(SMALL, (), (), rules(wall_margin_mm=600))
    with pytest.raises(InvalidInput, match="consignment C: consignment_id occurs twice"):
        load(SMALL, [cubes("C", 1), cubes("C", 1)], (), RULES)
    with pytest.raises(InvalidInput, match="preloaded carton X: unit_id occurs twice"):
        load(SMALL, (), [_standing("X", 0, 0, 0), _standing("X", 400, 0, 0)], RULES)
    with pytest.raises(InvalidInput, match="effort is 0"):
        load(SMALL, (), (), RULES, effort=0)


def test_verifier_sees_what_the_loader_would_not_do() -> None:
    """The helper of these tests rejects a wrong load plan."""
    cargo = [cubes("C", 5)]
    loaded = load(SMALL, cargo, (), RULES)
    first, *rest = loaded.placements
    broken = edit(loaded, placements=(edit(first, z_mm=50), *rest))
    assert {violation.code for violation in violations_of(SMALL, cargo, broken)} >= {"unsupported"}


def test_few_passes_leave_no_container_empty_beside_small_cargo() -> None:
    """The loader drops consignments until one fits, also when the effort is spent."""
    box = spec_of("22G1")
    floor_only = CartonGroup(
        unit_ids=tuple(f"W-{n}" for n in range(200)),
        length_mm=600, width_mm=400, height_mm=900, gross_g=9_000,
        this_side_up=True, max_top_load_g=0,
    )  # fmt: skip
    small = CartonGroup(
        unit_ids=("S-1",), length_mm=300, width_mm=300, height_mm=300, gross_g=2_000
    )
    cargo = [
        Cargo(consignment_id="WIDE", cartons=(floor_only,)),
        Cargo(consignment_id="SMALL", cartons=(small,)),
    ]
    loaded = load(box, cargo, (), RULES, effort=1)
    assert loaded.unplaced == ("WIDE",)
    assert [p.unit_id for p in loaded.placements] == ["S-1"]


def test_the_effort_shrinks_with_the_number_of_sizes() -> None:
    """With hundreds of carton types each pass takes long: fewer are made, but at least eight."""
    assert _pass_budget(24, 10) == _pass_budget(24, 80) == 24
    assert _pass_budget(24, 160) == 12
    assert _pass_budget(24, 1_000) == 8
    assert _pass_budget(2, 1_000) == 2
