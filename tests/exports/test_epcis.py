"""EPCIS events out: those that were captured as they came, and those of the hub's own facts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from groupage.app.epcis_events import with_context
from groupage.app.exports.files import write_epcis
from groupage.app.own_events.projection import run_to_end
from groupage.contracts.captured_events import CapturedEvent
from groupage.domain.errors import InvalidInput
from groupage.domain.events.unit import UnitReceived, UnitStored
from groupage.store.captured_events import StoredCapture, insert_captures
from groupage.store.facts import LogPosition
from producers.entries import Accepted, Rejected
from producers.epcis.importing import entries_of
from producers.epcis.reading import read_json
from tests.exports.conftest import RIGHT, UNIT

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
ALWAYS = (None, None)
GS1 = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def _event(number: int, **members: object) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"ni:///sha-256;{number:064x}?ver=CBV2.0",
        "eventTime": (AT + timedelta(minutes=number)).isoformat(),
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["urn:epc:id:sscc:4012345.0000000013"],
        "action": "OBSERVE",
        "bizStep": "receiving",
        **members,
    }


async def _store(pool: "Pool[asyncpg.Record]", *events: tuple[dict[str, Any], object]) -> None:
    captures = [
        StoredCapture(
            CapturedEvent(
                event_id=event["eventID"],
                event_time=datetime.fromisoformat(event["eventTime"]),
                recorded_at=AT,
                body=msgspec.json.encode(event),
                context=None if context is None else msgspec.json.encode(context),
            ),
            LogPosition("hub.capture.v1", 0, offset),
        )
        for offset, (event, context) in enumerate(events)
    ]
    async with pool.acquire() as connection:
        await insert_captures(connection, captures)


async def _written(pool: "Pool[asyncpg.Record]", folder: Path) -> dict[str, Any]:
    file = folder / "events.jsonld"
    await write_epcis(pool, file, ALWAYS)
    document: dict[str, Any] = json.loads(file.read_bytes())
    return document


async def test_events_are_written_as_they_came_by_time(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Members that the hub does not know, and the sender's spelling of times, are kept."""
    first = _event(1, readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"}, comment="as it came")
    second = _event(2, eventTime="2026-03-02T10:02:00.000+08:00")
    await _store(pool, (second, None), (first, None))
    document = await _written(pool, tmp_path)
    assert document["epcisBody"]["eventList"] == [first, second]
    assert (document["@context"], document["schemaVersion"]) == ([GS1], "2.0")


async def test_each_event_keeps_what_its_document_bound(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Two senders use one prefix for two namespaces; one event binds another itself."""
    ours, theirs = {"ex": "https://ours.example/"}, {"ex": "https://theirs.example/"}
    one, two = _event(1, **{"ex:shift": "night"}), _event(2, **{"ex:shift": 7})
    three = _event(3, **{"@context": {"me": "https://me.example/"}, "me:x": 1, "ex:y": 2})
    await _store(pool, (one, [GS1, ours]), (two, theirs), (three, [GS1, ours]))
    first, second, third = (await _written(pool, tmp_path))["epcisBody"]["eventList"]
    assert first == {"@context": [ours], **one}
    assert second == {"@context": [theirs], **two}
    assert third == {**three, "@context": [ours, {"me": "https://me.example/"}]}


async def test_what_is_written_is_read_as_the_same_facts(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """A round trip: identities, times and prefixes survive it."""
    bound = {"ex": "https://ours.example/"}
    events = [_event(1, **{"ex:shift": "night"}), _event(2, bizStep="storing")]
    source = {
        "@context": [GS1, bound],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": AT.isoformat(),
        "epcisBody": {"eventList": events},
    }
    await _store(pool, *((event, [GS1, bound]) for event in events))
    document = await _written(pool, tmp_path)
    before, after = (_facts_of(each) for each in (source, document))
    assert before == after
    assert len(before) == 2


def _facts_of(document: dict[str, Any]) -> list[Any]:
    entries = entries_of(
        read_json(msgspec.json.encode(document)), recorded_at=AT, found_by="the test"
    )
    facts = [fact for entry in entries if isinstance(entry, Accepted) for fact in entry.facts]
    return [msgspec.structs.replace(fact, original=None) for fact in facts]


async def test_a_period_cuts_by_when_events_happened(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Its first instant belongs to it, its last one does not."""
    await _store(pool, *((_event(number), None) for number in (1, 2, 3)))
    file = tmp_path / "events.jsonld"
    period = (AT + timedelta(minutes=2), AT + timedelta(minutes=3))
    assert await write_epcis(pool, file, period) == 1
    (found,) = json.loads(file.read_bytes())["epcisBody"]["eventList"]
    assert found == _event(2)


@pytest.mark.slow
def test_gs1_examples_come_back_as_they_went_in(foreign_data: Path) -> None:
    """The captured events of each document, in one document of all, have the same identities."""
    captured: dict[Any, CapturedEvent] = {}
    documents = 0
    for file in sorted((foreign_data / "epcis" / "gs1-json").rglob("*.jsonld")):
        try:
            found = _captured(file.read_bytes())
        except InvalidInput:
            continue  # one names two events by one key
        documents += 1
        captured |= {each.captured_id: each for each in found}
    listed = b",".join(map(with_context, captured.values()))
    document = (
        b'{"@context":["%b"],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":'
        b'"2026-03-02T00:00:00Z","epcisBody":{"eventList":[%b]}}' % (GS1.encode(), listed)
    )
    again = {each.captured_id: each for each in _captured(document)}
    assert documents >= 46
    assert again.keys() == captured.keys()
    assert all(again[key].event_time == captured[key].event_time for key in captured)


def _captured(document: bytes) -> list[CapturedEvent]:
    entries = entries_of(read_json(document), recorded_at=AT, found_by="the test")
    return [
        entry.captured
        for entry in entries
        if not isinstance(entry, Rejected) and entry.captured is not None
    ]


async def test_own_facts_are_written_and_read_again(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """The facts that are read are those that count, but for their names and sources."""
    await pool.execute(
        "insert into intake_offset (topic, partition, next_offset) "
        "select topic, partition, max(record_offset) + 1 from fact group by 1, 2 "
        "on conflict (topic, partition) do update set next_offset = excluded.next_offset"
    )
    await _store(pool, (_event(1), None))
    await run_to_end(pool)
    document = await _written(pool, tmp_path)
    events = document["epcisBody"]["eventList"]
    assert len(events) == len({(each["eventID"], "errorDeclaration" in each) for each in events})
    read = list(entries_of(read_json(json.dumps(document).encode()), recorded_at=AT, found_by="x"))
    # The entrances take no control character; a version before 0.3.0 took this one.
    assert [entry.code for entry in read if isinstance(entry, Rejected)] == ["bad_data"]
    declared = {each["eventID"] for each in events if "errorDeclaration" in each}
    again = [
        fact.data
        for entry in read
        if isinstance(entry, Accepted)
        and entry.captured is not None
        and entry.captured.event_id.startswith("urn:groupage:event:")
        and entry.captured.event_id not in declared
        for fact in entry.facts
        if fact.subject == UNIT
    ]
    assert again == [
        UnitReceived(unit_id=UNIT),
        RIGHT,
        UnitStored(unit_id=UNIT, location="B-02"),
    ]
