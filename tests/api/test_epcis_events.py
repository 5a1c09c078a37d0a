"""GS1's query interface: captured events found by its parameters, over a real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from groupage.app.api import epcis_pages
from groupage.app.api.app import create_app
from groupage.app.api.epcis_parameters import parameters_without, read_event_query, split_values
from groupage.app.api.epcis_values import VALUES_MAX
from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_terms import terms_of
from groupage.domain.errors import InvalidInput
from groupage.store.captured_events import StoredCapture, derive_terms, insert_captures
from groupage.store.facts import LogPosition
from groupage.store.readers import captured_events
from producers.entries import Accepted, Quarantined
from producers.epcis.importing import entries_of
from producers.epcis.reading import read_json
from producers.epcis.xml_reading import read_xml
from tests.api.test_dcsa_events import served

Pool = asyncpg.Pool
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
RECORDED = AT + timedelta(hours=1)
GS1 = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SSCC_URN = "urn:epc:id:sscc:0614141.1234567890"
SSCC_LINK = "https://id.gs1.org/00/106141412345678908"
SGLN_URN = "urn:epc:id:sgln:4012345.00005.0"
SGLN_LINK = "https://id.gs1.org/414/4012345000054"
ITEM_LINK = "https://id.gs1.org/01/04012345111118"
ITEM_PATTERN = "urn:epc:idpat:sgtin:4012345.011111.*"
HASH_ID = (
    "ni:///sha-256;816b247a2ec4b624314380a59347ddd8aa81a100daa0b5a3ba31e47e8b11fb4d?ver=CBV2.0"
)
PATHS = (
    "/events",
    "/events/{eventID}",
    "/eventTypes/{eventType}/events",
    "/epcs/{epc}/events",
    "/bizSteps/{bizStep}/events",
    "/bizLocations/{bizLocation}/events",
    "/readPoints/{readPoint}/events",
    "/dispositions/{disposition}/events",
)


def event(number: int, **members: object) -> dict[str, Any]:
    """An event that happened `number` minutes after `AT`."""
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{number}",
        "eventTime": (AT + timedelta(minutes=number)).isoformat(),
        "eventTimeZoneOffset": "+00:00",
        **members,
    }


RECEIVED = event(
    1,
    action="OBSERVE",
    epcList=[SSCC_URN],
    bizStep="receiving",
    disposition="in_progress",
    readPoint={"id": SGLN_URN},
    bizTransactionList=[{"type": "po", "bizTransaction": "urn:example:po:7"}],
    sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00001"}],
    comment="as it came",
)
PACKED = event(
    2,
    type="AggregationEvent",
    action="ADD",
    parentID=SSCC_LINK,
    childEPCs=["urn:epc:id:sgtin:4012345.011111.9876"],
    childQuantityList=[{"epcClass": ITEM_LINK, "quantity": 5}],
    bizStep="https://ref.gs1.org/cbv/BizStep-packing",
    bizLocation={"id": SGLN_LINK},
    destinationList=[
        {"type": "https://ref.gs1.org/cbv/SDT-location", "destination": SGLN_LINK},
    ],
)
MADE = event(
    3,
    type="TransformationEvent",
    inputEPCList=["urn:epc:id:sgtin:4012345.011111.1"],
    outputQuantityList=[{"epcClass": ITEM_PATTERN}],
    transformationID="urn:example:t:1",
    bizStep="urn:epcglobal:cbv:bizstep:repackaging",
    persistentDisposition={"set": ["damaged"]},
)
OWN_STEP = event(
    4,
    **{"@context": [GS1, {"v": "https://voc.example/"}]},
    action="OBSERVE",
    bizStep="v:weighing",
    sensorElementList=[
        {
            "sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111"},
            "sensorReport": [{"type": "gs1:Temperature", "value": 3, "booleanValue": True}],
        }
    ],
)
DECLARED = event(
    1,
    action="OBSERVE",
    epcList=[SSCC_URN],
    errorDeclaration={
        "declarationTime": "2026-03-02T05:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:2"],
    },
)
DAY = (RECEIVED, PACKED, MADE, OWN_STEP, DECLARED)


async def store(pool: "Pool[asyncpg.Record]", events: list[CapturedEvent]) -> None:
    """Store captured events as a worker does."""
    async with pool.acquire() as connection:
        await insert_captures(
            connection,
            [
                StoredCapture(each, LogPosition("hub.capture.v1", 0, offset))
                for offset, each in enumerate(events)
            ],
        )


def captured(members: dict[str, Any], place: int) -> CapturedEvent:
    """The event as the gateway captures it, `place` seconds after the first one."""
    return CapturedEvent(
        event_id=members["eventID"],
        declaration="0f" if "errorDeclaration" in members else "",
        event_time=datetime.fromisoformat(members["eventTime"]),
        recorded_at=RECORDED + timedelta(seconds=place),
        body=msgspec.json.encode(members),
    )


@pytest.fixture
async def hub(pool: "Pool[asyncpg.Record]") -> "Pool[asyncpg.Record]":
    """A hub that captured `DAY`."""
    await store(pool, [captured(members, place) for place, members in enumerate(DAY)])
    return pool


@pytest.fixture
async def api(hub: "Pool[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    transport = httpx.ASGITransport(create_app(hub), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def found(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of an answer."""
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    return events


