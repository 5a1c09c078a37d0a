"""The callback of DCSA Track & Trace: signatures and answers, and what arrives in Kafka."""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Coroutine
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from aiokafka import ConsumerRecord
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr, ValidationError
from schemathesis.specs.openapi.checks import positive_data_acceptance

from groupage.serving import Guard
from groupage.settings import GatewaySettings, KafkaSettings
from producers.gateway.app import Gateway, create_app
from producers.gateway.dcsa import PATHS
from producers.publisher import Publisher
from tests.producers.dcsa_events import BOOKING, CONTAINER, dcsa_event, hub_facts
from tests.producers.gateway_process import Running, StartGateway

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]
KEY = bytes(range(32))
SECRET = base64.b64encode(KEY).decode()
OTHER = base64.b64encode(bytes(32)).decode()
V2, V3 = "/dcsa/tnt/v2/events", "/dcsa/tnt/v3/events"
JSON = {"content-type": "application/json"}
MOVED = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")


def signature(body: bytes, key: bytes = KEY) -> dict[str, str]:
    """The header of a publisher."""
    return {"notification-signature": f"sha256={hmac.new(key, body, sha256).hexdigest()}"}


def client_of(**settings: Any) -> httpx.AsyncClient:
    """A client of the application, without Kafka behind it."""
    gateway = Gateway(GatewaySettings(**settings), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    transport = httpx.ASGITransport(create_app(gateway), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"notification-signature": ""}, 401),
        ({"notification-signature": "sha256=xyz"}, 401),
        ({"notification-signature": "sha256=é"}, 401),
        ({"notification-signature": "md5=00"}, 401),
        (signature(b"[] "), 401),
        (signature(b"[]", bytes(31) + b"\1"), 401),
        (signature(b"[]"), 503),
        ({"notification-signature": signature(b"[]")["notification-signature"].upper()}, 503),
        (signature(b"[]", bytes(32)), 503),
    ],
)
async def test_where_there_are_secrets_a_bundle_is_signed(
    headers: dict[str, str], status: int
) -> None:
    """Over all bytes of the body; 503 means that only Kafka was missing."""
    async with client_of(dcsa_secrets=SecretStr(f"{SECRET},{OTHER}")) as client:
        encoded = {name.encode(): value.encode() for name, value in (JSON | headers).items()}
        answer = await client.post(V2, content=b"[]", headers=encoded)
    assert answer.status_code == status, answer.text
    if status == 401:
        assert answer.json()["errors"][0]["field"] == "header Notification-Signature"


