"""``GET /v3/events``: what the hub does, as DCSA Track & Trace events, over a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator, FormatChecker
from schemathesis.specs.openapi.checks import positive_data_acceptance

from groupage.app.api.app import create_app
from groupage.app.api.dcsa import LIMIT_MAX
from groupage.app.dcsa_events import EventFilter, all_events
from groupage.domain.events import consignment as cn
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events.base import Event, Money
from groupage.domain.events.consolidation import (
    ConsolidationBooked,
    ConsolidationFrozen,
    ConsolidationOpened,
    ConsolidationPlanned,
    StuffingCompleted,
    StuffingStarted,
)
from groupage.domain.fact import Fact
from groupage.serving import Guard, address_of, listen, serve_http
from groupage.store.readers.recorded_facts import INDEXED_TYPES
from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.outgoing_parts import EVENT_TYPE_OF
from producers.dcsa.references import References
from producers.entries import Accepted
from tests.api.hub import START, fact, store_facts
from tests.api.world import BOX, FIRST, LANE, VOYAGE, booked

Hub = asyncpg.Pool
USD = Money(amount_minor=100_000, currency="USD")
BOOKING = "BKG-2288104"


def day() -> list[Fact]:
    """What a hub does with one container and one consignment."""
    events: list[Event] = [
        booked("CN-1"),
        cn.ConsignmentAccepted(consignment_id="CN-1"),
        cn.HoldPlaced(consignment_id="CN-1", hold_id="H-1", hold="DOCS", by="li", reason="invoice"),
        cn.HoldReleased(consignment_id="CN-1", hold_id="H-1", by="li", reason="it came"),
        cu.CustomsDeclared(declaration_id="D-1", mode="1039", consignment_ids=("CN-1",), value=USD),
        cu.CustomsSelected(declaration_id="D-1", selection="SCAN"),
        cu.CustomsReleased(declaration_id="D-1", reference="R-9"),
        eq.ContainerReleased(
            equipment_ref=BOX,
            iso_type="45G1",
            tare_g=3_900_000,
            max_gross_g=30_480_000,
            carrier_booking_id=BOOKING,
        ),
        eq.ContainerPickedUp(equipment_ref=BOX, plate="浙G12345"),
        eq.ContainerGatedIn(equipment_ref=BOX, place="CNYIU/SUXI"),
        eq.ContainerInspected(equipment_ref=BOX, result="fit"),
        ConsolidationOpened(
            consolidation_id=FIRST, lane_id=LANE, voyage_id=VOYAGE, iso_type="45G1"
        ),
        ConsolidationPlanned(
            consolidation_id=FIRST,
            plan_id="P-1",
            consignment_ids=("CN-1",),
            planned_volume_cm3=1,
            planned_gross_g=1,
            revision=0,
        ),
        ConsolidationBooked(consolidation_id=FIRST, carrier_booking_id=BOOKING),
        ConsolidationFrozen(
            consolidation_id=FIRST, manifest_ref="M-1", equipment_ref=BOX, seal_no="S-1"
        ),
        StuffingStarted(consolidation_id=FIRST, equipment_ref=BOX),
        StuffingCompleted(consolidation_id=FIRST),
        eq.ContainerSealed(equipment_ref=BOX, seal_no="S-1", seal_type="BOLT"),
        eq.ContainerResealed(
            equipment_ref=BOX, seal_no="S-2", source="CUSTOMS", reason="inspection"
        ),
        eq.ContainerGatedOut(equipment_ref=BOX, plate="浙G12345", consolidation_id=FIRST),
        cn.ConsignmentCancelled(consignment_id="CN-2", reason="sold"),
    ]
    return [fact(event, minute) for minute, event in enumerate(events)]


@pytest.fixture
async def hub(pool: "Hub[asyncpg.Record]") -> "Hub[asyncpg.Record]":
    """A hub with that day; a consignment of a carrier's event, and a rejected gate move."""
    rejected = fact(eq.ContainerGatedIn(equipment_ref=BOX), 100)
    snapshot = cn.CustomsSnapshot(
        consignment_id="CN-1", declaration_id="D-1", status="RELEASED", revision=1
    )
    foreign = fact(
        eq.ContainerInspected(equipment_ref="APZU4812090", result="fit"), 101, source="/dcsa/SMDG"
    )
    own = fact(snapshot, 102, source="/groupage/declaration", relayed_by="declaration")
    await store_facts(pool, [fact(booked("CN-2"), 0), *day(), rejected, foreign, own])
    return pool


