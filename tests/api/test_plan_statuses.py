"""What became of plans, in lists, in `plan show`, in differences and in the trace of a lane."""

from collections.abc import Callable

import asyncpg
import httpx
import msgspec
import pytest
from msgspec.structs import replace

from groupage.app.commands.summary_words import lines_of
from groupage.domain.errors import NotFound
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import HoldReleased
from groupage.domain.events.planning import PlanApproved, PlanProposed, PlanRejected
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from groupage.store.readers.lists import PlanFilter, list_plans
from groupage.store.readers.plan_statuses import read_status, status_text
from groupage.store.readers.plans import diff_of_lane, find_plan, read_diff
from groupage.store.readers.routes import RouteFilter, list_routes
from groupage.store.readers.summary_views import LaneSummary
from groupage.store.readers.tracing import trace
from processors.aggregates.registry import all_aggregates
from tests.api import hub as small
from tests.api.hub import fact, store_facts, store_plan
from tests.api.world import BOX, FIRST, LANE, first_plan, second_plan

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool


def proposed(plan: Plan) -> PlanProposed:
    """Announce a plan to its lane."""
    return PlanProposed(
        lane_id=plan.lane_id,
        plan_id=plan.plan_id,
        request_id=plan.request_id,
        sequence=plan.sequence,
        decided_at=plan.decided_at,
        assignments=(),
        moves=(),
        consolidations=(),
        cost_minor=plan.cost.total,
        bound_minor=plan.lower_bound,
        gap_ratio=plan.gap_ratio,
        certificate="sha256:x",
    )


def approved(plan_id: str, by: str = "li") -> PlanApproved:
    """Accept a plan."""
    return PlanApproved(lane_id=LANE, plan_id=plan_id, by=by)


def rejected(plan_id: str) -> PlanRejected:
    """Reject a plan."""
    return PlanRejected(lane_id=LANE, plan_id=plan_id, by="wang", reason="too late")


