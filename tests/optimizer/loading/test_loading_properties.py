"""Every input gives a valid load plan."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.instance import CartonGroup, PreloadedCarton
from optimizer.loading.api import load
from optimizer.loading.stock import Cargo
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
def consignments(draw: st.DrawFn) -> list[Cargo]:
    """Up to six consignments of up to three groups."""
    cargo = []
    for number in range(draw(st.integers(1, 6))):
        name = f"C{number}"
        cartons = tuple(
            draw(groups(f"{name}-{suffix}")) for suffix in "abc"[: draw(st.integers(1, 3))]
        )
        cargo.append(Cargo(consignment_id=name, cartons=cartons, must_stay=draw(st.booleans())))
    return cargo


@st.composite
def standing(draw: st.DrawFn) -> list[PreloadedCarton]:
    """A few towers of cubes somewhere on a grid: obstacles with tops."""
    spots = draw(st.lists(st.integers(0, 14), max_size=4, unique=True))
    boxes = []
    for spot in spots:
        for layer in range(draw(st.integers(1, 3))):
            boxes.append(  # noqa: PERF401
                PreloadedCarton(
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
@given(
    cargo=consignments(), preloaded=standing(), wall_mm=st.integers(0, 30), seed=st.integers(0, 5)
)
def test_every_load_plan_is_valid(
    cargo: list[Cargo], preloaded: list[PreloadedCarton], wall_mm: int, seed: int
) -> None:
    """The load plan is valid and repeatable, and every consignment is whole or unplaced."""
    under = rules(wall_margin_mm=wall_mm)
    loaded = load(SMALL, cargo, preloaded, under, effort=3, seed=seed)
    assert violations_of(SMALL, cargo, loaded, preloaded=preloaded, under=under) == []
    due = {
        unit
        for consignment in cargo
        if consignment.consignment_id not in loaded.unplaced
        for cartons in consignment.cartons
        for unit in cartons.unit_ids
    }
    assert {p.unit_id for p in loaded.placements} == due | {box.unit_id for box in preloaded}
    assert load(SMALL, cargo, preloaded, under, effort=3, seed=seed) == loaded


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(cargo=consignments(), order=st.randoms(use_true_random=False))
def test_order_of_input_does_not_matter(cargo: list[Cargo], order: Random) -> None:
    """Consignments in any order give the same load plan."""
    mixed = list(cargo)
    order.shuffle(mixed)
    assert load(SMALL, mixed, (), RULES, effort=2) == load(SMALL, cargo, (), RULES, effort=2)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(cargo=consignments())
def test_a_consignment_that_fits_is_loaded_when_alone(cargo: list[Cargo]) -> None:
    """A container is never left empty while one of the consignments fits into it."""
    loaded = load(SMALL, cargo, (), RULES, effort=2)
    if not loaded.placements:
        assert all(load(SMALL, [c], (), RULES, effort=2).unplaced for c in cargo)
