"""EPCIS events as they came: stored once, given back byte by byte, derived again by a rebuild."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from groupage.app.own_events.projection import run_step, run_to_end
from groupage.contracts.captured_events import CapturedEvent
from groupage.domain.events.unit import UnitReceived
from groupage.domain.policy import Policy
from groupage.store.captured_events import adopt_older_captures
from groupage.store.named_queries import insert_named_query, read_named_query
from groupage.store.readers.captured_events import captures_after, captures_of
from groupage.store.subscriptions import read_subscription
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_time import require_equal_rebuild
from tests.subscriptions.hub import subscribe

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

FIRST = CapturedEvent(
    event_id="urn:uuid:1",
    event_time=NOON,
    recorded_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    body=b'{"eventTime":  "2026-03-01T12:00:00.000Z", "ex:n": 1.0, "ex:nul": "\\u0000"}',
    context=b'[{"ex":"https://ex.org/"}]',
)
DECLARED = msgspec.structs.replace(FIRST, declaration="0f", format="xml")
AGAIN = msgspec.structs.replace(FIRST, body=b'{"eventTime": "2026-03-02T12:00:00Z"}')


async def publish(hub: StreamHub, *events: CapturedEvent) -> None:
    """Publish captured events as the gateway does."""
    for event in events:
        record = event.record()
        await hub.send_raw(record.topic, record.value, key=record.key, headers=record.headers)


async def test_events_are_stored_once_and_given_back_as_they_came(stream_hub: StreamHub) -> None:
    """A redelivered event changes nothing; its error declaration is an event of its own."""
    other = msgspec.structs.replace(FIRST, event_id="urn:uuid:2", context=None)
    async with stream_hub.worker():
        await publish(stream_hub, FIRST, DECLARED, FIRST, AGAIN, other, DECLARED)
        await stream_hub.send_raw("hub.capture.v1", b"[]", key=b"urn:uuid:1")
        await stream_hub.until_committed()
    stored = await captures_of(stream_hub.pool, "urn:uuid:1")
    assert [(each.event.body, each.event.context) for each in stored] == [
        (FIRST.body, FIRST.context)
    ] * 2
    assert {(each.event.declaration, each.event.format) for each in stored} == {
        ("", "json"),
        ("0f", "xml"),
    }
    everything = await captures_after(stream_hub.pool, None, limit=10)
    assert len(everything) == 3
    last = everything[0].event
    behind = await captures_after(stream_hub.pool, (last.recorded_at, last.captured_id), limit=10)
    assert behind == everything[1:]
    codes = await stream_hub.pool.fetch("select code, topic from dead_letter")
    assert [tuple(row) for row in codes] == [("bad_attribute", "hub.capture.v1")]
    await require_equal_rebuild(stream_hub)
    await insert_named_query(stream_hub.pool, "mine", b"{}")  # no log has it
    subscription = await subscribe(stream_hub.pool, "https://client.example/", query_name="mine")
    await rebuild(
        stream_hub.settings, all_aggregates(Policy()), verify=False, progress=lambda *_: None
    )
    assert await captures_after(stream_hub.pool, None, limit=10) == everything
    assert await read_named_query(stream_hub.pool, "mine") is not None
    assert await read_subscription(stream_hub.pool, subscription) is not None


async def test_events_that_older_versions_captured_are_kept(stream_hub: StreamHub) -> None:
    """They lie beside facts: one for all facts of an event, and one for its declaration."""

    def fact_in_old_form(event_id: str, unit_id: str, hour: int) -> object:
        return msgspec.structs.replace(
            fact_of(UnitReceived(unit_id=unit_id), event_id=event_id, at=NOON, source="/epcis"),
            original=b'{"n": %d}' % hour,
            occurred_at=NOON + timedelta(hours=hour),
        )

    facts = [
        fact_in_old_form("urn:uuid:1#1", "U1", 1),
        fact_in_old_form("urn:uuid:1#2", "U1", 1),
        fact_in_old_form("urn:uuid:1#1~error", "U1", 2),
        fact_in_old_form("no number", "U2", 3),
    ]
    async with stream_hub.worker():
        await stream_hub.send(*facts)  # type: ignore[arg-type]
        await stream_hub.until_committed()
    assert await captures_after(stream_hub.pool, None, limit=10) == []
    await adopt_older_captures(stream_hub.pool)
    stored = await captures_after(stream_hub.pool, None, limit=10)
    found = [(each.event.event_id, each.event.declaration, each.event.body) for each in stored]
    assert sorted(found) == [
        ("urn:uuid:1", "", b'{"n": 1}'),
        ("urn:uuid:1", "older", b'{"n": 2}'),
    ]
    assert FIRST.captured_id in {each.event.captured_id for each in stored}
    without_terms = "select count(*) from captured_event where terms is null"
    assert await stream_hub.pool.fetchval(without_terms) == 0
    async with stream_hub.worker():
        await publish(stream_hub, FIRST)
        await stream_hub.until_committed()
    assert await captures_after(stream_hub.pool, None, limit=10) == stored
    await require_equal_rebuild(stream_hub)


async def test_own_events_are_derived_again(stream_hub: StreamHub) -> None:
    """A rebuild makes them of the rebuilt facts, and compares as far as the hub has made them."""
    received = [
        fact_of(UnitReceived(unit_id=f"U{number}"), event_id=f"e-{number}", at=NOON, source="/wms")
        for number in range(5)
    ]
    async with stream_hub.worker():
        await stream_hub.send(*received[:3])
        await stream_hub.until_committed()
        while (step := await run_step(stream_hub.pool)) is not None and step.left:
            pass
        await stream_hub.send(*received[3:])
        await publish(stream_hub, FIRST)
        await stream_hub.until_committed()
    query = "select captured_id, body, record_offset, captured_at from captured_event order by 1"
    assert len(await stream_hub.pool.fetch(query)) == 4
    for verify in (True, False, True):
        report = await rebuild(
            stream_hub.settings,
            all_aggregates(Policy()),
            derive_more=run_to_end,
            verify=verify,
            progress=lambda *_: None,
        )
        assert report.equal or not verify
    everything = await stream_hub.pool.fetch(query)
    assert len(everything) == 6
    step = await run_step(stream_hub.pool)
    assert step is not None
    assert not step.left
    assert await stream_hub.pool.fetch(query) == everything
