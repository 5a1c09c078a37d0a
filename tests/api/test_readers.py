"""Readers of lists, filters, pages and plans, on a real database."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.events.planning import PlanApproved
from groupage.domain.plan import Unrouted
from groupage.domain.states import (
    ConsignmentStatus,
    ConsolidationStatus,
    ContainerStatus,
    CustomsStatus,
)
from groupage.store.readers.lists import (
    AlertFilter,
    ConsignmentFilter,
    ConsolidationFilter,
    ContainerFilter,
    PlanFilter,
    list_alerts,
    list_consignments,
    list_consolidations,
    list_containers,
    list_plans,
)
from groupage.store.readers.plans import diff_plans, read_diff, read_plan
from groupage.store.readers.routes import RouteFilter, find_job, list_routes
from tests.api.hub import START, fact, store_facts, store_plan
from tests.api.world import (
    BOX,
    FIRST,
    LANE,
    SECOND,
    VOYAGE,
    first_plan,
    planned_container,
    second_plan,
)

pytestmark = pytest.mark.integration
Hub = asyncpg.Pool


async def test_consignments_by_id(hub: "Hub[asyncpg.Record]") -> None:
    """All three, with their figures."""
    page = await list_consignments(hub, ConsignmentFilter())
    assert [row.consignment_id for row in page.items] == ["CN-1", "CN-2", "CN-3"]
    first = page.items[0]
    assert (first.lane_id, first.shipper, first.mode) == (LANE, "Futian D4-1207", "1039")
    assert (first.received_pieces, first.measured_pieces, first.loaded_pieces) == (2, 1, 0)
    assert (first.consolidation_id, first.voyage_id) == (FIRST, VOYAGE)
    assert page.next_after is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ConsignmentFilter(lane=LANE), ["CN-1", "CN-2", "CN-3"]),
        (ConsignmentFilter(lane="CNNGB-USLAX"), []),
        (ConsignmentFilter(shipper="Huangyuan B2-0044"), ["CN-3"]),
        (ConsignmentFilter(blocked=True), ["CN-2"]),
        (ConsignmentFilter(blocked=False, lane=LANE), ["CN-1", "CN-3"]),
        (ConsignmentFilter(voyage=VOYAGE), ["CN-1"]),
        (ConsignmentFilter(consolidation=FIRST), ["CN-1"]),
        (ConsignmentFilter(at_risk=True), ["CN-1"]),
        (ConsignmentFilter(at_risk=False), ["CN-2", "CN-3"]),
        (ConsignmentFilter(status=ConsignmentStatus.ACCEPTED), ["CN-2", "CN-3"]),
        (ConsignmentFilter(customs=CustomsStatus.RELEASED), []),
    ],
)
async def test_consignment_filters(
    hub: "Hub[asyncpg.Record]", wanted: ConsignmentFilter, expected: list[str]
) -> None:
    """Each filter works alone; several combine with "and"."""
    page = await list_consignments(hub, wanted)
    assert [row.consignment_id for row in page.items] == expected


async def test_consolidations_by_deadline(hub: "Hub[asyncpg.Record]") -> None:
    """The consolidation with a cut-off comes first, with the minutes left in hub time."""
    page = await list_consolidations(hub, ConsolidationFilter())
    first, second = page.items
    assert (first.consolidation_id, second.consolidation_id) == (FIRST, SECOND)
    assert (first.next_cutoff, first.minutes_to_cutoff, first.at_risk) == ("LCO", 150, True)
    assert (second.next_cutoff_at, second.minutes_to_cutoff, second.at_risk) == (None, None, False)
    assert (first.members, first.fill_permille) == (1, 514)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ConsolidationFilter(lane=LANE), [FIRST]),
        (ConsolidationFilter(voyage="MED/1"), [SECOND]),
        (ConsolidationFilter(at_risk=True), [FIRST]),
        (ConsolidationFilter(departed=True), []),
        (ConsolidationFilter(departed=False), [FIRST, SECOND]),
        (ConsolidationFilter(open=True), [FIRST, SECOND]),
        (ConsolidationFilter(departed=False, status=ConsolidationStatus.OPEN), [SECOND]),
        (ConsolidationFilter(equipment=BOX), []),
    ],
)
async def test_consolidation_filters(
    hub: "Hub[asyncpg.Record]", wanted: ConsolidationFilter, expected: list[str]
) -> None:
    """Each filter works alone; several combine with "and"."""
    page = await list_consolidations(hub, wanted)
    assert [row.consolidation_id for row in page.items] == expected


async def test_a_broken_up_consolidation_is_not_open(hub: "Hub[asyncpg.Record]") -> None:
    """It has not departed, and never will depart."""
    await hub.execute("update consolidation set status = 'BROKEN_UP' where key = $1", FIRST)
    page = await list_consolidations(hub, ConsolidationFilter(open=True))
    assert [row.consolidation_id for row in page.items] == [SECOND]


async def test_a_consolidation_that_plans_gave_up(hub: "Hub[asyncpg.Record]") -> None:
    """A plan opened it and no plan puts anything into it; one that is booked costs money."""
    page = await list_consolidations(hub, ConsolidationFilter(open=True, given_up=False))
    assert [row.consolidation_id for row in page.items] == [FIRST]
    page = await list_consolidations(hub, ConsolidationFilter(given_up=True))
    assert [row.consolidation_id for row in page.items] == [SECOND]
    await hub.execute("update consolidation set status = 'BOOKED' where key = $1", SECOND)
    page = await list_consolidations(hub, ConsolidationFilter(given_up=False))
    assert [row.consolidation_id for row in page.items] == [FIRST, SECOND]


async def test_containers(hub: "Hub[asyncpg.Record]") -> None:
    """Each filter finds the container."""
    (box,) = (
        await list_containers(hub, ContainerFilter(status=ContainerStatus.AT_HUB, iso_type="45G1"))
    ).items
    assert (box.equipment_ref, box.seal_no, box.vgm_g) == (BOX, "", None)
    assert (await list_containers(hub, ContainerFilter(consolidation="x"))).items == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_pages_cover_the_list(hub: "Hub[asyncpg.Record]", limit: int) -> None:
    """Pages of any size give every row once, in the order of the whole list."""
    names: list[str] = []
    after = None
    while True:
        page = await list_consignments(hub, ConsignmentFilter(), limit=limit, after=after)
        assert len(page.items) <= limit
        names += [row.consignment_id for row in page.items]
        if page.next_after is None:
            break
        after = page.next_after
    assert names == ["CN-1", "CN-2", "CN-3"]


async def test_pages_by_two_columns(hub: "Hub[asyncpg.Record]") -> None:
    """The order is by deadline and id; a missing deadline comes last."""
    first = await list_consolidations(hub, ConsolidationFilter(), limit=1)
    second = await list_consolidations(hub, ConsolidationFilter(), limit=1, after=first.next_after)
    assert [row.consolidation_id for row in (*first.items, *second.items)] == [FIRST, SECOND]
    assert second.next_after is None


async def test_pages_survive_changes(hub: "Hub[asyncpg.Record]") -> None:
    """A row that disappears between two pages does not shift the second."""
    first = await list_consignments(hub, ConsignmentFilter(), limit=2)
    await hub.execute("delete from consignment where key = 'CN-1'")
    second = await list_consignments(hub, ConsignmentFilter(), limit=2, after=first.next_after)
    assert [row.consignment_id for row in second.items] == ["CN-3"]


@pytest.mark.parametrize("after", ["x", "AAAA", "WyJhIiwiYiJd", "W10", "é"])
async def test_an_after_that_no_page_gave_is_refused(
    hub: "Hub[asyncpg.Record]", after: str
) -> None:
    """Only the `next_after` of a page continues a list."""
    with pytest.raises(InvalidInput, match=r"after is .*, which no page of this list gave"):
        await list_plans(hub, PlanFilter(), after=after)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
async def test_limits_are_checked(hub: "Hub[asyncpg.Record]", limit: int) -> None:
    """A page has at most 1,000 rows."""
    with pytest.raises(InvalidInput, match="limit"):
        await list_plans(hub, PlanFilter(), limit=limit)


async def test_plans(hub: "Hub[asyncpg.Record]") -> None:
    """The newest first; `published` marks the plan in force."""
    page = await list_plans(hub, PlanFilter(lane=LANE))
    assert [(row.plan_id, row.published) for row in page.items] == [("P-2", False), ("P-1", True)]
    in_force = await list_plans(hub, PlanFilter(published=True))
    assert [row.plan_id for row in in_force.items] == ["P-1"]
    assert page.items[1].consignments == 2


async def test_a_plan_comes_back_whole(hub: "Hub[asyncpg.Record]") -> None:
    """The reader returns the plan that was stored."""
    assert await read_plan(hub, "P-1") == first_plan()
    with pytest.raises(NotFound, match="P-7"):
        await read_plan(hub, "P-7")


async def test_routes_of_plans_in_force(hub: "Hub[asyncpg.Record]") -> None:
    """The earliest first; of a plan that is not in force only when it is named."""
    found = await list_routes(hub, RouteFilter(ended=True))
    assert [view.truck_id for view in found] == ["van-02", "van-01"]
    assert (found[0].stops, found[0].references) == (2, ("CN-1",))
    assert await list_routes(hub, RouteFilter(plan="P-2")) == ()
    of_van = await list_routes(hub, RouteFilter(truck="van-01"))
    assert [view.truck_id for view in of_van] == ["van-01"]
    assert await list_routes(hub, RouteFilter(lane="CNNGB-USLAX")) == ()


async def test_a_route_that_ended_is_not_in_force(hub: "Hub[asyncpg.Record]") -> None:
    """The hub's clock decides, or a time that is named; a named plan has all its routes."""

    async def trucks(**fields: Any) -> list[str]:
        return [view.truck_id for view in await list_routes(hub, RouteFilter(**fields))]

    assert await trucks() == ["van-01"], "van-02 was back at 11:00, it is half past"
    assert await trucks(from_at=START + timedelta(hours=2)) == ["van-02", "van-01"]
    assert await trucks(from_at=START + timedelta(hours=4)) == []
    assert await trucks(plan="P-1") == ["van-02", "van-01"]


