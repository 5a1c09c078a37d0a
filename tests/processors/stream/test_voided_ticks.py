"""Wrong ticks that were believed are void: nothing that they caused is left."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from groupage.contracts.instants import EARLIEST
from groupage.domain.errors import NotFound
from groupage.domain.events.consignment import ConsignmentAllocated
from groupage.domain.events.consolidation import ConsolidationPlanned
from groupage.domain.events.planning import (
    Assignment,
    PlannedConsolidation,
    PlanProposed,
    ReplanWanted,
)
from groupage.domain.plan import Certificate
from groupage.domain.state.lane import LaneState
from groupage.store.state_codec import unpack
from processors.operations.void import Choice, VoidReport, void_ticks
from processors.worker.plausibility import DEFAULT_RULES, TimeRules
from tests.api import world
from tests.api.hub import START, fact, store_plan
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_operating import environment
from tests.processors.stream.test_time import (
    EXTERNAL,
    FAR,
    TICK_PARTITIONS,
    alerts,
    clocks,
    open_dead_letters,
    require_equal_rebuild,
)

pytestmark = pytest.mark.integration

ONE_TICK = timedelta(milliseconds=1)
T1, T2, T3 = (START + timedelta(minutes=minutes) for minutes in (60, 90, 100))


async def void(
    hub: StreamHub, rules: TimeRules, *ticks: datetime, later_than: datetime | None = None
) -> VoidReport:
    """Void the ticks as the command does."""
    choice = Choice(ticks=ticks, later_than=later_than, by="anna", reason="a wrong host")
    return await void_ticks(hub.settings, hub.pool, choice, rules=rules, patience_s=30)


async def lane(hub: StreamHub) -> LaneState:
    """Return the state of the lane."""
    body = await hub.pool.fetchval("select body from lane where key = $1", world.LANE)
    return msgspec.json.decode(unpack(body), type=LaneState)


async def tables(hub: StreamHub) -> dict[str, list[tuple[Any, ...]]]:
    """Return what people see of the states, but no names of plans and no counts of facts."""
    queries = {
        "consignment": "select key, status, blocked, consolidation_id, voyage_id from consignment",
        "consolidation": "select key, status, members, next_cutoff, next_cutoff_at, deadline_at "
        "from consolidation",
        "alert": "select alert_id, severity, message, due_at from alert where cleared_at is null",
    }
    return {
        name: sorted(tuple(row) for row in await hub.pool.fetch(query))
        for name, query in queries.items()
    }


def plan(name: str, sequence: int, at: datetime, *consignments: str) -> PlanProposed:
    """Return a plan that puts the consignments into the first consolidation."""
    return PlanProposed(
        lane_id=world.LANE,
        plan_id=name,
        request_id=f"REQ-{world.LANE}-{sequence:06d}",
        sequence=sequence,
        decided_at=at,
        assignments=tuple(
            Assignment(consignment_id=each, consolidation_id=world.FIRST, voyage_id=world.VOYAGE)
            for each in consignments
        ),
        moves=(),
        consolidations=(
            PlannedConsolidation(
                consolidation_id=world.FIRST,
                voyage_id=world.VOYAGE,
                iso_type="45G1",
                consignment_ids=consignments,
                volume_cm3=1,
                gross_g=1,
            ),
        ),
        cost_minor=1,
        bound_minor=1,
        gap_ratio=0.0,
        certificate="sha256:x",
    )


async def store(hub: StreamHub, proposed: PlanProposed) -> None:
    """Store the plan as the planner does: workers look it up."""
    certificate = Certificate(
        verifier="test", checks=(), instance_digest="sha256:i", plan_digest=proposed.certificate
    )
    stored = replace(
        world.first_plan(),
        plan_id=proposed.plan_id,
        request_id=proposed.request_id,
        sequence=proposed.sequence,
        certificate=certificate,
    )
    await store_plan(hub.pool, stored)


@asynccontextmanager
async def planner(hub: StreamHub) -> AsyncIterator[None]:
    """Answer each request of the lane: with both consignments, or one if its tick was wrong."""

    async def answer() -> None:
        sequence = 0
        while True:
            await asyncio.sleep(0.05)
            state = await lane(hub)
            asked = state.outstanding_request
            if asked is None or state.sequence == sequence:
                continue
            sequence = state.sequence
            names = ("CN-2",) if asked.at >= FAR else ("CN-1", "CN-2")
            proposed = plan(f"P{sequence}", sequence, asked.at, *names)
            await store(hub, proposed)
            await hub.send(
                fact_of(proposed, event_id=f"P{sequence}", at=asked.at, source="/groupage/planner")
            )

    answering = asyncio.create_task(answer())
    try:
        yield
    finally:
        answering.cancel()
        await asyncio.wait((answering,))


async def until_planned(hub: StreamHub, at: datetime) -> None:
    """Wait until the lane has asked at that tick, and has all answers."""

    async def is_planned() -> bool:
        state = await lane(hub)
        last = state.requests.get(str(state.sequence))
        return last is not None and timedelta() <= last.at - at < ONE_TICK and bool(last.answer)

    await hub.until("the lane is planned", is_planned)
    await hub.until_committed()
    await hub.until("the lane is planned again", is_planned)


@pytest.mark.parametrize("rules", [DEFAULT_RULES, EXTERNAL], ids=["wall", "external"])
async def test_what_a_wrong_tick_caused_is_taken_back(
    stream_hub: StreamHub, rules: TimeRules
) -> None:
    """Cut-offs, alerts, and the plan for its request; under a wall clock after an upgrade."""
    hub = stream_hub
    trigger = ReplanWanted(lane_id=world.LANE, cause="measured", about="CN-1")
    async with hub.worker(EXTERNAL):
        await hub.send(*world.morning())
        await hub.until_committed()
        async with planner(hub):
            await hub.tick(T1)
            await until_planned(hub, T1)
            before = await tables(hub)
            await hub.send(fact_of(trigger, event_id="trigger", at=START))
            await hub.forge_tick(FAR)
            await until_planned(hub, FAR)
            wrong = await tables(hub)
            await hub.tick(T2)
            await hub.until_committed()
        assert await clocks(hub) == {FAR}
    assert {row[1] for row in wrong["alert"]} > {row[1] for row in before["alert"]}
    assert wrong["consolidation"] != before["consolidation"]
    async with hub.worker(rules):
        report = await void(hub, rules, FAR)
        assert report.done
        assert report.requests >= 1
        assert report.clock_at == T2
        wall = rules.wall  # the new rules refuse that tick, which the older version believed
        assert (report.ticks, report.partitions, report.refused) == (
            (0, 0, TICK_PARTITIONS) if wall else (TICK_PARTITIONS, TICK_PARTITIONS, 0)
        )
        assert await clocks(hub) == {T2}
        async with planner(hub):
            await hub.tick(T3)
            await until_planned(hub, T3)
        assert await clocks(hub) == {T3}
        assert await tables(hub) == before
        again = await void(hub, rules, FAR)
        assert (again.ticks, again.refused, again.requests) == (0, 0, 0)
        assert again.void_before == TICK_PARTITIONS
        await hub.until_committed()
        assert await tables(hub) == before
    await require_equal_rebuild(hub, rules)


async def test_ticks_later_than_an_instant_are_void(stream_hub: StreamHub) -> None:
    """Several wrong ticks at once; right ones that come afterwards count."""
    async with stream_hub.worker(EXTERNAL):
        await stream_hub.tick(T1)
        await stream_hub.forge_tick(FAR - timedelta(days=1))
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
        report = await void(stream_hub, EXTERNAL, later_than=T2)
        assert (report.ticks, report.partitions, report.clock_at) == (
            2 * TICK_PARTITIONS,
            TICK_PARTITIONS,
            T1,
        )
        assert await clocks(stream_hub) == {T1}
        await stream_hub.tick(T2)
        await stream_hub.until_committed()
        assert await clocks(stream_hub) == {T2}
    await require_equal_rebuild(stream_hub, EXTERNAL)


async def test_a_consolidation_that_nothing_else_touches(stream_hub: StreamHub) -> None:
    """The worker itself derives what the clock had changed; nothing is due before a right tick."""
    allocated = ConsignmentAllocated(
        consignment_id="CN-2",
        consolidation_id=world.FIRST,
        voyage_id=world.VOYAGE,
        plan_id="P-1",
    )
    planned = ConsolidationPlanned(
        consolidation_id=world.FIRST,
        plan_id="P-1",
        consignment_ids=("CN-1", "CN-2"),
        planned_volume_cm3=1,
        planned_gross_g=1,
        revision=2,
    )

    async def missed() -> list[str]:
        return [code for code, severity in await alerts(stream_hub) if severity == "critical"]

    async with stream_hub.worker(EXTERNAL):
        await stream_hub.send(*world.morning(), fact(allocated, 53), fact(planned, 54))
        await stream_hub.until_committed()
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
        assert await missed() == ["cutoff_LCO"]
        report = await void(stream_hub, EXTERNAL, FAR)
        assert report.clock_at is None
        assert await clocks(stream_hub) == {EARLIEST}
        assert await missed() == []
        await stream_hub.tick(T1)
        await stream_hub.until_committed()
        assert await clocks(stream_hub) == {T1}
        assert await missed() == []
    await require_equal_rebuild(stream_hub, EXTERNAL)


async def test_refused_ticks_are_acknowledged(stream_hub: StreamHub) -> None:
    """Their dead letters are settled and the alert is cleared; the clock does not move."""
    now = datetime.now(UTC)
    async with stream_hub.worker():
        await stream_hub.tick(now)
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
        assert await alerts(stream_hub) == [("clock_implausible", "critical")]
        report = await void(stream_hub, DEFAULT_RULES, FAR)
        assert (report.ticks, report.refused) == (0, TICK_PARTITIONS)
        await stream_hub.until_committed()
        assert await alerts(stream_hub) == []
        assert await open_dead_letters(stream_hub, "clock_implausible") == []
        assert await clocks(stream_hub) == {now}
    await require_equal_rebuild(stream_hub)


async def test_a_tick_that_does_not_exist_is_named(stream_hub: StreamHub) -> None:
    """Nothing is published; the error lists the latest ticks."""
    await stream_hub.tick(T1)
    with pytest.raises(NotFound, match=r"no tick at 2199-12-30.*latest ticks are 2026-03-02T09"):
        await void(stream_hub, EXTERNAL, T1, FAR)
    with pytest.raises(NotFound, match="no tick later than 2026-03-02 09:30Z"):
        await void(stream_hub, EXTERNAL, later_than=T2)


async def test_the_command_counts(stream_hub: StreamHub) -> None:
    """Standard output has the counts, also as JSON; the event names who and why."""
    async with stream_hub.worker(EXTERNAL):
        await stream_hub.tick(T1)
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
        command = [sys.executable, "-m", "groupage", "clock", "void", FAR.isoformat()]
        process = await _run([*command, "--reason", "a wrong host", "--json"], stream_hub)
        assert process["ticks"] == process["partitions"] == TICK_PARTITIONS
        assert process["done"]
        assert await clocks(stream_hub) == {T1}


async def _run(command: list[str], hub: StreamHub) -> dict[str, Any]:
    variables = environment(hub) | {"GROUPAGE_CLOCK_SOURCE": "external"}
    process = await asyncio.create_subprocess_exec(
        *command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    report: dict[str, Any] = json.loads(output)
    return report
