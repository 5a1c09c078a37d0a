"""The gateway's application without Kafka: checks of one CloudEvent, failures, OpenAPI."""

import base64
import hashlib
import html
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from starlette.routing import Route

from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.encoding import encode, envelope_json
from groupage.contracts.event_descriptions import Addresses, curl_line, describe_event
from groupage.contracts.examples import example_fact
from groupage.domain.catalogue import EVENTS
from groupage.settings import GatewaySettings, KafkaSettings
from groupage.telemetry import metrics
from producers.gateway import openapi
from producers.gateway.app import Gateway, create_app
from producers.gateway.cloudevents import check_event, public_events
from producers.gateway.docs_page import docs_page
from tests.producers.gateway_process import BATCH, STRUCTURED, event

AT_GATEWAY = Addresses(gateway="http://gateway", broker="127.0.0.1:9")
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def problem_fields(item: dict[str, Any]) -> list[str]:
    """The fields that the gateway finds wrong."""
    return [problem.field for problem in check_event(item, recorded_at=NOW).problems]


@pytest.mark.parametrize("ce_type", sorted(public_events()))
def test_an_event_is_the_fact_that_a_reader_finds(ce_type: str) -> None:
    """Parsed and encoded once, it is the same fact, and the same record, as by the long way."""
    sent = envelope_json(example_fact(public_events()[ce_type]))
    item = msgspec.json.decode(sent)
    del item["recordtime"]
    checked = check_event(item, recorded_at=NOW)
    read = fact_from_json(msgspec.json.encode(item), recorded_at=NOW)
    assert checked.problems == ()
    assert checked.fact == read
    assert encode(read, value=checked.data_json) == encode(read)


def test_instants_are_written_in_utc() -> None:
    """Of the envelope and inside the data."""
    delay = {"voyage_id": "V1", "etd_at": "2026-03-05T08:00:00+08:00", "reason": "strike"}
    checked = check_event(event() | {"type": "sailing.changed.v1", "data": delay}, recorded_at=NOW)
    assert checked.fact
    assert checked.fact.occurred_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert checked.fact.occurred_at.tzinfo is UTC
    assert msgspec.json.decode(checked.data_json)["etd_at"] == "2026-03-05T00:00:00Z"


def test_errors_of_attributes_and_of_data_stand_together() -> None:
    """In the order of the attributes; misspelled ones last."""
    wrong = event(pieces=0) | {
        "id": "",
        "subject": "",
        "retracted": True,
        "partitionkey": "other",
        "clasifier": "EST",
    }
    assert problem_fields(wrong) == ["id", "subject", "correctionof", "clasifier", "data.pieces"]


@pytest.mark.parametrize("name", ["subject", "partitionkey"])
def test_names_must_be_those_of_the_data(name: str) -> None:
    """A sender that names another thing than its data is wrong about one of them."""
    assert problem_fields(event() | {name: "106141412345678908"}) == []
    assert problem_fields(event() | {name: "another"}) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retracted", "true"),
        ("retracted", "no"),
        ("classifier", ["ACT"]),
        ("specversion", 1.0),
        ("id", "a\nb"),
        ("source", "x" * 1_001),
        ("source", "/groupage/lane"),
        ("time", 7),
        ("traceparent", ""),
        ("datacontenttype", "text/plain"),
        ("original", "aGk="),
        ("relayedby", "lane"),
        ("correctionOf", "scan-3"),
        ("retract", True),
    ],
)
def test_an_attribute_of_the_wrong_form(name: str, value: object) -> None:
    """Each names the attribute."""
    assert problem_fields(event() | {name: value}) == [name]


def test_nul_in_a_text_is_refused() -> None:
    """PostgreSQL could not store it."""
    assert problem_fields(event(dock="D\x004")) == ["data.dock"]
    assert problem_fields(event(dock="D\\u0000")) == []


@pytest.fixture(name="gateway")
def a_gateway() -> Gateway:
    """A gateway that has not reached Kafka."""
    return Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))


