"""Load cargo of one layer with the product's entry point, check with the verifier."""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.containers import spec_of
from groupage.domain.instance import PreloadedCarton
from optimizer.deadline import Deadline
from optimizer.loading.api import load
from optimizer.loading.engine import search
from optimizer.loading.engines import search_with_best_engine
from optimizer.loading.floor.engine import floor_kinds
from optimizer.loading.stock import Cargo, CargoSpace, stock_of
from tests.optimizer.loading.load_plans import (
    RULES,
    SMALL,
    load_and_verify,
    rules,
    unlimited_search,
    violations_of,
)
from tests.optimizer.world import group

INDUSTRIAL, EURO = (1_200, 1_000, 1_300), (1_200, 800, 1_000)


def _cargo(
    name: str,
    quantity: int,
    size_mm: tuple[int, int, int],
    *,
    worth: int | None = None,
    must_stay: bool = False,
    must_go: bool = False,
    **more: Any,
) -> Cargo:
    """A consignment of pieces on which nothing may stand."""
    marks = {"this_side_up": True, "max_top_load_g": 0, **more}
    return Cargo(
        consignment_id=name,
        cartons=(group(name, quantity, size_mm, **marks),),
        must_stay=must_stay,
        must_go=must_go,
        worth=worth,
    )


@pytest.mark.parametrize(
    ("iso_type", "size_mm", "most"),
    [
        ("22G1", INDUSTRIAL, 10),
        ("42G1", INDUSTRIAL, 21),
        ("45G1", INDUSTRIAL, 21),
        ("L5G1", INDUSTRIAL, 24),
        ("22G1", EURO, 11),
        ("42G1", EURO, 24),
        ("45G1", EURO, 24),
        ("L5G1", EURO, 27),
    ],
)
def test_pallets(iso_type: str, size_mm: tuple[int, int, int], most: int) -> None:
    """The most pallets that forwarders know to go in are loaded; with one more, none is."""
    spec = spec_of(iso_type)
    under = rules(wall_margin_mm=0, door_margin_mm=0)
    loaded = load_and_verify(spec, [_cargo("C", most, size_mm)], under=under)
    assert (len(loaded.placements), loaded.shortages) == (most, ())
    loaded = load_and_verify(spec, [_cargo("C", most + 1, size_mm)], under=under)
    assert loaded.unplaced == ("C",)
    (shortage,) = loaded.shortages
    assert shortage.needed_mm2 == (most + 1) * size_mm[0] * size_mm[1]
    assert shortage.free_mm2 == spec.length_mm * spec.width_mm


def test_pallets_too_high_for_a_second_layer() -> None:
    """Pallets that bear anything are cargo of one layer where two are higher than the container."""
    cargo = [_cargo("C", 10, INDUSTRIAL, max_top_load_g=None)]
    assert load_and_verify(spec_of("22G1"), cargo, under=rules(wall_margin_mm=0)).unplaced == ()


def test_pallets_that_bear_another_are_stacked() -> None:
    """Lower pallets stand on one another: more of them than the floor holds."""
    size_mm = (1_200, 1_000, 1_000)
    assert (
        load_and_verify(spec_of("22G1"), [_cargo("C", 18, size_mm, max_top_load_g=None)]).unplaced
        == ()
    )


def test_worth_decides_who_goes() -> None:
    """Of three consignments of which two fit the cheapest stays, however the sizes are."""
    cargo = [
        _cargo("A", 4, INDUSTRIAL, worth=5),
        _cargo("B", 4, INDUSTRIAL, worth=4),
        _cargo("C", 6, INDUSTRIAL, worth=7),
    ]
    loaded = load_and_verify(spec_of("22G1"), cargo)
    assert loaded.unplaced == ("B",)
    assert [s.consignment_id for s in loaded.shortages] == ["B"]


def test_ranks_come_before_worth() -> None:
    """What must stay goes before what must go, and both before cargo that is worth more."""
    cargo = [
        _cargo("A", 6, INDUSTRIAL, worth=9),
        _cargo("B", 3, INDUSTRIAL, must_go=True, worth=1),
        _cargo("C", 7, INDUSTRIAL, must_stay=True, worth=1),
    ]
    assert load_and_verify(spec_of("22G1"), cargo).unplaced == ("A",)


def test_payload_is_no_shortage_of_floor() -> None:
    """Pieces that fit the floor and not the payload are left out without a word on the floor."""
    heavy = spec_of("22G1").payload_g // 5 + 1
    cargo = [_cargo(name, 1, INDUSTRIAL, gross_g=heavy) for name in "ABCDE"]
    loaded = load_and_verify(spec_of("22G1"), cargo)
    assert len(loaded.unplaced) == 1
    assert loaded.shortages == ()


def test_a_piece_too_wide_for_the_door_stands_lengthwise() -> None:
    """Pieces longer than the door is wide go in one way only: four in a row, and no more."""
    size_mm = (2_300, 1_100, 1_300)
    spec = spec_of("22G1")
    assert load_and_verify(spec, [_cargo("C", 4, size_mm)]).unplaced == ()
    assert len(load_and_verify(spec, [_cargo("C", 5, size_mm)]).shortages) == 1