async def test_the_truck_that_fetches_a_consignment(hub: "Hub[asyncpg.Record]") -> None:
    """Route, truck and time by the plan in force."""
    (found,) = await list_routes(hub, RouteFilter(consignment="CN-1"))
    assert (found.truck_id, found.plan_id, found.in_force) == ("van-01", "P-1", True)
    assert found.fetches_at == START + timedelta(hours=3, minutes=30)
    assert await list_routes(hub, RouteFilter(consignment="CN-2")) == ()
    with pytest.raises(NotFound, match="CN-404"):
        await list_routes(hub, RouteFilter(consignment="CN-404"))


async def test_an_older_plan_counts_when_newer_plans_say_nothing(
    hub: "Hub[asyncpg.Record]",
) -> None:
    """A plan that was only proposed, or whose approval the lane rejected, never counts."""
    proposed = replace(first_plan(), plan_id="P-3", request_id="RQ-3", sequence=3)
    refused = replace(first_plan(), plan_id="P-4", request_id="RQ-4", sequence=4)
    newest = replace(second_plan(), plan_id="P-5", request_id="RQ-5", sequence=5)
    by_policy = PlanApproved(lane_id=LANE, plan_id="P-1", by="policy")
    by_desk = PlanApproved(lane_id=LANE, plan_id="P-4", by="desk")
    await store_facts(hub, [fact(by_policy, 46, relayed_by="lane"), fact(by_desk, 61)])
    await store_plan(hub, proposed)
    await store_plan(hub, refused)
    await store_plan(hub, newest, published=True)
    job = await find_job(hub, "CN-1", lane_id=LANE)
    assert job is not None
    assert (job.plan_id, job.in_force) == ("P-1", False)
    assert job.arrive_at == START + timedelta(hours=3, minutes=30)
    assert await find_job(hub, "CN-1", lane_id=LANE, until_at=START) is None


