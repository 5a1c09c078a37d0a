"""Only a record that a process of the hub signed is believed where only the hub may speak."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from groupage.contracts.decoding import decode, decode_for_store
from groupage.contracts.encoding import Record, encode
from groupage.contracts.examples import example_fact
from groupage.contracts.partitioning import partition_of
from groupage.contracts.provenance import OWN_EVENTS, is_own, topic_of_fact
from groupage.contracts.signing import SIGNATURE_HEADER, HubKey
from groupage.contracts.topics import (
    CLOCK_TOPICS,
    COUNTERPARTS,
    INTERNAL_TOPICS,
    TOPICS,
    topic_of,
)
from groupage.contracts.undecodable import Undecodable
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import Misconfigured
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import ConsignmentAllocated
from groupage.domain.fact import Fact
from tests.hub_key import hub_key, signed_record

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TOPIC = "hub.consignment.v1"
INTERNAL = "hub.consignment.internal.v1"


def read(record: Record, *, topic: str = TOPIC, key: HubKey | None = None) -> Fact:
    """Decode a record as a worker does."""
    return decode_for_store(
        record.headers,
        record.key,
        record.value,
        recorded_at=NOW,
        topic=topic,
        hub_key=key or hub_key(),
    )[0]


def topic_name(event: type[Event]) -> str:
    """Return a topic of the event."""
    return "hub.plan.v1" if event.kind == "clock" else topic_of(example_fact(event).data).name


@pytest.mark.parametrize("event", [event for event in EVENTS.values() if event in OWN_EVENTS])
def test_an_event_of_the_hub_needs_its_signature(event: type[Event]) -> None:
    """Also on the path for records in a form of their own."""
    fact, topic = example_fact(event), topic_name(event)
    record = encode(fact, topic=topic)
    for unsigned in (record, replace(record, headers=[*record.headers, ("ce_new", b"1")])):
        with pytest.raises(Undecodable, match="only the hub's own processes send") as caught:
            read(unsigned, topic=topic)
        assert caught.value.code == "not_yours"
    assert read(signed_record(fact, topic=topic), topic=topic) == fact


@pytest.mark.parametrize("changes", [{"source": "/groupage/lane"}, {"relayed_by": "lane"}])
def test_a_public_event_in_the_hubs_name_needs_its_signature(
    received: Fact, changes: dict[str, str]
) -> None:
    """Its source and the mark of a forwarded fact are the hub's; everybody else's is public."""
    forged = replace(received, **changes)
    with pytest.raises(Undecodable) as caught:
        read(encode(forged))
    assert caught.value.code == "not_yours"
    assert read(signed_record(forged, topic=TOPIC)) == forged
    assert read(encode(received)) == received


def test_all_that_the_hub_says_lies_on_topics_that_only_it_writes() -> None:
    """So that the broker's access rules alone can keep others from saying it."""
    for event in EVENTS.values():
        for fact in (
            example_fact(event),
            replace(example_fact(event), relayed_by="lane"),
            replace(example_fact(event), source="/groupage/lane"),
        ):
            topic = topic_of_fact(fact) if event.kind != "clock" else CLOCK_TOPICS[0]
            assert topic.public != is_own(fact) or event.kind in ("declaration", "command")
            assert event.kind == "clock" or encode(fact).topic == topic.name


def test_a_message_that_an_older_version_published_needs_its_signature_as_well() -> None:
    """It lies on the public topic; the signature is for that topic."""
    fact = example_fact(ConsignmentAllocated)
    assert encode(fact).topic == INTERNAL
    assert read(signed_record(fact, topic=TOPIC), topic=TOPIC) == fact
    for headers in (encode(fact).headers, signed_record(fact).headers):
        with pytest.raises(Undecodable, match=r"only the hub's own processes send") as caught:
            read(replace(encode(fact), headers=headers), topic=TOPIC)
        assert caught.value.code == "not_yours"


def test_an_internal_topic_is_for_the_hub_alone(received: Fact) -> None:
    """Where access rules let somebody in, what is not signed is still a dead letter."""
    with pytest.raises(Undecodable) as caught:
        read(encode(received), topic=INTERNAL)
    assert caught.value.code == "not_yours"
    for part in (INTERNAL, "has no signature", f"send unit.received to {TOPIC}"):
        assert part in str(caught.value)
    assert read(signed_record(received, topic=INTERNAL), topic=INTERNAL) == received


def test_a_topic_and_its_internal_topic_have_the_same_aggregates_in_the_same_partitions() -> None:
    """One worker holds both, and the state of the aggregates in them."""
    tables = {topic.name: topic for topic in TOPICS}
    assert len(INTERNAL_TOPICS) == 5
    for internal in INTERNAL_TOPICS:
        topic, public = tables[internal], tables[COUNTERPARTS[internal]]
        assert COUNTERPARTS[public.name] == internal
        assert (public.public, topic.public) == (True, False)
        assert topic.partitions == public.partitions
        assert (topic.kinds, topic.retention, topic.ticks) == (
            public.kinds,
            public.retention,
            public.ticks,
        )
        assert partition_of("CN-1", internal) == partition_of("CN-1", public.name)


