"""Loadings of random cargo, each checked box by box with nothing but integers."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from groupage.domain.errors import InvalidInput
from optimizer.loading.kernel import compilation
from optimizer.loading.kernel.api import Box, BoxType, Cuboid, Loading, Support, fill
from optimizer.loading.kernel.warm_up import ensure_compiled

# The first call on a machine compiles the search.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def overlap(a: Box, b: Box, axis: int) -> int:
    """Return the length that two boxes share along an axis; negative: the gap between them."""
    low_a, low_b = a[1 + axis], b[1 + axis]
    return min(low_a + a[4 + axis], low_b + b[4 + axis]) - max(low_a, low_b)


def faults(
    loading: Loading,
    container: tuple[int, int, int],
    types: list[BoxType],
    support: Support,
    fixed: Sequence[Cuboid] = (),
) -> list[str]:
    """Return all that is wrong with a loading."""
    taken = [Box(-1, *cuboid) for cuboid in fixed]
    found = []
    for index, box in enumerate(loading.boxes):
        box_type = types[box.type]
        edges = [box.dx, box.dy, box.dz]
        if sorted(edges) != sorted(box_type.edges):
            found.append(f"{box} has not the edges of its type")
        if box.dz not in [e for e, v in zip(box_type.edges, box_type.vertical, strict=True) if v]:
            found.append(f"{box} stands on a side on which it may not")
        if any(
            box[1 + axis] < 0 or box[1 + axis] + edges[axis] > container[axis] for axis in range(3)
        ):
            found.append(f"{box} is not inside")
        supported = box.dx * box.dy if box.z == 0 else 0
        for other in taken + loading.boxes[:index]:
            shared = [overlap(box, other, axis) for axis in range(3)]
            if min(shared) > 0:
                found.append(f"{box} meets {other}")
            if other.z + other.dz == box.z and shared[0] > 0 and shared[1] > 0:
                supported += shared[0] * shared[1]
        if support is Support.FULL and supported != box.dx * box.dy:
            found.append(f"{box} is supported on {supported}")
    found += [
        f"{count} boxes of type {index}, {types[index].quantity} exist"
        for index, count in Counter(box.type for box in loading.boxes).items()
        if count > types[index].quantity
    ]
    if loading.volume != sum(box.dx * box.dy * box.dz for box in loading.boxes):
        found.append("the volume is wrong")
    return found


BOX_TYPES = st.builds(
    BoxType,
    edges=st.tuples(*[st.integers(1, 14)] * 3),
    vertical=st.tuples(*[st.booleans()] * 3).filter(any),
    quantity=st.integers(0, 12),
)
CONTAINERS = st.tuples(*[st.integers(1, 40)] * 3)
CARGO = [
    BoxType((108, 76, 30), (False, False, True), 40),
    BoxType((110, 43, 25), (False, True, True), 33),
    BoxType((92, 81, 55), (True, True, True), 39),
]
CONTAINER = (587, 233, 220)


@given(CONTAINERS, st.lists(BOX_TYPES, max_size=8), st.sampled_from(Support), st.integers(0, 3))
@settings(max_examples=200)
def test_a_loading_breaks_no_rule(
    container: tuple[int, int, int], types: list[BoxType], support: Support, seed: int
) -> None:
    """No overlap, nothing outside, no box too many, orientation and support as asked."""
    loading = fill(container, types, support=support, seconds=None, work=300, seed=seed)
    assert faults(loading, container, types, support) == []


@pytest.mark.parametrize("support", Support)
def test_a_loading_of_real_size_breaks_no_rule_and_is_dense(support: Support) -> None:
    """The first problem of the class BR1 of Bischoff and Ratcliff (1995)."""
    loading = fill(CONTAINER, CARGO, support=support, seconds=None, work=20_000)
    assert faults(loading, CONTAINER, CARGO, support) == []
    assert loading.volume > 0.92 * 587 * 233 * 220


@given(CONTAINERS, st.lists(BOX_TYPES, min_size=1, max_size=5), st.sampled_from(Support))
@settings(max_examples=20)
def test_the_same_work_gives_the_same_loading(
    container: tuple[int, int, int], types: list[BoxType], support: Support
) -> None:
    """Nothing but the arguments decides."""
    first, second = (
        fill(container, types, support=support, seconds=None, work=200) for _ in range(2)
    )
    assert first == second


@given(CONTAINERS, st.lists(BOX_TYPES, max_size=6), st.sampled_from(Support), st.data())
@settings(max_examples=100)
def test_what_is_fixed_stays_free_of_boxes(
    container: tuple[int, int, int], types: list[BoxType], support: Support, data: st.DataObject
) -> None:
    """Boxes stand beside and upon what is fixed, never in it; obstacles may hang in the air."""
    fixed = []
    for _ in range(data.draw(st.integers(0, 4))):
        corner = [data.draw(st.integers(0, length - 1)) for length in container]
        edges = [
            data.draw(st.integers(1, length - low))
            for length, low in zip(container, corner, strict=True)
        ]
        fixed.append(Cuboid(*corner, *edges))
    loading = fill(container, types, support=support, seconds=None, work=200, fixed=fixed)
    assert faults(loading, container, types, support, fixed) == []


def test_a_half_loaded_container_is_filled_up() -> None:
    """The boxes that are in stay, and the rest of the space is used as densely."""
    whole = fill(CONTAINER, CARGO, support=Support.FULL, seconds=None, work=5_000)
    half = whole.boxes[: len(whole.boxes) // 2]
    loaded = Counter(box.type for box in half)
    rest = [
        structs.replace(box_type, quantity=box_type.quantity - loaded[index])
        for index, box_type in enumerate(CARGO)
    ]
    fixed = [Cuboid(*box[1:]) for box in half]
    loading = fill(CONTAINER, rest, support=Support.FULL, seconds=None, work=5_000, fixed=fixed)
    assert faults(loading, CONTAINER, rest, Support.FULL, fixed) == []
    volume = sum(box.dx * box.dy * box.dz for box in half) + loading.volume
    assert volume > 0.99 * whole.volume


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3), st.integers(0, 2_000))
@settings(max_examples=20)
def test_the_payload_is_kept(grams: list[int], payload_g: int) -> None:
    """Boxes together are not heavier than the payload, and use it where boxes are left."""
    types = [structs.replace(box_type, grams=g) for box_type, g in zip(CARGO, grams, strict=True)]
    loading = fill(
        CONTAINER, types, support=Support.FULL, seconds=None, work=300, payload_g=payload_g
    )
    assert sum(types[box.type].grams for box in loading.boxes) <= payload_g


def test_more_work_is_never_worse() -> None:
    """The best loading so far is kept."""
    volumes = [
        fill(CONTAINER, CARGO, support=Support.FULL, seconds=None, work=work).volume
        for work in (1, 1_000, 5_000, 20_000)
    ]
    assert all(earlier <= later for earlier, later in pairwise(volumes))


def test_each_better_loading_is_reported_and_valid() -> None:
    """Whoever stops the search at any moment has a loading that can be used."""
    reported: list[Loading] = []
    final = fill(
        CONTAINER, CARGO, support=Support.FULL, seconds=None, work=5_000, on_better=reported.append
    )
    assert [faults(loading, CONTAINER, CARGO, Support.FULL) for loading in reported] == [
        [] for _ in reported
    ]
    assert all(earlier.volume < later.volume for earlier, later in pairwise(reported))
    assert reported[-1].volume == final.volume


def test_the_search_can_be_stopped_from_outside() -> None:
    """`stop` is asked between slices of work."""
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    loading = fill(CONTAINER, CARGO, support=Support.FULL, seconds=None, work=None, stop=stop)
    assert asked == 4
    assert loading.work < 3_000
    assert loading.boxes


def test_what_fits_whole_is_loaded_whole() -> None:
    """Eight cubes fill a cube of twice their edge, and the search ends there."""
    cubes = [BoxType((5, 5, 5), (True, True, True), 8)]
    loading = fill((10, 10, 10), cubes, support=Support.FULL, seconds=None, work=1_000_000)
    assert len(loading.boxes) == 8
    assert loading.work < 1_000


def test_five_thousand_boxes_are_loaded() -> None:
    """No array overflows with many small boxes."""
    types = [
        BoxType((300 + 7 * n, 200 + 5 * n, 150 + 3 * n), (False, True, True), 100)
        for n in range(50)
    ]
    container = (12_032, 2_350, 2_697)
    loading = fill(container, types, support=Support.FULL, seconds=None, work=2_000)
    assert loading.volume == sum(box.dx * box.dy * box.dz for box in loading.boxes)
    assert loading.volume > 0.9 * 12_032 * 2_350 * 2_697


def test_tiny_boxes_in_a_long_container_need_little_memory() -> None:
    """Neither the grids of simple blocks nor wide beams outgrow the machine."""
    types = [BoxType((1, 1, 1), (True, True, True), 20_000)]
    loading = fill((12_032, 2_350, 2_697), types, support=Support.NONE, seconds=None, work=50)
    assert len(loading.boxes) == 20_000


@pytest.mark.parametrize(
    ("container", "types", "message"),
    [
        ((0, 1, 1), [], "container length is 0"),
        ((1, 1, 40_000), [], "container height is 40000"),
        ((1, 1, 1), [BoxType((1, 0, 1), (True, True, True), 1)], r"types\[0\].edges"),
        ((1, 1, 1), [BoxType((1, 2**40, 1), (True, True, True), 1)], r"types\[0\].edges"),
        ((1, 1, 1), [BoxType((1, 1, 1), (False, False, False), 1)], r"types\[0\].vertical"),
        ((1, 1, 1), [BoxType((1, 1, 1), (True, True, True), 1, -5)], r"types\[0\].grams is -5"),
        ((1, 1, 1), [BoxType((1, 1, 1), (True, True, True), -1)], r"types\[0\].quantity is -1"),
        ((1, 1, 1), [BoxType((1, 1, 1), (True, True, True), 10**6)], r"types\[0\].quantity"),
    ],
)
def test_impossible_input_is_named(
    container: tuple[int, int, int], types: list[BoxType], message: str
) -> None:
    """The error says which field of which item is wrong."""
    with pytest.raises(InvalidInput, match=message):
        fill(container, types, support=Support.FULL, seconds=1, work=1)


def test_a_fixed_cuboid_outside_is_named() -> None:
    """The error says which one."""
    with pytest.raises(InvalidInput, match=r"fixed\[0\]"):
        fill(
            (5, 5, 5), [], support=Support.FULL, seconds=1, work=1, fixed=[Cuboid(4, 0, 0, 2, 1, 1)]
        )


def test_the_compiled_search_is_cached_in_the_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its name has a digest of what is compiled, so that no other release's code is run."""
    monkeypatch.setenv(compilation.FOLDER_VARIABLE, str(tmp_path))
    folder = compilation.cache_folder.__wrapped__()
    assert folder.parent == tmp_path / "compiled"
    ensure_compiled()
    assert (compilation.cache_folder() / "complete").exists()


def test_numba_is_imported_only_for_a_search() -> None:
    """An import of the product stays fast."""
    code = "import sys, optimizer.loading.kernel.api; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
