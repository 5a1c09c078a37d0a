"""The read API over HTTP: the rows of the readers, and problem documents for every failure."""

import asyncio
import json
import os
import signal
import sys
from typing import Any

import asyncpg
import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from groupage.app.api.app import create_app
from groupage.app.api.metrics import refresh_gauges
from groupage.domain.plan import Plan
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from groupage.telemetry import metrics
from tests.api.world import BOX, FIRST, LANE, VOYAGE

pytestmark = pytest.mark.integration
Hub = asyncpg.Pool


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/v1/consignments", ["CN-1", "CN-2", "CN-3"]),
        ("/v1/consignments?blocked=true", ["CN-2"]),
        (f"/v1/consignments?lane={LANE}&at_risk=true", ["CN-1"]),
        ("/v1/consignments?limit=1", ["CN-1"]),
        ("/v1/consolidations?at_risk=true", [FIRST]),
        (f"/v1/consolidations?voyage={VOYAGE}", [FIRST]),
        ("/v1/containers?status=AT_HUB", [BOX]),
        ("/v1/plans", ["P-2", "P-1"]),
        ("/v1/plans?published=true", ["P-1"]),
        ("/v1/routes", ["R-van-01"]),
        ("/v1/routes?ended=true", ["R-van-02", "R-van-01"]),
        ("/v1/routes?from_at=2026-03-02T18:00:00%2B08:00", ["R-van-02", "R-van-01"]),
        ("/v1/routes?consignment=CN-1", ["R-van-01"]),
        ("/v1/routes?plan=P-1", ["R-van-02", "R-van-01"]),
        ("/v1/routes?truck=van-01", ["R-van-01"]),
        (f"/v1/alerts?about={FIRST}", ["consolidation/CSL-1/cutoff_LCO"]),
    ],
)
async def test_lists(api: httpx.AsyncClient, path: str, names: list[str]) -> None:
    """Each list with its filters; the first field of a row is its id."""
    answer = await api.get(path)
    assert answer.status_code == 200
    assert [next(iter(row.values())) for row in answer.json()["items"]] == names


async def test_pages_continue(api: httpx.AsyncClient) -> None:
    """`next_after` of one page asks for the next."""
    first = (await api.get("/v1/consignments?limit=2")).json()
    rest = await api.get("/v1/consignments", params={"limit": 2, "after": first["next_after"]})
    assert [row["consignment_id"] for row in rest.json()["items"]] == ["CN-3"]
    assert rest.json()["next_after"] is None


async def test_plan_and_its_container(api: httpx.AsyncClient) -> None:
    """The whole plan, or one container with its cartons."""
    plan = (await api.get("/v1/plans/P-1")).json()
    assert plan["containers"][0]["placements"][1]["y_mm"] == 500
    box = (await api.get("/v1/plans/P-1", params={"container": BOX})).json()
    assert box["consolidation_id"] == FIRST
    assert (await api.get("/v1/plans/P-1?container=x")).status_code == 404


async def test_plan_difference(api: httpx.AsyncClient) -> None:
    """Who moves against another plan, and why."""
    diff = (await api.get("/v1/plans/P-2/diff", params={"against": "P-1"})).json()
    reasons = {shift["consignment_id"]: shift["code"] for shift in diff["shifts"]}
    assert reasons == {"CN-1": "cheaper", "CN-2": "blocked_by_hold", "CN-3": ""}


async def test_states_and_traces(api: httpx.AsyncClient) -> None:
    """The whole state of a consignment; the facts of a unit and of its parents."""
    state = (await api.get("/v1/consignments/CN-1")).json()
    assert state["units"]
    trace = (await api.get("/v1/units/u-1/trace")).json()
    assert (trace["id"], trace["kind"]) == ("u-1", "unit")
    assert trace["parents"] == ["pallet-9", "rack-1"]
    assert [fact["type"] for fact in trace["facts"]] == [
        "unit.received",
        "unit.measured",
        "unit.packed",
    ]
    box = (await api.get(f"/v1/trace/{BOX}", params={"kind": "container"})).json()
    assert len(box["facts"]) == 2