@pytest.mark.integration
@pytest.mark.parametrize(
    ("parameters", "places"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"eventType": "ObjectEvent|TransformationEvent"}, [0, 2, 3, 4]),
        ({"GE_eventTime": "2026-03-02T02:02:00Z", "LT_eventTime": "2026-03-02T02:04:00Z"}, [1, 2]),
        ({"GE_recordTime": "2026-03-02T03:00:02Z"}, [2, 3, 4]),
        ({"LT_recordTime": "2026-03-02T05:00:02+02:00"}, [0, 1]),
        ({"EQ_action": "ADD"}, [1]),
        ({"EQ_bizStep": "receiving"}, [0]),
        ({"EQ_bizStep": "urn:epcglobal:cbv:bizstep:receiving|packing"}, [0, 1]),
        ({"EQ_bizStep": "cbv:BizStep-repackaging"}, [2]),
        ({"EQ_bizStep": "https://voc.example/weighing"}, [3]),
        ({"EQ_disposition": "https://ref.gs1.org/cbv/Disp-in_progress"}, [0]),
        ({"EQ_persistentDisposition_set": "damaged"}, [2]),
        ({"EQ_persistentDisposition_unset": "damaged"}, []),
        ({"EQ_readPoint": SGLN_LINK}, [0]),
        ({"EQ_bizLocation": SGLN_URN}, [1]),
        ({"MATCH_epc": SSCC_LINK}, [0, 4]),
        ({"MATCH_epc": "https://example.com/01/04012345111118/21/9876"}, [1]),
        ({"MATCH_parentID": SSCC_URN}, [1]),
        ({"MATCH_anyEPC": SSCC_LINK}, [0, 1, 4]),
        ({"MATCH_anyEPC": SSCC_URN, "EQ_action": "OBSERVE"}, [0, 4]),
        ({"MATCH_inputEPC": f"{ITEM_LINK}/21/1"}, [2]),
        ({"MATCH_outputEPC": f"{ITEM_LINK}/21/1"}, []),
        ({"MATCH_epc": "urn:epc:idpat:sscc:0614141.*"}, [0, 4]),
        ({"MATCH_epc": "urn:epc:idpat:sscc:0614142.*"}, []),
        ({"MATCH_anyEPC": "urn:epc:idpat:sscc:*.*"}, [0, 1, 4]),
        ({"MATCH_anyEPC": "urn:epc:idpat:sgtin:4012345.*.*"}, [1, 2]),
        ({"MATCH_inputEPC": "urn:epc:idpat:sgtin:4012345.011111.*"}, [2]),
        ({"MATCH_epc": f"urn:epc:idpat:sgtin:4012345.011111.*|{SSCC_LINK}"}, [0, 1, 4]),
        ({"MATCH_epc": "urn:epc:idpat:sscc:*.*", "EXISTS_errorDeclaration": "true"}, [4]),
        ({"MATCH_epcClass": ITEM_PATTERN}, [1]),
        ({"MATCH_outputEPCClass": ITEM_LINK}, [2]),
        ({"MATCH_anyEPCClass": ITEM_LINK}, [1, 2]),
        ({"EQ_eventID": "urn:uuid:1|urn:uuid:3"}, [0, 2, 4]),
        ({"EQ_transformationID": "urn:example:t:1"}, [2]),
        ({"EQ_bizTransaction_po": "urn:example:po:7"}, [0]),
        ({"EQ_bizTransaction_urn:epcglobal:cbv:btt:po": "urn:example:po:7"}, [0]),
        ({"EQ_bizTransaction_inv": "urn:example:po:7"}, []),
        ({"EQ_source_owning_party": "urn:epc:id:pgln:4012345.00001"}, [0]),
        ({"EQ_destination_location": SGLN_URN}, [1]),
        ({"EXISTS_errorDeclaration": "true"}, [4]),
        ({"EXISTS_errorDeclaration": "false"}, [0, 1, 2, 3, 4]),
        ({"EQ_errorReason": "incorrect_data"}, [4]),
        ({"EQ_correctiveEventID": "urn:uuid:2"}, [4]),
        ({"EQ_type": "Temperature"}, [3]),
        ({"EQ_deviceID": "urn:epc:id:giai:4000001.111"}, [3]),
        ({"EQ_booleanValue": "true"}, [3]),
        ({"EQ_booleanValue": "false"}, []),
        ({"orderBy": "eventTime"}, [3, 2, 1]),
        ({"orderBy": "recordTime", "orderDirection": "DESC"}, [4, 3, 2, 1, 0]),
        ({"orderBy": "recordTime", "orderDirection": "ASC", "eventCountLimit": "2"}, [0, 1]),
        ({"maxEventCount": "5"}, [0, 1, 2, 3, 4]),
    ],
)
async def test_events_are_found_by_the_parameters_of_the_standard(
    api: httpx.AsyncClient, parameters: dict[str, str], places: list[int]
) -> None:
    """In each form of a value, and as they came: only `recordTime` is the hub's."""
    events = found(await api.get("/events", params=parameters))
    if parameters.get("orderBy") == "eventTime":  # two happened at the same time
        events = events[:3]
    expected = [{**DAY[place], "recordTime": f"2026-03-02T03:00:0{place}.000Z"} for place in places]
    assert events == expected


