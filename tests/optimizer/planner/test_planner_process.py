import asyncio
import os
import signal
import sys
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from groupage.contracts.decoding import decode
from groupage.domain.events.base import Place
from groupage.domain.events.consignment import PickUp
from groupage.domain.events.planning import PlanFailed, PlanProposed, RoutePlanned, RouteRevised
from groupage.domain.fact import Fact
from groupage.domain.instance import Instance
from groupage.domain.origin import LogPosition
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.lane import LaneState
from groupage.domain.states import ConsignmentStatus
from groupage.settings import KafkaSettings, PlannerSettings
from optimizer.planner.planner import Planner
from optimizer.verification.api import verify
from tests.hub_key import hub_key
from tests.optimizer.planner.lanes import (
    CLOCK_AT,
    LANE_ID,
    consignment,
    put_consignment,
    put_lane,
    record_of,
    request,
)
from tests.unreadable import send_unreadable

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


async def ask(prefix: str, *sequences: int, lane_id: str = LANE_ID) -> None:
    """Send requests of the lane in this order."""
    producer = AIOKafkaProducer(**KafkaSettings().client_kwargs())
    await producer.start()
    try:
        for sequence in sequences:
            record = record_of(request(sequence, lane_id), prefix)
            await producer.send_and_wait(
                record.topic,
                key=record.key,
                value=record.value,
                headers=record.headers,
                timestamp_ms=int(time.time() * 1_000),
            )
    finally:
        await producer.stop()


async def announced_facts(prefix: str, *, until: int, within_s: float = 20.0) -> list[Fact]:
    """Return the facts on the plan topic: at least `until`, then until no more come."""
    consumer = AIOKafkaConsumer(
        f"{prefix}hub.plan.v1",
        **KafkaSettings().client_kwargs(),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 * 2**20,
    )
    await consumer.start()
    facts: list[Fact] = []
    try:
        async with asyncio.timeout(within_s):
            while len(facts) < until:
                facts += _facts(await consumer.getmany(timeout_ms=500))
            while more := _facts(await consumer.getmany(timeout_ms=1_000)):
                facts += more
    finally:
        await consumer.stop()
    return facts


def _facts(batches: dict[Any, list[Any]]) -> list[Fact]:
    return [
        decode(record.headers, record.key, record.value, recorded_at=datetime.now(UTC))
        for batch in batches.values()
        for record in batch
    ]


async def until(pool: asyncpg.Pool, query: str, within_s: float = 60.0) -> Any:
    """Wait until the query returns a true value, and return it."""
    async with asyncio.timeout(within_s):
        while True:
            value = await pool.fetchval(query)
            if value:
                return value
            await asyncio.sleep(0.1)


class Running:
    """A planner in this process, until the block ends."""

    def __init__(
        self, pool: asyncpg.Pool, prefix: str, *, command: tuple[str, ...] = (), **settings: Any
    ) -> None:
        self.planner = Planner(
            kafka=KafkaSettings(),
            prefix=prefix,
            hub_key=hub_key(prefix),
            pool=pool,
            settings=PlannerSettings(**settings),
            policy=Policy(),
            solver_command=command,
        )
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Planner:
        self._task = asyncio.create_task(self.planner.run(self._stop))
        return self.planner

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        async with asyncio.timeout(30):
            await self._task


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


async def send_request(prefix: str, value: bytes, *, signed: bool) -> None:
    """Send a record to the planners whose value may be no request."""
    record = record_of(request(1), prefix)
    headers = record.headers[:-1]
    if signed:
        headers = hub_key(prefix).sign("hub.planrequest.v1", headers, value)
    producer = AIOKafkaProducer(**KafkaSettings().client_kwargs())
    await producer.start()
    try:
        await producer.send_and_wait(record.topic, key=record.key, value=value, headers=headers)
    finally:
        await producer.stop()