@pytest.fixture
async def api(hub: "Hub[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    transport = httpx.ASGITransport(create_app(hub), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def subtypes(answer: httpx.Response) -> list[str]:
    """The events of an answer by their subtypes."""
    assert answer.status_code == 200, answer.text
    return [
        next(value for name, value in each["eventClassification"].items() if name in _SUBTYPES)
        for each in answer.json()["events"]
    ]


_SUBTYPES = {"shipmentEventType", "equipmentEventType"}
SHIPMENTS = ["RECEIVED", "RECEIVED", "CONFIRMED", "ON_HOLD", "RELEASED", "SUBMITTED"]
CUSTOMS = ["CUSTOMS_SELECTED_FOR_SCAN", "CUSTOMS_RELEASED"]
MOVES = ["PICKED_UP", "GATED_IN", "INSPECTED", "STUFFED", "STUFFED", "RESEALED", "GATED_OUT"]
ALL = [*SHIPMENTS, *CUSTOMS, *MOVES, "CANCELLED"]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("eventTypes=SHIPMENT", [*SHIPMENTS, "CANCELLED"]),
        ("eventTypes=EQUIPMENT,IOT", [*CUSTOMS, *MOVES]),
        ("eventType=EQUIPMENT&eventTypes=SHIPMENT", []),
        ("equipmentEventTypeCode=STUF,GTOT", ["STUFFED", "STUFFED", "GATED_OUT"]),
        ("shipmentEventTypeCode=HOLD,RELS", ["ON_HOLD", "RELEASED"]),
        ("shipmentEventTypeCode=HOLD&equipmentEventTypeCode=STUF", []),
        ("documentTypeCode=CUC", ["SUBMITTED", *CUSTOMS]),
        ("transportEventTypeCode=ARRI", []),
        (f"equipmentReference={BOX}", MOVES),
        (f"equipmentReference={BOX[:4].lower()}%20{BOX[4:10]}-{BOX[10]}", MOVES),
        (f"carrierBookingReference={BOOKING}", MOVES),
        (
            "carrierBookingReference=CN-1",
            ["RECEIVED", "CONFIRMED", "ON_HOLD", "RELEASED", "SUBMITTED", *CUSTOMS],
        ),
        (f"carrierBookingReference={BOOKING}&equipmentReference={BOX}", MOVES),
        (f"carrierBookingReference=NONE&equipmentReference={BOX}", []),
        ("transportDocumentReference=BL-1", []),
        ("eventUpdatedDateTimeMin=2026-03-02T08:19:00Z", ["GATED_OUT", "CANCELLED"]),
        ("eventUpdatedDateTimeMax=2026-03-02T08:00:30Z", ["RECEIVED", "RECEIVED"]),
        ("eventCreatedDateTime:gte=2026-03-02T16:20:03%2B08:00", ["CANCELLED"]),
        ("eventCreatedDateTime:gt=2026-03-02T08:20:03Z", []),
        ("eventCreatedDateTime:lt=2026-03-02T08:00:03Z", []),
        ("eventCreatedDateTime=2026-03-02T08:20:03Z", ["CANCELLED"]),
        ("eventCreatedDateTime:gt=9999-12-31T23:59:59Z", []),
        ("eventUpdatedDateTimeMax=0001-01-01T00:00:00%2B14:00", []),
    ],
)
async def test_filters(api: httpx.AsyncClient, query: str, expected: list[str]) -> None:
    """Those of 3.0.0 and of 2.2; what was rejected, and what a carrier reported, is left out."""
    answer = await api.get(f"/v3/events?{query}")
    assert subtypes(answer) == expected
    assert answer.headers["api-version"] == "3.0.0"
    assert "next-page-cursor" not in answer.headers