async def test_a_plan_may_have_no_truck(hub: "Hub[asyncpg.Record]") -> None:
    """Then its reason is the answer, not the truck of an older plan."""
    no_truck = Unrouted(reference="CN-1", reason="all vans are on their way")
    newest = replace(second_plan(), plan_id="P-5", request_id="RQ-5", sequence=5)
    await store_plan(hub, replace(newest, unrouted=(no_truck,)), published=True)
    job = await find_job(hub, "CN-1", lane_id=LANE)
    assert job is not None
    assert (job.plan_id, job.route, job.no_truck) == ("P-5", None, no_truck.reason)


async def test_alerts(hub: "Hub[asyncpg.Record]") -> None:
    """Open alerts by default; the list of all keeps cleared ones."""
    page = await list_alerts(hub, AlertFilter(about=FIRST))
    assert [row.code for row in page.items] == ["cutoff_LCO"]
    await hub.execute("update alert set cleared_at = now() where about = $1", FIRST)
    assert (await list_alerts(hub, AlertFilter(about=FIRST))).items == ()
    assert (await list_alerts(hub, AlertFilter(about=FIRST, open=None))).items


def test_difference_of_two_plans() -> None:
    """The consignments that moved, are new or were left out, and why."""
    diff = diff_plans(first_plan(), second_plan())
    assert (diff.opened, diff.closed, diff.unchanged) == (("CSL-9",), (FIRST,), 0)
    assert diff.cost_change_minor == -18_500
    shifts = {
        shift.consignment_id: (shift.change, shift.code, shift.reason) for shift in diff.shifts
    }
    assert shifts == {
        "CN-1": ("moved", "cheaper", "one container is enough"),
        "CN-2": ("removed", "blocked_by_hold", "hold H-1 (DOCS) stands"),
        "CN-3": ("added", "", ""),
    }


