"""``POST /v1/packing-lists`` with a real gateway and Kafka, and with schemathesis."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import schemathesis
from aiokafka import ConsumerRecord
from hypothesis import HealthCheck, Phase, example, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    status_code_conformance,
)

from groupage.settings import GatewaySettings, KafkaSettings
from producers.gateway.app import Gateway, create_app
from producers.gateway.openapi import document
from tests.producers.gateway_process import STRUCTURED, StartGateway, event
from tests.producers.test_gateway_packing_lists import ASKS, LIST

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]


@pytest.mark.integration
async def test_a_posted_list_is_published(
    start_gateway: StartGateway, read_topic: ReadTopic
) -> None:
    """Twice the same events; nothing of one with questions; other events pass meanwhile."""
    gateway = await start_gateway()
    await gateway.ready()

    async def post(text: str) -> int:
        files = {"file": ("list.csv", text.encode())}
        fields = {"consignment_id": "CN-1", "listed_at": "2026-03-01T00:00:00Z"}
        answer = await gateway.client.post("/v1/packing-lists", files=files, data=fields)
        return answer.status_code

    lists = asyncio.gather(post(LIST), post(LIST), post(ASKS))
    events = [
        await gateway.client.post("/v1/events", json=event(str(number)), headers=STRUCTURED)
        for number in range(20)
    ]
    assert {answer.status_code for answer in events} == {202}
    assert list(await lists) == [202, 202, 422]
    records = await read_topic("hub.consignment.v1")
    ids = [dict(record.headers)["ce_id"] for record in records]
    assert (len(ids), len(set(ids))) == (4, 2)
    assert {record.key for record in records} == {b"CN-1"}
    assert await read_topic("hub.dlq.v1") == []


@pytest.mark.integration
async def test_too_large_a_list_is_refused(start_gateway: StartGateway) -> None:
    """By the limit of bodies, before it is read."""
    gateway = await start_gateway(gateway_max_body_bytes=4096)
    files = {"file": ("list.csv", b"x" * 5_000)}
    answer = await gateway.client.post("/v1/packing-lists", files=files)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:groupage:problem:too_large"


GATEWAY = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = create_app(GATEWAY)
OPERATION = SCHEMA["/v1/packing-lists"]["POST"]
FORM = "multipart/form-data"


@pytest.mark.slow
@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(case=OPERATION.as_strategy())
@example(case=OPERATION.Case(body={"file": "x", "explain": True}, media_type=FORM))
def test_forms_that_follow_the_document(case: Any) -> None:
    """Any form by the schema gets a documented status; files without a list are refused."""
    response = case.call()
    assert response.status_code != 500
    case.validate_response(response, checks=[status_code_conformance, content_type_conformance])