async def dead_letters_of(prefix: str, count: int) -> list[dict[str, str]]:
    """Return the headers of so many dead letters."""
    consumer = AIOKafkaConsumer(
        f"{prefix}hub.dlq.v1", **KafkaSettings().client_kwargs(), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [{name: raw.decode() for name, raw in record.headers} for record in records]


async def test_a_request_that_nobody_can_read_ends(pool: asyncpg.Pool, topic_prefix: str) -> None:
    """A dead letter each; the lane learns that its own request ended, and others are handled."""
    await put_lane(pool)
    good = msgspec.json.encode(request(1))
    bad = good.replace(b'"available"', b'"moonshine"')
    await send_request(topic_prefix, bad, signed=True)
    await send_request(topic_prefix, bad, signed=False)
    await send_request(topic_prefix, good, signed=False)
    await send_request(topic_prefix, b"{", signed=True)
    async with Running(pool, topic_prefix):
        await ask(topic_prefix, 2)
        await until(pool, "select count(*) from plan")
        dead_letters = await dead_letters_of(topic_prefix, 4)
        facts = await announced_facts(topic_prefix, until=2)
    assert sorted(dead_letter["dlq_code"] for dead_letter in dead_letters) == [
        "bad_data",
        "bad_data",
        "bad_json",
        "not_yours",
    ]
    assert {dead_letter["dlq_source"] for dead_letter in dead_letters} == {"planner"}
    (failed,) = (fact.data for fact in facts if isinstance(fact.data, PlanFailed))
    assert (failed.lane_id, failed.request_id, failed.sequence) == (
        LANE_ID,
        request(1).request_id,
        1,
    )
    assert "the planner cannot read the request" in failed.reason
    assert "moonshine" in failed.reason


async def test_a_record_that_the_client_cannot_parse_stops_no_planner(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """A header's name that is not UTF-8 makes aiokafka raise at every attempt to read it."""
    await put_lane(pool)
    await send_unreadable(KafkaSettings(), f"{topic_prefix}hub.planrequest.v1", 3)
    async with Running(pool, topic_prefix):
        await ask(topic_prefix, 1)
        await until(pool, "select count(*) from plan")
        (dead_letter,) = await dead_letters_of(topic_prefix, 1)
    assert dead_letter["dlq_code"] == "unreadable"


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


KILLED_ONCE = """
import os, signal, sys
flag = sys.argv[1]
if not os.path.exists(flag):
    open(flag, "w").close()
    from optimizer.planner import child
    child.solve_job = lambda job: os.kill(os.getpid(), signal.SIGKILL)
    child.main()
from optimizer.planner.child import main
main()
"""


async def test_a_solver_that_is_killed_costs_one_attempt(
    pool: asyncpg.Pool, topic_prefix: str, tmp_path: Path
) -> None:
    """The planner goes on with a new child."""
    await put_lane(pool)
    command = (sys.executable, "-c", KILLED_ONCE, str(tmp_path / "died"))
    async with Running(pool, topic_prefix, command=command):
        await ask(topic_prefix, 1)
        await until(pool, "select count(*) from plan")
    assert await pool.fetchval("select attempts from plan_request") == 2


OVERRUNS = """
import time
from optimizer.planner import child
child.solve_job = lambda job: time.sleep(600)
child.main()
"""


async def test_a_solver_that_always_overruns_ends_in_a_failure_that_is_announced(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """Bounded attempts, then `plan.failed` with the reason; no child is left behind."""
    await put_lane(pool)
    async with Running(
        pool,
        topic_prefix,
        command=(sys.executable, "-c", OVERRUNS),
        solve_timeout_s=0.5,
        attempts_max=2,
    ) as planner:
        await ask(topic_prefix, 1)
        await until(pool, "select state = 'failed' from plan_request")
        facts = await announced_facts(topic_prefix, until=1)
        pids = [solver.pid for solver in planner._solvers]
    assert [fact.type for fact in facts] == ["plan.failed"]
    assert "0.5 s (2 attempts)" in facts[0].data.reason  # type: ignore[attr-defined]
    assert await pool.fetchval("select count(*) from plan") == 0
    assert pids == [None]


async def test_a_planner_killed_in_the_middle_of_a_solve_loses_and_doubles_nothing(
    pool: asyncpg.Pool, topic_prefix: str, hub_environment: dict[str, str]
) -> None:
    """SIGKILL while a request is running; the next planner answers it, once."""
    await put_lane(pool, consignments=40)
    environment = {**os.environ, **hub_environment, "GROUPAGE_LOG_LEVEL": "WARNING"}
    start = "from optimizer.planner.main import main; main()"
    first = await asyncio.create_subprocess_exec(sys.executable, "-c", start, env=environment)
    await ask(topic_prefix, 1)
    await until(pool, "select state = 'running' from plan_request")
    first.kill()
    await first.wait()
    assert await pool.fetchval("select count(*) from plan") == 0
    second = await asyncio.create_subprocess_exec(sys.executable, "-c", start, env=environment)
    try:
        await until(pool, "select count(*) from plan")
        facts = await announced_facts(topic_prefix, until=2)
    finally:
        second.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            status = await second.wait()
    assert status == 0
    assert [fact.type for fact in facts].count("plan.proposed") == 1
    assert await pool.fetchval("select attempts from plan_request") == 2


async def test_a_lost_database_connection_costs_no_request(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """The server drops the connection on which the planner stores the request: it tries again."""
    await put_lane(pool)
    waiting = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with Running(pool, topic_prefix):
        async with pool.acquire() as other, other.transaction():
            await other.execute("lock table plan_request in access exclusive mode")
            await ask(topic_prefix, 1)
            assert await until(pool, f"select pg_terminate_backend(pid) from {waiting}")
        await until(pool, "select count(*) from plan")
    assert await pool.fetchval("select attempts from plan_request") == 1


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
