"""Updates and retractions of DCSA events about the hub's own consignments and consolidations."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest

from groupage.contracts.topics import TOPICS
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from processors.kernel.fold import encode_state
from producers.dcsa.reference_log import OWN_TOPICS, needs_own
from producers.dcsa.reference_log import TOPICS as CARRIERS_TOPICS
from tests.api.world import booked
from tests.processors.aggregates.carrier_reports import facts_of, state_after
from tests.producers.dcsa_events import DIALECTS, ETD, NOW, Dialect, dcsa_event, hub_facts
from tests.producers.test_dcsa_mapping import CASES

CN = "urn:groupage:consignment:CN-1"
HOLD: dict[str, Any] = {"document": ("CUSTOMS_CLEARANCE", "H-1"), "forwarder": CN}
OWN_AT = len(hub_facts())


def booking() -> Fact:
    """The consignment, booked before the carrier's events."""
    event = booked("CN-1")
    return Fact(
        event_id="b",
        source="/booking",
        key="CN-1",
        occurred_at=ETD.replace(day=1),
        recorded_at=NOW,
        data=event,
    )


def state(facts: Iterable[Fact]) -> Any:
    """The booked consignment after other facts."""
    return state_after([booking(), *facts], "consignment", "CN-1")


def retraction(dialect: Dialect, at: str = "2026-03-06T00:00:00Z") -> dict[str, Any]:
    """A retraction of E1 with nothing but its id and time."""
    if dialect == "2.2":
        return {"eventID": "E9", "retractedEventID": "E1", "eventCreatedDateTime": at}
    event = dcsa_event(dialect, "SHIPMENT", "ON_HOLD", updated=at)
    routing = {"eventRouting": event["eventRouting"]}
    return {"eventID": "E1", "isRetracted": True, "eventUpdatedDateTime": at} | routing


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("subtype", "details"),
    [
        ("ON_HOLD", HOLD),
        ("CONFIRMED", {"document": ("BOOKING", "CN-1"), "forwarder": CN}),
        ("CANCELLED", {"document": ("BOOKING", "CN-1"), "forwarder": CN, "reason": "sold"}),
        ("REJECTED", {"document": ("BOOKING", "CN-1"), "forwarder": CN, "reason": "full"}),
    ],
)
def test_a_retraction_takes_a_consignment_back(
    dialect: Dialect, subtype: str, details: dict[str, Any]
) -> None:
    """Its state is that of a consignment that never had the event, in any order of arrival."""
    sent = dcsa_event(dialect, "SHIPMENT", subtype, **details)
    before, after = state([]), state(facts_of(sent))
    assert content(after) != content(before)
    facts = facts_of(sent, retraction(dialect))[OWN_AT:]
    assert len(facts) == 2
    for order in itertools.permutations(facts):
        assert content(state(order)) == content(before)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_update_of_a_hold(dialect: Dialect) -> None:
    """Another reason, another kind, another consignment: the last version alone holds."""
    changes: list[dict[str, Any]] = [
        {},
        {"document": ("INVOICE", "H-1"), "reason": "unpaid"},
        {"reason": "papers"},
    ]
    versions = [
        dcsa_event(
            dialect, "SHIPMENT", "ON_HOLD", updated=f"2026-03-05T0{hour}:00:00Z", **(HOLD | details)
        )
        for hour, details in enumerate(changes, start=5)
    ]
    (hold,) = state(facts_of(*versions)).holds.values()
    assert (hold.hold, hold.reason) == ("CUSTOMS", "papers")
    moved = json.loads(json.dumps(versions[2]).replace(CN, f"{CN}2"))
    facts = facts_of(*versions[:2], moved)
    assert state(facts).holds == {}
    assert facts[-1].key == "CN-12"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stuffing_is_taken_back(dialect: Dialect) -> None:
    """An equipment event about the hub's consolidation."""
    sent = dcsa_event(dialect, "EQUIPMENT", "STUFFED", forwarder="urn:groupage:consolidation:CSL-1")
    facts = facts_of(sent, retraction(dialect))
    assert [fact.key for fact in facts[OWN_AT:]] == ["CSL-1", "CSL-1"]
    gone, never = (state_after(each, "consolidation", "CSL-1") for each in (facts, []))
    assert content(gone) == content(never)


def content(found: Any) -> dict[str, Any]:
    """A state without the counts of its facts."""
    counts = ("fact_count", "correction_count", "changed_at", "last_key")
    plain: dict[str, Any] = json.loads(encode_state(found))
    return {name: value for name, value in plain.items() if name not in counts}


def test_the_log_has_all_that_dcsa_events_become() -> None:
    """Whatever an event becomes lies on a topic that is read before the next bundle."""
    read = {topic.name: topic.kinds for topic in TOPICS}
    kinds: set[AggregateKind] = {
        kind for name in (*CARRIERS_TOPICS, *OWN_TOPICS) for kind in read[name]
    }
    assert {case[3].kind for case in CASES} <= kinds
    own = {kind for name in OWN_TOPICS for kind in read[name]}
    for kind, subtype, details, event in CASES:
        for dialect in DIALECTS:
            sent = json.dumps(dcsa_event(dialect, kind, subtype, **details)).encode()
            assert needs_own(sent) or event.kind not in own
            assert needs_own(json.dumps(retraction(dialect)).encode())
