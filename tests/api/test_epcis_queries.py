"""GS1's named queries over HTTP: defined, listed, run page by page, deleted."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from groupage.app.api.app import create_app
from groupage.app.api.epcis_json_query import read_json_query
from groupage.app.api.epcis_parameters import parameters_without, read_event_query, split_values
from groupage.domain.errors import InvalidInput
from tests.api.test_dcsa_events import served
from tests.api.test_epcis_events import DAY, SGLN_LINK, captured, found, store

Pool = asyncpg.Pool
PACKED = {"name": "packed", "query": {"EQ_bizStep": ["packing"]}}


@pytest.fixture
async def hub(pool: "Pool[asyncpg.Record]") -> "Pool[asyncpg.Record]":
    """A hub that captured `DAY`."""
    await store(pool, [captured(members, place) for place, members in enumerate(DAY)])
    return pool


async def test_define_run_and_delete(api: httpx.AsyncClient) -> None:
    """The definition stays as it was written; its events come under its name."""
    body = b'{"name": "all steps/..","query": {}}'.replace(b"/..", b"")
    made = await api.post(
        "/queries", content=body, headers={"content-type": "application/json; charset=utf-8"}
    )
    assert (made.status_code, made.content) == (201, b"")
    assert made.headers["Location"] == "/queries/all%20steps"
    assert (await api.get(made.headers["Location"])).json() == [{"name": "all steps", "query": {}}]
    answer = await api.get("/queries/all%20steps/events?perPage=3")
    seen = found(answer)
    assert answer.json()["epcisBody"]["queryResults"]["queryName"] == "all steps"
    assert answer.headers["link"].startswith("</queries/all%20steps/events?perPage=3&nextPageToken")
    seen += found(await api.get(answer.headers["link"].partition(">")[0].strip("<")))
    assert len(seen) == len(DAY)
    xml = await api.get("/queries/all%20steps/events", headers={"Accept": "application/xml"})
    assert b"<queryName>all steps</queryName>" in xml.content
    definition = await api.get("/queries/all%20steps", headers={"Accept": "application/xml"})
    assert definition.status_code == 406
    assert (await api.delete("/queries/all%20steps")).status_code == 204
    for method, path in (("GET", ""), ("GET", "/events"), ("DELETE", "")):
        gone = await api.request(method, f"/queries/all%20steps{path}")
        assert gone.status_code == 404
        assert gone.json()["type"] == "epcisException:NoSuchNameException"


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"EQ_bizStep": ["receiving", "packing"]}, [0, 1]),
        ({"eventType": "TransformationEvent"}, [2]),
        ({"EXISTS_errorDeclaration": None}, [4]),
        ({"EXISTS_errorDeclaration": 1}, [4]),
        ({"EQ_booleanValue": True}, [3]),
        ({"GE_recordTime": "2026-03-02T03:00:02Z", "EQ_action": ["OBSERVE"]}, [3, 4]),
        ({"@context": {"o": "https://voc.example/"}, "EQ_bizStep": ["o:weighing"]}, [3]),
        ({"@context": [{"gln": SGLN_LINK[:-13]}], "EQ_readPoint": ["gln:4012345000054"]}, [0]),
        ({"EQ_bizTransaction_po": ["urn:example:po:7"]}, [0]),
        ({"orderBy": "recordTime", "orderDirection": "ASC", "eventCountLimit": 2}, [0, 1]),
    ],
)
async def test_a_query_in_json(
    api: httpx.AsyncClient, query: dict[str, Any], places: list[int]
) -> None:
    """Its parameters mean what they mean on a query string."""
    made = await api.post("/queries", json={"name": "q", "query": query})
    assert made.status_code == 201, made.text
    events = found(await api.get("/queries/q/events"))
    assert [each["eventTime"] for each in events] == [DAY[place]["eventTime"] for place in places]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON object"),
        (b"[]", "object"),
        (b'{"name": "q"}', "query"),
        (b'{"name": "q", "query": []}', "JSON object"),
        (b'{"name": "", "query": {}}', "1 to 100 characters"),
        (b'{"name": "a/b", "query": {}}', "slashes"),
        (b'{"name": "..", "query": {}}', "name"),
        (b'{"name": "q", "query": {"EQ_bizStep": ["receive"]}}', "receiving"),
        (b'{"name": "q", "query": {"EQ_bizStep": []}}', "1 to 100 values"),
        (b'{"name": "q", "query": {"EQ_bizStep": [["receiving"]]}}', "EQ_bizStep"),
        (b'{"name": "q", "query": {"EQ_bizStep": {"a": 1}}}', "array of texts"),
        (b'{"name": "q", "query": {"GE_eventTime": ["2026-03-02T03:00:02Z", "x"]}}', "a time"),
        (b'{"name": "q", "query": {"perPage": 3}}', "perPage"),
        (b'{"name": "q", "query": {"bizStep": "receiving"}}', "bizStep"),
    ],
)
async def test_a_wrong_definition_is_refused(
    api: httpx.AsyncClient, body: bytes, named: str
) -> None:
    """When it is made, not when it is run."""
    answer = await api.post("/queries", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["type"] == "epcisException:QueryParameterException"
    assert named in answer.text
    assert (await api.get("/queries")).json() == []


async def test_other_refusals(api: httpx.AsyncClient) -> None:
    """With the exceptions of the standard."""
    for name in ("packed", "SimpleEventQuery"):
        await api.post("/queries", json={**PACKED, "name": name})
        again = await api.post("/queries", json={**PACKED, "name": name})
        assert again.status_code == 409
        assert again.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    xml = await api.post("/queries", content=b"<q/>", headers={"content-type": "application/xml"})
    assert xml.status_code == 415
    assert xml.json()["type"] == "epcisException:UnsupportedMediaTypeException"
    size = {**PACKED, "name": "large", "query": {"EQ_stringValue": ["x" * 70_000]}}
    assert (await api.post("/queries", json=size)).status_code == 413
    answer = await api.get("/queries/packed/events?EQ_bizStep=packing")
    assert answer.status_code == 400
    assert answer.json()["type"] == "epcisException:ValidationException"
    assert (await api.get("/queries?nextPageToken=x")).status_code == 400
    token = await api.delete("/nextPageToken/abc")
    assert token.status_code == 501
    assert token.json()["type"] == "epcisException:ImplementationException"


async def test_queries_are_listed_in_pages(api: httpx.AsyncClient) -> None:
    """In the order of their names."""
    for name in "cab":
        await api.post("/queries", json={**PACKED, "name": name})
    answer = await api.get("/queries?perPage=2")
    names = [each["name"] for each in answer.json()]
    following = await api.get(answer.headers["link"].partition(">")[0].strip("<"))
    assert "link" not in following.headers
    assert names + [each["name"] for each in following.json()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/queries", "GET, HEAD, OPTIONS, POST"),
        ("/queries/packed", "DELETE, GET, HEAD, OPTIONS"),
        ("/queries/packed/events", "GET, HEAD, OPTIONS"),
        ("/nextPageToken/abc", "DELETE, OPTIONS"),
    ],
)
async def test_each_path_describes_itself(api: httpx.AsyncClient, path: str, methods: str) -> None:
    """On OPTIONS: versions and methods."""
    answer = await api.options(path)
    assert answer.status_code == 204
    assert answer.headers["Allow"] == methods
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"


def play_client(document: dict[str, Any], operations: list[tuple[str, str]], address: str) -> None:
    """Send requests as the document describes them, and hold the answers against it."""
    schema = schemathesis.openapi.from_dict(document)
    for path, method in operations:
        operation = schema[path][method]

        @given(case=operation.as_strategy())
        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        def check(case: Any) -> None:
            # GS1's document has no status for a query that a server declines.
            answer = case.call_and_validate(
                base_url=address, checks=[content_type_conformance, response_schema_conformance]
            )
            # The standard's answer where a server has no WebSockets, or frees no tokens.
            assert answer.status_code < 500 or answer.status_code == 501

        check()


@pytest.mark.timeout(180)
async def test_a_client_that_follows_the_standard_alone(
    hub: "Pool[asyncpg.Record]", foreign_data: Path
) -> None:
    """Schemathesis plays one: requests by GS1's document, answers held against it."""
    standard = json.loads((foreign_data / "epcis" / "rest-openapi.json").read_bytes())
    # The problems of all other paths have the media type of RFC 9457.
    issues = standard["components"]["responses"]["400SubscriptionIssues"]["content"]
    issues["application/problem+json"] = issues["application/json"]
    # A problem with status 409 must have the member `status` 406.
    exists = standard["components"]["responses"]["409ResourceAlreadyExistsException"]["content"]
    exists["application/problem+json"]["schema"]["allOf"][0]["properties"]["status"] = {}
    operations = [
        ("/queries", "POST"),
        ("/queries", "GET"),
        ("/queries/{queryName}", "GET"),
        ("/queries/{queryName}/events", "GET"),
        ("/queries/{queryName}", "DELETE"),
        ("/nextPageToken/{token}", "DELETE"),
    ]
    async with served(hub) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            # The name in the document's examples.
            made = await client.post("/queries", json={**PACKED, "name": "myQuery"})
        assert made.status_code == 201
        await asyncio.to_thread(play_client, standard, operations, address)