def test_beside_what_stands() -> None:
    """Pallets go before and beside one that is loaded already, and not behind it."""
    standing = PreloadedCarton(
        unit_id="OLD-1", consignment_id="OLD", x_mm=2_000, y_mm=20, z_mm=0,
        dx_mm=1_200, dy_mm=1_000, dz_mm=1_300,
    )  # fmt: skip
    old = _cargo("OLD", 1, INDUSTRIAL)
    old = msgspec.structs.replace(
        old, cartons=(msgspec.structs.replace(old.cartons[0], unit_ids=("OLD-1",)),)
    )
    cargo = [old, *(_cargo(f"C{n}", 1, INDUSTRIAL) for n in range(8))]
    loaded = load_and_verify(spec_of("22G1"), cargo, preloaded=[standing])
    # Five crosswise beside it and two before it: what is behind it is lost.
    assert len(loaded.placements) == 1 + 7
    assert {s.consignment_id for s in loaded.shortages} == set(loaded.unplaced)


def test_several_kinds() -> None:
    """Pallets of two sizes and a machine, as many as fill the floor."""
    cargo = [
        _cargo("A", 4, (1_200, 1_000, 1_500)),
        _cargo("B", 4, (1_200, 800, 1_200)),
        _cargo("M", 1, (2_200, 1_100, 2_000)),
    ]
    assert load_and_verify(spec_of("22G1"), cargo).unplaced == ()


def test_weak_cargo_is_laid_out_before_the_rest() -> None:
    """Ten weak pallets and cartons that fit beside them: all are loaded."""
    cargo = [
        _cargo("P", 9, INDUSTRIAL),
        _cargo("C", 20, (300, 200, 200), this_side_up=False, max_top_load_g=None),
        _cargo("D", 20, (400, 300, 200), this_side_up=False, max_top_load_g=None),
    ]
    assert load_and_verify(spec_of("22G1"), cargo, effort=1).unplaced == ()
    cargo[0] = _cargo("P", 10, INDUSTRIAL)
    assert load_and_verify(spec_of("22G1"), cargo, effort=1).unplaced == ()


def test_order_of_input_does_not_matter() -> None:
    """The same cargo in another order gives the same plan."""
    cargo = [_cargo(f"C{n}", 1 + n % 3, (700 + 100 * n, 600, 1_200)) for n in range(7)]
    first = load(spec_of("22G1"), cargo, (), RULES)
    Random(3).shuffle(cargo)
    assert load(spec_of("22G1"), cargo, (), RULES) == first


EDGES = st.sampled_from([300, 350, 400, 500, 600, 750])


@st.composite
def _pieces(draw: st.DrawFn) -> list[Cargo]:
    return [
        _cargo(
            f"C{number}",
            draw(st.integers(1, 4)),
            (draw(EDGES), draw(EDGES), draw(st.integers(200, 1_100))),
            this_side_up=draw(st.booleans()),
            worth=draw(st.one_of(st.none(), st.integers(0, 9))),
            must_stay=draw(st.booleans()),
            gross_g=draw(st.integers(1, 200_000)),
        )
        for number in range(draw(st.integers(1, 5)))
    ]


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cargo=_pieces(), wall_mm=st.integers(0, 30), spot=st.integers(0, 3))
def test_every_floor_plan_is_valid_and_worth_no_less(
    cargo: Sequence[Cargo], wall_mm: int, spot: int
) -> None:
    """The verifier passes every layout, and the search over blocks never loads more worth."""
    under = rules(wall_margin_mm=wall_mm)
    standing = [
        PreloadedCarton(
            unit_id="OLD", consignment_id="OLD", x_mm=400 * spot, y_mm=300 * spot, z_mm=0,
            dx_mm=300, dy_mm=300, dz_mm=1_150,
        )
    ][: spot % 3]  # fmt: skip
    loaded = load(SMALL, cargo, standing, under, effort=1)
    assert violations_of(SMALL, cargo, loaded, preloaded=standing, under=under) == []
    space = CargoSpace.of(SMALL, under)
    stock = stock_of({c.consignment_id: c.cartons for c in cargo}, standing)
    assert floor_kinds(space, stock) is not None
    by_blocks = unlimited_search(search, space, stock, cargo)
    on_floor = unlimited_search(search_with_best_engine, space, stock, cargo)
    assert _worth(cargo, on_floor) >= _worth(cargo, by_blocks)


def _worth(cargo: Sequence[Cargo], unplaced: Sequence[str]) -> tuple[int, int]:
    placed = [c for c in cargo if c.consignment_id not in unplaced]
    return (
        sum(_worth_of(c) for c in placed if c.must_stay),
        sum(_worth_of(c) for c in placed if not c.must_stay),
    )


def _worth_of(cargo: Cargo) -> int:
    if cargo.worth is not None:
        return max(1, cargo.worth)
    return sum(g.length_mm * g.width_mm * g.height_mm * len(g.unit_ids) for g in cargo.cartons)


def test_after_the_deadline_nothing_is_laid_out() -> None:
    """The result says that time was short, and claims no lack of floor."""
    over = Deadline(0.0).stage("load")
    loaded = load(spec_of("22G1"), [_cargo("C", 4, INDUSTRIAL)], (), RULES, deadline=over)
    assert loaded.unplaced == ("C",)
    assert loaded.cut_short
    assert loaded.shortages == ()
