"""The catalogue of events: made from the contracts, with examples and lines that work."""

import json
import shlex
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from groupage.contracts.decoding import decode
from groupage.contracts.event_descriptions import (
    STRUCTURED,
    Addresses,
    EventDescription,
    curl_line,
    describe_all,
    describe_event,
    find_events,
    kcat_line,
    with_time,
)
from groupage.contracts.provenance import OWN_EVENTS
from groupage.contracts.senders import _OF_EVENT, HUB
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import NotFound
from producers.gateway.cloudevents import check_event

NOW = datetime(2026, 3, 3, tzinfo=UTC)
AT = Addresses(gateway="http://127.0.0.1:8080", broker="127.0.0.1:9092", prefix="hub1.")
PUBLIC = [describe_event(event) for event in EVENTS.values() if event not in OWN_EVENTS]


def options(line: str) -> dict[str, list[str]]:
    """Return the values of a command's options."""
    found: dict[str, list[str]] = {}
    for name, value in pairwise(shlex.split(line)):
        if name.startswith("-"):
            found.setdefault(name, []).append(value)
    return found


def test_every_event_is_in_it() -> None:
    """Those that others may send come first; each has a meaning, a topic, a key and a sender."""
    described = describe_all()
    assert {each.type for each in described} == {f"{name}.v1" for name in EVENTS}
    assert [each.public for each in described] == sorted(
        (each.public for each in described), reverse=True
    )
    for each in described:
        assert each.meaning.endswith((".", ";")), each.type
        assert each.topics
        assert each.key
        assert (each.sent_by == HUB) != each.public
    assert set(_OF_EVENT) <= {each.type.removesuffix(".v1") for each in PUBLIC}


@pytest.mark.parametrize("event", PUBLIC, ids=lambda each: each.type)
def test_the_gateway_takes_the_example_and_the_curl_line(event: EventDescription) -> None:
    """As they are printed."""
    assert check_event(event.example, recorded_at=NOW).problems == ()
    sent = options(curl_line(event, AT))
    assert sent["-H"] == [f"content-type: {STRUCTURED}"]
    assert sent["-s"] == ["http://127.0.0.1:8080/v1/events"]
    assert json.loads(sent["-d"][0]) == event.example


@pytest.mark.parametrize("event", PUBLIC, ids=lambda each: each.type)
def test_a_worker_takes_what_the_kcat_line_sends(event: EventDescription) -> None:
    """Under its key, on its topic: the same fact as by HTTP."""
    line = kcat_line(event, AT)
    printed, command = line.split(" | ")
    sent = options(command)
    (topic,) = sent["-t"]
    fact = decode(
        [(name, value.encode()) for name, value in (pair.split("=", 1) for pair in sent["-H"])],
        sent["-k"][0].encode(),
        shlex.split(printed)[2].encode(),
        recorded_at=NOW,
        topic=topic.removeprefix("hub1."),
    )
    assert fact == check_event(event.example, recorded_at=NOW).fact


def test_a_gateway_with_a_token_is_asked_with_one() -> None:
    """The token itself is not printed."""
    at = Addresses(gateway="http://gw", gateway_has_token=True)
    assert "-H 'authorization: Bearer TOKEN'" in curl_line(PUBLIC[0], at)


def test_fields_are_described_with_unit_and_values() -> None:
    """At any depth, with what is required."""
    booked = describe_event(EVENTS["consignment.booked"])
    fields = {field.name: field for field in booked.fields}
    height = fields["lines[].size.height_mm"]
    assert (height.unit, height.required) == ("Millimetres", True)
    assert height.type == "whole number, 1 to 100,000"
    assert fields["pickup.place.place_id"].meaning.startswith("Id of the place")
    assert not fields["pickup"].required
    assert next(iter(fields["mode"].values)) == "1039"
    assert fields["mode"].meaning.endswith("release the export.")
    assert describe_event(EVENTS["alert.raised"]).fields[4].values == {
        "critical": "",
        "info": "",
        "warning": "",
    }


def test_an_event_is_found_by_type_name_or_beginning() -> None:
    """Else the error names what may be meant."""
    (event,) = find_events("unit.received.v1")
    assert find_events("unit.received") == (event,)
    assert event in find_events("unit")
    with pytest.raises(NotFound, match=r"did you mean unit\.received\.v1\?"):
        find_events("unit.reeived")
    with pytest.raises(NotFound, match="`groupage events` lists all"):
        find_events("shipment.created")


def test_what_the_hub_sends_can_be_read_and_not_sent() -> None:
    """A line that reads the topic."""
    assert kcat_line(describe_event(EVENTS["plan.proposed"]), AT) == (
        "kcat -C -b 127.0.0.1:9092 -t hub1.hub.plan.v1 -o beginning -e"
    )


def test_the_example_may_have_the_time_of_the_hub() -> None:
    """On a simulated day the present time would be an event of the far future."""
    described = with_time(PUBLIC[0], datetime(2026, 3, 2, 6, 10, tzinfo=UTC))
    assert described.example["time"].startswith("2026-03-02T06:10:00")
    assert described.example["time"] in curl_line(described, AT)
    assert f"ce_time={described.example['time']}" in kcat_line(described, AT)
