"""Whatever goes in, what comes out is a valid load plan."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.instance import CartonGroup, FixedStanding
from optimizer.loading.api import Lot, load
from tests.optimizer.loading.load_plans import RULES, SMALL, rules, violations_of
from tests.optimizer.world import group

EDGES = st.integers(80, 900)
SIZES = st.one_of(
    st.tuples(EDGES, EDGES, EDGES),
    # Equal heights and doubled edges make level tops, bridges and shared loads.
    st.tuples(*[st.sampled_from([100, 200, 300, 400, 600])] * 3),
)


@st.composite
def groups(draw: st.DrawFn, name: str) -> CartonGroup:
    """Up to fifteen cartons of one size, some weak, some upright."""
    return group(
        name,
        draw(st.integers(1, 15)),
        draw(SIZES),
        gross_g=draw(st.integers(1, 60_000)),
        this_side_up=draw(st.booleans()),
        max_top_load_g=draw(st.one_of(st.none(), st.just(0), st.integers(0, 200_000))),
    )


@st.composite
def consignments(draw: st.DrawFn) -> list[Lot]:
    """Up to six consignments of up to three groups."""
    lots = []
    for number in range(draw(st.integers(1, 6))):
        name = f"C{number}"
        cartons = tuple(
            draw(groups(f"{name}-{letter}")) for letter in "abc"[: draw(st.integers(1, 3))]
        )
        lots.append(Lot(consignment_id=name, cartons=cartons, must_stay=draw(st.booleans())))
    return lots


@st.composite
def standing(draw: st.DrawFn) -> list[FixedStanding]:
    """A few towers of cubes somewhere on a grid: obstacles with tops."""
    spots = draw(st.lists(st.integers(0, 14), max_size=4, unique=True))
    boxes = []
    for spot in spots:
        for layer in range(draw(st.integers(1, 3))):
            boxes.append(  # noqa: PERF401
                FixedStanding(
                    unit_id=f"OLD-{spot}-{layer}",
                    consignment_id="OLD",
                    x_mm=400 * (spot // 3),
                    y_mm=400 * (spot % 3),
                    z_mm=400 * layer,
                    dx_mm=400,
                    dy_mm=400,
                    dz_mm=400,
                )
            )
    return boxes


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lots=consignments(), fixed=standing(), wall_mm=st.integers(0, 30), seed=st.integers(0, 5))
def test_every_load_plan_is_valid(
    lots: list[Lot], fixed: list[FixedStanding], wall_mm: int, seed: int
) -> None:
    """No rule of a load plan is broken, every consignment is whole or a misfit, twice the same."""
    under = rules(wall_margin_mm=wall_mm)
    loaded = load(SMALL, lots, fixed, under, effort=3, seed=seed)
    assert violations_of(SMALL, lots, loaded, fixed=fixed, under=under) == []
    due = {
        unit
        for lot in lots
        if lot.consignment_id not in loaded.misfits
        for cartons in lot.cartons
        for unit in cartons.unit_ids
    }
    assert {one.unit_id for one in loaded.placements} == due | {box.unit_id for box in fixed}
    assert load(SMALL, lots, fixed, under, effort=3, seed=seed) == loaded


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(lots=consignments(), order=st.randoms(use_true_random=False))
def test_order_of_input_does_not_matter(lots: list[Lot], order: Random) -> None:
    """Consignments in any order give the same load plan."""
    mixed = list(lots)
    order.shuffle(mixed)
    assert load(SMALL, mixed, (), RULES, effort=2) == load(SMALL, lots, (), RULES, effort=2)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(lots=consignments())
def test_what_fits_alone_is_no_misfit_alone(lots: list[Lot]) -> None:
    """A container is never left empty while one of the consignments fits into it."""
    loaded = load(SMALL, lots, (), RULES, effort=2)
    if not loaded.placements:
        assert all(load(SMALL, [lot], (), RULES, effort=2).misfits for lot in lots)
