"""A carton belongs to one consignment: two claims raise an alert, a legal move does not."""

from typing import Any

import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.fact import Fact
from tests.processors.aggregates import events as w
from tests.processors.aggregates.minihub import MiniHub

U, V = "106141412345678908", "106141412345678915"


@pytest.fixture
def hub() -> MiniHub:
    """Make consignments A and B, which have announced nothing yet."""
    hub = MiniHub()
    for name in ("A", "B"):
        hub.publish(w.booked(2, consignment_id=name))
    return hub


def announce(hub: MiniHub, name: str, *units: str, **more: Any) -> Fact:
    """Publish the delivery note of a consignment a minute later, and deliver all messages."""
    hub.tick(1)
    noted = cn.AsnReceived(
        consignment_id=name, units=tuple(cn.AnnouncedUnit(unit_id=unit) for unit in units)
    )
    sent = hub.publish(noted, **more)
    hub.settle()
    return sent


def receive(hub: MiniHub, name: str, unit: str, **more: Any) -> Fact:
    """Scan a unit at the dock for that consignment."""
    hub.tick(1)
    sent = hub.publish(un.UnitReceived(unit_id=unit, consignment_id=name), **more)
    hub.settle()
    return sent


def disputes(hub: MiniHub) -> list[str]:
    """Return the units that two consignments claim."""
    hub.check()
    return sorted(
        alert_id.split("/")[1] for alert_id in hub.alerts if alert_id.endswith("two_consignments")
    )


def test_a_unit_on_two_delivery_notes(hub: MiniHub) -> None:
    """Each of its units raises an alert with both names, until a note is retracted."""
    announce(hub, "A", U, V)
    second = announce(hub, "B", V, "other")
    assert disputes(hub) == [V]
    raised: Any = hub.aggregates["unit"].outputs(hub.state("unit", V))["alert:two_consignments"]
    sent = raised.event
    assert sent.message == (
        "announced or received under A (since 2026-03-01 00:01Z) and B (since 2026-03-01 00:02Z): "
        "correct or retract the asn.received or unit.received that is wrong. Until then, events "
        "about it alone go to B"
    )
    announce(hub, "B", V, correction_of=second.event_id, retracted=True)
    assert disputes(hub) == []
    assert hub.state("unit", V).owner_id == "A"
    assert hub.state("unit", "other").owner_id == "", "nobody claims it any more"


def test_a_corrected_note_claims_the_units_that_it_names(hub: MiniHub) -> None:
    """A correction names the right unit; retracting the correction restores the claim."""
    announce(hub, "A", U)
    wrong = announce(hub, "B", U)
    right = announce(hub, "B", V, correction_of=wrong.event_id)
    assert disputes(hub) == []
    announce(hub, "B", V, correction_of=right.event_id, retracted=True)
    assert disputes(hub) == [U]


def test_a_retracted_note_leaves_the_claim_of_another_note(hub: MiniHub) -> None:
    """The other still names the unit: the claim stands."""
    announce(hub, "A", U)
    first = announce(hub, "B", U)
    announce(hub, "B", U, V)
    announce(hub, "B", U, correction_of=first.event_id, retracted=True)
    assert disputes(hub) == [U]


def test_scanned_to_the_wrong_consignment(hub: MiniHub) -> None:
    """B's own note does not name it: an alert stands until the scan is retracted."""
    announce(hub, "A", U)
    announce(hub, "B", V)
    receive(hub, "B", V)
    assert disputes(hub) == []
    wrong = receive(hub, "B", U)
    assert disputes(hub) == [U]
    receive(hub, "B", U, correction_of=wrong.event_id, retracted=True)
    receive(hub, "A", U)
    assert disputes(hub) == []


@pytest.mark.parametrize(
    "leave",
    [
        cn.ConsignmentSplit(consignment_id="A", children=("B",), reason="too large"),
        cn.ConsignmentCancelled(consignment_id="A", reason="booked again"),
    ],
    ids=["split", "cancelled"],
)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_an_ended_consignment_claims_nothing(hub: MiniHub, leave: Any, *, before: bool) -> None:
    """The children of a split, or a new booking, may have the cartons, in either order."""
    announce(hub, "A", U, V)
    if before:
        hub.publish(leave)
    announce(hub, "B", U, V)
    if not before:
        assert disputes(hub) == [U, V]
        hub.publish(leave)
        hub.settle()
    assert disputes(hub) == []
    assert hub.state("unit", U).owner_id == "B"


def test_a_missing_carton_may_arrive_with_another_consignment(hub: MiniHub) -> None:
    """A is shipped short; what was missing arrives as B's, under the same labels."""
    announce(hub, "A", U, V)
    receive(hub, "A", U)
    hub.publish(cn.TallyCompleted(consignment_id="A", pieces=1))
    hub.publish(cn.DiscrepancyAccepted(consignment_id="A", decision="ship_short"))
    announce(hub, "B", V)
    assert disputes(hub) == []
    receive(hub, "A", V)
    assert disputes(hub) == [V], "after all"


def test_cartons_of_two_consignments_on_one_pallet(hub: MiniHub) -> None:
    """Repacked together they are one unit now: no mistake."""
    announce(hub, "A", U)
    announce(hub, "B", V)
    hub.publish(un.UnitRepacked(unit_id="pallet", inputs=(U, V), outputs=("pallet",)))
    hub.settle()
    assert hub.state("unit", "pallet").owner_id == "B"
    assert disputes(hub) == []