@pytest.fixture
async def decided(
    hub: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> Callable[..., object]:
    """Store plans 3 and 4; the result stores what the lane gets to know of all four."""
    third = replace(second_plan(), plan_id="PLN-3aa", request_id="RQ-3", sequence=3)
    fourth = replace(second_plan(), plan_id="PLN-4bb", request_id="RQ-4", sequence=4)
    for plan in (third, fourth):
        await store_plan(hub, plan)
    plans = (first_plan(), second_plan(), third, fourth)
    waiting = all_aggregates(Policy(auto_approve=False))
    monkeypatch.setattr(small, "all_aggregates", lambda _policy: waiting)

    async def store(*events: Event, plans_known: int = 4) -> None:
        facts = [fact(proposed(plan), 100 + plan.sequence) for plan in plans[:plans_known]]
        facts += [fact(event, 110 + minute) for minute, event in enumerate(events)]
        await store_facts(hub, facts)

    return store


async def statuses(pool: "Pool[asyncpg.Record]") -> dict[str, str]:
    """Return what lists say about each plan."""
    page = await list_plans(pool, PlanFilter(lane=LANE))
    return {row.plan_id: row.status for row in page.items}


async def test_each_plan_has_a_status(
    hub: "Pool[asyncpg.Record]", decided: Callable[..., object]
) -> None:
    """In force, waiting, replaced, overtaken, rejected, not received yet; in words, too."""
    await decided(  # type: ignore[misc]
        approved("P-1"), rejected("P-2"), approved("PLN-3aa"), plans_known=4
    )
    assert await statuses(hub) == {
        "P-1": "replaced",
        "P-2": "rejected",
        "PLN-3aa": "in_force",
        "PLN-4bb": "waiting",
    }
    page = await list_plans(hub, PlanFilter(waiting=True))
    assert [row.plan_id for row in page.items] == ["PLN-4bb"]
    words = {
        name: status_text(await read_status(hub, await find_plan(hub, name)))
        for name in ("P-1", "P-2", "3aa", "4bb")
    }
    assert words == {
        "P-1": "in force until 2026-03-02 09:52Z, replaced by PLN-3aa; approved by li",
        "P-2": "rejected at 2026-03-02 09:51Z by wang: too late",
        "3aa": "in force since 2026-03-02 09:52Z, approved by li",
        "4bb": "waits for approval since 2026-03-02 09:44Z",
    }


async def test_a_plan_that_nobody_approved_in_time_was_never_in_force(
    hub: "Pool[asyncpg.Record]", decided: Callable[..., object]
) -> None:
    """And one that the lane has not received has no status yet."""
    await decided(approved("PLN-3aa"), plans_known=3)  # type: ignore[misc]
    found = await statuses(hub)
    assert found == {
        "P-1": "overtaken",
        "P-2": "overtaken",
        "PLN-3aa": "in_force",
        "PLN-4bb": "unknown",
    }
    text = status_text(await read_status(hub, await find_plan(hub, "P-1")))
    assert text == (
        "never in force: PLN-3aa came at 2026-03-02 09:50Z, before anybody had approved it"
    )


async def test_the_difference_of_a_lane_is_that_of_plans_that_counted(
    hub: "Pool[asyncpg.Record]", decided: Callable[..., object]
) -> None:
    """A rejected plan between them or after them does not count."""
    await decided(approved("P-1"), rejected("P-2"), approved("PLN-3aa"), rejected("PLN-4bb"))  # type: ignore[misc]
    diff = await diff_of_lane(hub, LANE)
    assert (diff.from_plan_id, diff.to_plan_id) == ("P-1", "PLN-3aa")
    assert (diff.from_status.status, diff.to_status.status) == ("replaced", "in_force")
    assert (await read_diff(hub, None, "3aa")).from_plan_id == "P-1"


async def test_a_waiting_plan_is_compared_with_the_one_in_force(
    hub: "Pool[asyncpg.Record]", decided: Callable[..., object], api: httpx.AsyncClient
) -> None:
    """The API names plans as the commands do: by id, its beginning, or lane."""
    await decided(approved("P-1"), rejected("P-2"), approved("PLN-3aa"))  # type: ignore[misc]
    diff = await diff_of_lane(hub, LANE)
    assert (diff.from_plan_id, diff.to_plan_id) == ("PLN-3aa", "PLN-4bb")
    assert (diff.from_status.status, diff.to_status.status) == ("in_force", "waiting")
    answer = (await api.get("/v1/plans/4bb/diff")).json()
    assert answer == msgspec.json.decode(msgspec.json.encode(diff))
    assert (await api.get(f"/v1/plans/{LANE}")).json()["plan_id"] == "PLN-3aa"
    assert (await api.get("/v1/plans/4bb/status")).json()["status"] == "waiting"


async def test_routes_of_a_plan_that_is_named_as_commands_print_it(
    hub: "Pool[asyncpg.Record]",
) -> None:
    """The first characters, or the lane; a plan that nobody knows is refused by name."""
    named = replace(first_plan(), plan_id="PLN-9cc", request_id="RQ-9", sequence=9)
    await store_plan(hub, named)
    assert len(await list_routes(hub, RouteFilter(plan="9cc"))) == 2
    assert len(await list_routes(hub, RouteFilter(plan=LANE))) == 2
    with pytest.raises(NotFound, match="PLN-404"):
        await list_routes(hub, RouteFilter(plan="PLN-404"))


async def test_the_trace_of_a_lane_begins_with_how_it_stands(
    hub: "Pool[asyncpg.Record]", decided: Callable[..., object]
) -> None:
    """Plan in force, those that wait, what comes next."""
    await decided(approved("P-1"), approved("PLN-3aa"))  # type: ignore[misc]
    now = (await trace(hub, LANE)).now
    assert isinstance(now, LaneSummary)
    assert (now.plan_id, now.plan_sequence, now.plan_status.status) == ("PLN-3aa", 3, "in_force")
    assert [(each.plan_id, each.sequence) for each in now.waiting] == [("PLN-4bb", 4)]
    assert (now.left_out, now.next.due_at, now.next.requested_at) == (1, None, None)
    assert (now.next.waiting_plan_id, now.next.waiting_sequence) == ("PLN-4bb", 4)
    lines = dict(lines_of(now))
    assert lines["waits for approval"].startswith("no. 4, PLN-4bb since 2026-03-02 09:44Z")
    assert "groupage command replan CNNGB-NLRTM" in lines["next plan"]


async def test_a_container_that_was_assigned_after_the_plan_is_found(
    hub: "Pool[asyncpg.Record]", api: httpx.AsyncClient
) -> None:
    """By the number under which its consolidation left."""
    bare = replace(first_plan().containers[0], equipment_ref="")
    plan = replace(first_plan(), plan_id="PLN-9cc", request_id="R9", sequence=9, containers=(bare,))
    await store_plan(hub, plan)
    await hub.execute("update consolidation set equipment_ref = $1 where key = $2", BOX, FIRST)
    found = (await api.get(f"/v1/plans/9cc?container={BOX}")).json()
    assert found["consolidation_id"] == FIRST
    assert (await api.get("/v1/plans/9cc?container=XXXU0000000")).status_code == 404


async def test_the_route_of_an_id_that_only_rejected_events_name(
    hub: "Pool[asyncpg.Record]",
) -> None:
    """Nobody booked it: it was mistyped, mostly."""
    wrong = HoldReleased(consignment_id="CN-typo", hold_id="H", by="li")
    await store_facts(hub, [fact(wrong, 1)])
    with pytest.raises(NotFound, match="CN-typo"):
        await list_routes(hub, RouteFilter(consignment="CN-typo"))