async def test_how_things_stand(api: httpx.AsyncClient) -> None:
    """A trace says how its id stands now, and can be cut; a container says what is in it."""
    now = (await api.get("/v1/trace/CN-1", params={"last": 0})).json()
    assert (now["facts"], now["facts_left_out"]) == ([], 7)
    assert (now["now"]["kind"], now["now"]["cartons"]) == ("consignment", {"received": 2})
    since = await api.get("/v1/trace/CN-1", params={"since_at": "2026-03-02T16:50:00+08:00"})
    assert [fact["type"] for fact in since.json()["facts"]] == ["consignment.allocated"]
    unit = await api.get("/v1/units/u-1/trace", params={"last": 1})
    assert [fact["type"] for fact in unit.json()["facts"]] == ["unit.packed"]
    for path in (f"/v1/consolidations/{FIRST}/contents", f"/v1/containers/{FIRST}/contents"):
        contents = (await api.get(path)).json()
        assert [carton["column"] for carton in contents["cartons"]] == [1, 2]
    assert (await api.get("/v1/containers/CSQU0000000/contents")).status_code == 404


async def test_ids_with_slashes(api: httpx.AsyncClient) -> None:
    """A Digital Link as id contains slashes."""
    answer = await api.get("/v1/units/https://id.gs1.org/00/340123450000000014/trace")
    assert answer.status_code == 404
    assert "340123450000000014" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/consignments?limit=0", 400, "limit"),
        ("/v1/consignments?limit=many", 400, "limit"),
        ("/v1/consignments?blocked=perhaps", 400, "blocked"),
        ("/v1/consignments?after=nonsense", 400, None),
        ("/v1/consignments?lane=%00", 400, None),
        ("/v1/trace/CN-1?kind=spaceship", 400, None),
        ("/v1/plans/P-1/diff", 404, None),
        ("/v1/plans/P-404/status", 404, None),
        ("/v1/routes?plan=P-404", 404, None),
        ("/v1/plans/P-404", 404, None),
        ("/v1/containers/XXXU0000000", 404, None),
        ("/v1/units/u-404/trace", 404, None),
        ("/v1/nothing", 404, None),
    ],
)
async def test_failures_are_problem_documents(
    api: httpx.AsyncClient, path: str, status: int, field: str | None
) -> None:
    """Status, title and detail; for a parameter its name and what would be right."""
    answer = await api.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    if field:
        (error,) = problem["errors"]
        assert error["field"] == field
        assert error["expected"]


