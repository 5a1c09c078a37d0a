"""GS1's webhook subscriptions over HTTP: what a client may ask for, and what it is shown."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from groupage.app.api.app import create_app
from groupage.app.api.epcis_subscription_body import BODY_BYTES_MAX, read_wanted
from groupage.app.api.problems import HttpProblem
from groupage.settings import SubscriptionSettings
from groupage.store.named_queries import NamedQuery
from groupage.store.subscriptions import stop_subscription
from tests.api.test_dcsa_events import served
from tests.api.test_epcis_events import DAY, captured, store

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
CONTROLS = "SubscriptionControlsException"
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"  # GS1's example
STREAM = {"dest": "https://client.example.com/hook?key=hidden", "stream": True}
PATH = "/queries/packed/subscriptions"
SETTINGS = SubscriptionSettings(hosts="client.example.com,other.example:8443", subscriptions_max=4)
PATHS = (
    "/queries/{queryName}/subscriptions",
    "/queries/{queryName}/subscriptions/{subscriptionID}",
)


@pytest.fixture
async def api(pool: "Pool[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client of a hub with a named query."""
    await store(pool, [captured(members, place) for place, members in enumerate(DAY)])
    transport = httpx.ASGITransport(create_app(pool, SETTINGS), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        query = {"name": "packed", "query": {"EQ_bizStep": ["packing"]}}
        assert (await client.post("/queries", json=query)).status_code == 201
        yield client


def fault(answer: httpx.Response, status: int, exception: str) -> dict[str, Any]:
    """The problem document of an answer."""
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"epcisException:{exception}"
    assert TOKEN not in answer.text
    return problem


async def test_a_subscription_is_made_shown_and_deleted(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]"
) -> None:
    """Neither the secret nor the query of the address is ever shown."""
    made = await api.post(PATH, json=STREAM | {"signatureToken": TOKEN})
    assert made.status_code == 201
    assert made.headers["GS1-EPCIS-Version"] == "2.0.0"
    path = made.headers["Location"]
    subscription = made.json()
    assert path == f"{PATH}/{subscription['subscriptionID']}"
    assert subscription["dest"] == "https://client.example.com/hook?..."
    assert subscription["stream"] is True
    assert "schedule" not in subscription
    assert (subscription["queryName"], subscription["state"]) == ("packed", "active")
    assert datetime.fromisoformat(subscription["createdAt"]).tzinfo == UTC
    for answer in (await api.get(path), await api.get(PATH)):
        assert answer.status_code == 200
        assert json.dumps(subscription)[1:-1] in json.dumps(answer.json())
        assert TOKEN not in answer.text
        assert "hidden" not in answer.text
    stored = await pool.fetchrow("select dest, signature_token from subscription")
    assert tuple(stored or ()) == (STREAM["dest"], TOKEN)
    assert (await api.delete(path)).status_code == 204
    fault(await api.get(path), 404, "NoSuchNameException")
    fault(await api.delete(path), 404, "NoSuchNameException")
    assert (await api.get(PATH)).json() == []


async def test_a_subscription_begins_with_what_is_stored_then(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]"
) -> None:
    """Or with everything since a time."""
    await api.post(PATH, json=STREAM)
    early = STREAM | {"initialRecordTime": "0001-01-01T00:00:00+01:00"}
    since = (await api.post(PATH, json=early)).json()
    rows = await pool.fetch("select places, initial_record_time from subscription order by 2")
    assert [len(row["places"]) > 1 for row in rows] == [False, True]
    assert since["initialRecordTime"] == since["minRecordTime"]


async def test_a_schedule_is_shown_as_it_came(api: httpx.AsyncClient) -> None:
    """GS1's example, with `secret`, which its schema requires and its text calls signatureToken."""
    body = {
        "dest": "https://client.example.com/queryCallback",
        "secret": TOKEN,
        "reportIfEmpty": True,
        "schedule": {"hour": "1", "minute": 5},
    }
    made = await api.post(PATH, json=body)
    assert made.status_code == 201, made.text
    subscription = made.json()
    assert subscription["schedule"] == {"hour": "1", "minute": "5"}
    assert "stream" not in subscription
    assert subscription["reportIfEmpty"] is True
    following = datetime.fromisoformat(subscription["nextRunAt"])
    assert (following.hour, following.minute, following.second) == (1, 5, 0)
    assert following > datetime.now(UTC)


async def test_subscriptions_are_listed_in_pages_up_to_a_limit(api: httpx.AsyncClient) -> None:
    """The oldest first; a fifth one is refused."""
    made = [(await api.post(PATH, json=STREAM)).json() for _ in range(4)]
    problem = fault(await api.post(PATH, json=STREAM), 400, "ValidationException")
    assert "4 subscriptions" in problem["detail"]
    page = await api.get(f"{PATH}?perPage=3")
    address = page.headers["Link"].partition(">")[0].removeprefix("<")
    last = await api.get(address)
    assert page.json() + last.json() == made
    assert "Link" not in last.headers
    fault(await api.get(f"{PATH}?nextPageToken=x"), 400, "ValidationException")


