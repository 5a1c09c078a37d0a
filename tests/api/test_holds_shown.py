"""A held consignment is shown wherever its container is: type, person, time and reason."""

from datetime import timedelta

import asyncpg
import pytest

from groupage.app.commands.hold_columns import held_members
from groupage.domain.events.consignment import (
    ConsignmentCancelled,
    ConsignmentReturned,
    HoldPlaced,
    HoldReleased,
)
from groupage.domain.events.equipment import ContainerGatedIn
from groupage.domain.fact import Fact
from groupage.store.readers.holds import OpenHold, read_holds_of
from groupage.store.readers.lists import (
    ConsignmentFilter,
    ConsolidationFilter,
    ContainerFilter,
    list_consignments,
    list_consolidations,
    list_containers,
)
from groupage.store.readers.summary_views import ConsignmentSummary
from groupage.store.readers.tracing import trace
from tests.api.hub import START, fact, store_facts
from tests.api.world import BOX, FIRST, morning

pytestmark = pytest.mark.integration
Hub = asyncpg.Pool
DAMAGE = OpenHold(
    consignment_id="CN-1",
    hold_id="H-9",
    hold="DAMAGE",
    by="Li",
    placed_at=START + timedelta(minutes=60),
    reason="wet",
)


async def hold_first(pool: "asyncpg.Pool[asyncpg.Record]", *more: Fact) -> None:
    """Store the morning with a hold on CN-1, which has a place, and `more` facts."""
    held = fact(
        HoldPlaced(consignment_id="CN-1", hold_id="H-9", hold="DAMAGE", by="Li", reason="wet"), 60
    )
    await store_facts(pool, [*morning(), held, *more], clock_at=START + timedelta(hours=3))


async def test_a_consolidation_shows_its_held_member(pool: "Hub[asyncpg.Record]") -> None:
    """Only open holds, and only in the consolidation where the consignment has its place."""
    earlier = HoldPlaced(consignment_id="CN-1", hold_id="H-8", hold="DOCS", by="desk")
    over = HoldReleased(consignment_id="CN-1", hold_id="H-8", by="desk")
    await hold_first(pool, fact(earlier, 55), fact(over, 57))
    first, second = (await list_consolidations(pool, ConsolidationFilter())).items
    assert (first.held, second.held) == ((DAMAGE,), ())
    assert held_members(first) == "CN-1 (DAMAGE by Li)"
    assert await read_holds_of(pool, ["CN-1", "CN-3"]) == (DAMAGE,)


async def test_a_container_shows_the_held_members_of_its_consolidation(
    pool: "Hub[asyncpg.Record]",
) -> None:
    """One without a consolidation shows none."""
    await hold_first(
        pool,
        fact(ContainerGatedIn(equipment_ref="CSQU0000001", place="hub"), 40),
    )
    await pool.execute("update container set consolidation_id = $1 where key = $2", FIRST, BOX)
    rows = (await list_containers(pool, ContainerFilter())).items
    assert {row.equipment_ref: row.held for row in rows} == {BOX: (DAMAGE,), "CSQU0000001": ()}


async def test_a_returned_consignment_is_not_held(pool: "Hub[asyncpg.Record]") -> None:
    """Its hold was never released, and stops nothing any more."""
    await hold_first(pool, fact(ConsignmentReturned(consignment_id="CN-1", reason="wet"), 70))
    held = (await list_consignments(pool, ConsignmentFilter(blocked=True))).items
    assert [row.consignment_id for row in held] == ["CN-2"]
    everybody = (await list_consignments(pool, ConsignmentFilter())).items
    assert {row.consignment_id: row.blocked for row in everybody} == {
        "CN-1": False, "CN-2": True, "CN-3": False,
    }  # fmt: skip
    assert (await list_consolidations(pool, ConsolidationFilter())).items[0].held == ()


async def test_the_cargo_of_a_cancelled_consignment_is_held(pool: "Hub[asyncpg.Record]") -> None:
    """It is at the hub still; a cancelled booking of which nothing came holds nothing."""
    cancelled = [
        fact(ConsignmentCancelled(consignment_id=name, reason="no buyer"), 70)
        for name in ("CN-1", "CN-2")
    ]
    await hold_first(pool, *cancelled)
    held = (await list_consignments(pool, ConsignmentFilter(blocked=True))).items
    assert [(row.consignment_id, row.status) for row in held] == [("CN-1", "CANCELLED")]
    now = (await trace(pool, "CN-1")).now
    assert isinstance(now, ConsignmentSummary)
    assert now.holds == (DAMAGE,)
