"""Whatever a carrier sends, in whatever order it arrives: the states are the same."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.domain.fact import Fact
from processors.kernel.fold import encode_state
from producers.entries import Accepted
from tests.processors.aggregates.carrier_reports import LEG, results_of, state_after
from tests.processors.aggregates.test_carrier_shipments import booking
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    VOYAGE,
    Dialect,
    dcsa_event,
    hub_facts,
)

HUB = [*hub_facts(), booking()]
CN = "urn:groupage:consignment:CN-1"
FEEDER = {"number": "F77N", "booking": BOOKING, "mode": "VESSEL"}
SUBJECTS: list[tuple[str, str, dict[str, Any]]] = [
    ("EQUIPMENT", "GATED_OUT", {"container": CONTAINER, "empty": "EMPTY", "locode": "CNNGB"}),
    ("EQUIPMENT", "LOADED", {"container": CONTAINER, "locode": "CNNGB", **LEG}),
    ("EQUIPMENT", "LOADED", {"container": CONTAINER, "locode": "SGSIN", **FEEDER}),
    ("EQUIPMENT", "DISCHARGED", {"container": CONTAINER, "locode": "SGSIN"}),
    ("EQUIPMENT", "STUFFED", {"container": CONTAINER, "seals": [("S-1", "CARRIER")]}),
    ("TRANSPORT", "DEPARTED", {"locode": "CNNGB", **LEG}),
    ("TRANSPORT", "ARRIVED", {"locode": "NLRTM", **LEG}),
    ("TRANSPORT", "ARRIVED", {"locode": "SGSIN", **LEG}),
    ("TRANSPORT", "ARRIVED", {"locode": "NLRTM", **FEEDER}),
    ("SHIPMENT", "CANCELLED", {"document": ("BOOKING", BOOKING)}),
    ("SHIPMENT", "ON_HOLD", {"document": ("INVOICE", "H-1"), "forwarder": CN, "reason": "unpaid"}),
    ("SHIPMENT", "RELEASED", {"document": ("INVOICE", "H-1"), "forwarder": CN}),
    ("SHIPMENT", "CONFIRMED", {"document": ("BOOKING", "CN-1"), "forwarder": CN}),
    ("SHIPMENT", "CANCELLED", {"document": ("BOOKING", "CN-1"), "forwarder": CN}),
]
QUARANTINED: list[tuple[str, str, dict[str, Any]]] = [
    ("EQUIPMENT", "STRIPPED", {"container": CONTAINER}),
    ("EQUIPMENT", "GTOO", {"container": CONTAINER}),
    ("TRANSPORT", "ARRIVED", {"locode": "NLRTM", "number": "X", "mode": "VESSEL"}),
]
IDS, HOURS = ("E1", "E2", "E3"), tuple(range(10, 16))
COUNTS = ("fact_count", "correction_count", "changed_at", "last_key")


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of one carrier: each id has versions, and may be retracted, at times of their own.

    All parts of an event are drawn again for each version: type, subject, place and time. The hub
    can read what a retraction says: else it cannot remember one that comes before its event.
    """
    dialect: Dialect = draw(st.sampled_from(DIALECTS))
    sent = []
    for event_id in IDS[: draw(st.integers(1, len(IDS)))]:
        hours = draw(st.lists(st.sampled_from(HOURS), min_size=1, max_size=4, unique=True))
        for hour in hours:
            is_gone = draw(st.sampled_from((False, False, True)))
            subjects = SUBJECTS if is_gone else SUBJECTS + QUARANTINED
            kind, subtype, details = draw(st.sampled_from(subjects))
            event = dcsa_event(
                dialect,
                kind,
                subtype,
                event_id=event_id,
                classifier=draw(st.sampled_from(["ACTUAL", "ACTUAL", "ESTIMATED", "PLANNED"])),
                at=f"2026-03-{draw(st.integers(5, 8)):02}T00:00:00Z",
                updated=f"2026-03-08T{hour}:00:00Z",
                **details,
            )
            sent.append(retracted(event, dialect) if is_gone else event)
    return sent


def retracted(event: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """A retraction with the whole content of the event, as the standard has it."""
    if dialect == "2.2":
        return event | {"eventID": f"R{event['eventID']}", "retractedEventID": event["eventID"]}
    return event | {"isRetracted": True}


def states_after(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The states of all that the events may be about."""
    facts: list[Fact] = list(HUB)
    for result in results_of(events, HUB):
        if isinstance(result, Accepted):
            facts += result.facts
    states = {}
    for kind, key in (("container", CONTAINER), ("voyage", VOYAGE), ("consignment", "CN-1")):
        plain = json.loads(encode_state(state_after(facts, kind, key)))  # type: ignore[arg-type]
        states[kind] = {name: value for name, value in plain.items() if name not in COUNTS}
    return states


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_states_do_not_depend_on_the_order_of_arrival(data: st.DataObject) -> None:
    """Swapped, and with some events twice."""
    sent = data.draw(histories())
    again = data.draw(st.lists(st.sampled_from(sent), max_size=3))
    order = data.draw(st.permutations([*sent, *again]))
    assert states_after(order) == states_after(sent)


@given(histories())
@settings(max_examples=100, deadline=None)
def test_only_the_last_statement_about_an_event_counts(sent: list[dict[str, Any]]) -> None:
    """The states are those of a hub that got nothing else; versions that cannot be read aside."""
    last: dict[str, dict[str, Any]] = {}
    for event in sent:
        if any(not isinstance(each, Accepted) for each in results_of([event], HUB)):
            return
        event_id = event.get("retractedEventID", event["eventID"])
        if event_id not in last or stated_at(event) > stated_at(last[event_id]):
            last[event_id] = event
    holding = [each for each in last.values() if not is_retraction(each)]
    assert states_after(sent) == states_after(holding)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_another_gateway_knows_the_same(data: st.DataObject) -> None:
    """It reads the facts topic by topic, in any order; what comes again gives no other fact."""
    sent = data.draw(histories())
    facts = [
        fact
        for result in results_of(sent, HUB)
        if isinstance(result, Accepted)
        for fact in result.facts
    ]
    read = [*HUB, *data.draw(st.permutations(facts))]
    ids = {(fact.event_id, fact.key) for fact in facts}
    for result in results_of(data.draw(st.permutations(sent)), read):
        if isinstance(result, Accepted):
            assert {(fact.event_id, fact.key) for fact in result.facts} <= ids


def stated_at(event: dict[str, Any]) -> str:
    """When the sender stated it."""
    at: str = event.get("eventUpdatedDateTime") or event["eventCreatedDateTime"]
    return at


def is_retraction(event: dict[str, Any]) -> bool:
    """Whether the event is a retraction."""
    return bool(event.get("isRetracted") or event.get("retractedEventID"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_retraction_that_comes_first(dialect: Dialect) -> None:
    """With its content it is remembered; without any it waits for a person."""
    kind, subtype, details = SUBJECTS[5]
    event = dcsa_event(dialect, kind, subtype, **details)
    later = dcsa_event(dialect, kind, subtype, updated="2026-03-05T05:00:00Z", **details)
    assert states_after([retracted(later, dialect), event]) == states_after([])
    assert states_after([event, retracted(later, dialect)]) == states_after([])
    assert states_after([retracted(event, dialect), later]) == states_after([later])
    (alone,) = results_of([{"eventID": "E1", "isRetracted": True}], HUB)
    assert not isinstance(alone, Accepted)
