"""Money in a currency without a rate: it never counts as dollars."""

from typing import Any

import msgspec
import pytest

from groupage.domain.events.base import Money
from groupage.domain.instance import Instance, Limits
from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import Snapshot
from optimizer.solve import solve
from optimizer.verification.api import verify
from tests.optimizer.planner.lanes import CLOCK_AT, LANE_ID, consignment, request, voyage

YEN = Money(amount_minor=500_000, currency="JPY")


def build(*, mode: str = "1039", freight: Money | None = None) -> Instance:
    """Two consignments of one buyer, the first worth half a million yen."""
    states = (consignment(1), consignment(4))
    assert states[0].booking is not None
    states[0].booking = msgspec.structs.replace(states[0].booking, value=YEN, mode=mode)
    sailing = voyage(0)
    if freight is not None:
        first, *others = sailing.equipment
        sailing.equipment = (msgspec.structs.replace(first, freight=freight), *others)
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    snapshot = Snapshot(lane=lane, consignments=states, voyages=(sailing,))
    # Any price is better than leaving out: what stays behind has no place.
    policy = Policy()
    dear = msgspec.structs.replace(policy.weights, left_out_per_m3=10**9)
    policy = msgspec.structs.replace(policy, weights=dear)
    return build_instance(snapshot, request(1), policy, Limits())


@pytest.mark.parametrize(("mode", "left"), [("1039", {"CN-0001": "cap_not_judged"}), ("0110", {})])
def test_a_cap_that_cannot_be_checked_is_not_passed(mode: str, left: dict[str, Any]) -> None:
    """Under 1039 it waits for a value in dollars, and the plan says so; other modes have no cap."""
    case = build(mode=mode)
    plan = solve(case)
    assert {entry.consignment_id: entry.code for entry in plan.left_out} == left
    assert all("JPY" in e.reason and "150,000 USD" in e.reason for e in plan.left_out)
    assert verify(case, plan) == ()


def test_freight_without_a_rate_is_no_offer() -> None:
    """The freight of a container is not known: the plan opens another type."""
    offers = build(freight=YEN).departures[0].offers
    assert [offer.iso_type for offer in offers] == ["45G1"]
