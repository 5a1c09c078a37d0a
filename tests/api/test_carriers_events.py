"""``GET /v3/events``: what carriers reported by DCSA is given out as it came."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from groupage.app.commands.summary_words import lines_of
from groupage.app.dcsa_events import EventFilter, all_events
from groupage.domain.fact import Fact
from groupage.store.readers.summaries import summarize
from groupage.store.readers.summary_views import SailingSummary
from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.references import References
from producers.dcsa.restated import restate
from producers.entries import Accepted
from tests.api.hub import store_facts
from tests.api.world import booked
from tests.processors.aggregates.carrier_reports import LEG, results_of
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    ETD,
    NOW,
    VOYAGE,
    Dialect,
    dcsa_event,
    hub_facts,
)
from tests.producers.test_dcsa_mapping import CASES

pytestmark = pytest.mark.integration
Hub = asyncpg.Pool
WORDS: Dialect = "3.0.0 words"


def known() -> list[Fact]:
    """The facts of the hub before the carrier's events."""
    booking = Fact(
        event_id="b",
        source="/booking",
        key="CN-1",
        occurred_at=ETD - timedelta(days=5),
        recorded_at=ETD - timedelta(days=5),
        data=booked("CN-1"),
    )
    return [*hub_facts(), booking]


async def events_out(
    pool: "Hub[asyncpg.Record]", *sent: dict[str, Any], **wanted: Any
) -> list[dict[str, Any]]:
    """What is given out after a carrier's events arrived one by one."""
    facts = known()
    for result in results_of(sent, facts):
        assert isinstance(result, Accepted), result
        facts += result.facts
    await store_facts(pool, list({fact.event_id: fact for fact in reversed(facts)}.values())[::-1])
    found = all_events(pool, EventFilter(**wanted), page=2)
    return [each async for each in found if "eventRouting" in each or "CN-1" not in str(each)]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_came_in_goes_out(pool: "Hub[asyncpg.Record]", dialect: Dialect) -> None:
    """In the words of 3.0.0, with the sender's id, version and parties."""
    picked = dcsa_event(
        dialect,
        "EQUIPMENT",
        "GATED_OUT",
        at="2026-03-04T00:00:00Z",
        container=CONTAINER,
        empty="EMPTY",
        locode="CNNGB",
        facility_type="DEPOT",
    )
    sent = [
        picked,
        dcsa_event(
            dialect,
            "EQUIPMENT",
            "LOADED",
            event_id="E2",
            container=CONTAINER,
            locode="CNNGB",
            **LEG,
        ),
        dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E3", locode="CNNGB", **LEG),
        dcsa_event(
            dialect,
            "TRANSPORT",
            "ARRIVED",
            event_id="E4",
            locode="SGSIN",
            classifier="PLANNED",
            **LEG,
        ),
        dcsa_event(
            dialect,
            "SHIPMENT",
            "ON_HOLD",
            event_id="E5",
            document=("INVOICE", "H-1"),
            forwarder="urn:groupage:consignment:CN-1",
        ),
    ]
    found = await events_out(pool, *sent)
    expected = [restate(event, event_id=event["eventID"]) for event in sent]
    if dialect == WORDS:
        assert expected == sent
    if dialect == "2.2":
        expected = [each for each in expected if "CN-1" not in str(each)]
    assert found == expected


async def test_updates_and_retractions_go_out(pool: "Hub[asyncpg.Record]") -> None:
    """Both versions in their order, then the retraction: under one id, each newer."""

    def moved(hour: int, locode: str) -> dict[str, Any]:
        return dcsa_event(
            WORDS,
            "EQUIPMENT",
            "DISCHARGED",
            updated=f"2026-03-05T{hour:02}:00:00Z",
            container=CONTAINER,
            locode=locode,
        )

    gone = {"eventUpdatedDateTime": "2026-03-05T09:00:00Z", "isRetracted": True}
    versions = [moved(7, "SGSIN"), moved(8, "MYPKG")]
    found = await events_out(pool, *versions, versions[1] | gone)
    last = found.pop()
    assert found == versions
    assert last["eventUpdatedDateTime"] == "2026-03-05T09:00:00.000000Z"
    assert last | gone == versions[1] | gone


