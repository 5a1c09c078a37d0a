"""Layouts of one kind: as many pieces as possible, with the proof."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.domain.containers import spec_of
from optimizer.loading.floor.exact import Decision, decide
from optimizer.loading.floor.kinds import Floor, Kind
from optimizer.loading.floor.one_kind import lay_out
from optimizer.loading.floor.pattern_bound import pattern_bound
from optimizer.loading.floor.sweep import refutes
from tests.optimizer.loading.floor.brute_force import fits, mistakes

INDUSTRIAL, EURO = Kind(1_200, 1_000, turns=True), Kind(1_200, 800, turns=True)


def _floor(length: int, width: int) -> Floor:
    return Floor(length, width, ((0, width, 0),))


@pytest.mark.parametrize(
    ("iso_type", "pallet", "most"),
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
def test_pallets_in_containers(iso_type: str, pallet: Kind, most: int) -> None:
    """As many pallets as forwarders know to go in, and no layout has more."""
    spec = spec_of(iso_type)
    layout = lay_out(spec.length_mm, spec.width_mm, pallet)
    assert (len(layout.rectangles), layout.bound) == (most, most)
    floor = _floor(spec.length_mm, spec.width_mm)
    assert mistakes(floor, {pallet: most}, layout.rectangles) == []


@pytest.mark.parametrize(("iso_type", "pallet"), [("22G1", INDUSTRIAL), ("22G1", EURO)])
def test_cp_sat_agrees_that_no_further_pallet_fits(iso_type: str, pallet: Kind) -> None:
    """The proof of the bounds is also CP-SAT's."""
    spec = spec_of(iso_type)
    layout = lay_out(spec.length_mm, spec.width_mm, pallet)
    floor = _floor(spec.length_mm, spec.width_mm)
    answer = decide(floor, {pallet: layout.bound + 1}, work=1.0)
    assert answer.decision == Decision.DOES_NOT_FIT


def test_a_pinwheel() -> None:
    """Four pieces of 3 x 2 around a hole: no straight cut divides them."""
    layout = lay_out(5, 5, Kind(3, 2, turns=True))
    assert (len(layout.rectangles), layout.bound) == (4, 4)


def test_pieces_that_do_not_turn_stand_in_rows() -> None:
    """Rows and columns are the best layout of pieces that stand one way."""
    layout = lay_out(10, 7, Kind(3, 2, turns=False))
    assert (len(layout.rectangles), layout.bound) == (9, 9)


def test_no_piece_fits() -> None:
    """A piece longer and wider than the floor: none, proven."""
    assert lay_out(3, 3, Kind(5, 4, turns=True)).bound == 0


def test_a_sweep_refutes_what_the_patterns_allow() -> None:
    """By patterns twelve pallets fit a 20' container; in no order of patterns they do."""
    spec = spec_of("22G1")
    assert pattern_bound(spec.length_mm, spec.width_mm, EURO).pieces == 12
    assert refutes(spec.length_mm, spec.width_mm, EURO, 12)
    assert not refutes(spec.length_mm, spec.width_mm, EURO, 11)


@settings(max_examples=150, deadline=None)
@given(
    length=st.integers(1, 9),
    width=st.integers(1, 6),
    edges=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    turns=st.booleans(),
)
def test_layouts_and_bounds_are_those_of_brute_force(
    length: int, width: int, edges: tuple[int, int], *, turns: bool
) -> None:
    """On small floors every layout is valid, and no bound is below what fits."""
    kind = Kind(max(edges), min(edges), turns=turns) if turns else Kind(*edges, turns=False)
    layout = lay_out(length, width, kind)
    floor, most = _floor(length, width), len(layout.rectangles)
    assert mistakes(floor, {kind: most}, layout.rectangles) == []
    assert fits(floor, {kind: layout.bound}) is (most == layout.bound)
    assert not fits(floor, {kind: layout.bound + 1})
    assert pattern_bound(length, width, kind).pieces >= layout.bound


@pytest.mark.slow
def test_most_floors_of_random_pieces_are_proven() -> None:
    """Of sizes without any common measure nine of ten are proven; the gap is a piece or two."""
    rng = random.Random(7)
    open_gaps = []
    for _ in range(30):
        length, width = rng.randint(3_000, 13_600), rng.randint(1_800, 2_400)
        longer = rng.randint(500, 1_600)
        kind = Kind(longer, rng.randint(400, longer), turns=True)
        layout = lay_out(length, width, kind)
        most = len(layout.rectangles)
        assert mistakes(_floor(length, width), {kind: most}, layout.rectangles) == []
        if layout.bound > most:
            open_gaps.append(layout.bound - most)
    assert len(open_gaps) <= 3
    assert max(open_gaps, default=0) <= 2
