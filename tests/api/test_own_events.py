"""EPCIS events of the hub's own facts: made once, in bounded steps, found beside captured ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from groupage.app.api.app import create_app
from groupage.app.own_events import projection
from groupage.app.own_events.projection import run_step, run_to_end
from groupage.app.own_events.projector import project_continuously
from groupage.contracts.encoding import fact_id
from groupage.domain.events.base import Dimensions, Event, Money
from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.events.customs import CustomsDeclared, CustomsReleased
from groupage.domain.events.equipment import ContainerSealed
from groupage.domain.events.unit import (
    UnitLoaded,
    UnitMeasured,
    UnitReceived,
    UnitStored,
    UnitUnloaded,
)
from groupage.domain.fact import Fact
from groupage.domain.namespaces import Namespaces
from groupage.settings import DatabaseSettings
from groupage.store import migrations, own_events
from groupage.store.locks import OWN_EVENTS_LOCK
from groupage.store.own_events import count_left
from groupage.store.pool import create_pool
from groupage.telemetry import metrics
from producers.epcis.checks import check_event
from producers.epcis.documents import read_document
from producers.epcis.own_meanings import MEANINGS
from tests.api.hub import START, fact, store_facts
from tests.api.test_dcsa_events import served
from tests.api.test_epcis_events import captured, event, found, play_client, store
from tests.processors.stream import released_hub
from tests.producers.test_epcis_schema import schema_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
Pool = asyncpg.Pool
SSCC = "350000000000000013"
LINK = "https://id.gs1.org/00/350000000000000013"
BOX = "CSQU3054383"
SIZE = Dimensions(length_mm=500, width_mm=400, height_mm=300)


def received(unit_id: str = SSCC, **fields: Any) -> UnitReceived:
    """A carton at the dock."""
    return UnitReceived(unit_id=unit_id, consignment_id="CN-1", dock="DOCK-3", **fields)


DAY: tuple[tuple[Event, int], ...] = (
    (received(), 1),
    (UnitMeasured(unit_id=SSCC, consignment_id="CN-1", size=SIZE, gross_g=9_000), 2),
    (HoldPlaced(consignment_id="CN-1", hold_id="H-1", hold="DAMAGE", by="desk"), 3),
    (HoldReleased(consignment_id="CN-1", hold_id="H-1", by="desk"), 4),
    (
        CustomsDeclared(
            declaration_id="D-1",
            mode="0110",
            consignment_ids=("CN-1", "CN-2"),
            value=Money(amount_minor=1, currency="USD"),
        ),
        5,
    ),
    (CustomsReleased(declaration_id="D-1"), 6),
    (UnitLoaded(unit_id=SSCC, consignment_id="CN-1", equipment_ref=BOX), 7),
    (UnitUnloaded(unit_id=SSCC, consignment_id="CN-1", equipment_ref=BOX), 8),
    (ContainerSealed(equipment_ref=BOX, seal_no="S-1"), 9),
)


def the_day() -> list[Fact]:
    """The facts of `DAY`."""
    return [fact(each, minute) for each, minute in DAY]


async def take_in(pool: "Pool[asyncpg.Record]", facts: Sequence[Fact]) -> None:
    """Store facts, and how far the workers are."""
    await store_facts(pool, facts)
    await pool.execute(
        "insert into intake_offset (topic, partition, next_offset) "
        "select topic, partition, max(record_offset) + 1 from fact group by 1, 2 "
        "on conflict (topic, partition) do update set next_offset = excluded.next_offset"
    )


async def derive(pool: "Pool[asyncpg.Record]") -> int:
    """Run steps to the end; return how many there were."""
    steps = 0
    while True:
        step = await run_step(pool)
        assert step is not None
        steps += 1
        if not step.left:
            return steps


async def rows_of(pool: "Pool[asyncpg.Record]") -> list[asyncpg.Record]:
    """All events of the hub's own, with all columns but the terms."""
    return list(
        await pool.fetch(
            "select event_id, declaration, event_time, captured_at, topic, partition, "
            "record_offset, format, body, own, array_length(terms, 1) > 0 from captured_event "
            "order by topic, record_offset, captured_id"
        )
    )


@pytest.fixture
async def hub(pool: "Pool[asyncpg.Record]") -> "Pool[asyncpg.Record]":
    """A hub with the facts of a day, all of which are events."""
    await take_in(pool, the_day())
    await derive(pool)
    return pool