@pytest.mark.parametrize(
    ("members", "exception", "field"),
    [
        ({"dest": None}, "InvalidURIException", "dest"),
        ({"dest": 7}, "InvalidURIException", "dest"),
        ({"dest": "ftp://client.example.com"}, "InvalidURIException", "dest"),
        ({"dest": "https://me:hidden@client.example.com/"}, "InvalidURIException", "dest"),
        ({"stream": False}, CONTROLS, "stream"),
        ({"stream": None}, CONTROLS, "stream"),
        ({"stream": "yes"}, CONTROLS, "stream"),
        ({"schedule": {"hour": "1"}}, CONTROLS, "stream"),
        ({"stream": None, "schedule": 5}, CONTROLS, "schedule"),
        ({"stream": None, "schedule": {}}, CONTROLS, "schedule"),
        ({"stream": None, "schedule": {"hour": "25"}}, CONTROLS, "schedule.hour"),
        ({"stream": None, "schedule": {"hour": 10**400}}, CONTROLS, "schedule.hour"),
        ({"stream": None, "schedule": {"hours": "1", "hour": "1"}}, CONTROLS, "schedule.hours"),
        ({"reportIfEmpty": True}, CONTROLS, "reportIfEmpty"),
        ({"reportIfEmpty": 1}, CONTROLS, "reportIfEmpty"),
        ({"initialRecordTime": "2026-03-02T08:00:00"}, CONTROLS, "initialRecordTime"),
        ({"initialRecordTime": 7}, CONTROLS, "initialRecordTime"),
        ({"signatureToken": "hidden"}, "ValidationException", "signatureToken"),
        ({"signatureToken": TOKEN, "secret": TOKEN + "0"}, "ValidationException", "secret"),
        ({"signaturetoken": TOKEN}, "ValidationException", "signaturetoken"),
    ],
)
async def test_a_wrong_member_is_named(
    api: httpx.AsyncClient, members: dict[str, Any], exception: str, field: str
) -> None:
    """With the standard's exception; what may be secret is not repeated."""
    answer = await api.post(
        PATH,
        content=json.dumps({**STREAM, **members}),
        headers={"content-type": "application/json"},
    )
    problem = fault(answer, 400, exception)
    assert field in [each["field"] for each in problem["errors"]]
    assert "hidden" not in answer.text


async def test_hosts_that_no_setting_allows_are_refused(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]"
) -> None:
    """The error names the setting."""
    for dest in ("https://evil.example/hook?key=hidden", "https://client.example.com:8443/hook"):
        answer = await api.post(PATH, json=STREAM | {"dest": dest})
        problem = fault(answer, 403, "SecurityException")
        assert "GROUPAGE_SUBSCRIPTION_HOSTS" in problem["detail"]
        assert "hidden" not in answer.text
    assert await pool.fetchval("select count(*) from subscription") == 0


async def test_other_bodies_are_refused(api: httpx.AsyncClient) -> None:
    """Another type, a large one, and texts that hold no object."""
    fault(await api.post(PATH, content=b"{}"), 415, "UnsupportedMediaTypeException")
    kind = {"content-type": "application/json"}
    large = b" " * (BODY_BYTES_MAX + 1)
    assert (await api.post(PATH, content=large, headers=kind)).status_code == 413
    for body in (b"", b"[]", b"\xff", b"[" * 10_000, b'{"dest": "\\ud800"}'):
        fault(await api.post(PATH, content=body, headers=kind), 400, "ValidationException")


async def test_there_are_subscriptions_of_standing_queries_only(api: httpx.AsyncClient) -> None:
    """A query whose result ends, or is sorted, may not be subscribed to."""
    fault(await api.post("/queries/none/subscriptions", json=STREAM), 404, "NoSuchNameException")
    fault(await api.get("/queries/none/subscriptions"), 404, "NoSuchNameException")
    fault(await api.get(f"{PATH}/nonsense"), 404, "NoSuchNameException")
    for number, query in enumerate(
        (
            {"maxEventCount": 5},
            {"orderBy": "eventTime", "eventCountLimit": 5},
            {"orderBy": "eventTime"},
        )
    ):
        await api.post("/queries", json={"name": f"q{number}", "query": query})
        answer = await api.post(f"/queries/q{number}/subscriptions", json=STREAM)
        fault(answer, 400, "SubscribeNotPermittedException")


async def test_a_stopped_subscription_says_why(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]"
) -> None:
    """Until somebody resumes it."""
    made = (await api.post(PATH, json=STREAM)).json()
    key = await pool.fetchval("select subscription_id from subscription")
    assert await stop_subscription(pool, key, "the receiver does not confirm: status 500")
    shown = (await api.get(f"{PATH}/{made['subscriptionID']}")).json()
    assert shown["state"] == "stopped"
    assert shown["stopReason"] == "the receiver does not confirm: status 500"
    assert shown["stoppedAt"]