@pytest.mark.integration
async def test_the_content_of_an_event(api: httpx.AsyncClient) -> None:
    """References to the container, the carrier's booking and the hub's own ids."""
    answer = await api.get(f"/v3/events?equipmentReference={BOX}&equipmentEventTypeCode=GTOT")
    (event,) = answer.json()["events"]
    assert len(event.pop("eventID")) == 32
    assert event == {
        "eventDateTime": "2026-03-02T08:19:00Z",
        "eventUpdatedDateTime": "2026-03-02T08:19:03Z",
        "eventClassification": {
            "eventType": "EQUIPMENT",
            "eventClassifier": "ACTUAL",
            "equipmentEventType": "GATED_OUT",
        },
        "eventLocation": {"facilityType": "CONTAINER_FREIGHT_STATION"},
        "shipmentDetails": {
            "documentReference": {"type": "BOOKING", "reference": BOOKING},
            "shipmentReferences": [
                {
                    "type": "FREIGHT_FORWARDERS_REFERENCE",
                    "reference": f"urn:groupage:consolidation:{FIRST}",
                }
            ],
        },
        "transportDetails": {
            "transportCall": {
                "modeOfTransport": "TRUCK",
                "truckTransport": {"tractorDetails": {"licensePlate": "浙G12345"}},
            }
        },
        "equipmentDetails": {"equipmentReference": BOX, "emptyIndicator": "LADEN"},
    }


@pytest.mark.integration
async def test_a_container_that_is_used_again(pool: "Hub[asyncpg.Record]") -> None:
    """Each use has the booking of its time, whenever the events are read."""

    def use(booking: str, day: int) -> list[Fact]:
        released = eq.ContainerReleased(
            equipment_ref=BOX,
            iso_type="45G1",
            tare_g=3_900_000,
            max_gross_g=30_480_000,
            carrier_booking_id=booking,
        )
        moves = [released, eq.ContainerPickedUp(equipment_ref=BOX)]
        moves += [eq.ContainerGatedOut(equipment_ref=BOX)]
        return [fact(move, day * 1_440 + number) for number, move in enumerate(moves)]

    await store_facts(pool, [*use("B-1", 0), *use("B-2", 60)])
    for booking, at in (("B-1", "2026-03-02"), ("B-2", "2026-05-01")):
        wanted = EventFilter(carrier_booking=booking)
        events = [each async for each in all_events(pool, wanted)]
        assert [each["eventDateTime"][:10] for each in events] == [at, at]
        assert {each["shipmentDetails"]["documentReference"]["reference"] for each in events} == {
            booking
        }


@pytest.mark.integration
async def test_a_release_names_the_kind_of_its_hold(api: httpx.AsyncClient) -> None:
    """Its event has the id only; the document is that of the hold."""
    answer = await api.get("/v3/events?shipmentEventTypeCode=HOLD,RELS")
    placed, released = (each["shipmentDetails"] for each in answer.json()["events"])
    assert placed["documentReference"] == released["documentReference"]
    assert placed["documentReference"] == {"type": "SHIPPING_INSTRUCTIONS", "reference": "H-1"}


@pytest.mark.integration
@pytest.mark.parametrize("limit", [1, 4, 16, 2**31 - 1])
async def test_pages(api: httpx.AsyncClient, limit: int) -> None:
    """One after the other all events, each once; also where a filter leaves most facts out."""
    for filters, expected in (
        ({}, ALL),
        ({"documentTypeCode": "CUC"}, ["SUBMITTED", *CUSTOMS]),
    ):
        found: list[str] = []
        parameters: dict[str, Any] = {"limit": limit, **filters}
        for _ in range(2 * len(ALL)):
            answer = await api.get("/v3/events", params=parameters)
            page = subtypes(answer)
            assert len(page) <= min(limit, LIMIT_MAX)
            found += page
            if "next-page-cursor" not in answer.headers:
                break
            parameters["cursor"] = answer.headers["next-page-cursor"]
        assert found == expected


@pytest.mark.integration
async def test_a_cursor_is_stable_while_facts_come(
    api: httpx.AsyncClient, hub: "Hub[asyncpg.Record]"
) -> None:
    """A page that was read stays as it is; what is recorded later comes on a later page."""
    first = await api.get("/v3/events?limit=10")
    cursor = first.headers["next-page-cursor"]
    late = fact(cn.ConsignmentAccepted(consignment_id="CN-9"), 1)
    recorded = msgspec.structs.replace(late, recorded_at=START + timedelta(days=1))
    await store_facts(hub, [fact(booked("CN-9"), 0, source="/late"), recorded])
    rest = await api.get("/v3/events", params={"cursor": cursor, "limit": 100})
    assert subtypes(first) + subtypes(rest) == [*ALL, "CONFIRMED"]