@pytest.mark.timeout(180)
async def test_a_client_that_follows_our_document(hub: "Pool[asyncpg.Record]") -> None:
    """The same with the hub's own OpenAPI document of these paths."""
    transport = httpx.ASGITransport(create_app(hub))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        document = (await client.get("/openapi.json")).json()
    operations = [
        (path, method.upper())
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(("/queries", "/nextPageToken"))
    ]
    assert len(operations) >= 6
    async with served(hub) as address:
        await asyncio.to_thread(play_client, document, operations, address)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
NAMES = st.sampled_from([*parameters_without("").__struct_fields__, "@context"]) | st.text()


@given(st.dictionaries(NAMES, JSON, max_size=4) | JSON)
def test_any_query_is_read_or_refused(query: object) -> None:
    """Nothing else is raised than what becomes an answer with status 400."""
    with suppress(InvalidInput):
        read_json_query(json.dumps(query).encode(), {})


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(query: bytes) -> None:
    """Also what is not JSON at all."""
    with suppress(InvalidInput):
        read_json_query(query, {})


def test_values_of_json_hold_any_character() -> None:
    """Only on a query string does `|` separate values."""
    struct = parameters_without("")
    one = read_json_query(b'{"EQ_stringValue": ["a|b"]}', {})
    two = read_event_query(split_values({"EQ_stringValue": "a|b"}), struct)
    assert [len(query.filter.terms[0]) for query in (one, two)] == [1, 2]
