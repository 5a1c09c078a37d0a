"""Alerts about rejected events."""

from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consignment import ConsignmentState
from processors.kernel.alerts import rejection_alerts
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
