"""Each lane plans trucks of its own, so that plans made at the same time cannot share one."""

from pathlib import Path

import msgspec
import pytest

from groupage.domain.errors import InvalidInput, Misconfigured
from groupage.domain.instance import Instance, Limits
from groupage.domain.policy import FleetType, Policy
from groupage.domain.policy_file import load_policy
from groupage.domain.state.lane import LaneState
from optimizer.check_instance import check_instance
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import Snapshot
from optimizer.solve import solve
from optimizer.verification.api import certify
from tests.optimizer.planner.lanes import CLOCK_AT, LANE_ID, consignment, request, voyage

OTHER = "CNNGB-DEHAM"
LORRY = FleetType(
    name="lorry",
    count=2,
    payload_g=8_000_000,
    volume_cm3=42_000_000,
    fixed_usd_cents=6_000,
    usd_cents_per_km=90,
    role="pickup",
)
edit = msgspec.structs.replace


def instance_of(lane_id: str, policy: Policy) -> Instance:
    """The lane's instance; both lanes have the same cargo."""
    snapshot = Snapshot(
        lane=LaneState(key=lane_id, fact_count=1, changed_at=CLOCK_AT),
        consignments=tuple(consignment(n, cartons=30) for n in range(1, 9)),
        voyages=(voyage(0),),
    )
    return build_instance(snapshot, request(1, lane_id), policy, Limits())


def test_two_lanes_planned_at_the_same_time_never_send_one_truck() -> None:
    """Plans of two lanes with the same cargo and clock have no truck in common."""
    plans = []
    for lane_id in (LANE_ID, OTHER):
        instance = instance_of(lane_id, Policy())
        plan, violations = certify(instance, solve(instance))
        assert violations == ()
        assert plan is not None
        assert plan.routes
        plans.append(plan)
    ours, theirs = ({route.truck_id for route in plan.routes} for plan in plans)
    assert ours.isdisjoint(theirs)
    assert {name.partition("/")[0] for name in ours} == {LANE_ID}


def test_a_plan_with_a_truck_of_another_lane_is_refuted() -> None:
    """The verifier knows the lane's trucks only."""
    instance = instance_of(LANE_ID, Policy())
    plan = solve(instance)
    first, *others = plan.routes
    foreign = edit(first, truck_id=first.truck_id.replace(LANE_ID, OTHER))
    certified, violations = certify(instance, edit(plan, routes=(foreign, *others)))
    assert certified is None
    assert [violation.code for violation in violations] == ["unknown_truck"]


def test_lanes_that_are_named_have_trucks_that_others_have_not() -> None:
    """A hub's own three lorries belong to somebody."""
    policy = edit(Policy(), fleet=(edit(LORRY, lanes=(OTHER,)),))
    assert instance_of(LANE_ID, policy).trucks == ()
    assert [truck.truck_id for truck in instance_of(OTHER, policy).trucks] == [
        f"{OTHER}/lorry-01",
        f"{OTHER}/lorry-02",
    ]


def fleet(*lanes: str) -> str:
    """Types named lorry in a policy file, one for each list of lanes."""
    head = "\n".join(
        f"{name} = {value!r}".replace("'", '"')
        for name, value in msgspec.to_builtins(LORRY).items()
        if name != "lanes"
    )
    return "\n".join(f"[[fleet]]\n{head}\nlanes = {lane_ids}\n" for lane_ids in lanes)


def test_types_of_one_name_must_not_meet_on_a_lane(tmp_path: Path) -> None:
    """Their trucks would have the same ids."""
    file = tmp_path / "policy.toml"
    file.write_text(fleet('["A"]', '["B"]'))
    assert len(load_policy(file).fleet) == 2
    for lanes in (('["A", "B"]', '["B"]'), ('["A"]', "[]"), ("[]", "[]")):
        file.write_text(fleet(*lanes))
        with pytest.raises(Misconfigured, match="two types named 'lorry'"):
            load_policy(file)


def test_an_instance_with_one_truck_twice_makes_no_sense() -> None:
    """Also for a policy from a file."""
    instance = instance_of(LANE_ID, Policy())
    with pytest.raises(InvalidInput, match=r"trucks\[\]\.truck_id"):
        check_instance(edit(instance, trucks=instance.trucks * 2))
