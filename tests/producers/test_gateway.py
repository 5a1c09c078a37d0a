"""The HTTP gateway as a process on a real Kafka: events one by one and in batches."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord

from groupage.contracts.decoding import decode
from tests.producers.gateway_process import BATCH, STRUCTURED, Running, StartGateway, event

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]


pytestmark = pytest.mark.integration


async def test_an_event_is_answered_when_kafka_has_it(
    gateway: Running, read_topic: ReadTopic
) -> None:
    """202 with the offset; sending the same event again is harmless."""
    answer = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    again = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    assert answer.status_code == again.status_code == 202
    assert answer.json()["id"] == again.json()["id"] == "e-1"
    records = await read_topic("hub.unit.v1")
    facts = [decode(r.headers, r.key, r.value, recorded_at=None) for r in records]  # type: ignore[arg-type]
    assert [(fact.event_id, fact.key) for fact in facts] == [("e-1", "106141412345678908")] * 2


async def test_binary_mode(gateway: Running, read_topic: ReadTopic) -> None:
    """The gateway reads attributes from percent-encoded ce- headers, and the data from the body."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "%E4%B9%89%20b-1",
        "ce-source": "/wms/1",
        "ce-type": "unit.stored.v1",
        "ce-time": "2026-03-01T08:00:00Z",
    }
    data = {"unit_id": "carton 7", "location": "A-12"}
    answer = await gateway.client.post("/v1/events", json=data, headers=headers)
    assert answer.status_code == 202, answer.text
    (record,) = await read_topic("hub.unit.v1")
    assert json.loads(record.value) == data
    assert dict(record.headers)["ce_id"] == "义 b-1".encode()


async def test_every_error_at_once(gateway: Running) -> None:
    """The problem document names field, value and expectation of each error."""
    wrong = event(pieces=0, colour="red", condition="soggy") | {
        "time": "yesterday",
        "classifier": "MAYBE",
        "retract": True,
    }
    answer = await gateway.client.post("/v1/events", json=wrong, headers=STRUCTURED)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = {error["field"]: error for error in problem["errors"]}
    assert set(errors) == {
        "time",
        "classifier",
        "retract",
        "data.pieces",
        "data.colour",
        "data.condition",
    }
    assert errors["data.pieces"]["value"] == 0
    assert errors["data.pieces"]["expected"] == "at least 1"
    assert "damaged" in errors["data.condition"]["expected"]


@pytest.mark.parametrize(
    "kind",
    ["unit.announced.v1", "clock.ticked.v1", "plan.requested.v1", "consignment.allocated.v1"],
)
async def test_internal_types_are_refused(gateway: Running, kind: str) -> None:
    """The gateway rejects types that only our own processes publish."""
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
    (dead_letter,) = await read_topic("hub.dlq.v1")
    assert dict(dead_letter.headers)["dlq_code"] == b"check_digit"
    assert json.loads(dead_letter.value)["id"] == "digit-1"


@pytest.mark.parametrize(
    ("policy", "status"), [("reject", 422), ("quarantine", 202), ("warn", 202)]
)
async def test_the_check_digit_policy(
    start_gateway: StartGateway, read_topic: ReadTopic, policy: str, status: int
) -> None:
    """`reject` answers 422, `quarantine` makes a dead letter, `warn` accepts with a warning."""
    gateway = await start_gateway(gateway_check_digits=policy)
    await gateway.ready()
    wrong = event(unit_id="106141412345678909")
    answer = await gateway.client.post("/v1/events", json=wrong, headers=STRUCTURED)
    assert answer.status_code == status
    assert "check digit 8" in answer.text
    assert len(await read_topic("hub.unit.v1")) == (policy == "warn")
    assert len(await read_topic("hub.dlq.v1")) == (policy == "quarantine")


@pytest.mark.parametrize("clock", ["wall", "external"])
async def test_an_event_from_the_future_is_accepted_with_a_warning(
    start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    """The answer names the time; an external clock's time is not the gateway's."""
    monkeypatch.setenv("GROUPAGE_CLOCK_SOURCE", clock)
    gateway = await start_gateway()
    await gateway.ready()
    ahead = event() | {"time": "2099-03-01T08:00:00Z"}
    answer = await gateway.client.post("/v1/events", json=ahead, headers=STRUCTURED)
    assert answer.status_code == 202
    warnings = answer.json().get("warnings", [])
    if clock == "external":
        assert not warnings
        return
    (warning,) = warnings
    assert (warning["field"], warning["value"][:4]) == ("time", "2099")
    assert "from_the_future" in warning["expected"]


async def test_it_describes_itself(gateway: Running) -> None:
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


async def test_unreadable_bodies(gateway: Running) -> None:
    """Broken JSON, JSON without an event and foreign content types get different answers."""
    post = gateway.client.post
    broken = await post("/v1/events", content=b'{"specversion": ', headers=STRUCTURED)
    plain = await post("/v1/events", json={"a": 1})
    foreign = await post("/v1/events", content=b"<a/>", headers={"content-type": "text/xml"})
    assert [broken.status_code, plain.status_code, foreign.status_code] == [400, 400, 415]
    deep = await post("/v1/events", content=b"[" * 100_000, headers=STRUCTURED)
    assert deep.status_code == 400
    for levels in range(900, 1_000, 3):  # the parser accepts some that are too deep for the checks
        body = msgspec.json.encode(event() | {"data": msgspec.Raw(b"[" * levels + b"]" * levels)})
        nested = await post("/v1/events", content=body, headers=STRUCTURED)
        assert nested.status_code in (400, 422), levels
    number = await post("/v1/events", content=b"7", headers=STRUCTURED)
    assert number.json()["detail"] == "event: 7 is not right; expected a CloudEvent: a JSON object"
    wrong = await gateway.client.put("/v1/events")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


async def test_a_time_beyond_the_calendar(gateway: Running) -> None:
    """In `time` and in the data: no worker could compute a deadline from it."""
    delay = {"voyage_id": "V1", "etd_at": "9999-12-31T23:59:59Z", "reason": "strike"}
    item = event() | {"type": "sailing.changed.v1", "time": "9999-12-31T00:00:00Z"}
    answer = await gateway.client.post(
        "/v1/events", json=item | {"data": delay}, headers=STRUCTURED
    )
    assert answer.status_code == 422
    wrong = {error["field"]: error["expected"] for error in answer.json()["errors"]}
    assert wrong.keys() == {"time", "data.etd_at"}
    assert all("from 1900 to 2199" in expected for expected in wrong.values())