@pytest.fixture
async def api(hub: "Pool[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the read API."""
    transport = httpx.ASGITransport(create_app(hub), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "parameters", "minutes"),
    [
        ("/events", {}, range(1, 10)),
        ("/epcs/350000000000000013/events", {}, [1, 2, 7, 8]),
        ("/epcs/urn:epc:id:sscc:0000000.3500000001/events", {}, []),
        ("/epcs/https%3A%2F%2Fid.gs1.org%2F00%2F350000000000000013/events", {}, [1, 2, 7, 8]),
        ("/epcs/CSQU3054383/events", {}, [7, 8, 9]),
        ("/epcs/urn%3Agroupage%3Aconsignment%3ACN-2/events", {}, [5, 6]),
        ("/bizSteps/receiving/events", {}, [1]),
        ("/bizSteps/holding/events", {}, [3, 4, 6]),
        ("/dispositions/in_progress/events", {}, [1, 7]),
        ("/eventTypes/AggregationEvent/events", {}, [7, 8]),
        ("/eventTypes/AssociationEvent/events", {}, [9]),
        ("/readPoints/urn%3Agroupage%3Alocation%3ADOCK-3/events", {}, [1]),
        ("/bizLocations/urn%3Agroupage%3Ahub%3Ahub/events", {}, [1, 2, 7, 8, 9]),
        ("/events", {"EQ_action": "DELETE"}, [8]),
        ("/events", {"MATCH_parentID": "urn:epc:id:bic:CSQU3054383"}, [7, 8, 9]),
        (
            "/events",
            {"EQ_bizTransaction_urn:groupage:btt:declaration": "urn:groupage:declaration:D-1"},
            [5, 6],
        ),
        ("/events", {"EQ_type": "Mass"}, [2]),
        ("/events", {"EQ_persistentDisposition_set": "damaged"}, [3]),
        ("/events", {"EQ_persistentDisposition_unset": "damaged"}, [4]),
        ("/events", {"GE_eventTime": "2026-03-02T08:08:00Z"}, [8, 9]),
    ],
)
async def test_own_events_are_found_as_captured_ones(
    api: httpx.AsyncClient, path: str, parameters: dict[str, str], minutes: Sequence[int]
) -> None:
    """By each path and parameter, the hub's names and GS1's alike."""
    answer = await api.get(
        path, params={**parameters, "orderBy": "eventTime", "orderDirection": "ASC"}
    )
    times = [START + timedelta(minutes=minute) for minute in minutes]
    assert [datetime.fromisoformat(each["eventTime"]) for each in found(answer)] == times


async def test_an_own_event_as_it_is_answered(api: httpx.AsyncClient) -> None:
    """Its id follows from the fact's; the container's hold needs the hold's own fact."""
    first = fact(*DAY[0])
    name = f"urn:groupage:event:{fact_id(first).hex}"
    (answered,) = found(await api.get(f"/events/{name}"))
    assert answered == {
        "type": "ObjectEvent",
        "eventID": name,
        "eventTime": "2026-03-02T16:01:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "recordTime": "2026-03-02T08:01:03.000Z",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "epcList": [LINK],
        "readPoint": {"id": "urn:groupage:location:DOCK-3"},
        "bizLocation": {"id": "urn:groupage:hub:hub"},
        "bizTransactionList": [
            {
                "type": "urn:groupage:btt:consignment",
                "bizTransaction": "urn:groupage:consignment:CN-1",
            }
        ],
    }


async def test_pages_hold_own_and_captured_events_in_one_order(
    api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]"
) -> None:
    """By the time of recording, each once."""
    await store(hub, [captured(event(number), number) for number in range(5)])
    answer = await api.get("/events", params={"perPage": "4"})
    seen = found(answer)
    while "link" in answer.headers:
        answer = await api.get(answer.headers["link"].partition(";")[0].strip("<>"))
        seen += found(answer)
    assert len(seen) == 14
    times = [each["recordTime"] for each in seen]
    assert times == sorted(times)
    assert len({each["eventID"] for each in seen}) == 14