async def test_a_callback_is_validated_by_head() -> None:
    """A publisher asks before it sends, and before it has anything to sign."""
    async with client_of(dcsa_secrets=SecretStr(SECRET)) as client:
        answer = await client.head(V2)
    assert (answer.status_code, answer.headers["api-version"]) == (204, "2.2.0")


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (V3, b"{}", JSON, 400),
        (V3, b"nonsense", JSON, 400),
        (V3, b"[" * 100_000, JSON, 400),
        (V2, b'{"events": 7}', JSON, 400),
        (V2, b"[]", {"content-type": "text/plain"}, 415),
        (V3, b"[" + b"{}," * 10_000 + b"{}]", JSON, 413),
        (V3, b" " * 2_000_000, JSON, 413),
    ],
)
async def test_other_bodies_are_refused(
    path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """With a problem document, before anything goes to Kafka."""
    async with client_of(max_body_bytes=1_000_000) as client:
        answer = await client.post(path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert answer.headers["api-version"] == ("2.2.0" if path == V2 else "3.0.0")


@pytest.mark.parametrize("text", ["short", "c2hvcnQ=", f"{SECRET},", "%%%"])
def test_secrets_are_long_enough(text: str) -> None:
    """Base64 of 32 bytes or more, as DCSA asks of subscriptions."""
    with pytest.raises(ValidationError, match="openssl rand -base64 32"):
        GatewaySettings(dcsa_secrets=SecretStr(text))


@pytest.mark.parametrize(
    ("path", "signed_paths", "refused"),
    [(V2, PATHS, False), (V2, "", True), ("/v1/events", PATHS, True)],
)
def test_the_guard_leaves_signed_paths_to_the_application(
    path: str, signed_paths: str, *, refused: bool
) -> None:
    """Only these, and only where secrets are set."""
    guard = Guard(
        host="127.0.0.1",
        token=SecretStr("f00dfeed0123456789ab"),
        setting="X",
        signed_paths=signed_paths,
    )
    scope: dict[str, Any] = {
        "headers": [(b"host", b"localhost")],
        "method": "POST",
        "path": path,
        "server": None,
    }
    assert (guard.find_refusal(scope) is not None) is refused
    assert scope["groupage.trusted"] is False


@pytest.mark.integration
async def test_events_of_3_0_0_get_feedback(
    gateway: Running, publisher: Publisher, read_topic: ReadTopic
) -> None:
    """Taken, kept for a person, wrong: each with its path; the same bundle again: same facts."""
    await publisher.publish_many(hub_facts())
    body = {
        "events": [
            dcsa_event(
                "3.0.0 words", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM"
            ),
            dcsa_event("3.0.0 codes", "EQUIPMENT", "GTOO", event_id="E2", container=CONTAINER),
            {"eventID": "E3", "eventClassification": {}},
        ]
    }
    for _ in range(2):
        answer = await gateway.client.post(V3, json=body)
        assert (answer.status_code, answer.headers["api-version"]) == (200, "3.0.0"), answer.text
        feedback = answer.json()["feedbackElements"]
        assert [each["severity"] for each in feedback][:2] == ["WARN", "ERROR"]
        assert [each["propertyPath"] for each in feedback][:2] == ["$.events[1]", "$.events[2]"]
    moved = [
        record
        for record in await read_topic("hub.equipment.v1")
        if dict(record.headers)["ce_source"].startswith(b"/dcsa/")
    ]
    assert len(moved) == 2
    assert len({dict(record.headers)["ce_id"] for record in moved}) == 1
    dead_letters = await read_topic("hub.dlq.v1")
    assert {dict(record.headers)["dlq_code"] for record in dead_letters} == {b"unknown_code"}
    nothing = await gateway.client.post(V3, json={"events": body["events"][2:]})
    assert nothing.status_code == 400
    assert nothing.json()["feedbackElements"][0]["severity"] == "ERROR"


@pytest.mark.integration
async def test_signed_bundles_of_2_2(
    start_gateway: StartGateway, publisher: Publisher, read_topic: ReadTopic
) -> None:
    """204, or the publisher sends them again for ever: an event that is wrong is kept as well.

    A gateway that starts later knows what was taken before: a retraction finds its event.
    """
    await publisher.publish_many(hub_facts())
    bundle = json.dumps([MOVED, {"eventID": 7}]).encode()
    retraction = json.dumps(
        [
            {
                "eventID": "E9",
                "retractedEventID": "E1",
                "eventCreatedDateTime": "2026-03-06T00:00:00Z",
            }
        ]
    ).encode()
    for body in (bundle, retraction):
        gateway = await start_gateway(gateway_dcsa_secrets=SECRET)
        await gateway.ready()
        answer = await gateway.client.post(V2, content=body, headers=JSON | signature(body))
        assert answer.status_code == 204, answer.text
        assert (await gateway.client.post(V2, content=body, headers=JSON)).status_code == 401
    headers = [
        dict(record.headers)
        for record in await read_topic("hub.equipment.v1")
        if dict(record.headers)["ce_source"] == b"/dcsa"
    ]
    taken, withdrawn = headers
    assert withdrawn["ce_correctionof"] == taken["ce_id"]
    assert withdrawn["ce_retracted"] == b"true"
    (dead_letter,) = await read_topic("hub.dlq.v1")
    assert dict(dead_letter.headers)["dlq_code"] == b"invalid_dcsa"


@pytest.mark.integration
async def test_a_voyage_that_the_hub_learns_of_later_counts(
    gateway: Running, publisher: Publisher, read_topic: ReadTopic
) -> None:
    """The gateway reads on before it matches: no restart is needed."""
    event = dcsa_event(
        "2.2", "TRANSPORT", "DEPARTED", booking=BOOKING, mode="VESSEL", locode="CNNGB"
    )
    early = await gateway.client.post(V3, json=[event])
    assert "no voyage of the hub" in early.json()["feedbackElements"][0]["message"]
    await publisher.publish_many(hub_facts())
    late = await gateway.client.post(V3, json=[event])
    assert late.json() == {"feedbackElements": []}
    records = await read_topic("hub.schedule.v1")
    assert b"leg.departed.v1" in {dict(record.headers)["ce_type"] for record in records}


@pytest.mark.integration
async def test_a_gateway_follows_consignments(
    start_gateway: StartGateway, publisher: Publisher, read_topic: ReadTopic
) -> None:
    """An update and a retraction of a hold find what another gateway took before."""
    await publisher.publish_many(hub_facts())
    placed: dict[str, Any] = {
        "document": ("INVOICE", "H-1"),
        "forwarder": "urn:groupage:consignment:CN-1",
    }
    hold = dcsa_event("3.0.0 words", "SHIPMENT", "ON_HOLD", **placed)
    newer = hold | {"eventUpdatedDateTime": "2026-03-05T06:00:00Z", "reason": "unpaid"}
    gone = {"eventID": "E1", "isRetracted": True}
    bundles = [[MOVED | {"eventID": "E7"}, hold], [newer], [gone], [gone]]
    for bundle in bundles:
        gateway = await start_gateway()
        await gateway.ready()
        for _ in range(2):  # the second time it goes on from where it has read
            answer = await gateway.client.post(V3, json={"events": bundle})
            assert answer.json() == {"feedbackElements": []}, answer.text
    ids = {
        (header["ce_id"].decode(), header.get("ce_correctionof", b"").decode())
        for record in await read_topic("hub.consignment.v1")
        if (header := dict(record.headers))["ce_source"].startswith(b"/dcsa/")
    }
    first, second = (f"E1@2026-03-05T0{time}.000000Z#1" for time in ("4:10:00", "6:00:00"))
    assert ids == {
        (first, ""),
        (f"{first}~withdrawn", first),
        (second, ""),
        (f"{second}~withdrawn@-", second),
    }


def play_client(document: dict[str, Any], path: str, address: str) -> None:
    """Send requests as a document describes them, and hold the answers against it."""
    operation = schemathesis.openapi.from_dict(document)[path]["POST"]

    @given(case=operation.as_strategy())
    @hypothesis_settings(
        max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    def check(case: Any) -> None:
        case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance])

    check()


@pytest.mark.integration
async def test_a_publisher_that_follows_the_standard_alone(
    gateway: Running, foreign_data: Path
) -> None:
    """Schemathesis plays one: any events that DCSA's document allows are answered as it says."""
    file = foreign_data / "dcsa" / "tnt-v3.0.0-openapi.yaml"
    document = msgspec.yaml.decode(file.read_bytes())
    document["paths"]["/events"].pop("get")
    # A problem document has members of its own besides feedbackElements, and says so.
    error = document["paths"]["/events"]["post"]["responses"]["default"]["content"]
    error["application/problem+json"] = error["application/json"]
    await asyncio.to_thread(play_client, document, "/events", f"{gateway.url}/dcsa/tnt/v3")


@pytest.mark.integration
@pytest.mark.parametrize("path", [V2, V3])
async def test_a_publisher_that_follows_our_document(gateway: Running, path: str) -> None:
    """The same with the gateway's own document."""
    document = (await gateway.client.get("/openapi.json")).json()
    document["paths"] = {path: document["paths"][path]}
    await asyncio.to_thread(play_client, document, path, gateway.url)