def test_departed_consignments_do_not_move() -> None:
    """A consolidation that left before the newer plan appears once; its consignments do not."""
    newer = replace(second_plan(), containers=(planned_container("CSL-9", ("CN-3",)),), left_out=())
    diff = diff_plans(first_plan(), newer, departed=frozenset({FIRST}))
    assert (diff.departed, diff.closed) == ((FIRST,), ())
    assert [shift.consignment_id for shift in diff.shifts] == ["CN-3"]


def test_each_shift_has_its_reason() -> None:
    """Also where the newer plan gives none: another voyage, or no longer requested."""
    (box,) = first_plan().containers
    later = replace(box, voyage_id="FE4/2611W", consignment_ids=("CN-1",))
    diff = diff_plans(first_plan(), replace(first_plan(), containers=(later,)))
    shifts = {
        shift.consignment_id: (shift.change, shift.code, shift.reason) for shift in diff.shifts
    }
    assert shifts == {
        "CN-1": ("moved", "voyage_changed", "its consolidation goes on voyage FE4/2611W now"),
        "CN-2": (
            "removed",
            "not_requested",
            "not in the newer request: cancelled, returned or gone since",
        ),
    }


async def test_difference_by_what_is_stored(hub: "Hub[asyncpg.Record]") -> None:
    """The store knows which consolidations had left when the newer plan was made."""
    assert (await read_diff(hub, "P-1", "P-2")).closed == (FIRST,)
    await hub.execute(
        "update consolidation set departed_at = $2 where key = $1", FIRST, first_plan().decided_at
    )
    diff = await read_diff(hub, "P-1", "P-2")
    assert (diff.departed, diff.closed) == ((FIRST,), ())


def test_a_plan_does_not_differ_from_itself() -> None:
    """No moves, no new containers, no cost."""
    diff = diff_plans(first_plan(), first_plan())
    assert (diff.shifts, diff.opened, diff.closed, diff.unchanged) == ((), (), (), 2)


def test_plans_of_two_lanes_do_not_compare() -> None:
    """The error names both lanes."""
    with pytest.raises(InvalidInput, match=r"CNNGB-NLRTM.*CNNGB-ESVLC"):
        diff_plans(first_plan(), replace(second_plan(), lane_id="CNNGB-ESVLC"))