async def test_what_came_as_epcis_is_there_once(pool: "Pool[asyncpg.Record]") -> None:
    """The facts of a captured event make no event of their own; nor do copies and plans."""
    facts = [
        fact(received(), 1, source="/epcis", event_id="urn:uuid:1#1"),
        fact(received(), 2, relayed_by="unit"),
        fact(received(), 3, classifier="EST"),
        fact(
            HoldPlaced(consignment_id="CN-1", hold_id="H", hold="DOCS", by="anna"),
            4,
            source="/groupage/command",
            relayed_by="command",
        ),
    ]
    await take_in(pool, facts)
    await derive(pool)
    assert [row["event_time"] for row in await rows_of(pool)] == [START + timedelta(minutes=4)]
    assert await count_left(pool) == 0


def with_mistakes() -> list[Fact]:
    """A correction, a retraction, a retracted correction, and a correction before its target."""
    other = received(condition="damaged")
    stored = UnitStored(unit_id=SSCC, consignment_id="CN-1", location="A-1")
    return [
        fact(received(), 1, event_id="a"),
        fact(other, 1, event_id="a2", correction_of="a"),
        fact(stored, 2, event_id="b"),
        fact(stored, 3, event_id="b2", correction_of="b", retracted=True),
        fact(received(), 4, event_id="c"),
        fact(other, 4, event_id="c2", correction_of="c"),
        fact(other, 5, event_id="c3", correction_of="c2", retracted=True),
        fact(other, 6, event_id="d2", correction_of="d"),
        fact(received(), 6, event_id="d"),
        fact(received(), 7, event_id="e2", correction_of="e", retracted=True),
        fact(received(), 7, event_id="e"),
    ]


async def test_corrections_are_error_declarations(pool: "Pool[asyncpg.Record]") -> None:
    """An event that counts no more is declared an error, and names what stands in its place."""
    facts = with_mistakes()
    await take_in(pool, facts)
    await derive(pool)
    ids = {each.event_id: f"urn:groupage:event:{fact_id(each).hex}" for each in facts}
    again = f"{ids['c']}:{fact_id(facts[6]).hex}"
    stated = []
    for row in await rows_of(pool):
        body = msgspec.json.decode(row["body"])
        error = body.get("errorDeclaration", {})
        stated.append(
            (
                row["record_offset"],
                body["eventID"],
                error.get("reason"),
                error.get("correctiveEventIDs"),
            )
        )
    assert sorted(stated, key=str) == sorted(
        [
            (0, ids["a"], None, None),
            (1, ids["a2"], None, None),
            (1, ids["a"], "incorrect_data", [ids["a2"]]),
            (2, ids["b"], None, None),
            (3, ids["b"], "did_not_occur", None),
            (4, ids["c"], None, None),
            (5, ids["c2"], None, None),
            (5, ids["c"], "incorrect_data", [ids["c2"]]),
            (6, again, None, None),
            (6, ids["c2"], "did_not_occur", [again]),
            (8, ids["d2"], None, None),
        ],
        key=str,
    )


@pytest.mark.parametrize("facts_max", [1, 2, 5])
async def test_steps_of_any_size_make_the_same_events(
    pool: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch, facts_max: int
) -> None:
    """And so does a rebuild, which runs them all at once."""
    facts = [*the_day(), *with_mistakes()]
    await take_in(pool, facts)
    await run_to_end(pool)
    at_once = await rows_of(pool)
    await pool.execute("delete from captured_event")
    await pool.execute("delete from own_event_offset")
    ends = await pool.fetch("select topic, partition, next_offset from intake_offset")
    monkeypatch.setattr(projection, "FACTS_MAX", facts_max)
    for end in range(0, len(facts) + 3, 3):
        await pool.executemany(
            "update intake_offset set next_offset = least($3::bigint, $4::bigint) "
            "where (topic, partition) = ($1, $2)",
            [(*row, end) for row in ends],
        )
        await derive(pool)
    assert await rows_of(pool) == at_once
    assert await derive(pool) == 1


