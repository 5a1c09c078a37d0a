"""Visits: a truck arrives with the cargo of several consignments."""

from collections.abc import Callable

from groupage.domain.events.equipment import TruckArrived
from tests.processors.aggregates.play import Play, at


def test_a_truck_brings_cargo(play: Callable[..., Play]) -> None:
    """Each consignment gets a message; a second arrival of the same visit is rejected."""
    story = play("visit", "V1")
    truck = TruckArrived(visit_id="V1", dock="D3", consignment_ids=("CN-1", "CN-2"))
    story.deliver(truck, 10)
    story.deliver(truck, 11)
    arrivals = story.sent("consignment.arriving")
    assert [(arrival.consignment_id, arrival.arrived_at) for arrival in arrivals] == [
        ("CN-1", at(10)),
        ("CN-2", at(10)),
    ]
    assert story.rejections() == ["already_arrived"]
