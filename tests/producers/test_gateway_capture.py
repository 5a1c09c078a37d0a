"""EPCIS documents over HTTP."""

import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiokafka import ConsumerRecord

from groupage.domain.namespaces import Namespaces
from producers.entries import Accepted
from producers.epcis.documents import read_document
from producers.epcis.event_hash import event_hash
from producers.epcis.importing import entries_of
from tests.producers.gateway_process import Running, StartGateway

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]


pytestmark = pytest.mark.integration


def document(*events: object) -> dict[str, Any]:
    """An EPCIS document."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T08:00:00Z",
        "epcisBody": {"eventList": events},
    }


def observed(event_id: str, step: str) -> dict[str, Any]:
    """An EPCIS event about one carton."""
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{event_id}",
        "eventTime": "2026-03-01T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": step,
        "epcList": ["urn:epc:id:sscc:0614141.1234567890"],
    }


@pytest.mark.parametrize(("behaviour", "captured"), [("rollback", 0), ("proceed", 1)])
async def test_capture_error_behaviours(
    gateway: Running, read_topic: ReadTopic, behaviour: str, captured: int
) -> None:
    """Of a document with an error, `rollback` captures nothing, `proceed` the valid events."""
    body = document(observed("1", "receiving"), observed("2", "greeting"))
    answer = await gateway.client.post(
        "/capture", json=body, headers={"GS1-Capture-Error-Behaviour": behaviour}
    )
    assert answer.status_code == 202, answer.text
    job = (await gateway.client.get(answer.headers["location"])).json()
    assert job["captureID"] in answer.headers["location"]
    assert (job["running"], job["success"]) == (False, False)
    assert job["captureErrorBehaviour"] == behaviour
    assert job["errors"][0]["field"] == "epcisBody.eventList[1].bizStep"
    assert len(await read_topic("hub.unit.v1")) == captured


async def test_capture_by_http_and_by_file_are_the_same_facts(
    gateway: Running, read_topic: ReadTopic, foreign_data: Path
) -> None:
    """A document of 932 events captured by HTTP gives the ids that its import as a file gives."""
    file = foreign_data / "epcis" / "packing-hierarchy-932-events.json"
    answer = await gateway.client.post(
        "/capture", content=file.read_bytes(), headers={"content-type": "application/ld+json"}
    )
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["gs1-epcis-version"] == "2.0.0"
    assert (job["success"], job["read"], job["accepted"], job["facts"]) == (True, 932, 932, 2_184)
    entries = entries_of(
        read_document(file.read_bytes()), recorded_at=datetime.now(UTC), found_by="import"
    )
    ids = {f.event_id.encode() for e in entries if isinstance(e, Accepted) for f in e.facts}
    records = await read_topic("hub.unit.v1")
    assert {dict(record.headers)["ce_id"] for record in records} == ids
    assert len(ids) == 2_184


async def test_a_single_event_is_captured(gateway: Running, read_topic: ReadTopic) -> None:
    """It comes back with the id by which queries find it: its own, or its event hash."""
    named = observed("1", "receiving")
    answer = await gateway.client.post("/events", json=named)
    assert answer.status_code == 201, answer.text
    assert answer.json() == named
    assert answer.headers["location"] == "/events/urn%3Auuid%3A1"
    nameless = {name: value for name, value in named.items() if name != "eventID"}
    answer = await gateway.client.post("/events", json=nameless)
    digest = event_hash(nameless, Namespaces())
    assert answer.json() == nameless | {"eventID": digest}
    assert unquote(answer.headers["location"]) == f"/events/{digest}"
    unmapped = await gateway.client.post("/events", json=observed("2", "retail_selling"))
    assert unmapped.status_code == 201
    bodies = [json.loads(record.value or b"") for record in await read_topic("hub.capture.v1")]
    assert nameless in bodies
    assert len(bodies) == 3
    assert len(await read_topic("hub.unit.v1")) == 2


async def test_capture_rejects_other_documents(start_gateway: StartGateway) -> None:
    """Nonsense, an unknown behaviour and too many events get problems; OPTIONS names the limits."""
    gateway = await start_gateway(gateway_max_batch_items=1)
    await gateway.ready()
    post = gateway.client.post
    nonsense = await post("/capture", json={"type": "Novel"})
    unknown = await post(
        "/capture", json=document(), headers={"GS1-Capture-Error-Behaviour": "shrug"}
    )
    many = await post(
        "/capture", json=document(observed("1", "receiving"), observed("2", "storing"))
    )
    assert [nonsense.status_code, unknown.status_code, many.status_code] == [400, 400, 413]
    assert nonsense.json()["detail"] == (
        "the document's type is 'Novel'; expected EPCISDocument, EPCISQueryDocument or the "
        "type of an event"
    )
    assert unknown.json()["errors"][0]["expected"] == "rollback or proceed"
    options = await gateway.client.options("/capture")
    assert options.status_code == 204
    assert options.headers["gs1-epcis-capture-limit"] == "1"
    assert (await gateway.client.get("/capture/none")).status_code == 404
    assert (await gateway.client.get("/capture")).json() == []
    other = await gateway.client.delete("/capture")
    assert other.status_code == 405
    assert {"GET", "OPTIONS", "POST"} <= set(other.headers["allow"].split(", "))