@pytest.mark.integration
@pytest.mark.parametrize(
    ("collection", "value", "places"),
    [
        ("epcs", SSCC_LINK, [0, 1, 4]),
        ("epcs", "106141412345678908", [0, 1, 4]),
        ("epcs", "urn:epc:idpat:sscc:0614141.*", [0, 1, 4]),
        ("bizSteps", "https://ref.gs1.org/cbv/BizStep-receiving", [0]),
        ("bizLocations", SGLN_URN, [1]),
        ("readPoints", SGLN_LINK, [0]),
        ("dispositions", "in_progress", [0]),
        ("eventTypes", "AggregationEvent", [1]),
        ("eventTypes", "https://example.com/OwnEvent", []),
    ],
)
async def test_events_of_one_thing(
    api: httpx.AsyncClient, collection: str, value: str, places: list[int]
) -> None:
    """The value stands in the path, escaped; the other parameters go on the query string."""
    path = f"/{collection}/{quote(value, safe='')}/events"
    ids = [each["eventTime"] for each in found(await api.get(path))]
    assert ids == [DAY[place]["eventTime"] for place in places]
    later = await api.get(path, params={"GE_recordTime": "2026-03-02T03:00:01Z"})
    assert len(found(later)) == len([place for place in places if place])


@pytest.mark.integration
async def test_an_event_by_its_id(api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]") -> None:
    """With its error declaration. An event without eventID has its hash as id, with slashes."""
    assert len(found(await api.get("/events/urn:uuid:1"))) == 2
    no_id = captured({**RECEIVED, "eventID": HASH_ID}, 9)
    body = msgspec.json.encode({k: v for k, v in RECEIVED.items() if k != "eventID"})
    await store(hub, [msgspec.structs.replace(no_id, body=body)])
    (answered,) = found(await api.get(f"/events/{quote(HASH_ID, safe='')}"))
    assert "eventID" not in answered
    missing = await api.get("/events/urn:uuid:77")
    assert missing.status_code == 404
    assert missing.json()["type"] == "epcisException:NoSuchNameException"
    assert (await api.get("/events/urn:uuid:1?perPage=3")).status_code == 400


