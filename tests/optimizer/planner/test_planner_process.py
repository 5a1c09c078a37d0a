import asyncio
import sys
import zlib
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from groupage.domain.events.base import Place
from groupage.domain.events.consignment import PickUp
from groupage.domain.events.planning import PlanProposed, RoutePlanned, RouteRevised
from groupage.domain.instance import Instance
from groupage.domain.origin import LogPosition
from groupage.domain.plan import Plan
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.lane import LaneState
from groupage.domain.states import ConsignmentStatus
from groupage.settings import KafkaSettings, PlannerSettings
from optimizer.verification.api import verify
from tests.optimizer.planner.lanes import (
    CLOCK_AT,
    LANE_ID,
    consignment,
    put_consignment,
    put_lane,
)
from tests.optimizer.planner.running_planner import Running, announced_facts, ask, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


async def test_a_request_becomes_a_certified_plan_that_is_stored_and_announced(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """The whole way: Kafka, store, solver, verifier, store, outbox, Kafka."""
    await put_lane(pool)
    await pool.execute(
        "insert into intake_offset (topic, partition, next_offset) "
        "values ('hub.consignment.v1', 2, 790), ('hub.consignment.v1', 0, 812)"
    )
    async with Running(pool, topic_prefix):
        await ask(topic_prefix, 1)
        await until(pool, "select count(*) from plan")
        facts = await announced_facts(topic_prefix, until=1)
        await until(pool, "select count(*) = 0 from outbox")
    row = await pool.fetchrow("select body, instance, containers, left_out from plan")
    assert row is not None
    plan = msgspec.json.decode(zlib.decompress(row["body"]), type=Plan)
    instance = msgspec.json.decode(zlib.decompress(row["instance"]), type=Instance)
    assert plan.certificate is not None
    assert verify(instance, plan) == ()
    assert len(instance.demands) == 14
    names = [fact.type for fact in facts]
    (proposed,) = (fact.data for fact in facts if isinstance(fact.data, PlanProposed))
    assert proposed.solver == plan.solver
    assert plan.solver is not None
    assert plan.solver.seed == instance.limits.seed == PlannerSettings().seed
    assert proposed.inputs == plan.inputs
    assert plan.inputs == (LogPosition(topic="hub.consignment.v1", next_offsets=(812, 0, 790)),)
    assert names.count("container.planned") == len(plan.containers) == row["containers"]
    assert names.count("route.planned") == len(plan.routes)
    assert {fact.key for fact in facts} == {LANE_ID}
    assert await pool.fetchval("select state from plan_request") == "planned"


async def test_the_same_request_again_changes_nothing(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """Duplicates before and after a restart of the planner: one plan, each fact under one id."""
    await put_lane(pool)
    await ask(topic_prefix, 1, 1)
    async with Running(pool, topic_prefix):
        await until(pool, "select count(*) from plan")
    async with Running(pool, topic_prefix):
        await ask(topic_prefix, 1)
        await ask(topic_prefix, 2)
        await until(pool, "select count(*) = 2 from plan")
        facts = await announced_facts(topic_prefix, until=4)
    # A planner stopped between Kafka's acknowledgement and the end of its outbox row publishes the
    # fact again under the same id: consumers count it once.
    distinct = {(fact.source, fact.event_id): fact for fact in facts}.values()
    proposed = [fact.data for fact in distinct if fact.type == "plan.proposed"]
    assert sorted(event.sequence for event in proposed) == [1, 2]  # type: ignore[attr-defined]
    assert [row["state"] for row in await pool.fetch("select state from plan_request")] == [
        "planned", "planned",
    ]  # fmt: skip


async def test_of_requests_that_come_together_only_the_newest_is_solved(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """A storm costs one plan."""
    await put_lane(pool)
    await ask(topic_prefix, *range(1, 9))
    async with Running(pool, topic_prefix):
        await until(pool, "select count(*) from plan")
    assert [row["sequence"] for row in await pool.fetch("select sequence from plan")] == [8]
    ended = await pool.fetch("select state, count(*) from plan_request group by 1 order by 1")
    assert [tuple(row) for row in ended] == [("planned", 1), ("superseded", 7)]


OTHER_LANE_ID = "CNNGB-DEHAM"
"""A lane without cargo: its plan has no containers."""

SLOW_LANE = """
import pathlib, sys, time
from optimizer.planner import child
solve_job = child.solve_job

def waiting(job):
    while job.instance.lane_id == sys.argv[1] and not pathlib.Path(sys.argv[2]).exists():
        time.sleep(0.05)
    return solve_job(job)

child.solve_job = waiting
child.main()
"""


async def test_a_request_does_not_wait_for_another_lane_while_a_solver_is_idle(
    pool: asyncpg.Pool, topic_prefix: str, tmp_path: Path
) -> None:
    """The first lane's solve ends only after the second lane, asked later, has its plan.

    A second request of the first lane waits for its turn, and is superseded by a third.
    """
    await put_lane(pool)
    go_on = tmp_path / "go on"
    command = (sys.executable, "-c", SLOW_LANE, LANE_ID, str(go_on))
    async with Running(pool, topic_prefix, command=command, solver_processes=2):
        await ask(topic_prefix, 1)
        await until(pool, "select state = 'running' from plan_request")
        await ask(topic_prefix, 2)
        await ask(topic_prefix, 1, lane_id=OTHER_LANE_ID)
        await until(pool, f"select count(*) from plan where lane_id = '{OTHER_LANE_ID}'")
        await ask(topic_prefix, 3)
        await ask(topic_prefix, 2, lane_id=OTHER_LANE_ID)
        await until(pool, f"select count(*) = 2 from plan where lane_id = '{OTHER_LANE_ID}'")
        go_on.touch()
        await until(pool, f"select count(*) = 2 from plan where lane_id = '{LANE_ID}'")
    ended = await pool.fetch(
        "select sequence, state from plan_request where lane_id = $1 order by sequence", LANE_ID
    )
    assert [tuple(row) for row in ended] == [(1, "planned"), (2, "superseded"), (3, "planned")]


def _booked(*, ready_at: datetime) -> ConsignmentState:
    """At a merchant's in Jinhua, for a truck to fetch."""
    place = Place(place_id="jinhua", latitude_udeg=29_080_000, longitude_udeg=119_650_000)
    latest_at = ready_at + timedelta(hours=2)
    state = consignment(99)
    assert state.booking is not None
    pickup = PickUp(place=place, ready_at=ready_at, latest_at=latest_at)
    booking = msgspec.structs.replace(state.booking, pickup=pickup)
    return ConsignmentState(
        key=state.key, fact_count=1, changed_at=CLOCK_AT, status=ConsignmentStatus.BOOKED,
        booking=booking,
    )  # fmt: skip


async def test_a_newer_plan_says_which_published_routes_it_changes(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """The merchant is ready a day later: the newer plan revises the van's published route."""
    await put_lane(pool)
    ready_at = CLOCK_AT + timedelta(days=1)
    await put_consignment(pool, _booked(ready_at=ready_at))
    async with Running(pool, topic_prefix):
        await ask(topic_prefix, 1)
        await until(pool, "select count(*) from plan")
        plan_id = await pool.fetchval("select plan_id from plan")
        lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT, published_plan_id=plan_id)
        await pool.execute("update lane set body = $1", msgspec.json.encode(lane))
        body = msgspec.json.encode(_booked(ready_at=ready_at + timedelta(days=1)))
        await pool.execute("update consignment set body = $1 where status = 'BOOKED'", body)
        await ask(topic_prefix, 2)
        await until(pool, "select count(*) = 2 from plan")
        await until(pool, "select count(*) = 0 from outbox")
        facts = await announced_facts(topic_prefix, until=1)
    events = [fact.data for fact in facts if isinstance(fact.data, RoutePlanned | RouteRevised)]
    first, second = (event for event in events if event.route.stops[1].reference == "CN-0099")
    assert isinstance(first, RoutePlanned)
    assert isinstance(second, RouteRevised)
    assert second.revises == (first.route.route_id,)


async def test_lag_tools_see_that_all_requests_are_handled(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """Also where the topic ends with the marker of a transaction, which takes an offset."""
    topic = f"{topic_prefix}hub.planrequest.v1"
    producer = AIOKafkaProducer(
        **KafkaSettings().client_kwargs(), transactional_id=f"{topic_prefix}other"
    )
    admin = AIOKafkaAdminClient(**KafkaSettings().client_kwargs())
    await producer.start()
    await admin.start()
    try:
        async with Running(pool, topic_prefix), asyncio.timeout(30):
            async with producer.transaction():
                sent = await producer.send_and_wait(topic, value=b"{}", partition=0)
            offset = 0
            while offset < sent.offset + 2:
                await asyncio.sleep(0.1)
                offsets = await admin.list_consumer_group_offsets(f"{topic_prefix}groupage-planner")
                committed = offsets.get(TopicPartition(topic, 0))
                offset = committed.offset if committed else 0
    finally:
        await producer.stop()
        await admin.close()