@pytest.mark.integration
async def test_updates_and_retractions_have_the_first_event_id(
    pool: "Hub[asyncpg.Record]",
) -> None:
    """A correction of a correction, and the retraction of it, are about the first one."""
    sealed = eq.ContainerSealed(equipment_ref=BOX, seal_no="S-1")
    first = fact(sealed, 1, event_id="a")
    second = fact(
        msgspec.structs.replace(sealed, seal_no="S-2"), 1, event_id="b", correction_of="a"
    )
    third = fact(msgspec.structs.replace(sealed, seal_no="S-3"), 1, event_id="c", correction_of="b")
    retraction = fact(sealed, 1, event_id="d", correction_of="c", retracted=True)
    facts = [
        msgspec.structs.replace(each, recorded_at=START + timedelta(hours=number))
        for number, each in enumerate((first, second, third, retraction))
    ]
    await store_facts(pool, facts)
    events = [each async for each in all_events(pool, EventFilter(), page=2)]
    assert len({each["eventID"] for each in events}) == 1
    numbers = [each["equipmentDetails"]["seals"][0]["number"] for each in events]
    assert numbers == ["S-1", "S-2", "S-3", "S-1"]
    assert [each.get("isRetracted", False) for each in events] == [False, False, False, True]
    updated = [each["eventUpdatedDateTime"] for each in events]
    assert updated == sorted(updated)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("cursor=nonsense", "cursor"),
        ("limit=0", "limit"),
        ("eventTypes=PARTY", "eventTypes"),
        ("equipmentEventTypeCode=GTOO", "equipmentEventTypeCode"),
        ("eventUpdatedDateTimeMin=yesterday", "eventUpdatedDateTimeMin"),
        ("eventCreatedDateTime:near=2026-03-02T08:00:00Z", "eventCreatedDateTime:near"),
        ("limit=1&limit=2", "limit"),
        ("equipmentReference=" + "x" * 300, "equipmentReference"),
        ("eventTypes=EQUIPMENT&eventTypes=SHIPMENT", "its values separated by `,`"),
    ],
)
async def test_errors(api: httpx.AsyncClient, query: str, named: str) -> None:
    """A problem document that has DCSA's feedback as well."""
    answer = await api.get(f"/v3/events?{query}")
    assert answer.status_code == 400
    body = answer.json()
    assert (body["status"], body["feedbackElements"][0]["severity"]) == (400, "ERROR")
    assert named in body["feedbackElements"][0]["message"]
    assert answer.headers["api-version"] == "3.0.0"


def test_the_index_has_the_types_that_are_given_out() -> None:
    """And so has the query, which names them so that PostgreSQL finds the index."""
    assert set(INDEXED_TYPES) == set(EVENT_TYPE_OF)
    sql = Path(__file__).parents[2] / "groupage/store/sql/0008_recorded_facts.sql"
    assert all(f"'{name}'" in sql.read_text(encoding="utf-8") for name in INDEXED_TYPES)


@pytest.mark.integration
async def test_the_query_uses_the_index(hub: "Hub[asyncpg.Record]") -> None:
    """PostgreSQL proves that the query's types are those of the index."""
    listed = ", ".join(f"'{name}'" for name in EVENT_TYPE_OF)
    async with hub.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        rows = await connection.fetch(
            f"explain select fact_id from fact where type in ({listed})"
            " and (recorded_at, fact_id) > (now(), gen_random_uuid())"
            " order by recorded_at, fact_id limit 100"
        )
    assert any("fact_recorded" in row[0] for row in rows)


LOST: dict[str, dict[str, Any]] = {
    "hold.placed": {"by": "DCSA Track & Trace"},
    "hold.released": {"by": "DCSA Track & Trace"},
}
"""Fields that DCSA has no place for, and what an import puts there."""
NOTED = {"booking_received", "customs_clearance_submitted"}
"""Milestones of what DCSA has no place for: bookings and declarations."""


