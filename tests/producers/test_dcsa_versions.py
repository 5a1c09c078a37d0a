"""DCSA Track & Trace in: updates, retractions, and the same report twice."""

from typing import Any

import pytest

from producers.dead_letters import QuarantineCode as Code
from producers.entries import Accepted
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    SOURCE,
    Dialect,
    dcsa_event,
    known_hub,
)
from tests.producers.dcsa_results import LEG, dead_letter_of, facts_of, take


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_event_twice_is_the_same_fact(dialect: Dialect) -> None:
    """Also when the hub knows more by then."""
    event = dcsa_event(dialect, "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    hub = known_hub()
    (first,), (second,) = facts_of(event, hub=hub), facts_of(event, hub=hub)
    assert (first.event_id, first.data) == (second.event_id, second.data)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_newer_version_withdraws_the_older(dialect: Dialect) -> None:
    """Even if it is about another container; an older one that comes late changes nothing."""

    def version(container: str, updated: str) -> dict[str, Any]:
        return dcsa_event(
            dialect,
            "EQUIPMENT",
            "DISCHARGED",
            container=container,
            booking=BOOKING,
            locode="NLRTM",
            updated=updated,
        )

    hub = known_hub()
    other = "APZU4812090"
    (first,) = facts_of(version(CONTAINER, "2026-03-05T04:10:00Z"), hub=hub)
    withdrawal, second = facts_of(version(other, "2026-03-05T05:10:00Z"), hub=hub)
    assert (withdrawal.correction_of, withdrawal.retracted) == (first.event_id, True)
    assert (withdrawal.key, withdrawal.data) == (CONTAINER, first.data)
    assert (second.key, second.correction_of) == (other, None)
    (entry,) = take(version(CONTAINER, "2026-03-05T04:30:00Z"), hub=hub)
    assert entry == Accepted(facts=(), notes=("older_version",))
    # Again, as a sender that had no answer would: the same facts, and none besides.
    again = facts_of(version(other, "2026-03-05T05:10:00Z"), hub=hub)
    assert [(fact.event_id, fact.data) for fact in again] == [(second.event_id, second.data)]


def test_a_retraction_withdraws_all_versions() -> None:
    """It may carry nothing but the id; an event after it counts again."""
    hub = known_hub()
    times = ("2026-03-05T04:10:00Z", "2026-03-05T05:10:00Z")
    sent = [
        dcsa_event(
            "3.0.0 words",
            "EQUIPMENT",
            "DISCHARGED",
            container=CONTAINER,
            locode="NLRTM",
            updated=time,
        )
        for time in times
    ]
    facts_of(*sent, hub=hub)
    withdrawn = facts_of({"eventID": "E1", "isRetracted": True}, hub=hub)
    assert [fact.correction_of for fact in withdrawn] == [
        "E1@2026-03-05T05:10:00.000000Z#1"  # the older one was withdrawn when this one came
    ]
    assert all(fact.retracted and fact.source == SOURCE for fact in withdrawn)
    later = sent[0] | {"eventUpdatedDateTime": "2026-03-05T06:10:00Z"}
    (fact,) = facts_of(later, hub=hub)
    assert fact.correction_of is None


def test_a_retraction_before_version_3() -> None:
    """Event hubs named the retracted event in the metadata."""
    hub = known_hub()
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    (fact,) = facts_of(event, hub=hub)
    retraction = {
        "metadata": {
            "eventID": "E2",
            "eventType": "EQUIPMENT",
            "eventCreatedDateTime": "2026-03-05T05:10:00Z",
            "retractedEventID": "E1",
        }
    }
    (withdrawn,) = facts_of(retraction, hub=hub)
    assert withdrawn.correction_of == fact.event_id
    code, reason = dead_letter_of(retraction | {"metadata": {"retractedEventID": "E9"}}, hub=hub)
    assert code is Code.RETRACTS_UNKNOWN
    assert "'E9'" in reason


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_departure_reported_for_each_booking(dialect: Dialect) -> None:
    """Each has an id of its own, so each is a fact that the carrier can retract.

    The voyage takes reports that agree as one departure.
    """
    hub = known_hub()
    first = dcsa_event(dialect, "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG)
    second = dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E2", locode="CNNGB", **LEG)
    (one,), (other,) = facts_of(first, hub=hub), facts_of(second, hub=hub)
    assert one.event_id != other.event_id
    assert (one.data, one.occurred_at) == (other.data, other.occurred_at)
    (gone,) = facts_of({"eventID": "E1", "isRetracted": True}, hub=hub)
    assert gone.correction_of == one.event_id


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_retracted_report_may_be_made_again(dialect: Dialect) -> None:
    """Under another id: nothing says so any more."""
    hub = known_hub()
    first = dcsa_event(dialect, "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG)
    facts_of(first, hub=hub)
    retraction = {"eventID": "E1", "isRetracted": True}
    facts_of(retraction, hub=hub)
    second = dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E2", locode="CNNGB", **LEG)
    assert len(facts_of(second, hub=hub)) == 1
