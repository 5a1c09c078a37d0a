"""Subsidiary risks of dangerous goods count for segregation like the class."""

import msgspec

from groupage.domain.events.consignment import DangerousGoods
from groupage.domain.instance import Limits
from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import Snapshot
from tests.optimizer.planner.lanes import CLOCK_AT, LANE_ID, consignment, request, voyage


def test_subsidiary_risks_are_segregated_as_classes() -> None:
    """Methanol is class 3 and poisonous: the plan's demand names both."""
    state = consignment(1)
    assert state.booking is not None
    methanol = DangerousGoods(un_number="1230", imo_class="3", subsidiary_risks=("6.1",))
    state.booking = msgspec.structs.replace(state.booking, dangerous_goods=(methanol,))
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    snapshot = Snapshot(lane=lane, consignments=(state,), voyages=(voyage(0),))
    (demand,) = build_instance(snapshot, request(1), Policy(), Limits()).demands
    assert demand.dg_classes == ("3", "6.1")