async def test_nothing_can_be_written(api: httpx.AsyncClient) -> None:
    """Every other method gets 405."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await api.request(method, "/v1/consignments")
        assert answer.status_code == 405
        assert answer.headers["content-type"] == "application/problem+json"


async def test_responses_match_the_document(api: httpx.AsyncClient) -> None:
    """Responses pass the schemas of the OpenAPI document."""
    document: dict[str, Any] = (await api.get("/openapi.json")).json()
    for path, name in {
        "/v1/consignments": "/v1/consignments",
        "/v1/consolidations": "/v1/consolidations",
        "/v1/alerts": "/v1/alerts",
        "/v1/routes": "/v1/routes",
        "/v1/plans/P-1": "/v1/plans/{plan_id}",
        "/v1/plans/P-2/diff?against=P-1": "/v1/plans/{plan_id}/diff",
        "/v1/units/u-1/trace": "/v1/units/{unit_id}/trace",
        "/v1/consignments/CN-1": "/v1/consignments/{key}",
    }.items():
        promised = document["paths"][name]["get"]["responses"]["200"]["content"]
        schema = promised["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        Draft202012Validator(whole).validate((await api.get(path)).json())
    assert document["components"]["schemas"][Plan.__name__]


async def test_probes(api: httpx.AsyncClient) -> None:
    """Health, readiness and metrics; the route, not the id, labels the time of a request."""
    await api.get("/v1/plans/P-1")
    assert (await api.get("/healthz")).json() == {"status": "ok"}
    assert (await api.get("/readyz")).json()["checks"] == {"database": True}
    text = (await api.get("/metrics")).text
    assert 'route="/v1/plans/{plan_id}",status="200"' in text
    assert "P-1" not in text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/consignments?status=adrift", "status"),
        ("/v1/consignments?customs=asleep", "customs"),
        ("/v1/consolidations?status=adrift", "status"),
        ("/v1/containers?status=adrift", "status"),
        ("/v1/alerts?severity=loud", "severity"),
        ("/v1/alerts?about_kind=ship", "about_kind"),
        ("/v1/trace/CN-1?kind=ship", "kind"),
    ],
)
async def test_a_value_that_no_row_can_have(api: httpx.AsyncClient, path: str, field: str) -> None:
    """The error lists the values, where an empty list would mislead."""
    answer = await api.get(path)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert " or " in error["expected"]


@pytest.mark.parametrize(
    "path", ["/v1/plans/%00", "/v1/trace/%00", "/v1/consignments/a%00", "/v1/routes?lane=%00"]
)
async def test_nul_is_in_no_id(api: httpx.AsyncClient, path: str) -> None:
    """PostgreSQL cannot hold the character, so no query is sent."""
    answer = await api.get(path)
    assert answer.status_code == 400
    assert "NUL" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/v1/consignments?stat=LOADED", "/v1/plans/P-1?lane=x", "/v1/trace/CN-1?limit=1"]
)
async def test_a_parameter_that_no_path_knows(api: httpx.AsyncClient, path: str) -> None:
    """A misspelt filter is an error, where ignoring it would return every row."""
    answer = await api.get(path)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("no parameter is called")


async def test_wrong_methods_and_paths(api: httpx.AsyncClient) -> None:
    """405 lists the methods, 404 names the document that lists the paths; HEAD works as GET."""
    wrong = await api.delete("/v1/plans")
    assert wrong.status_code == 405
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD"}
    missing = await api.get("/v2/plans")
    assert missing.status_code == 404
    assert missing.json()["detail"] == "GET /v2/plans: see /openapi.json"
    for method, path in (("GET", "/capture"), ("POST", "/events"), ("POST", "/capture")):
        elsewhere = await api.request(method, path)
        assert elsewhere.json()["detail"].endswith("; the gateway has this path")
    id_with_a_version = await api.get("/events/ni:///sha-256;816b?ver=CBV2.0")
    assert "is written as %3F" in id_with_a_version.json()["detail"]
    assert (await api.head("/healthz")).status_code == 200


async def test_database_away(database_url: str) -> None:
    """Without database the answers are 503 with a time, and the process is not ready."""
    pool = await create_pool(
        DatabaseSettings(url=SecretStr(database_url), pool_size_max=1), application_name="test"
    )
    await pool.close()
    transport = httpx.ASGITransport(create_app(pool), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.get("/v1/plans")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert (await client.get("/readyz")).status_code == 503


async def test_deadlines_as_metrics(hub: "Hub[asyncpg.Record]") -> None:
    """Seconds to the cut-off at risk and the age of the plan in force, in hub time."""
    await refresh_gauges(hub)
    assert metrics.CUTOFF_AT_RISK_S.labels("LCO")._value.get() == 150 * 60
    assert metrics.CONSIGNMENTS_AT_RISK.labels("LCO")._value.get() == 1
    assert metrics.CUTOFF_S.labels("LCO")._value.get() == 150 * 60
    assert metrics.PLAN_AGE_S._value.get() == 165 * 60
    await hub.execute("update alert set cleared_at = now()")
    await refresh_gauges(hub)
    assert [family.samples for family in metrics.CUTOFF_AT_RISK_S.collect()] == [[]]


async def test_the_process_serves_and_ends(hub: "Hub[asyncpg.Record]", database_url: str) -> None:
    """Started alone it listens on loopback, answers, and ends with status 0 on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from groupage.app.api.main import main; main()",
        stderr=asyncio.subprocess.PIPE,
        env=os.environ
        | {
            "GROUPAGE_DATABASE_URL": database_url,
            "GROUPAGE_API_PORT": "0",
            "GROUPAGE_LOG_FORMAT": "json",
        },
    )
    assert process.stderr
    try:
        async with asyncio.timeout(30):
            address = ""
            while not address:
                line = json.loads(await process.stderr.readline())
                if line["event"] == "api_listening":
                    address = line["address"]
            assert address.startswith("http://127.0.0.1:")
            async with httpx.AsyncClient(base_url=address) as client:
                answer = await client.get("/v1/consignments")
                assert len(answer.json()["items"]) == 3
            process.send_signal(signal.SIGTERM)
            await process.stderr.read()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