def client_of(gateway: Gateway) -> httpx.AsyncClient:
    """Build a client that calls the application directly."""
    transport = httpx.ASGITransport(create_app(gateway), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def test_a_defect_is_answered_without_its_details(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender gets a problem document; the log has the traceback."""

    async def broken(_items: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(gateway._ingest, "take", broken)
    async with client_of(gateway) as client:
        response = await client.post("/v1/events", json=event(), headers=STRUCTURED)
    problem = response.json()
    assert response.status_code == problem["status"] == 500
    assert problem["type"] == "urn:groupage:problem:internal"
    assert "secret" not in response.text


async def test_kafka_away_is_answered_for_each_event_of_a_mixed_batch(gateway: Gateway) -> None:
    """An invalid event would be invalid later, too; only the others are worth sending again."""
    items = [event("good"), event("bad", pieces=0)]
    async with client_of(gateway) as client:
        mixed = await client.post("/v1/events:batch", json=items, headers=BATCH)
        good = await client.post("/v1/events:batch", json=items[:1], headers=BATCH)
    assert mixed.status_code == 207
    outcomes = [item["outcome"] for item in mixed.json()["items"]]
    assert outcomes == ["unavailable", "invalid"]
    assert good.status_code == 503
    assert good.headers["retry-after"] == "1"


async def test_every_post_is_timed_and_counted(gateway: Gateway) -> None:
    """Also one that fails; a GET is not timed."""

    def timed() -> float:
        return next(
            sample.value
            for family in metrics.GATEWAY_REQUEST_S.collect()
            for sample in family.samples
            if sample.name.endswith("_count")
        )

    invalid = metrics.GATEWAY_REQUESTS.labels(outcome="invalid")
    timed_before, invalid_before = timed(), invalid._value.get()
    async with client_of(gateway) as client:
        await client.get("/v1/schemas")
        await client.post("/v1/events", content=b"{", headers=STRUCTURED)
        await client.post("/v1/nowhere")
    assert timed() - timed_before == 2
    assert invalid._value.get() - invalid_before == 2


def test_the_document_describes_every_route(gateway: Gateway) -> None:
    """It has an operation for each route, and no other operations."""
    app = create_app(gateway)
    served = {
        (route.path, method.lower())
        for route in app.routes
        if isinstance(route, Route) and route.include_in_schema
        for method in (route.methods or set()) - {"HEAD"}
    }
    paths = openapi.document()["paths"]
    assert served == {(path, method) for path, methods in paths.items() for method in methods}


TWICE = """{"specversion": "1.0", "id": "e-1", "source": "/wms/1", "type": "unit.received.v1",
    "time": "2026-03-01T08:00:00+08:00", "data": {"unit_id": "U1", "unit_id": "U2"}}"""


@pytest.mark.parametrize(
    ("path", "headers", "body", "field"),
    [
        ("/v1/events", STRUCTURED, TWICE, "data.unit_id"),
        ("/v1/events", BATCH, f"[{TWICE}]", "[0].data.unit_id"),
        ("/v1/events:batch", BATCH, f"[{TWICE}]", "[0].data.unit_id"),
        ("/v1/events", STRUCTURED, '{"id": "a", "data": {}, "id": "b"}', "id"),
        (
            "/v1/events",
            {"content-type": "application/json", "ce-type": "unit.received.v1"},
            '{"unit_id": "U1", "unit_id": "U2"}',
            "unit_id",
        ),
        (
            "/capture",
            {"content-type": "application/ld+json"},
            '{"type": "EPCISDocument", "epcisBody": {"eventList": [{"a": 1, "a": 2}]}}',
            "epcisBody.eventList[0].a",
        ),
    ],
)
async def test_a_key_that_comes_twice_is_refused(
    gateway: Gateway, path: str, headers: dict[str, str], body: str, field: str
) -> None:
    """Which of the two counts would depend on the parser; nothing of the request is taken."""
    async with client_of(gateway) as client:
        response = await client.post(path, content=body, headers=headers)
    assert response.status_code == 400
    assert f"comes twice in one object, at {field}" in response.json()["detail"]


@pytest.mark.parametrize("name", ["ce-id", "CE-Type", "content-type"])
async def test_a_header_that_comes_twice_is_refused(gateway: Gateway, name: str) -> None:
    """Where each of its values would mean another event."""
    headers = [("content-type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", "a")]
    headers += [("ce-type", "unit.received.v1"), (name, "b")]
    async with client_of(gateway) as client:
        response = await client.post("/v1/events", content=b"{}", headers=headers)
    assert response.status_code == 400
    assert response.json()["detail"] == f"header {name.lower()} comes twice"


async def test_a_slash_at_the_end_is_another_path(gateway: Gateway) -> None:
    """404 and no redirect: a redirect would name whatever host the request names."""
    async with client_of(gateway) as client:
        responses = [
            await client.post("/v1/events/", json=event(), headers=STRUCTURED),
            await client.get("/v1/schemas/"),
            await client.get("/healthz/"),
        ]
    assert [response.status_code for response in responses] == [404] * 3


def test_ids_and_names_have_nothing_invisible() -> None:
    """In the data as in the attributes."""
    assert problem_fields(event(dock="D\u202e4", consignment_id="CN\x9b1")) == [
        "data.consignment_id",
        "data.dock",
    ]
    assert problem_fields(event() | {"id": "e\u202e1", "source": "/wms\x85"}) == ["id", "source"]
    assert problem_fields(event(dock="义乌\u3000四")) == []


def test_the_document_has_every_problem_of_the_server() -> None:
    """What the guard and the limits answer can come at every path."""
    for methods in openapi.document()["paths"].values():
        for method, operation in methods.items():
            responses = operation["responses"]
            expected = {"400", "401", "421", "500", "503"} | (
                {"403"} if method == "post" else set()
            )
            assert expected <= set(responses)
            for status, response in responses.items():
                if status >= "400":
                    assert set(response["content"]) == {"application/problem+json"}


async def test_head_is_answered_where_get_is(gateway: Gateway) -> None:
    """With the same head."""
    async with client_of(gateway) as client:
        for path in ("/capture", "/v1/schemas", "/openapi.json", "/healthz", "/capture/none"):
            got, head = await client.get(path), await client.head(path)
            assert (head.status_code, head.headers) == (got.status_code, got.headers)
        assert "HEAD" in (await client.options("/capture")).headers["allow"]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"type": "unit.reeived.v1"}, "did you mean unit.received.v1?"),
        ({"type": "shipment.created.v1"}, "GET /v1/schemas lists"),
        ({"correction_of": "scan-1"}, "did you mean correctionof?"),
        ({"classifier": "act"}, "did you mean ACT?"),
        ({"data": {"unit_id": "350000000000000013", "dok": "D4"}}, "did you mean dock? Known are"),
        ({"data": {"unit_id": "1", "condition": "damage"}}, "did you mean damaged?"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_one_that_is_meant(
    wrong: dict[str, Any], hint: str
) -> None:
    """And not with all names that there are."""
    (problem,) = check_event(event() | wrong, recorded_at=NOW).problems
    assert hint in problem.message
    assert len(problem.message) < 300


async def test_a_mistyped_schema_is_answered_with_the_one_that_is_meant(gateway: Gateway) -> None:
    """A 404 whose detail names it."""
    async with client_of(gateway) as client:
        answer = await client.get("/v1/schemas/unit.reeived.v1")
    assert answer.status_code == 404
    assert "did you mean unit.received.v1?" in answer.json()["detail"]


async def test_the_page_of_events_has_each_type_and_nothing_foreign(gateway: Gateway) -> None:
    """An example and the address of this gateway; no script, no resource of another site."""
    async with client_of(gateway) as client:
        answer = await client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    for ce_type in public_events():
        assert f'id="{ce_type}"' in page
    assert html.escape(curl_line(describe_event(EVENTS["unit.stored"]), AT_GATEWAY)) in page
    assert "9610</code> cross-border e-commerce" in page
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert not re.search(r"<script|<img|<link|style=|src=|href=\"(?!#|/)", page)
    assert re.sub(r"<[^<>]*>", "", page).count("<style") == 0


async def test_the_page_of_events_escapes_what_a_client_sends() -> None:
    """The address in its lines comes from the Host header."""
    page = docs_page(Addresses(gateway="http://x/<script>alert(1)</script>'\"&"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