def test_events_of_the_hub_are_those_that_no_other_system_publishes() -> None:
    """Internal ones, and all of topics that are not public."""
    public = {kind for topic in TOPICS if topic.public for kind in topic.kinds}
    private = {kind for topic in TOPICS for kind in topic.kinds} - public | {"clock"}
    assert {event for event in EVENTS.values() if event.internal or event.kind in private} == (
        OWN_EVENTS
    )


CHANGES: list[Callable[[Record], Record]] = [
    lambda record: replace(record, value=record.value.replace(b"CN-1", b"CN-2")),
    lambda record: replace(record, headers=record.headers[::-1]),
    lambda record: replace(record, headers=[*record.headers, ("ce_retracted", b"true")]),
    lambda record: replace(record, headers=[*record.headers[:-1], (SIGNATURE_HEADER, b"")]),
    lambda record: replace(record, headers=[("x", b""), *record.headers]),
    *(
        lambda record, at=at: replace(
            record,
            headers=[
                (name, value + b"0" if index == at else value)
                for index, (name, value) in enumerate(record.headers)
            ],
        )
        for at in range(9)
    ),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_signature_covers_everything(
    received: Fact, change: Callable[[Record], Record]
) -> None:
    """A header more, less or other, and another value, are not what the hub signed."""
    record = signed_record(replace(received, relayed_by="lane"), topic=TOPIC)
    assert hub_key().verifies(TOPIC, record.headers, record.value)
    changed = change(record)
    assert not hub_key().verifies(TOPIC, changed.headers, changed.value)


def test_trace_context_may_follow_the_signature(received: Fact) -> None:
    """Tracing put over a process of the hub adds it to every record; it says nothing of the event.

    Nothing else may follow.
    """
    fact = replace(received, relayed_by="lane")
    record = signed_record(fact, topic=TOPIC)
    trace: list[tuple[str, bytes]] = [("traceparent", b"00-1-2-01"), ("baggage", b"a=b")]
    traced = replace(record, headers=[*record.headers, *trace])
    assert read(traced) == read(record)
    for more in ([*trace, ("ce_new", b"1")], [("ce_new", b"1"), *trace]):
        wrong = replace(record, headers=[*record.headers, *more])
        with pytest.raises(Undecodable, match="the record has no signature"):
            read(wrong)
    within = replace(record, headers=[*trace, *record.headers])
    with pytest.raises(Undecodable, match="the signature is wrong"):
        read(within)


def test_a_signature_is_for_one_topic_of_one_hub(received: Fact) -> None:
    """A tick of one topic cannot be played on another one, nor on another hub's."""
    record = signed_record(received, prefix="a.")
    assert hub_key("a.").verifies(TOPIC, record.headers, record.value)
    assert not hub_key("b.").verifies(TOPIC, record.headers, record.value)
    assert not hub_key("a.").verifies("hub.unit.v1", record.headers, record.value)


def test_parts_of_a_record_cannot_trade_places(received: Fact) -> None:
    """The end of a header is not the beginning of the next."""
    key, value = hub_key(), encode(received).value
    signed = key.sign(TOPIC, [("a", b"bc"), ("d", b"e")], value)
    moved = [("ab", b"c"), ("d", b"e"), signed[-1]]
    assert not key.verifies(TOPIC, moved, value)
    assert not key.verifies(TOPIC, [("a", b"bcde"), signed[-1]], value)


def test_a_secret_can_be_replaced(received: Fact) -> None:
    """The first secret signs, every secret verifies; a secret that is gone does not."""
    old, new = "o" * 32, "n" * 32
    record = encode(received)
    headers = HubKey([old]).sign(TOPIC, record.headers, record.value)
    assert HubKey([new, old]).verifies(TOPIC, headers, record.value)
    assert not HubKey([new]).verifies(TOPIC, headers, record.value)
    again = HubKey([new, old]).sign(TOPIC, record.headers, record.value)
    assert HubKey([new]).verifies(TOPIC, again, record.value)
    assert set(HubKey([old]).fingerprints()) < set(HubKey([new, old]).fingerprints())


@pytest.mark.parametrize("secrets", [[], ["short"], ["x" * 32, ""]])
def test_a_short_secret_is_refused(secrets: list[str]) -> None:
    """The error says how long a secret must be, and does not repeat it."""
    with pytest.raises(Misconfigured, match="at least 32 characters") as caught:
        HubKey(secrets)
    assert "short" not in str(caught.value)


def test_a_reader_without_the_key_reads_everything(received: Fact) -> None:
    """A warehouse that follows plans has no secret of the hub."""
    fact = replace(received, relayed_by="lane", occurred_at=NOW + timedelta(hours=1))
    record = signed_record(fact)
    assert is_own(fact)
    assert decode(record.headers, record.key, record.value, recorded_at=NOW) == fact
