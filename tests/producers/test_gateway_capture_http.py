"""GS1's capture interface over HTTP without Kafka: versions, forms, pages, problems, limits."""

import json
from typing import Any

import httpx
import pytest

from groupage.serving.epcis_exceptions import epcis_exception
from groupage.settings import GatewaySettings, KafkaSettings
from producers.gateway.app import Gateway, create_app
from tests.producers.epcis_events import SSCC_URN, document, event
from tests.producers.test_epcis_xml import RECEIVED, xml_of

JSON = {"content-type": "application/json"}
EVENT = event(epcList=[SSCC_URN])
XML = {"content-type": "application/xml; charset=utf-8"}


def client_of(**settings: Any) -> httpx.AsyncClient:
    """A client of a gateway that has not reached Kafka. A document without events needs none."""
    gateway = Gateway(GatewaySettings(**settings), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    transport = httpx.ASGITransport(create_app(gateway), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


async def test_documents_in_json_and_xml_are_captured() -> None:
    """By each media type, with the versions that the standard has; parts not read are noted."""
    header = "<EPCISHeader><x:StandardBusinessDocumentHeader xmlns:x='urn:x'/></EPCISHeader>"
    async with client_of() as client:
        for body, headers in (
            (document(), JSON),
            (document(), {"content-type": "application/ld+json", "GS1-EPCIS-Version": "2.0.0"}),
            (xml_of(), XML | {"GS1-EPCIS-Version": "2.0", "GS1-CBV-Version": "2.0.1"}),
            (xml_of(version="1.2"), {"content-type": "text/xml", "GS1-EPCIS-Version": "1.2"}),
            (xml_of(), XML | {"GS1-EPC-Format": "Always_EPC_URN"}),
        ):
            answer = await client.post("/capture", content=body, headers=headers)
            assert answer.status_code == 202, answer.text
            assert answer.json()["notes"] == []
            assert (await client.get(answer.headers["location"])).json() == answer.json()
        noted = await client.post("/capture", content=xml_of(header=header), headers=XML)
        assert noted.json()["notes"] == ["header_not_read"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind", "field"),
    [
        (b"{", JSON, 400, "Validation", "body"),
        (b"<a", XML, 400, "Validation", "body"),
        (xml_of() + b"<!DOCTYPE a>", XML, 400, "Validation", "body"),
        (document().replace(b'"2.0"', b'"3.0"'), JSON, 400, "Validation", "schemaVersion"),
        (document(), JSON | {"GS1-Capture-Error-Behaviour": "x"}, 400, "Validation", "header GS1"),
        (document(), JSON | {"GS1-EPC-Format": "x"}, 400, "Validation", "header GS1-EPC-Format"),
        (document(), {"content-type": "text/csv"}, 415, "UnsupportedMediaType", "header content"),
        (document(), JSON | {"GS1-EPCIS-Version": "3.0"}, 406, "NotAcceptable", "header GS1-EPC"),
        (document(), JSON | {"GS1-CBV-Version": "new"}, 406, "NotAcceptable", "header GS1-CBV"),
        (document(*[{}] * 3), JSON, 413, "CaptureLimitExceeded", ""),
        (b" " * 2_000, JSON, 413, "CaptureLimitExceeded", ""),
        (document() * 9, JSON, 413, "CaptureLimitExceeded", ""),
    ],
)
async def test_problems_have_gs1s_types(
    body: bytes, headers: dict[str, str], status: int, kind: str, field: str
) -> None:
    """And our code, the wrong field, and for what is too large the limits."""
    async with client_of(max_batch_items=2, max_body_bytes=1_500) as client:
        answer = await client.post("/capture", content=body, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"epcisException:{kind}Exception"
    assert problem["code"] in {
        "bad_request",
        "invalid_document",
        "not_acceptable",
        "too_large",
        "too_many_items",
        "unsupported_media_type",
    }
    assert field in str(problem.get("errors", [{"field": ""}])[0]["field"])
    if status == 413:
        assert answer.headers["gs1-epcis-capture-limit"] == "2"
        assert answer.headers["gs1-epcis-capture-file-size-limit"] == "1500"


async def test_a_hundred_megabytes_are_refused_before_they_are_read() -> None:
    """By the announced length, and by what has come."""
    sent = 0

    async def body() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 2**20
            yield b" " * 2**20

    async with client_of() as client:
        announced = await client.post(
            "/capture", content=b"", headers=XML | {"content-length": str(100 * 2**20)}
        )
        streamed = await client.post("/capture", content=body(), headers=XML)
    assert [announced.status_code, streamed.status_code] == [413, 413]


async def test_jobs_come_in_pages() -> None:
    """The newest first, with a link to the next page; wrong parameters are named."""
    async with client_of() as client:
        ids = [
            (await client.post("/capture", content=document(), headers=JSON)).json()["captureID"]
            for _ in range(5)
        ]
        first = await client.get("/capture?perPage=2")
        second = await client.get(first.links["next"]["url"])
        third = await client.get(second.links["next"]["url"])
        pages = [first, second, third]
        found = [job["captureID"] for page in pages for job in page.json()]
        assert found == ids[::-1]
        assert "next" not in third.links
        for size in ("1001", "9" * 5_000, "0" * 5_000 + "7"):
            assert len((await client.get(f"/capture?perPage={size}")).json()) == len(ids)
        for query in ("perPage=0", "perPage=-3", "perPage=", "perPage=x", "nextPageToken=x"):
            answer = await client.get(f"/capture?{query}")
            assert answer.status_code == 400
            assert query.partition("=")[0] in answer.json()["errors"][0]["field"]


async def test_the_interface_describes_itself() -> None:
    """OPTIONS of both paths; a reader of XML alone, and a job that is not kept, get problems."""
    async with client_of() as client:
        described = await client.options("/capture")
        assert described.status_code == 204
        assert described.headers["gs1-epc-format"] == "Never_Translates"
        assert (described.headers["gs1-epcis-min"], described.headers["gs1-epcis-max"]) == (
            "1.0.0",
            "2.0.0",
        )
        job = await client.post("/capture", content=document(), headers=JSON)
        of_job = await client.options(job.headers["location"])
        assert (of_job.status_code, of_job.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        xml_only = await client.get("/capture", headers={"accept": "application/xml"})
        assert (xml_only.status_code, xml_only.json()["type"]) == (
            406,
            "epcisException:NotAcceptableException",
        )
        missing = await client.get("/capture/none")
        assert (missing.status_code, missing.json()["type"]) == (
            404,
            "epcisException:NoSuchNameException",
        )


def test_only_paths_of_the_binding_have_its_types() -> None:
    """Other interfaces of the gateway keep theirs."""
    assert epcis_exception("/events/x", 401) == "epcisException:SecurityException"
    assert epcis_exception("/v1/events", 401) == ""
    assert epcis_exception("/capture", 429) == ""
    assert epcis_exception("/captures", 400) == ""
    assert epcis_exception("/events", 400) == "epcisException:QueryParameterException"
    captured = epcis_exception("/events", 400, captures=True)
    assert captured == "epcisException:ValidationException"


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind", "field"),
    [
        (b"{", JSON, 400, "Validation", "body"),
        (document(EVENT), JSON, 400, "Validation", "body"),
        (json.dumps(EVENT | {"bizStep": "greeting"}).encode(), JSON, 400, "Validation", "bizStep"),
        (b"{}", {"content-type": "text/csv"}, 415, "UnsupportedMediaType", "header content"),
        (b"{}", JSON | {"GS1-EPCIS-Version": "3.0"}, 406, "NotAcceptable", "header GS1-EPC"),
        (b" " * 400_000, JSON, 413, "CaptureLimitExceeded", ""),
        (json.dumps(EVENT | {"ex:a": "x" * 270_000}).encode(), JSON, 413, "CaptureLimit", ""),
    ],
)
async def test_a_single_event_is_refused_with_the_same_problems(
    body: bytes, headers: dict[str, str], status: int, kind: str, field: str
) -> None:
    """A document is not one event; what breaks EPCIS gives no job with errors here."""
    async with client_of(max_body_bytes=390_000) as client:
        answer = await client.post("/events", content=body, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert problem["type"].startswith(f"epcisException:{kind}")
    assert field in str(problem.get("errors", [{"field": ""}])[0]["field"])
    if status == 413:
        assert answer.headers["gs1-epcis-capture-file-size-limit"] == "390000"


async def test_paths_of_the_read_api_are_named() -> None:
    """GS1's one interface lies in two processes."""
    async with client_of() as client:
        for path in ("/events", "/events/urn:x:1", "/queries", "/epcs/x/events", "/v3/events"):
            answer = await client.get(path)
            assert answer.status_code in (404, 405)
            assert answer.json()["detail"].endswith("; the read API has this path"), path
        assert "read API" not in (await client.get("/nothing")).json()["detail"]
        described = await client.options("/events")
    assert (described.status_code, described.headers["allow"]) == (204, "OPTIONS, POST")


async def test_a_refused_event_is_named_with_its_place() -> None:
    """In a document in XML as in JSON."""
    wrong = RECEIVED.replace("receiving", "greeting")
    async with client_of() as client:
        answer = await client.post("/capture", content=xml_of(wrong), headers=XML)
    (error,) = answer.json()["errors"]
    assert (error["type"], error["field"]) == (
        "epcisException:ValidationException",
        "EventList[0].bizStep",
    )