@pytest.mark.integration
@pytest.mark.parametrize(
    "more", [{}, {"orderBy": "eventTime"}, {"orderBy": "recordTime", "eventCountLimit": "4"}]
)
async def test_pages_hold_each_event_once(
    api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]", more: dict[str, str]
) -> None:
    """Also when an event comes in between; its place in the order decides whether a page has it."""
    answer = await api.get("/events", params={"perPage": "2", **more})
    seen = found(answer)
    assert len(seen) == 2
    await store(hub, [captured(event(0), 8)])
    while "link" in answer.headers:
        address, _, relation = answer.headers["link"].partition(";")
        assert relation == ' rel="next"'
        answer = await api.get(address.strip("<>"))
        seen += found(answer)
    times = [each["recordTime"] for each in seen]
    assert len(set(times)) == len(times)
    assert len(times) == {"recordTime": 4, "eventTime": 6, None: 6}[more.get("orderBy")]


@pytest.mark.integration
async def test_frequent_terms_are_searched_for_along_the_order(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same answer as those of which the hub has a few events only."""
    queries = [
        f"/events?MATCH_anyEPC={SSCC_URN}&perPage=2{more}" for more in ("", "&orderBy=eventTime")
    ]
    few = [await api.get(query) for query in queries]
    monkeypatch.setattr(captured_events, "_FEW", 2)
    many = [await api.get(query) for query in queries]
    assert [found(each) for each in few] == [found(each) for each in many]
    assert [each.headers["link"] for each in few] == [each.headers["link"] for each in many]


@pytest.mark.integration
async def test_a_page_has_a_limit_of_bytes(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has one event at least, so that a reader gets on."""
    monkeypatch.setattr(epcis_pages, "PAGE_BYTES_MAX", 1)
    answer = await api.get("/epcs/106141412345678908/events")
    assert len(found(answer)) == 1
    assert answer.headers["link"].startswith("</epcs/106141412345678908/events?nextPageToken=")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"GE_bizStep": "receiving"}, "GE_bizStep"),
        ({"HASATTR_bizLocation": "x"}, "HASATTR_bizLocation"),
        ({"EQ_bizTransaction_": "x"}, "EQ_bizTransaction_"),
        ({"EQ_bizTransaction_poo": "x"}, "did you mean po?"),
        ({"EQ_source_urn:epcglobal:cbv:sdt:owner": "x"}, "a type of CBV 2.0"),
        ({"EQ_destination_location_": "x"}, "did you mean location?"),
        ({"EQ_bizstep": "receiving"}, "did you mean EQ_bizStep?"),
        ({"GE_time": "2026-03-02T08:00:00 08:00"}, "%2B"),
        ({"GE_eventTime": "2026-03-02T08:00:00 08:00"}, "%2B"),
        ({"EQ_bizStep": "receive"}, "receiving"),
        ({"EQ_bizStep": "receiving|"}, "EQ_bizStep"),
        ({"EQ_action": "observe"}, "OBSERVE"),
        ({"eventType": "objectEvent"}, "ObjectEvent"),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:4012345.*.1"}, "a company prefix"),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:4012345.0111.*"}, "a company prefix"),
        ({"EQ_readPoint": "urn:epc:idpat:sgln:4012345.*.*"}, "not a pattern"),
        ({"EQ_eventID": "\x00"}, "EQ_eventID"),
        ({"GE_eventTime": "2026-03-02"}, "GE_eventTime"),
        ({"orderBy": "bizStep"}, "orderBy"),
        ({"orderDirection": "asc"}, "orderDirection"),
        ({"perPage": "0"}, "perPage"),
        ({"eventCountLimit": "3"}, "orderBy"),
        ({"orderBy": "eventTime", "eventCountLimit": "3", "maxEventCount": "3"}, "maxEventCount"),
        ({"nextPageToken": "abc"}, "nextPageToken"),
        ({"MATCH_epc": "|".join(["a"] * (VALUES_MAX + 1))}, "MATCH_epc"),
    ],
)
async def test_a_parameter_that_is_not_answered_is_named(
    api: httpx.AsyncClient, parameters: dict[str, str], named: str
) -> None:
    """None is ignored: that would answer another question."""
    answer = await api.get("/events", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["type"] == "epcisException:QueryParameterException"
    assert named in answer.text


@pytest.mark.integration
async def test_a_token_belongs_to_its_order(api: httpx.AsyncClient) -> None:
    """A token of another order would skip events."""
    link = (await api.get("/events?perPage=1")).headers["link"].partition(">")[0].strip("<")
    assert found(await api.get(link))
    for more in ("orderBy=eventTime", "orderBy=recordTime&eventCountLimit=5"):
        assert (await api.get(f"{link}&{more}")).status_code == 400


@pytest.mark.integration
async def test_too_many_events(api: httpx.AsyncClient) -> None:
    """`maxEventCount` is an error where `eventCountLimit` cuts."""
    answer = await api.get("/events?maxEventCount=4")
    assert answer.status_code == 413
    assert answer.json()["type"] == "epcisException:QueryTooLargeException"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Accept", "text/html", 406),
        ("Accept", "application/xml;q=0.0, text/html", 406),
        ("Accept", "text/html, application/ld+json;q=0.5", 200),
        ("GS1-EPC-Format", "Always_EPC_URN", 406),
        ("GS1-EPC-Format", "Never_Translates", 200),
        ("GS1-EPCIS-Min", "1.2.0", 200),
        ("GS1-EPCIS-Min", "2.1.0", 406),
        ("GS1-CBV-Max", "1.2.0", 406),
        ("GS1-EPCIS-Version", "2.0", 200),
        ("GS1-EPCIS-Version", "1.2", 406),
    ],
)
async def test_headers(api: httpx.AsyncClient, name: str, value: str, status: int) -> None:
    """A client that needs another form or version learns so."""
    for path in ("/events", "/events/urn:uuid:1"):
        answer = await api.get(path, headers={name: value})
        assert answer.status_code == status
        if status == 200:
            assert answer.headers["GS1-EPCIS-Version"] == answer.headers["GS1-CBV-Version"]
            assert answer.headers["GS1-EPC-Format"] == "Never_Translates"
        else:
            assert answer.json()["type"] == "epcisException:NotAcceptableException"
            assert answer.json()["errors"][0]["field"] == f"header {name}"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/xml", "application/xml"),
        ("text/xml;q=0.9, text/html", "application/xml"),
        ("application/json;q=0.5, application/xml", "application/xml"),
        ("application/xml;q=0.5, */*", "application/json"),
        ("application/xml, application/json", "application/json"),
    ],
)
async def test_answers_in_xml(api: httpx.AsyncClient, accept: str, kind: str) -> None:
    """For a client that prefers it: a query document that our own reader takes."""
    answers = [
        await api.get(path, headers={"Accept": accept})
        for path in ("/events?perPage=3", "/events/urn:uuid:2", "/bizSteps/packing/events")
    ]
    assert {each.headers["content-type"].partition(";")[0] for each in answers} == {kind}
    assert "link" in answers[0].headers
    if kind == "application/xml":
        documents = [read_xml(each.content) for each in answers]
        assert [len(each.events) for each in documents] == [3, 1, 1]
        event = json.loads(bytes(documents[1].events[0]))
        assert event["recordTime"] == "2026-03-02T03:00:01.000Z"
        assert event["bizStep"] == "packing"
        assert b"<queryName>SimpleEventQuery</queryName>" in answers[0].content


