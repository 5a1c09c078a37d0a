"""The benchmark's verifier: a valid load plan passes; each corruption of it is found and named."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.app.bench.loading.loading_order import loading_order
from groupage.app.bench.loading.problem import Balance, Box, BoxType, Problem, Rules
from groupage.app.bench.loading.verifier.check import check
from groupage.app.bench.loading.verifier.geometry import union_area
from groupage.app.bench.loading.verifier.violation import Kind

edit = msgspec.structs.replace


def box_type(number: int, edges: tuple[int, int, int], **more: Any) -> BoxType:
    """Boxes that may be turned any way, unless other marks are given."""
    more.setdefault("vertical", (True, True, True))
    more.setdefault("quantity", 4)
    return BoxType(number=number, edges=edges, **more)


ALL_RULES = Rules(
    support="full",
    stops=True,
    bearing=True,
    balance=Balance(length_permille=100, width_permille=100, half_permille=610),
    payload_g=100_000,
)
PROBLEM = Problem(
    family="test",
    number=1,
    container=(30, 20, 20),
    rules=ALL_RULES,
    types=(
        box_type(
            1, (10, 10, 10), gross_g=10_000, stop=2, top_load_g=8_000, top_pressure_g_per_cm2=100
        ),
        box_type(
            2, (10, 10, 5), gross_g=4_000, stop=2, vertical=(False, False, True), layers_max=2
        ),
        box_type(3, (20, 10, 10), gross_g=20_000, stop=1, stack_class=1),
        box_type(4, (10, 5, 5), gross_g=1_000, stop=1, quantity=2),
    ),
)
PLAN = [
    Box(0, 0, 0, 0, 10, 10, 10),
    Box(0, 0, 10, 0, 10, 10, 10),
    Box(1, 0, 0, 10, 10, 10, 5),
    Box(1, 0, 0, 15, 10, 10, 5),
    Box(1, 0, 10, 10, 10, 10, 5),
    Box(1, 0, 10, 15, 10, 10, 5),
    Box(2, 10, 0, 0, 20, 10, 10),
    Box(2, 10, 10, 0, 20, 10, 10),
    Box(3, 10, 0, 10, 10, 5, 5),
    Box(3, 10, 5, 10, 10, 5, 5),
]
"""Far: two heavy boxes, each with two flat ones on it, for stop 2; before them those of stop 1."""


def kinds(
    plan: Sequence[Box], problem: Problem = PROBLEM, *, in_sequence: bool = True
) -> set[Kind]:
    """Return the kinds of violations of a plan."""
    return {violation.kind for violation in check(problem, [plan], in_sequence=in_sequence)}


def with_type(index: int, **changes: Any) -> Problem:
    """The problem with one type changed."""
    types = list(PROBLEM.types)
    types[index] = edit(types[index], **changes)
    return edit(PROBLEM, types=tuple(types))


def with_rules(**changes: Any) -> Problem:
    """The problem under other rules."""
    return edit(PROBLEM, rules=edit(ALL_RULES, **changes))


def moved(index: int, **to: int) -> list[Box]:
    """The plan with one box changed."""
    return [box._replace(**to) if i == index else box for i, box in enumerate(PLAN)]


def test_a_valid_plan() -> None:
    """The plan keeps all rules."""
    assert kinds(PLAN) == set()


@pytest.mark.parametrize(
    ("plan", "problem", "kind"),
    [
        (moved(9, type_index=9), PROBLEM, Kind.UNKNOWN_TYPE),
        (moved(9, type_index=-1), PROBLEM, Kind.UNKNOWN_TYPE),
        (PLAN, with_type(1, quantity=3), Kind.COUNT),
        ([*PLAN, Box(3, 20, 0, 10, 10, 5, 5)], PROBLEM, Kind.COUNT),
        (moved(9, dx=9), PROBLEM, Kind.SIZE),
        (moved(9, dz=0), PROBLEM, Kind.SIZE),
        (moved(5, dx=5, dz=10), PROBLEM, Kind.ORIENTATION),
        (moved(0, x=-1), PROBLEM, Kind.WALLS),
        (moved(7, x=21), PROBLEM, Kind.WALLS),
        (moved(7, y=11), PROBLEM, Kind.WALLS),
        (moved(5, z=16), PROBLEM, Kind.WALLS),
        (moved(7, x=9), PROBLEM, Kind.OVERLAP),
        (moved(7, y=9), PROBLEM, Kind.OVERLAP),
        (moved(5, z=14), PROBLEM, Kind.OVERLAP),
        (moved(9, z=11), PROBLEM, Kind.FLOATING),
        (moved(9, x=30), PROBLEM, Kind.FLOATING),
        (moved(9, x=21), PROBLEM, Kind.PART_SUPPORTED),
        ([*PLAN[2:], *PLAN[:2]], PROBLEM, Kind.SEQUENCE),
        ([PLAN[6], *PLAN[:6], *PLAN[7:]], PROBLEM, Kind.SEQUENCE),
        (PLAN, with_type(0, stop=1), Kind.UNLOADING),
        (PLAN, with_type(2, stop=3), Kind.UNLOADING),
        (PLAN, with_type(0, top_load_g=7_999), Kind.TOP_LOAD),
        (PLAN, with_type(0, top_load_g=0), Kind.TOP_LOAD),
        (PLAN, with_type(0, top_pressure_g_per_cm2=79), Kind.TOP_PRESSURE),
        (PLAN, with_type(1, layers_max=1), Kind.LAYERS),
        (PLAN, with_type(1, stack_class=1), Kind.STACK_CLASS),
        (PLAN, with_rules(payload_g=77_999), Kind.PAYLOAD),
        (PLAN, with_rules(balance=Balance(length_permille=50)), Kind.BALANCE_LENGTH),
        (PLAN, with_rules(balance=Balance(width_permille=0)), Kind.BALANCE_WIDTH),
        (PLAN, with_rules(balance=Balance(height_permille=300)), Kind.BALANCE_HEIGHT),
        (PLAN, with_rules(balance=Balance(half_permille=500)), Kind.HALF_MASS),
    ],
)
def test_a_corrupted_plan(plan: list[Box], problem: Problem, kind: Kind) -> None:
    """Each corruption is found, under its name."""
    assert kind in kinds(plan, problem)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"top_load_g": 8_000}, Kind.TOP_LOAD),
        ({"top_pressure_g_per_cm2": 80}, Kind.TOP_PRESSURE),
        ({"stop": 2}, Kind.UNLOADING),
    ],
)
def test_a_limit_that_is_just_kept(changes: dict[str, int], kind: Kind) -> None:
    """A value at its limit is allowed: 8 kg rest on 10 × 10 cm, 80 g on each cm²."""
    assert kind not in kinds(PLAN, with_type(0, **changes))


def test_rules_that_do_not_hold() -> None:
    """A rule that is off is not checked; floating boxes and wrong sequences then pass."""
    problem = edit(PROBLEM, rules=Rules())
    floating = moved(9, z=15)
    assert kinds(floating, problem, in_sequence=False) == set()
    assert kinds(list(reversed(PLAN)), problem, in_sequence=False) == set()


def test_masses_are_passed_on_in_proportion_to_the_contact() -> None:
    """A box of 9 g on two, a third of it on the weak one: 3 g, which it passes on."""
    problem = Problem(
        family="test",
        number=1,
        container=(15, 5, 15),
        rules=Rules(bearing=True),
        types=(
            box_type(1, (5, 5, 5), gross_g=1, top_load_g=4),
            box_type(2, (5, 5, 5), gross_g=1, top_load_g=3),
            box_type(3, (10, 5, 10), gross_g=1),
            box_type(4, (15, 5, 5), gross_g=9),
        ),
    )
    plan = [
        Box(0, 0, 0, 0, 5, 5, 5),
        Box(1, 0, 0, 5, 5, 5, 5),
        Box(2, 5, 0, 0, 10, 5, 10),
        Box(3, 0, 0, 10, 15, 5, 5),
    ]
    assert kinds(plan, problem) == set()
    weak = edit(problem, types=(edit(problem.types[0], top_load_g=3), *problem.types[1:]))
    assert kinds(plan, weak) == {Kind.TOP_LOAD}
    weak = edit(
        problem,
        types=(problem.types[0], edit(problem.types[1], top_load_g=2), *problem.types[2:]),
    )
    assert kinds(plan, weak) == {Kind.TOP_LOAD}


def test_cross_depth() -> None:
    """A box of a later stop may reach past the door side of an earlier one as far as allowed."""
    problem = Problem(
        family="test",
        number=1,
        container=(30, 10, 10),
        rules=Rules(stops=True, cross_depth=4),
        types=(
            box_type(1, (10, 10, 10), stop=1),
            box_type(2, (4, 10, 10), stop=2),
        ),
    )
    near = [Box(0, 0, 0, 0, 10, 10, 10), Box(1, 10, 0, 0, 4, 10, 10)]
    assert kinds(near, problem) == set()
    far = [near[0], near[1]._replace(x=11)]
    assert kinds(far, problem) == {Kind.UNLOADING}
    strict = edit(problem, rules=Rules(stops=True))
    assert kinds(near, strict) == {Kind.UNLOADING}


def test_all_boxes() -> None:
    """Where all boxes must be loaded, one that is missing is found, over all containers."""
    problem = edit(PROBLEM, rules=Rules(), all_boxes=True)
    first = [Box(2, 0, 0, 0, 20, 10, 10)]
    missing = check(problem, [PLAN, first], in_sequence=False)
    assert {violation.kind for violation in missing} == {Kind.COUNT}
    assert "3 boxes of type 3, there are 4" in {violation.text for violation in missing}
    with pytest.raises(ValueError, match="one container"):
        check(PROBLEM, [PLAN, first])


RECTS = st.lists(
    st.tuples(st.integers(-3, 8), st.integers(1, 6), st.integers(-3, 8), st.integers(1, 6)),
    max_size=7,
)


@given(RECTS)
def test_union_of_rectangles(rects: list[tuple[int, int, int, int]]) -> None:
    """The area is the number of unit squares covered."""
    squares = {
        square for x, dx, y, dy in rects for square in product(range(x, x + dx), range(y, y + dy))
    }
    assert union_area([(x, x + dx, y, y + dy) for x, dx, y, dy in rects]) == len(squares)


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)),
        max_size=6,
    )
)
def test_geometry_by_unit_cubes(boxes: list[tuple[int, int, int, int]]) -> None:
    """Overlaps and support are those that a count of unit cubes gives."""
    problem = Problem(
        family="test",
        number=1,
        container=(9, 9, 9),
        rules=Rules(support="full"),
        types=(box_type(1, (2, 2, 2), quantity=9), box_type(2, (3, 2, 1), quantity=9)),
    )
    plan = [Box(i, x, y, z, *problem.types[i].edges) for i, x, y, z in boxes]
    cubes = [
        set(product(range(b.x, b.x + b.dx), range(b.y, b.y + b.dy), range(b.z, b.z + b.dz)))
        for b in plan
    ]
    overlap = any(cubes[i] & cubes[j] for i in range(len(plan)) for j in range(i))
    tops = [{(x, y, b.z + b.dz) for x, y, _ in c} for b, c in zip(plan, cubes, strict=True)]
    held = [
        b.z == 0
        or {(x, y, b.z) for x, y, _ in cubes[i]}
        <= set().union(*(top for j, top in enumerate(tops) if j != i))
        for i, b in enumerate(plan)
    ]
    found = kinds(plan, problem, in_sequence=False)
    assert (Kind.OVERLAP in found) == overlap
    assert bool(found & {Kind.FLOATING, Kind.PART_SUPPORTED}) == (not all(held))


@given(st.permutations(range(len(PLAN))))
def test_an_order_of_loading(order: list[int]) -> None:
    """From any order of the boxes one is found in which they can be loaded."""
    plan = loading_order([PLAN[index] for index in order])
    assert sorted(plan) == sorted(PLAN)
    assert Kind.SEQUENCE not in kinds(plan)


def test_no_order_of_loading() -> None:
    """Four boxes that bar each other in a circle: the second lies on the first, and so on."""
    edges = ((2, 1, 1), (10, 1, 1), (2, 1, 1), (3, 1, 1))
    types = tuple(box_type(number, size) for number, size in enumerate(edges, start=1))
    problem = Problem(family="test", number=1, container=(10, 2, 3), types=types)
    circle = [
        Box(0, 9, 0, 0, 1, 2, 1),
        Box(1, 0, 0, 1, 10, 1, 1),
        Box(2, 0, 0, 2, 1, 2, 1),
        Box(3, 1, 1, 0, 1, 1, 3),
    ]
    assert loading_order(circle) == circle
    for order in permutations(circle):
        assert kinds(order, problem) == {Kind.SEQUENCE}


def centre(plan: Sequence[Box], problem: Problem, axis: Callable[[Box], Fraction]) -> Fraction:
    """Return the centre of gravity along an axis."""
    masses = [problem.types[box.type_index].gross_g for box in plan]
    weighted = sum(mass * axis(box) for mass, box in zip(masses, plan, strict=True))
    return Fraction(weighted) / sum(masses)


@given(st.integers(0, 10), st.integers(0, 250))
def test_balance_to_the_millimetre(shift: int, permille: int) -> None:
    """The band lengthwise is kept exactly: at the limit a plan passes."""
    plan = [box._replace(x=box.x + shift) for box in PLAN]
    problem = with_rules(
        balance=Balance(
            length_permille=permille, width_permille=1_000, height_permille=1_000,
            half_permille=1_000,
        ),
    )  # fmt: skip
    off = abs(centre(plan, problem, lambda box: box.x + Fraction(box.dx, 2)) - 15)
    assert (Kind.BALANCE_LENGTH in kinds(plan, problem)) == (off * 1_000 > permille * 30)
