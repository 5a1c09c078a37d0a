"""All boxes into few containers: plans are complete, valid, and need ever fewer containers."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.app.bench.loading.loading_order import loading_order
from groupage.app.bench.loading.problem import Box as CheckedBox
from groupage.app.bench.loading.problem import BoxType as CheckedType
from groupage.app.bench.loading.problem import Problem, Rules
from groupage.app.bench.loading.verifier.check import check
from groupage.domain.errors import InvalidInput
from optimizer.loading.fewest_containers.api import fill_all
from optimizer.loading.fewest_containers.covering import cover
from optimizer.loading.fewest_containers.patterns import Patterns
from optimizer.loading.fewest_containers.trimming import trim
from optimizer.loading.kernel.api import Box, BoxType, Loading, Support

# Compiles the search where that was not done before.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ANY_WAY = (True, True, True)
Edges = tuple[int, int, int]


def load(
    container: Edges, types: list[BoxType], *, support: Support = Support.FULL, work: int = 20_000
) -> list[Loading]:
    """Load all boxes, and check the plan."""
    plan = fill_all(container, types, support=support, seconds=None, work=work)
    problem = Problem(
        family="test",
        number=1,
        container=container,
        types=tuple(
            CheckedType(number=i, edges=t.edges, vertical=t.vertical, quantity=t.quantity)
            for i, t in enumerate(types, start=1)
        ),
        rules=Rules(support="full" if support is Support.FULL else "none"),
        all_boxes=True,
    )
    in_sequence = support is Support.FULL
    boxes = [[CheckedBox(*box) for box in loading.boxes] for loading in plan]
    ordered = [loading_order(part) for part in boxes] if in_sequence else boxes
    assert check(problem, ordered, in_sequence=in_sequence) == []
    for loading in plan:
        assert loading.volume == sum(box.dx * box.dy * box.dz for box in loading.boxes) > 0
    return plan


def test_cubes() -> None:
    """Seventeen cubes of which eight fill a container."""
    plan = load((10, 10, 10), [BoxType((5, 5, 5), ANY_WAY, 17)])
    assert sorted(len(loading.boxes) for loading in plan) == [1, 8, 8]


@pytest.mark.parametrize("support", Support)
def test_the_fewest(support: Support) -> None:
    """Slabs that fill three containers without a gap, in one combination only."""
    types = [
        BoxType((10, 10, 7), (False, False, True), 3),
        BoxType((10, 10, 3), (False, False, True), 1),
        BoxType((10, 10, 2), (False, False, True), 2),
        BoxType((10, 10, 1), (False, False, True), 2),
    ]
    assert len(load((10, 10, 10), types, support=support)) == 3


def test_the_same_plan_again() -> None:
    """The same input, seed and work give the same plan."""
    types = [
        BoxType((7, 4, 3), ANY_WAY, 23),
        BoxType((5, 5, 2), (False, False, True), 31),
        BoxType((6, 3, 3), ANY_WAY, 17),
    ]
    first = load((16, 11, 9), types, work=5_000)
    assert load((16, 11, 9), types, work=5_000) == first


def test_better_and_better() -> None:
    """Each plan reported needs fewer containers; the last one is returned."""
    types = [BoxType((7, 4, 3), ANY_WAY, 40), BoxType((5, 5, 2), (False, False, True), 50)]
    reported: list[list[Loading]] = []
    plan = fill_all(
        (13, 11, 9), types, support=Support.FULL, seconds=None, work=30_000,
        on_better=reported.append,
    )  # fmt: skip
    counts = [len(better) for better in reported]
    assert counts == sorted(set(counts), reverse=True)
    assert plan == reported[-1]


def test_no_time() -> None:
    """Without time the plan is complete, too."""
    plan = fill_all(
        (13, 11, 9), [BoxType((7, 4, 3), ANY_WAY, 40)], support=Support.FULL, seconds=0.0, work=None
    )
    assert sum(len(loading.boxes) for loading in plan) == 40


def test_nothing_to_load() -> None:
    """No boxes need no container."""
    assert load((10, 10, 10), []) == []
    assert load((10, 10, 10), [BoxType((5, 5, 5), ANY_WAY, 0)]) == []


@pytest.mark.parametrize(
    ("edges", "vertical"), [((11, 2, 2), ANY_WAY), ((2, 2, 9), (False, False, True))]
)
def test_a_box_that_does_not_fit(edges: Edges, vertical: tuple[bool, bool, bool]) -> None:
    """The error names the box type."""
    types = [BoxType((1, 1, 1), ANY_WAY, 1), BoxType(edges, vertical, 1)]
    with pytest.raises(InvalidInput, match=r"types\[1\].edges is"):
        fill_all((10, 10, 8), types, support=Support.NONE, seconds=None, work=100)


def test_no_limit() -> None:
    """Seconds or work must be given."""
    with pytest.raises(InvalidInput, match="never end"):
        fill_all((9, 9, 9), [], support=Support.NONE, seconds=None, work=None)


EDGES = st.tuples(*[st.integers(1, 6)] * 3)
MARKS = st.tuples(*[st.booleans()] * 3).filter(any)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(EDGES, MARKS, st.integers(1, 12)), min_size=1, max_size=4),
    st.sampled_from(Support),
)
def test_any_boxes(
    boxes: list[tuple[Edges, tuple[bool, bool, bool], int]], support: Support
) -> None:
    """Any boxes that fit are loaded, all of them."""
    types = [BoxType(edges, vertical, quantity) for edges, vertical, quantity in boxes]
    load((8, 7, 6), types, support=support, work=2_000)


def test_cover() -> None:
    """The fewest patterns that hold the quantities; None where no fewer will do."""
    patterns = [(3, 0), (2, 1), (0, 2)]
    chosen = cover(patterns, (6, 3), fewer_than=9, at_least=1, effort=1.0)
    assert chosen is not None
    assert Counter(chosen) in (Counter({(2, 1): 3}), Counter({(3, 0): 2, (0, 2): 2}))
    assert len(chosen) == 3
    assert cover(patterns, (6, 3), fewer_than=3, at_least=1, effort=1.0) is None
    assert cover(patterns, (6, 3), fewer_than=3, at_least=3, effort=1.0) is None


def test_trim() -> None:
    """A box that bears another stays where bases must be supported."""
    bottom, top = Box(0, 0, 0, 0, 4, 4, 4), Box(1, 0, 0, 4, 4, 4, 4)
    beside = Box(0, 4, 0, 0, 4, 4, 4)
    loading = Loading([bottom, top, beside], 192, 1)
    surplus = [2, 0]
    (trimmed,) = trim([loading], surplus, Support.FULL)
    assert (trimmed.boxes, trimmed.volume, surplus) == ([bottom, top], 128, [1, 0])
    surplus = [2, 0]
    (trimmed,) = trim([loading], surplus, Support.NONE)
    assert (trimmed.boxes, surplus) == ([top], [0, 0])
    surplus = [1, 1]
    (trimmed,) = trim([Loading([bottom, top], 128, 1)], surplus, Support.FULL)
    assert (trimmed.boxes, surplus) == ([], [0, 0])


def test_patterns() -> None:
    """A pattern that another one contains is not offered for covers; types keep their numbers."""
    patterns = Patterns([1, 8])
    cube, large = Box(0, 0, 0, 0, 1, 1, 1), Box(0, 0, 0, 0, 2, 2, 2)
    assert patterns.add(Loading([cube], 1, 1), [0]) == (1, 0)
    assert patterns.add(Loading([large], 8, 1), [1]) == (0, 1)
    assert patterns.best(10) == [(0, 1), (1, 0)]
    both = Loading([cube, large._replace(type=1, x=1)], 9, 1)
    assert patterns.add(both, [0, 1]) == (1, 1)
    assert patterns.best(10) == [(1, 1)]
    assert patterns[1, 1].boxes[1].type == 1
    assert patterns.found == 3