async def test_subscriptions_go_with_their_query(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]"
) -> None:
    """As the standard has it."""
    await api.post(PATH, json=STREAM)
    assert (await api.delete("/queries/packed")).status_code == 204
    assert await pool.fetchval("select count(*) from subscription") == 0


async def test_the_paths_describe_themselves(api: httpx.AsyncClient) -> None:
    """On OPTIONS: versions, formats and methods."""
    answer = await api.options(PATH)
    assert answer.status_code == 204
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    answer = await api.options(f"{PATH}/x")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_websockets_are_declined(api: httpx.AsyncClient) -> None:
    """The standard's other way to subscribe; the answer names the one that there is."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    answer = await api.get("/queries/packed/events?stream=true", headers=upgrade)
    problem = fault(answer, 501, "ImplementationException")
    assert "/queries/packed/subscriptions" in problem["detail"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
MEMBERS = ("dest", "signatureToken", "secret", "stream", "schedule", "reportIfEmpty")


@given(
    st.dictionaries(st.sampled_from([*MEMBERS, "initialRecordTime"]) | st.text(max_size=9), JSON),
    st.dictionaries(st.sampled_from(["hour", "minute", "month"]) | st.text(max_size=5), JSON),
)
def test_any_members_are_read_or_refused(members: dict[str, Any], schedule: dict[str, Any]) -> None:
    """Nothing else is raised than what becomes an answer."""
    query = NamedQuery("packed", b"{}", datetime.now(UTC))
    for given_ in (members, {**STREAM, "stream": None, "schedule": schedule}):
        try:
            wanted = read_wanted(given_, query, SETTINGS, now=datetime(2026, 3, 2, tzinfo=UTC))
        except HttpProblem as problem:
            assert json.dumps([each.value for each in problem.errors])  # noqa: PT017 - most are wrong
        else:
            assert wanted.due_at is not None or given_["stream"]


def play_client(document: dict[str, Any], address: str, paths: tuple[str, ...]) -> None:
    """Send requests as the document describes them, and hold the answers against it."""
    schema = schemathesis.openapi.from_dict(document)
    for path in paths:
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            if method.lower() not in document["paths"][path]:
                continue

            @given(case=schema[path][method].as_strategy())
            @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
            def check(case: Any) -> None:
                # GS1's document has no status for a subscription that a server declines.
                case.call_and_validate(
                    base_url=address,
                    checks=[
                        not_a_server_error,
                        content_type_conformance,
                        response_schema_conformance,
                    ],
                )

            check()


def without_patterns(value: Any) -> Any:
    """The document without its patterns, which are none of JSON Schema's (ECMA-262)."""
    if isinstance(value, dict):
        return {
            name: without_patterns(each)
            for name, each in value.items()
            if not (name == "pattern" and isinstance(each, str))
        }
    return [without_patterns(each) for each in value] if isinstance(value, list) else value


@pytest.mark.timeout(180)
async def test_a_client_that_follows_the_standard_alone(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]", foreign_data: Path
) -> None:
    """Schemathesis plays one: requests by GS1's document, answers held against it."""
    await api.post(PATH, json=STREAM)
    await api.post(PATH, json=STREAM | {"stream": None, "schedule": {"hour": "1"}})
    subscription = (await api.get(PATH)).json()[1]["subscriptionID"]
    standard = without_patterns(
        json.loads((foreign_data / "epcis" / "rest-openapi.json").read_bytes())
    )
    # The problems of all other paths have the media type of RFC 9457.
    issues = standard["components"]["responses"]["400SubscriptionIssues"]["content"]
    issues["application/problem+json"] = issues["application/json"]
    parameters = standard["components"]["parameters"]
    parameters["QueryName"]["schema"] = {"enum": ["packed", "none"]}
    standard["components"]["schemas"]["subscriptionID"] = {"type": "string"}
    (one,) = [each for each in standard["paths"][PATHS[1]]["parameters"] if "name" in each]
    one["schema"] = {"enum": [subscription, "none"]}
    async with served(pool) as address:
        await asyncio.to_thread(play_client, standard, address, PATHS)


@pytest.mark.timeout(180)
async def test_a_client_that_follows_our_document(
    api: httpx.AsyncClient, pool: "Pool[asyncpg.Record]"
) -> None:
    """The same with the hub's own OpenAPI document of these paths."""
    await api.post(PATH, json=STREAM)
    document = (await api.get("/openapi.json")).json()
    paths = tuple(path for path in document["paths"] if "/subscriptions" in path)
    assert len(paths) == 2
    async with served(pool) as address:
        await asyncio.to_thread(play_client, document, address, paths)