@pytest.mark.integration
async def test_the_form_of_words_in_xml(api: httpx.AsyncClient) -> None:
    """By the standard's header. Bare words of JSON cannot stay bare."""
    xml = {"Accept": "application/xml"}
    for form, step in (
        ("Always_URN", b"urn:epcglobal:cbv:bizstep:receiving"),
        ("Always_Web_URI", b"https://ref.gs1.org/cbv/BizStep-receiving"),
    ):
        answer = await api.get("/events", headers={**xml, "GS1-CBV-XML-Format": form})
        assert step in answer.content
        assert answer.headers["GS1-CBV-XML-Format"] == form
    never = {**xml, "GS1-CBV-XML-Format": "Never_Translates"}
    assert (await api.get("/events", headers=never)).status_code == 406


@pytest.mark.integration
async def test_an_event_that_xml_cannot_hold(
    api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]"
) -> None:
    """The answer names event and member; JSON has it."""
    await store(hub, [captured(event(9, action="OBSERVE", **{"no:prefix": "x"}), 9)])
    answer = await api.get("/events/urn:uuid:9", headers={"Accept": "application/xml"})
    assert answer.status_code == 406
    assert answer.json()["type"] == "epcisException:NotAcceptableException"
    assert answer.json()["errors"][0]["field"] == "urn:uuid:9: ObjectEvent.no:prefix"
    assert (await api.get("/events/urn:uuid:9")).status_code == 200


