"""From an imported list to a plan: nothing stands on a carton that may not bear anything."""

import msgspec
import pytest

from groupage.domain.events.consignment import ConsignmentBooked
from groupage.domain.instance import Limits
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import UnitPart
from groupage.domain.state.lane import LaneState
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import Snapshot
from optimizer.solve import solve_certified
from producers.packing_lists.model import Handling
from tests.optimizer.planner.lanes import CLOCK_AT, LANE_ID, consignment, request, voyage
from tests.producers.packing_lists.made_lists import booked, line, packing_list

PUMPS = {"cartons": 8, "length_mm": 1_200, "width_mm": 1_000, "height_mm": 900, "gross_g": 250_000}


@pytest.mark.slow
def test_nothing_stands_on_a_carton_that_is_not_stackable() -> None:
    """Eight pumps have room for as many on top; the plan leaves it empty, by the list's mark."""
    marks = Handling(max_top_load_g=0, this_side_up=True)
    found = booked(packing_list(line(handling=marks, **PUMPS)))
    event = found.facts[0].data
    assert isinstance(event, ConsignmentBooked)
    state = consignment(1, cartons=8)
    state.booking = msgspec.structs.replace(event, priority="must_go")
    state.units = {
        name: UnitPart(
            received_at=part.received_at,
            condition="good",
            measured=(1_200, 1_000, 900, 250_000),
            measured_at=part.measured_at,
        )
        for name, part in state.units.items()
    }
    others = consignment(2, cartons=150)
    assert others.booking is not None
    others.booking = msgspec.structs.replace(others.booking, priority="must_go")
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    snapshot = Snapshot(lane=lane, consignments=(state, others), voyages=(voyage(0),))
    instance = build_instance(snapshot, request(1), Policy(), Limits(wall_s=20))
    outcome = solve_certified(instance)
    assert outcome.violations == ()
    placed = [each for container in outcome.plan.containers for each in container.placements]
    pumps = [each for each in placed if each.unit_id in state.units]
    assert len(pumps) == 8
    assert len(placed) == 158
    for pump, container in ((pump, found) for found in outcome.plan.containers for pump in pumps):
        if pump not in container.placements:
            continue
        assert pump.dz_mm == 900
        assert not [
            each
            for each in container.placements
            if each.z_mm >= pump.z_mm + pump.dz_mm
            and each.x_mm < pump.x_mm + pump.dx_mm
            and pump.x_mm < each.x_mm + each.dx_mm
            and each.y_mm < pump.y_mm + pump.dy_mm
            and pump.y_mm < each.y_mm + each.dy_mm
        ]


def test_without_the_mark_there_is_no_such_limit() -> None:
    """The limit comes from the list alone."""
    event = booked(packing_list(line(**PUMPS))).facts[0].data
    assert isinstance(event, ConsignmentBooked)
    assert msgspec.to_builtins(event.lines[0]).get("max_top_load_g") is None