async def test_events_of_another_form_are_made_again(
    hub: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later version that maps facts otherwise replaces what this one made; captured ones stay."""
    await store(hub, [captured(event(1), 1)])
    before = await rows_of(hub)
    await hub.execute("update captured_event set body = '{}' where own")
    for module in (own_events, projection):
        monkeypatch.setattr(module, "FORM", 2)
    assert await count_left(hub) > 0
    await derive(hub)
    assert await rows_of(hub) == before
    assert await count_left(hub) == 0


async def test_an_own_event_takes_the_place_of_a_captured_copy(
    hub: "Pool[asyncpg.Record]",
) -> None:
    """Whoever sends the hub its own export does not change what the hub states."""
    name = f"urn:groupage:event:{fact_id(fact(*DAY[0])).hex}"
    before = await rows_of(hub)
    for _ in range(2):
        await store(hub, [captured(event(1, eventID=name), 1)])
        assert await rows_of(hub) == before
        await hub.execute("delete from captured_event where event_id = $1", name)
        await store(hub, [captured(event(1, eventID=name), 1)])
        await hub.execute("delete from own_event_offset")
        await derive(hub)
    assert await rows_of(hub) == before


async def test_one_process_at_a_time(pool: "Pool[asyncpg.Record]") -> None:
    """Another one waits for its turn, and finds nothing to do."""
    await take_in(pool, the_day())
    async with pool.acquire() as other, other.transaction():
        await other.execute("select pg_advisory_xact_lock($1)", OWN_EVENTS_LOCK)
        assert await run_step(pool) is None
    assert await derive(pool) >= 1
    assert len(await rows_of(pool)) == len(DAY)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, half a minute at most."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - a metric sets no event
            await asyncio.sleep(0.02)


async def test_the_task_follows_the_workers(
    pool: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """While facts come; its metric says how far it is."""
    await take_in(pool, the_day())
    monkeypatch.setattr(projection, "FACTS_MAX", 2)
    made = metrics.OWN_EVENTS._value.get()
    task = asyncio.create_task(project_continuously(pool, look_every_s=0.02))
    try:
        await until(lambda: metrics.OWN_EVENTS._value.get() - made == len(DAY))
        await until(lambda: metrics.OWN_EVENTS_LAG._value.get() == 0)
    finally:
        task.cancel()
        await asyncio.wait((task,))
    assert metrics.OWN_EVENTS._value.get() - made == len(DAY)


async def test_a_fact_that_cannot_be_written_keeps_no_other_back(
    pool: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping with a bug would stop all queries at the first fact that it fails on."""

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(MEANINGS, "unit.measured", fails)
    await take_in(pool, the_day())
    await derive(pool)
    assert len(await rows_of(pool)) == len(DAY) - 1


async def test_answers_with_own_events_keep_to_the_standard(
    pool: "Pool[asyncpg.Record]", foreign_data: Path
) -> None:
    """By GS1's JSON Schema, and for a client that follows GS1's OpenAPI document alone."""
    await take_in(pool, [*the_day(), *with_mistakes()])
    await derive(pool)
    transport = httpx.ASGITransport(create_app(pool))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.get("/events?perPage=1000")
    events = found(answer)
    assert len(events) == len(DAY) + 11
    schema = schema_of(foreign_data / "epcis" / "json-schema")
    for each in events:
        schema.validate(each)
    standard = json.loads((foreign_data / "epcis" / "rest-openapi.json").read_bytes())
    paths = ("/events", "/events/{eventID}", "/epcs/{epc}/events", "/bizSteps/{bizStep}/events")
    async with served(pool) as address:
        await asyncio.to_thread(play_client, standard, paths, address)


async def test_own_events_are_answered_in_xml(pool: "Pool[asyncpg.Record]") -> None:
    """What the reader reads from the XML is what the answer in JSON has."""
    await take_in(pool, [*the_day(), *with_mistakes()])
    await derive(pool)
    transport = httpx.ASGITransport(create_app(pool))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        in_json = found(await client.get("/events?perPage=1000"))
        answer = await client.get("/events?perPage=1000", headers={"accept": "application/xml"})
    assert answer.status_code == 200
    in_xml = [json.loads(bytes(each)) for each in read_document(answer.content).events]
    assert in_xml == in_json


async def test_the_facts_of_a_released_hub_become_events(empty_database_url: str) -> None:
    """What version 0.2.0 stored is upgraded, and each of its events is valid."""
    await released_hub.restore(
        released_hub.read(released_hub.FOLDER / "0.2.0.json.gz"), empty_database_url
    )
    await migrations.upgrade(empty_database_url)
    pool = await create_pool(DatabaseSettings(url=empty_database_url), application_name="test")
    try:
        await derive(pool)
        rows = await rows_of(pool)
        assert await count_left(pool) == 0
    finally:
        pool.terminate()
    own = [msgspec.json.decode(row["body"]) for row in rows if row["own"]]
    assert len(own) > 30
    assert {each["type"] for each in own} >= {"ObjectEvent", "AggregationEvent"}
    for each in own:
        assert check_event(each, "", Namespaces()) == []