async def test_a_retraction_that_states_no_time(pool: "Hub[asyncpg.Record]") -> None:
    """It has the time of its arrival, so it is the newest version."""
    event = dcsa_event(WORDS, "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="SGSIN")
    first, second = await events_out(pool, event, {"eventID": "E1", "isRetracted": True})
    assert first == event
    assert second["isRetracted"] is True
    assert second["eventID"] == "E1"
    assert second["eventUpdatedDateTime"] == (NOW + timedelta(minutes=1)).isoformat().replace(
        "+00:00", "Z"
    )


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"no JSON",
        b"\xff",
        b"[]",
        b'{"eventID": "E1"}',
        b"[" * 5_000,
        b'{"a":' * 700 + b"1" + b"}" * 700,
        None,
    ],
)
async def test_what_another_sender_calls_the_original(
    pool: "Hub[asyncpg.Record]", original: bytes | None
) -> None:
    """Whoever may write to Kafka may put anything there: no page fails for it."""
    event = dcsa_event(WORDS, "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="SGSIN")
    (result,) = results_of([event], known())
    assert isinstance(result, Accepted)
    (fact,) = result.facts
    strange = msgspec.structs.replace(
        fact, event_id=fact.event_id.replace("E1", "E2"), original=original
    )
    await store_facts(pool, [*known(), strange, fact])
    found = [each async for each in all_events(pool, EventFilter(equipment=CONTAINER))]
    assert found == [event]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"equipment": CONTAINER}, ["E1", "E2", "E3"]),
        ({"equipment": "APZU4812090"}, []),
        ({"carrier_booking": BOOKING}, ["E1", "E2", "E3"]),
        ({"carrier_booking": "OTHER"}, []),
        ({"event_types": frozenset({"TRANSPORT"})}, ["E2", "E3", "E4"]),
        ({"subtypes": frozenset({"DISCHARGED"})}, ["E1"]),
        ({"until_at": ETD}, []),
        ({"transport_document": "BL-1"}, []),
    ],
)
async def test_filters(
    pool: "Hub[asyncpg.Record]", wanted: dict[str, Any], expected: list[str]
) -> None:
    """A container and a booking have the calls of their ship, but not those of other bookings."""
    call = {"locode": "SGSIN", **LEG}
    found = await events_out(
        pool,
        dcsa_event(WORDS, "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="SGSIN"),
        dcsa_event(WORDS, "TRANSPORT", "ARRIVED", event_id="E2", **call),
        dcsa_event(WORDS, "TRANSPORT", "DEPARTED", event_id="E3", booking=BOOKING, **call),
        dcsa_event(WORDS, "TRANSPORT", "DEPARTED", event_id="E4", booking="B-9", **call),
        **wanted,
    )
    assert [each["eventID"] for each in found] == expected


async def test_all_that_goes_out_keeps_to_the_standard_and_comes_in_again(
    pool: "Hub[asyncpg.Record]", foreign_data: Path
) -> None:
    """Every kind of event in every dialect; imported again they are the same facts."""
    sent = [
        dcsa_event(dialect, kind, subtype, event_id=f"{dialect}/{number}", **details)
        for dialect in DIALECTS
        for number, (kind, subtype, details, _) in enumerate(CASES)
    ]
    found = await events_out(pool, *sent)
    assert len(found) > len(CASES)
    file = foreign_data / "dcsa" / "tnt-v3.0.0-openapi.yaml"
    text = json.dumps(msgspec.yaml.decode(file.read_bytes())["components"]["schemas"])
    schemas = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    for schema in schemas.values():
        schema["additionalProperties"] = False
    validator = Draft202012Validator(
        {"$ref": "#/$defs/Event", "$defs": schemas}, format_checker=FormatChecker()
    )
    for event in found:
        validator.validate(event)
    references = References()
    for fact in known():
        references.note(fact)
    again = entries_of(
        read_bundle(json.dumps({"events": found}).encode()),
        references,
        recorded_at=NOW,
        found_by="test",
    )
    first = {
        fact.event_id: fact
        for result in results_of(sent, known())
        if isinstance(result, Accepted)
        for fact in result.facts
    }
    for entry in again:
        assert isinstance(entry, Accepted), entry
        (fact,) = entry.facts
        before = first[fact.event_id]
        same = (fact.key, fact.occurred_at, fact.classifier, fact.source)
        assert same == (before.key, before.occurred_at, before.classifier, before.source)


async def test_the_query_uses_the_index(pool: "Hub[asyncpg.Record]") -> None:
    """PostgreSQL proves that the query's condition is that of the index."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        rows = await connection.fetch(
            "explain select fact_id from fact"
            " where (source = '/dcsa' or starts_with(source, '/dcsa/'))"
            " and (recorded_at, fact_id) > (now(), gen_random_uuid())"
            " order by recorded_at, fact_id limit 100"
        )
    assert any("fact_of_carrier" in row[0] for row in rows)


async def test_the_trace_of_a_voyage_shows_its_calls(pool: "Hub[asyncpg.Record]") -> None:
    """In the order of their times, another ship by its number; the ETA stays."""
    feeder = {"number": "F77N", "booking": BOOKING, "mode": "VESSEL"}

    def call(subtype: str, event_id: str, at: str, **details: Any) -> dict[str, Any]:
        return dcsa_event(WORDS, "TRANSPORT", subtype, event_id=event_id, at=at, **details)

    await events_out(
        pool,
        call("ARRIVED", "E1", "2026-04-02T00:00:00Z", locode="NLRTM", **feeder),
        call("ARRIVED", "E2", "2026-03-11T00:00:00Z", locode="SGSIN", **LEG),
        call("DEPARTED", "E3", "2026-03-12T00:00:00Z", locode="SGSIN", **LEG),
        call("ARRIVED", "E4", "2026-03-20T00:00:00Z", locode="LKCMB", classifier="PLANNED", **LEG),
    )
    summary = await summarize(pool, "voyage", VOYAGE)
    assert isinstance(summary, SailingSummary)
    lines = [line for line in lines_of(summary) if line[0].startswith(("call", "arrives"))]
    assert lines == [
        ("arrives", "2026-04-04 04:00Z"),
        (
            "call SGSIN",
            "arrived 2026-03-11 00:00Z; left 2026-03-12 00:00Z",
        ),
        ("call LKCMB", "arrives 2026-03-20 00:00Z"),
        ("call NLRTM", "ship F77N; arrived 2026-04-02 00:00Z"),
    ]
