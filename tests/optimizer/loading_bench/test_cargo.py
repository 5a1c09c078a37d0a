"""Masses, strengths and stops that the benchmark gives to instances, and a hub's cargo."""

from collections import Counter

import pytest

from groupage.app.bench.loading import generator
from groupage.app.bench.loading.cargo import (
    HUB_CARTONS,
    HUB_KINDS,
    RULE_NAMES,
    add_rules,
    hub_cargo,
    parse_rules,
)
from groupage.app.bench.loading.instances import find_problems
from groupage.app.bench.loading.problem import Box, BoxType, Problem, Rules
from groupage.app.bench.loading.verifier.check import check
from groupage.app.bench.loading.verifier.violation import Kind
from groupage.domain.errors import InvalidInput


def test_rules_are_added() -> None:
    """All boxes keep their size, marks and number; each gets a mass, a strength and a stop."""
    plain = generator.generate(5, 2)
    problem = add_rules(plain, RULE_NAMES, stops=4)
    assert problem.rules.stops
    assert problem.rules.bearing
    assert problem.rules.balance is not None
    boxes = Counter[tuple[object, ...]]()
    for box_type in problem.types:
        boxes[box_type.number, box_type.edges, box_type.vertical] += box_type.quantity
        density = box_type.gross_g * 1_000 / box_type.volume
        assert 99 < density <= 500
        assert box_type.top_load_g is not None
        assert box_type.top_load_g // box_type.gross_g in {2, 4, 8, 16}
    assert boxes == {(t.number, t.edges, t.vertical): t.quantity for t in plain.types}
    stops = Counter[int]()
    for box_type in problem.types:
        stops[box_type.stop] += box_type.quantity
    assert set(stops) == {1, 2, 3, 4}
    assert min(stops.values()) * 2 > max(stops.values())


def test_the_same_cargo_under_other_rules() -> None:
    """Masses do not depend on the rules that hold; without stops a type stays one."""
    plain = generator.generate(3, 7)
    bearing, all_rules = (add_rules(plain, names) for names in (["bearing"], RULE_NAMES))
    assert len(bearing.types) == len(plain.types)
    assert {t.stop for t in bearing.types} == {1}
    assert {(t.number, t.gross_g, t.top_load_g) for t in bearing.types} == {
        (t.number, t.gross_g, t.top_load_g) for t in all_rules.types
    }
    assert not bearing.rules.stops
    assert add_rules(plain, RULE_NAMES) == all_rules
    assert [(t.gross_g, t.top_load_g) for t in bearing.types] == PINNED


PINNED = [
    (47542, 380336),
    (8531, 136496),
    (63697, 127394),
    (28224, 112896),
    (49948, 799168),
    (102900, 1646400),
    (23392, 187136),
    (68970, 551760),
]
"""Drawn by integers alone: the same on each machine."""


def test_a_hubs_cargo() -> None:
    """1,100 cartons of 300 kinds, about as much as the container holds, with all rules."""
    problem = hub_cargo(1)
    assert problem == hub_cargo(1)
    assert problem.types != hub_cargo(2).types
    assert problem.types != hub_cargo(1, seed_base=100).types
    assert len(problem.types) == HUB_KINDS
    assert sum(t.quantity for t in problem.types) == HUB_CARTONS
    assert 0.98 < problem.cargo_volume / problem.volume < 1.02
    mass_g = sum(t.gross_g * t.quantity for t in problem.types)
    assert problem.rules.payload_g is not None
    assert mass_g < problem.rules.payload_g
    assert {t.stop for t in problem.types} == {1, 2, 3}
    assert {t.stack_class for t in problem.types} == {0, 1}
    assert any(t.top_load_g == 0 for t in problem.types)
    assert any(t.layers_max == 3 for t in problem.types)
    assert any(t.vertical == (False, False, True) for t in problem.types)


def test_pressure_in_millimetres() -> None:
    """A limit in g/cm² holds in any unit of length: 30 g/cm² bear 27 kg on 30 × 30 cm."""
    edges, any_way = (300, 300, 300), (True, True, True)
    base = BoxType(number=1, edges=edges, vertical=any_way, quantity=1, top_pressure_g_per_cm2=30)
    for grams, expected in ((27_000, set()), (27_001, {Kind.TOP_PRESSURE})):
        top = BoxType(number=2, edges=edges, vertical=any_way, quantity=1, gross_g=grams)
        problem = Problem(
            family="test", number=1, container=(300, 300, 600), unit_mm=1, types=(base, top),
            rules=Rules(bearing=True),
        )  # fmt: skip
        found = check(problem, [[Box(0, 0, 0, 0, *edges), Box(1, 0, 0, 300, *edges)]])
        assert {violation.kind for violation in found} == expected


def test_names_of_rules() -> None:
    """`all` are all of them; an unknown name is an error that lists them."""
    assert parse_rules("all") == set(RULE_NAMES)
    assert parse_rules("stops, balance") == {"stops", "balance"}
    with pytest.raises(InvalidInput, match="'crush' must be one of stops, bearing, balance, or"):
        parse_rules("stops,crush")


def test_hub_by_name() -> None:
    """`hub` is made like a class; another seed base gives other cargo under another name."""
    for seed_base, name in ((None, "hub/3"), (50, "hub from 50/3")):
        found = find_problems(
            ["hub"], instances="3", seed_base=seed_base, all_boxes=False, report=lambda _: None
        )
        ((problem,),) = found.values()
        assert problem.name == name
