import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import ConsumerRecord

from groupage.contracts.codec import decode
from groupage.settings import KafkaSettings
from producers.epcis.document import entries_of, read_document
from producers.intake import Accepted

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]
StartGateway = Callable[..., Coroutine[Any, Any, "Running"]]
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
pytestmark = pytest.mark.integration


class Running:
    """A gateway process and a client that speaks to it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url
        self.client = httpx.AsyncClient(base_url=url, timeout=30)

    async def ready(self) -> None:
        """Wait until Kafka was reached."""
        async with asyncio.timeout(30):
            while (await self.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        await self.client.aclose()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            return await self.process.wait()


@pytest.fixture
async def start_gateway(kafka: KafkaSettings, topic_prefix: str) -> AsyncIterator[StartGateway]:
    """Starts real gateway processes with settings of the test; ends them all."""
    running: list[Running] = []

    async def start(**settings: object) -> Running:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        variables = {
            "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "GROUPAGE_TOPIC_PREFIX": topic_prefix,
            "GROUPAGE_GATEWAY_PORT": str(port),
            **{f"GROUPAGE_{name.upper()}": str(value) for name, value in settings.items()},
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from producers.gateway.main import main; main()",
            env=os.environ | variables,
            stderr=asyncio.subprocess.DEVNULL,
        )
        gateway = Running(process, f"http://127.0.0.1:{port}")
        running.append(gateway)
        async with asyncio.timeout(30):
            while True:
                try:
                    await gateway.client.get("/healthz")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        return gateway

    yield start
    for gateway in running:
        await gateway.stop()


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Running:
    """One gateway with default settings, connected."""
    started = await start_gateway()
    await started.ready()
    return started


def event(event_id: str = "e-1", **data: object) -> dict[str, Any]:
    """A sound CloudEvent, with other data fields where given."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/wms/1",
        "type": "unit.received.v1",
        "time": "2026-03-01T08:00:00+08:00",
        "data": {"unit_id": "106141412345678908", **data},
    }


async def test_an_event_is_answered_when_kafka_has_it(
    gateway: Running, read_topic: ReadTopic
) -> None:
    """202 with the place, and the same again is harmless."""
    answer = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    again = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    assert answer.status_code == again.status_code == 202
    assert answer.json()["id"] == again.json()["id"] == "e-1"
    records = await read_topic("hub.unit.v1")
    facts = [decode(r.headers, r.key, r.value, recorded_at=None) for r in records]  # type: ignore[arg-type]
    assert [(fact.event_id, fact.key) for fact in facts] == [("e-1", "106141412345678908")] * 2


