"""Handling marks of a booking's lines as the loader gets them."""

from typing import Any

import msgspec
import pytest

from groupage.domain.events.consignment import DeclaredTotals
from groupage.domain.instance import Limits
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.lane import LaneState
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import Snapshot
from tests.optimizer.planner.lanes import CLOCK_AT, LANE_ID, consignment, request, voyage


def groups(state: ConsignmentState) -> list[tuple[bool, int | None]]:
    """Return this-side-up and top load of each carton group of the instance's only demand."""
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    snapshot = Snapshot(lane=lane, consignments=(state,), voyages=(voyage(0),))
    (demand,) = build_instance(snapshot, request(1), Policy(), Limits()).demands
    return [(group.this_side_up, group.max_top_load_g) for group in demand.cartons]


@pytest.mark.parametrize(
    ("marks", "gross_g", "top_load_g"),
    [
        ({}, 12_000, None),
        ({"max_top_load_g": 0}, 12_000, 0),
        ({"fragile": True}, 12_000, 36_000),
        ({"fragile": True}, 2_000, 20_000),
        ({"fragile": True, "max_top_load_g": 5_000}, 12_000, 5_000),
        ({"keep_dry": True}, 12_000, None),
    ],
)
def test_top_load_of_marked_cartons(
    marks: dict[str, Any], gross_g: int, top_load_g: int | None
) -> None:
    """A limit that the shipper gives counts before the one of fragile cartons."""
    state = consignment(1)
    assert state.booking is not None
    (line, *_) = state.booking.lines
    line = msgspec.structs.replace(line, gross_g=gross_g, this_side_up=True, **marks)
    state.booking = msgspec.structs.replace(state.booking, lines=(line,))
    assert groups(state) == [(True, top_load_g)]


def test_a_booking_with_totals_only_has_cartons_to_plan() -> None:
    """Cubes with the totals' volume and mass stand for them until they are measured."""
    state = consignment(1)
    assert state.booking is not None
    totals = DeclaredTotals(pieces=3, volume_cm3=81_000, gross_g=30_000)
    state.booking = msgspec.structs.replace(state.booking, lines=(), totals=totals)
    state.units = {}
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    snapshot = Snapshot(lane=lane, consignments=(state,), voyages=(voyage(0),))
    (demand,) = build_instance(snapshot, request(1), Policy(), Limits()).demands
    assert (demand.volume_cm3, demand.gross_g) == (81_000, 30_000)
    assert [len(group.unit_ids) for group in demand.cartons] == [3]