@pytest.mark.integration
@pytest.mark.parametrize("path", ["/events", "/events/urn:uuid:1", "/bizSteps/packing/events"])
async def test_each_path_describes_itself(api: httpx.AsyncClient, path: str) -> None:
    """On OPTIONS: versions, formats and methods. It has no other methods."""
    answer = await api.options(path)
    assert answer.status_code == 204
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["GS1-EPC-Format"] == "Never_Translates"
    assert answer.headers["GS1-EPCIS-Min"] == answer.headers["GS1-CBV-Max"] == "2.0.0"
    assert (await api.head(path)).status_code == 200
    assert (await api.post(path)).status_code == 405


@pytest.mark.integration
async def test_terms_are_derived_again(api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]") -> None:
    """Events that an older version stored get theirs with the migration."""
    before = await hub.fetch("select captured_id, terms from captured_event order by 1")
    await hub.execute("update captured_event set terms = null")
    assert found(await api.get("/events?EQ_bizStep=packing")) == []
    async with hub.acquire() as connection:
        await derive_terms(connection)
    assert await hub.fetch("select captured_id, terms from captured_event order by 1") == before


def read_all(folder: Path) -> Iterator[CapturedEvent]:
    """The events of all documents of GS1, as they are captured."""
    for file in sorted(folder.rglob("*.jsonld")):
        try:
            document = read_json(file.read_bytes())
        except InvalidInput as error:  # one has two eventIDs in an event
            assert "'eventID' comes twice" in str(error)  # noqa: PT017 - most documents are right
            continue
        for entry in entries_of(document, recorded_at=RECORDED, found_by="the test"):
            if isinstance(entry, Accepted | Quarantined) and entry.captured is not None:
                yield entry.captured


@pytest.mark.integration
async def test_answers_keep_to_the_standard(
    pool: "Pool[asyncpg.Record]", foreign_data: Path
) -> None:
    """All examples of GS1, captured and asked for: by its JSON Schema, and as they came."""
    captures = list(read_all(foreign_data / "epcis" / "gs1-json"))
    await store(pool, captures)
    files = (foreign_data / "epcis" / "json-schema").rglob("*-JSON-Schema*.json")
    schemas = [json.loads(file.read_text()) for file in files]
    registry: Registry[Any] = Registry().with_resources(
        [(each["$id"], Resource.from_contents(each)) for each in schemas]
    )
    root = {"$ref": "https://gs1.github.io/EPCIS/JSON-Schema/EPCIS-JSON-Schema.json"}
    transport = httpx.ASGITransport(create_app(pool))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.get("/events?perPage=1000")
    Draft7Validator(root, registry=registry).validate(answer.json())
    bodies = {each.captured_id: json.loads(each.body) for each in reversed(captures)}
    events = [
        {k: v for k, v in each.items() if k not in ("@context", "recordTime")}
        for each in found(answer)
    ]
    assert len(events) == len(bodies) > 40
    for body in bodies.values():
        body.pop("@context", None)
        body.pop("recordTime", None)
        assert body in events