async def test_binary_mode(gateway: Running, read_topic: ReadTopic) -> None:
    """Attributes as ce- headers and data as the body are the same event."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "b-1",
        "ce-source": "/wms/1",
        "ce-type": "unit.stored.v1",
        "ce-time": "2026-03-01T08:00:00Z",
    }
    data = {"unit_id": "carton 7", "location": "A-12"}
    answer = await gateway.client.post("/v1/events", json=data, headers=headers)
    assert answer.status_code == 202, answer.text
    (record,) = await read_topic("hub.unit.v1")
    assert json.loads(record.value) == data
    assert dict(record.headers)["ce_id"] == b"b-1"


async def test_every_error_at_once(gateway: Running) -> None:
    """The problem document names field, value and expectation of each error."""
    wrong = event(pieces=0, colour="red", condition="soggy") | {
        "time": "yesterday",
        "classifier": "MAYBE",
        "shade": "blue",
    }
    answer = await gateway.client.post("/v1/events", json=wrong, headers=STRUCTURED)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = {error["field"]: error for error in problem["errors"]}
    assert set(errors) == {
        "time",
        "classifier",
        "shade",
        "data.pieces",
        "data.colour",
        "data.condition",
    }
    assert errors["data.pieces"]["value"] == 0
    assert errors["data.pieces"]["expected"] == "at least 1"
    assert "damaged" in errors["data.condition"]["expected"]


@pytest.mark.parametrize("kind", ["unit.announced.v1", "clock.ticked.v1", "plan.requested.v1"])
async def test_internal_types_are_refused(gateway: Running, kind: str) -> None:
    """What only our own processes say is not taken from outside."""
    answer = await gateway.client.post(
        "/v1/events", json=event() | {"type": kind}, headers=STRUCTURED
    )
    assert answer.status_code == 422
    assert "own processes" in answer.json()["errors"][0]["expected"]


async def test_a_batch_answers_each_item(gateway: Running, read_topic: ReadTopic) -> None:
    """Accepted, quarantined and invalid items stand side by side; the good ones are in Kafka."""
    items = [
        event("good-1"),
        event("bad-1", pieces="many"),
        {"specversion": "1.0"},
        event("digit-1", unit_id="106141412345678909"),
        "nonsense",
        event("good-2"),
    ]
    answer = await gateway.client.post("/v1/events:batch", json=items, headers=BATCH)
    body = answer.json()
    assert answer.status_code == 207
    assert [item["index"] for item in body["items"]] == list(range(6))
    assert [item["outcome"] for item in body["items"]] == [
        "accepted",
        "invalid",
        "invalid",
        "quarantined",
        "invalid",
        "accepted",
    ]
    assert body["items"][1]["errors"][0]["field"] == "data.pieces"
    assert len(body["items"][2]["errors"]) >= 4
    assert {dict(r.headers)["ce_id"] for r in await read_topic("hub.unit.v1")} == {
        b"good-1",
        b"good-2",
    }
    (letter,) = await read_topic("hub.dlq.v1")
    assert dict(letter.headers)["dlq_code"] == b"check_digit"
    assert json.loads(letter.value)["id"] == "digit-1"


@pytest.mark.parametrize(
    ("policy", "status"), [("reject", 422), ("quarantine", 202), ("warn", 202)]
)
async def test_the_check_digit_policy(
    start_gateway: StartGateway, read_topic: ReadTopic, policy: str, status: int
) -> None:
    """Reject refuses, quarantine puts aside with the reason, warn lets through with a remark."""
    gateway = await start_gateway(gateway_check_digits=policy)
    await gateway.ready()
    wrong = event(unit_id="106141412345678909")
    answer = await gateway.client.post("/v1/events", json=wrong, headers=STRUCTURED)
    assert answer.status_code == status
    assert "check digit 8" in answer.text
    assert len(await read_topic("hub.unit.v1")) == (policy == "warn")
    assert len(await read_topic("hub.dlq.v1")) == (policy == "quarantine")


async def test_size_limits(start_gateway: StartGateway) -> None:
    """Too many bytes, announced or streamed, and too many items are 413."""
    gateway = await start_gateway(gateway_max_body_bytes=4096, gateway_max_batch_items=3)
    await gateway.ready()
    large = event(dock="x" * 5_000)
    announced = await gateway.client.post("/v1/events", json=large, headers=STRUCTURED)

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 1_000

    streamed = await gateway.client.post("/v1/events", content=stream(), headers=STRUCTURED)
    many = await gateway.client.post(
        "/v1/events:batch", json=[event(str(n)) for n in range(4)], headers=BATCH
    )
    assert [announced.status_code, streamed.status_code, many.status_code] == [413] * 3
    assert "4096" in announced.json()["detail"]


async def test_rate_limit(start_gateway: StartGateway) -> None:
    """Beyond the burst a client hears 429 and when to come back."""
    gateway = await start_gateway(gateway_rate_per_s=0.5, gateway_rate_burst=2)
    await gateway.ready()
    answers = [
        await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 2


async def test_a_full_gateway_says_so_instead_of_growing(start_gateway: StartGateway) -> None:
    """While held bytes fill the room, a request gets 503 and Retry-After; later it is taken."""
    gateway = await start_gateway(gateway_max_in_flight_bytes=2**20)
    await gateway.ready()
    gate = asyncio.Event()

    sent = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"[" + b" " * 900_000
        sent.set()
        await gate.wait()
        yield b"]"

    held = asyncio.create_task(
        gateway.client.post("/v1/events:batch", content=slow(), headers=BATCH)
    )
    # Only when it is inside: before that the others would fill the room and it would be refused.
    async with asyncio.timeout(20):
        await sent.wait()
        await asyncio.sleep(0.5)
        probe = b"[" + b" " * 200_000 + b"]"
        while True:
            answer = await gateway.client.post("/v1/events:batch", content=probe, headers=BATCH)
            if answer.status_code == 503:
                break
            await asyncio.sleep(0.05)
    assert answer.headers["retry-after"] == "1"
    gate.set()
    assert (await held).status_code == 202
    again = await gateway.client.post("/v1/events:batch", content=probe, headers=BATCH)
    assert again.status_code == 202


async def test_without_kafka_it_starts_and_says_so(start_gateway: StartGateway) -> None:
    """Alive, not ready, 503 with a time and what to check."""
    gateway = await start_gateway(
        kafka_bootstrap_servers="127.0.0.1:9", gateway_publish_timeout_s=1
    )
    assert (await gateway.client.get("/healthz")).status_code == 200
    assert (await gateway.client.get("/readyz")).status_code == 503
    answer = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "127.0.0.1:9" in answer.json()["detail"]


async def test_a_token_where_one_is_set(start_gateway: StartGateway) -> None:
    """Without it 401, with it 202; beyond the loopback none may be missing."""
    gateway = await start_gateway(gateway_token="s3cret-s3cret")
    await gateway.ready()
    without = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    bearer = STRUCTURED | {"authorization": "Bearer s3cret-s3cret"}
    with_it = await gateway.client.post("/v1/events", json=event(), headers=bearer)
    assert (without.status_code, with_it.status_code) == (401, 202)


async def test_requests_inside_are_answered_on_sigterm(
    gateway: Running, read_topic: ReadTopic
) -> None:
    """A batch that is under way when SIGTERM comes is answered, in Kafka, and the exit is clean."""
    items = [event(f"t-{number}") for number in range(3_000)]
    request = asyncio.create_task(
        gateway.client.post("/v1/events:batch", json=items, headers=BATCH)
    )
    await asyncio.sleep(0.05)
    gateway.process.send_signal(signal.SIGTERM)
    answer = await request
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 3_000
    assert await gateway.stop() == 0
    assert len(await read_topic("hub.unit.v1")) == 3_000


async def test_what_it_tells_about_itself(gateway: Running) -> None:
    """Metrics, schemas and OpenAPI are served; unknown paths are problem documents."""
    await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    assert "groupage_gateway_events_total" in (await gateway.client.get("/metrics")).text
    schema = (await gateway.client.get("/v1/schemas/unit.received.v1")).json()
    assert schema["title"] == "unit.received.v1"
    api = (await gateway.client.get("/openapi.json")).json()
    assert {"/v1/events", "/v1/events:batch", "/capture"} <= set(api["paths"])
    missing = await gateway.client.get("/v1/nothing")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


async def test_what_cannot_be_read(gateway: Running) -> None:
    """Broken JSON, JSON that is no event and foreign content types are told apart."""
    post = gateway.client.post
    broken = await post("/v1/events", content=b'{"specversion": ', headers=STRUCTURED)
    plain = await post("/v1/events", json={"a": 1})
    foreign = await post("/v1/events", content=b"<a/>", headers={"content-type": "text/xml"})
    assert [broken.status_code, plain.status_code, foreign.status_code] == [400, 400, 415]
    deep = await post("/v1/events", content=b"[" * 100_000, headers=STRUCTURED)
    assert deep.status_code == 400
    number = await post("/v1/events", content=b"7", headers=STRUCTURED)
    assert number.json()["detail"] == "event: 7 is not right; expected a CloudEvent: a JSON object"
    wrong = await gateway.client.put("/v1/events")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


async def test_a_time_beyond_the_calendar(gateway: Running) -> None:
    """Of the event and in its data: no worker could reckon a deadline from it."""
    delay = {"voyage_id": "V1", "etd_at": "9999-12-31T23:59:59Z", "reason": "strike"}
    item = event() | {"type": "sailing.changed.v1", "time": "9999-12-31T00:00:00Z"}
    answer = await gateway.client.post(
        "/v1/events", json=item | {"data": delay}, headers=STRUCTURED
    )
    assert answer.status_code == 422
    wrong = {error["field"]: error["expected"] for error in answer.json()["errors"]}
    assert wrong.keys() == {"time", "data.etd_at"}
    assert all("from 1900 to 2199" in expected for expected in wrong.values())


async def test_a_head_has_a_size(gateway: Running) -> None:
    """A client that never ends its headers is sent away, and nothing grows."""
    port = gateway.client.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nX-Long: ")
    async with asyncio.timeout(20):
        for _ in range(5):
            writer.write(b"x" * 16_384)
            await writer.drain()
            await asyncio.sleep(0.02)
        answer = await reader.read(1_000)
    assert b"over 65536 bytes" in answer
    writer.close()
    assert (await gateway.client.get("/healthz")).status_code == 200


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
    """Nothing is taken of a document with an error on rollback, the rest on proceed."""
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
    """The 932-event document goes in by HTTP; ids are those that the file's import gives."""
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


async def test_capture_refuses_what_is_no_document(start_gateway: StartGateway) -> None:
    """Problem documents for nonsense, an unknown behaviour and too many events; limits are told."""
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
        "the document's type is 'Novel'; EPCISDocument, EPCISQueryDocument, or an event is right"
    )
    assert unknown.json()["errors"][0]["expected"] == "rollback or proceed"
    options = await gateway.client.options("/capture")
    assert options.status_code == 204
    assert options.headers["gs1-epcis-capture-limit"] == "1"
    assert (await gateway.client.get("/capture/none")).status_code == 404
