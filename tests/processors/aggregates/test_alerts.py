"""Alerts about rejected events."""

import pytest

from groupage.domain.events.alerts import AlertRaised
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consignment import ConsignmentState
from processors.kernel.alerts import rejection_alerts
from processors.kernel.outputs import Output
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at


def test_the_text_does_not_depend_on_the_ids_of_messages() -> None:
    """Two messages of one instant were rejected: whichever has the lower id, the text is one."""
    rejected = [
        RejectedEvent(code="committed", reason="x", type=name, subject=w.CN, at=at(5))
        for name in ("consignment.allocated", "consignment.rolled")
    ]
    states = [
        ConsignmentState(key=w.CN, rejected=dict(zip(ids, rejected, strict=True)))
        for ids in (("a", "b"), ("b", "a"))
    ]
    first, second = (rejection_alerts("consignment", state) for state in states)
    assert first == second


@pytest.mark.parametrize(
    ("event", "subject", "text"),
    [
        (
            "consignment.steered",
            "roll-1",
            "command roll-1 was refused: x (`groupage command withdraw roll-1` ends this alert)",
        ),
        ("command.pin", "pin-1", "command pin-1 was refused: x (`groupage command withdraw pin-1"),
        ("plan.wanted", "NOWHERE", "a command to plan lane NOWHERE was refused: x (`groupage comm"),
        ("hold.placed", "H-1", "hold.placed of H-1 was rejected: x"),
    ],
)
def test_a_refused_command_has_its_name_and_the_way_to_end_the_alert(
    event: str, subject: str, text: str
) -> None:
    """Not the name of the event that carries it on."""
    rejected = RejectedEvent(code="left", reason="x", type=event, subject=subject, at=at(5))
    state = ConsignmentState(key=w.CN, rejected={"a": rejected})
    (raised,) = rejection_alerts("consignment", state).values()
    assert isinstance(raised, Output)
    assert isinstance(raised.event, AlertRaised)
    assert raised.event.message.startswith(text)


def test_a_hold_of_a_consignment_that_nobody_booked_is_a_command() -> None:
    """A hold that another system places is not rejected for that."""
    rejected = RejectedEvent(
        code="unknown_consignment", reason="x", type="hold.placed", subject=w.CN, at=at(5)
    )
    state = ConsignmentState(key=w.CN, rejected={"a": rejected})
    (raised,) = rejection_alerts("consignment", state).values()
    assert isinstance(raised, Output)
    assert isinstance(raised.event, AlertRaised)
    assert raised.event.message.startswith(f"a command to hold consignment {w.CN} was refused: x (")