def play_client(document: dict[str, Any], paths: tuple[str, ...], address: str) -> None:
    """Send requests as the document describes them, and hold the answers against it."""
    schema = schemathesis.openapi.from_dict(document)
    for path in paths:
        operation = schema[path]["GET"]

        @given(case=operation.as_strategy())
        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        def check(case: Any) -> None:
            # GS1's document has no status for a parameter that a server may decline.
            case.call_and_validate(
                base_url=address,
                checks=[
                    not_a_server_error,
                    content_type_conformance,
                    response_schema_conformance,
                ],
            )

        check()


@pytest.mark.integration
@pytest.mark.timeout(180)
async def test_a_client_that_follows_the_standard_alone(
    pool: "Pool[asyncpg.Record]", foreign_data: Path
) -> None:
    """Schemathesis plays one: requests by GS1's document, answers held against it."""
    await store(pool, list(read_all(foreign_data / "epcis" / "gs1-json")))
    standard = json.loads((foreign_data / "epcis" / "rest-openapi.json").read_bytes())
    # The example in the document breaks the schema beside it, so that schemathesis sends nothing.
    disposition = standard["components"]["parameters"]["Disposition"]
    disposition["example"] = "urn:epcglobal:cbv:disp:in_progress"
    async with served(pool) as address:
        await asyncio.to_thread(play_client, standard, PATHS, address)


@pytest.mark.integration
@pytest.mark.timeout(180)
async def test_a_client_that_follows_our_document(
    api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]"
) -> None:
    """The same with the hub's own OpenAPI document of these paths."""
    document = (await api.get("/openapi.json")).json()
    paths = tuple(
        path
        for path in document["paths"]
        if not path.startswith(("/v", "/queries", "/nextPageToken"))
    )
    assert len(paths) == len(PATHS)
    async with served(hub) as address:
        await asyncio.to_thread(play_client, document, paths, address)


PARAMETERS = parameters_without("")
NAMES = st.sampled_from(
    [*PARAMETERS.__struct_fields__, "EQ_bizTransaction_po", "EQ_source_", "EQ_destination_x_y"]
) | st.text(max_size=30)


@given(st.dictionaries(NAMES, st.text(max_size=60), max_size=4), st.none() | st.text(max_size=40))
def test_any_parameters_are_read_or_refused(given_: dict[str, str], value: str | None) -> None:
    """Nothing else is raised than what becomes an answer with status 400."""
    path = None if value is None else ("MATCH_anyEPC", value)
    with suppress(InvalidInput):
        query = read_event_query(split_values(given_), PARAMETERS, path)
        assert all(len(term) == 32 for group in query.filter.terms for term in group)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
MEMBERS = st.sampled_from([*RECEIVED, *PACKED, *MADE, *OWN_STEP, *DECLARED])


@given(st.dictionaries(MEMBERS, JSON), JSON)
def test_any_event_has_terms(members: dict[str, Any], context: Any) -> None:
    """A foreign program may have written it to the log."""
    terms = terms_of(msgspec.json.encode(members), msgspec.json.encode(context))
    assert terms == sorted(set(terms))


def test_a_prefix_means_what_its_document_binds() -> None:
    """In ids and words; two documents may bind one prefix otherwise."""
    body = b'{"type": "ex:Weighed", "bizStep": "ex:weighing", "epcList": ["ex:1"]}'
    full = b'{"type": "%b/Weighed", "bizStep": "%b/weighing", "epcList": ["%b/1"]}'
    for host in (b"https://one.example", b"https://two.example"):
        context = b'["%b", {"ex": "%b/"}]' % (GS1.encode(), host)
        assert terms_of(body, context) == terms_of(full % (host, host, host), None)


DEEP = b'{"x":' + b"[" * 900 + b"]" * 900 + b"}"


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"a":' * 5_000, DEEP, b'{"type":1e999}'])
def test_a_body_that_is_no_event_has_none(body: bytes) -> None:
    """It stays in the table, and only its id and its times find it."""
    assert terms_of(body, b'{"p":"https://p.example/"}') == []