@pytest.mark.integration
async def test_what_goes_out_comes_in_again(hub: "Hub[asyncpg.Record]") -> None:
    """The same facts in an empty hub, where the format has a place for them."""
    events = [each async for each in all_events(hub, EventFilter())]
    document = json.dumps({"events": events}).encode()
    entries = entries_of(
        read_bundle(document),
        References(takes_new_containers=True),
        recorded_at=datetime.now(UTC),
        found_by="test",
    )
    sent = [each for each in [fact(booked("CN-2"), 0), *day()] if each.type in EVENT_TYPE_OF]
    sent.sort(key=lambda each: each.recorded_at)
    by_key = {(each.type, each.key, each.occurred_at): each for each in sent}
    compared = 0
    for entry in entries:
        assert isinstance(entry, Accepted), entry
        (came,) = entry.facts
        if came.type == "consignment.noted":
            assert came.data.milestone in NOTED  # type: ignore[attr-defined]
            continue
        expected = by_key[came.type, came.key, came.occurred_at]
        changes = LOST.get(came.type, {})
        assert came.data == msgspec.structs.replace(expected.data, **changes)
        compared += 1
    assert compared == len(ALL) - 3


@pytest.fixture
def standard(foreign_data: Path) -> dict[str, Any]:
    """DCSA's own OpenAPI document of Track & Trace 3.0.0."""
    file = foreign_data / "dcsa" / "tnt-v3.0.0-openapi.yaml"
    loaded: dict[str, Any] = msgspec.yaml.decode(file.read_bytes())
    return loaded


@pytest.mark.integration
@pytest.mark.parametrize("path", ["/v3/events?limit=5", "/v3/events", "/v3/events?limit=0"])
async def test_answers_keep_to_the_standard(
    api: httpx.AsyncClient, standard: dict[str, Any], path: str
) -> None:
    """By its schemas, closed: every member that the hub sends is one of the standard's."""
    answer = await api.get(path)
    name = "GetEventsResponse" if answer.status_code == 200 else "GetEventsError"
    schemas = json.loads(
        json.dumps(standard["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
    )
    if answer.status_code == 200:
        for schema in schemas.values():
            schema["additionalProperties"] = False
    document = {"$ref": f"#/$defs/{name}", "$defs": schemas}
    Draft202012Validator(document, format_checker=FormatChecker()).validate(answer.json())
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.integration
async def test_a_client_that_follows_the_standard_alone(
    hub: "Hub[asyncpg.Record]", standard: dict[str, Any]
) -> None:
    """Schemathesis plays one: requests by DCSA's document, answers held against it."""
    standard["paths"]["/events"].pop("post")
    async with served(hub) as address:
        await asyncio.to_thread(play_client, standard, "/events", f"{address}/v3")


@pytest.mark.integration
async def test_a_client_that_follows_our_document(
    api: httpx.AsyncClient, hub: "Hub[asyncpg.Record]"
) -> None:
    """The same with the hub's own OpenAPI document of this path."""
    document = (await api.get("/openapi.json")).json()
    document["paths"] = {"/v3/events": document["paths"]["/v3/events"]}
    async with served(hub) as address:
        await asyncio.to_thread(play_client, document, "/v3/events", address)


@asynccontextmanager
async def served(hub: "Hub[asyncpg.Record]") -> AsyncIterator[str]:
    """The address of the read API on a real socket, behind its guard."""
    listener, stop = listen("127.0.0.1", 0, setting="PORT"), asyncio.Event()
    guard = Guard(host="127.0.0.1", token=None, setting="TOKEN")
    serving = asyncio.create_task(
        serve_http(create_app(hub), listener, stop, guard=guard, requests_max=50, grace_s=1)
    )
    try:
        yield f"http://{address_of(listener).removeprefix('http://')}"
    finally:
        stop.set()
        await serving


def play_client(document: dict[str, Any], path: str, address: str) -> None:
    """Send requests as the document describes them, and hold the answers against it."""
    schema = schemathesis.openapi.from_dict(document)
    operation = schema[path]["GET"]

    @given(case=operation.as_strategy())
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        # A cursor, a code and a combination may be wrong, whatever the document can say of them.
        case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance])

    check()
