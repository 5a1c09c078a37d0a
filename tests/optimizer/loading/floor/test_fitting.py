"""Layouts of several kinds: found, or refuted by bounds and CP-SAT."""

from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.domain.instance import PreloadedCarton
from optimizer.deadline import unlimited
from optimizer.loading.floor.bounds import rows
from optimizer.loading.floor.exact import Decision
from optimizer.loading.floor.fitting import Fitting, push_back
from optimizer.loading.floor.kinds import Floor, Kind, Rectangle
from optimizer.loading.stock import CargoSpace
from tests.optimizer.loading.floor.brute_force import fits, mistakes


def _kind(edges: tuple[int, int], *, turns: bool) -> Kind:
    return Kind(max(edges), min(edges), turns=True) if turns else Kind(*edges, turns=False)


KINDS = st.builds(_kind, st.tuples(st.integers(1, 4), st.integers(1, 4)), turns=st.booleans())


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """A small floor with up to two things at its far end."""
    length, width = draw(st.integers(2, 7)), draw(st.integers(2, 5))
    taken = draw(
        st.lists(
            st.builds(
                Rectangle,
                st.integers(0, length - 1),
                st.integers(-1, width - 1),
                st.integers(1, 3),
                st.integers(1, 3),
            ),
            max_size=2,
        )
    )
    return Floor(length, width, ((0, width, 0),)).behind(taken)


def _find(floor: Floor, counts: dict[Kind, int]) -> tuple[Decision, list[Rectangle]]:
    fitting = Fitting(floor, rows(floor, counts), unlimited("load"), work=0.2)
    answer = fitting.find(counts)
    return answer.decision, push_back(floor, answer.rectangles)


@settings(max_examples=250, deadline=None)
@given(floor=floors(), counts=st.dictionaries(KINDS, st.integers(1, 5), min_size=1, max_size=3))
def test_decisions_are_those_of_brute_force(floor: Floor, counts: dict[Kind, int]) -> None:
    """On small floors, also behind things that stand there, each decision is right."""
    decision, places = _find(floor, counts)
    assert decision == (Decision.FITS if fits(floor, counts) else Decision.DOES_NOT_FIT)
    if decision == Decision.FITS:
        assert mistakes(floor, counts, places) == []


@settings(max_examples=250, deadline=None)
@given(floor=floors(), counts=st.dictionaries(KINDS, st.integers(1, 5), min_size=1, max_size=3))
def test_no_row_forbids_what_fits(floor: Floor, counts: dict[Kind, int]) -> None:
    """The inequalities hold for every layout that there is."""
    if any(row.is_broken(counts) for row in rows(floor, counts)):
        assert not fits(floor, counts)


def test_pieces_come_straight_from_the_door() -> None:
    """In loading sequence no piece passes one that stands nearer to the door."""
    floor = Floor(5_867, 2_330, ((0, 2_330, 0),))
    decision, places = _find(
        floor, {Kind(1_200, 1_000, turns=True): 6, Kind(900, 700, turns=True): 5}
    )
    assert decision == Decision.FITS
    for number, place in enumerate(places):
        for earlier in places[:number]:
            beside = earlier.y >= place.y + place.dy or place.y >= earlier.y + earlier.dy
            assert beside or earlier.x + earlier.dx <= place.x


def test_the_floor_behind_a_loaded_carton_is_lost() -> None:
    """A carton in the middle keeps what is behind it; beside it the floor is free."""
    space = CargoSpace(
        x1=10, x2=1_010, y1=20, y2=520, height=1_000,
        door_width=500, door_height=1_000, payload_g=1,
    )  # fmt: skip
    carton = PreloadedCarton(
        unit_id="U", consignment_id="C", x_mm=310, y_mm=120, z_mm=0, dx_mm=200, dy_mm=100, dz_mm=9
    )
    floor = Floor.of(space, [carton])
    assert floor.steps == ((0, 100, 0), (100, 200, 500), (200, 500, 0))
    assert floor.area_mm2 == 1_000 * 500 - 500 * 100


def test_wide_pieces_do_not_pass_each_other() -> None:
    """Three pieces wider than half the floor: their area fits, their lengths do not."""
    floor = Floor(10, 10, ((0, 10, 0),))
    kind = Kind(4, 6, turns=False)
    assert rows(floor, {kind: 3})[0].is_broken({kind: 3}) is False
    assert _find(floor, {kind: 3, Kind(1, 1, turns=True): 1})[0] == Decision.DOES_NOT_FIT
