"""What docs/integrating.md says about the order of events holds for times, not only for arrival."""

from collections.abc import Callable
from itertools import permutations

import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.states import ConsignmentStatus as Status
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play

Start = Callable[..., Play]
STORED = un.UnitStored(unit_id="u1", consignment_id=w.CN, location="A-12-03")


@pytest.mark.parametrize(
    "order", list(permutations([w.booked(1), w.received("u1"), w.measured("u1"), STORED]))
)
def test_booking_receipt_measurement_and_storage_may_have_any_order(
    play: Start, order: tuple[cn.ConsignmentEvent | un.UnitEvent, ...]
) -> None:
    """Each of the 24 orders of their times ends with the same state, and nothing is rejected."""
    consignment = play("consignment", w.CN)
    for minute, event in enumerate(order):
        consignment.deliver(event, minute)
    assert consignment.rejections() == []
    assert consignment.state.status == Status.AVAILABLE
    assert consignment.state.units["u1"].measured is not None


def test_staging_needs_a_receipt_before_it(play: Start) -> None:
    """By time: the receipt may arrive later."""
    consignment = play("consignment", w.CN)
    consignment.deliver(w.staged("u1"), 10)
    assert consignment.rejections() == ["not_received"]
    consignment.deliver(w.received("u1"), 5)
    assert consignment.rejections() == []
