"""A planner with requests that nobody can read, solvers that die, and servers that go away."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
import msgspec
import pytest

from groupage.domain.events.planning import PlanFailed
from groupage.settings import KafkaSettings
from tests.optimizer.planner.lanes import (
    LANE_ID,
    put_lane,
    request,
)
from tests.optimizer.planner.running_planner import (
    Running,
    announced_facts,
    ask,
    dead_letters_of,
    send_request,
    until,
)
from tests.unreadable import send_unreadable

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


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
