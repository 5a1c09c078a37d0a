"""`groupage bench plan --large --hub`: very large lanes through Kafka, worker, planner and store.

Each lane has a hub of its own: topics, a database, a worker and a planner with its solver process,
under the hub's time limit. The clock goes on until the lane requests no further plan.
"""

import asyncio
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from groupage.app.bench.feed import (
    batching_producer,
    require_running,
    running_worker,
    send,
)
from groupage.app.bench.large_facts import facts_of
from groupage.app.bench.servers import Hub, Servers, bench_servers, scratch_hub
from groupage.app.demo.backlog import HubBacklog
from groupage.contracts.encoding import encode
from groupage.contracts.topics import BY_NAME
from groupage.domain.errors import Unavailable
from groupage.domain.events.planning import PlanRequested
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.domain.state.lane import LaneState
from groupage.settings import KafkaSettings
from groupage.store.plan_codec import unpack_plan
from groupage.store.state_codec import unpack
from processors.operations.clock import send_tick

_TIMEOUT_S = 600.0
_POLL_S = 0.1
_TICK = timedelta(minutes=10)
"""Longer than a lane collects replan triggers."""
_PLANS_MAX = 20
_FETCH_BYTES = 16 * 2**20


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of a lane. Seconds are wall time but for those of the processor (`cpu`)."""

    name: str
    causes: str
    """Causes of the request."""
    consignments: int
    cartons: int
    planned_s: float
    """From the tick that made the request due to the stored plan."""
    settled_s: float
    """Until the worker has followed it: all consolidations and consignments know."""
    behind: int
    """Most records and messages that waited for the worker meanwhile."""
    planner_cpu_s: float
    """Of the planner and its solver process."""
    worker_cpu_s: float
    attempts: int
    """1: the solver kept `GROUPAGE_PLANNER_SOLVE_TIMEOUT_S`."""
    cut_short: str
    gap_percent: float
    containers: int
    left_out: str
    """Consignments left out, by the code of their reason."""
    request_bytes: int
    """Of the record `plan.requested`, before Kafka compresses it, as the following."""
    proposed_bytes: int
    load_plan_bytes: int
    """Of the largest record `container.planned`."""
    certificate_bytes: int
    stored_bytes: int
    """Of plan and instance in the database."""


def run(instances: dict[str, Instance], *, report: Callable[[str], None]) -> list[Row]:
    """Bring each lane into a hub of its own and let it plan."""
    rows = []
    with bench_servers() as servers:
        for name, instance in instances.items():
            report(name)
            with scratch_hub(servers) as hub:
                hub.environment["GROUPAGE_CLOCK_SOURCE"] = "external"
                with running_worker(hub) as worker, running_worker(hub, "planner") as planner:
                    rows += asyncio.run(_measure(name, instance, servers, hub, [worker, planner]))
    return rows


async def _measure(
    name: str,
    instance: Instance,
    servers: Servers,
    hub: Hub,
    processes: "list[subprocess.Popen[bytes]]",
) -> list[Row]:
    rows: list[Row] = []
    async with _lane(name, instance, servers, hub, processes) as lane:
        await lane.fill()
        while len(rows) < _PLANS_MAX and (row := await lane.plan(len(rows) + 1)):
            rows.append(row)
    return rows


@asynccontextmanager
async def _lane(
    name: str,
    instance: Instance,
    servers: Servers,
    hub: Hub,
    processes: "list[subprocess.Popen[bytes]]",
) -> "AsyncIterator[_Lane]":
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            asyncpg.create_pool(hub.database_url, min_size=1, max_size=2)
        )
        producer = await stack.enter_async_context(batching_producer(servers))
        kafka = KafkaSettings(bootstrap_servers=servers.bootstrap_servers)
        consumer = AIOKafkaConsumer(
            **kafka.client_kwargs(),
            group_id=None,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        yield _Lane(name, instance, hub, pool, producer, consumer, processes)


class _Lane:
    """A lane in a hub, whose plans are measured."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        hub: Hub,
        pool: "asyncpg.Pool[asyncpg.Record]",
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
        processes: "list[subprocess.Popen[bytes]]",
    ) -> None:
        self._name, self._instance, self._hub = name, instance, hub
        self._pool, self._producer, self._consumer = pool, producer, consumer
        self._processes = processes
        self._backlog = HubBacklog(pool, consumer, prefix=hub.prefix)
        self._behind = 0
        self._clock_at = instance.clock_at

    async def fill(self) -> None:
        """Send the facts of the lane, and wait until the worker has followed all of them."""
        for fact in facts_of(self._instance):
            await send(self._producer, encode(fact, prefix=self._hub.prefix))
        await self._producer.flush()
        await self._until_settled()

    async def plan(self, sequence: int) -> Row | None:
        """Let the clock go on until the lane requests a plan; None: it requests none."""
        before = [_cpu_s(process.pid) for process in self._processes]
        self._clock_at += _TICK
        self._behind, began_s = 0, time.perf_counter()
        await send_tick(
            self._producer, prefix=self._hub.prefix, hub_key=self._hub.hub_key, at=self._clock_at
        )
        await self._until_settled()
        if (await self._state()).sequence < sequence:
            return None
        planned_s = await self._until_planned(sequence) - began_s
        await self._until_settled()
        settled_s = time.perf_counter() - began_s
        worker_s, planner_s = (
            _cpu_s(process.pid) - cpu_s
            for process, cpu_s in zip(self._processes, before, strict=True)
        )
        codes = await self._pool.fetch("select code, count(*) from dead_letter group by 1")
        if codes:
            raise Unavailable(f"the hub rejected records of its own: {codes}")
        figures = await self._figures(sequence)
        return Row(
            name=f"{self._name}, plan {sequence}",
            planned_s=round(planned_s, 1),
            settled_s=round(settled_s, 1),
            behind=self._behind,
            planner_cpu_s=round(planner_s, 1),
            worker_cpu_s=round(worker_s, 1),
            **figures,
        )

    async def _until_settled(self) -> None:
        """Wait until no record and no message is under way."""
        deadline_s = time.monotonic() + _TIMEOUT_S
        while behind := await self._backlog():
            self._behind = max(self._behind, behind)
            await self._pause(deadline_s, f"{behind} records wait for the worker")

    async def _until_planned(self, sequence: int) -> float:
        """Return when the planner had stored its plan."""
        deadline_s = time.monotonic() + _TIMEOUT_S
        query = "select state, detail from plan_request where sequence = $1 and state <> 'running'"
        while (row := await self._pool.fetchrow(query, sequence)) is None:
            self._behind = max(self._behind, await self._backlog())
            await self._pause(deadline_s, f"request {sequence} waits for its plan")
        if row["state"] != "planned":
            raise Unavailable(f"request {sequence} is {row['state']}: {row['detail']}")
        return time.perf_counter()

    async def _pause(self, deadline_s: float, waits: str) -> None:
        for process in self._processes:
            require_running(process)
        if time.monotonic() > deadline_s:
            raise Unavailable(f"after {_TIMEOUT_S:g} s {waits}")
        await asyncio.sleep(_POLL_S)

    async def _state(self) -> LaneState:
        row = await self._pool.fetchval(
            "select body from lane where key = $1", self._instance.lane_id
        )
        return msgspec.json.decode(unpack(row), type=LaneState)

    async def _figures(self, sequence: int) -> dict[str, Any]:
        stored = await self._pool.fetchrow(
            "select plan.*, plan_request.attempts from plan join plan_request using (request_id) "
            "where plan.sequence = $1",
            sequence,
        )
        assert stored is not None, sequence
        plan = unpack_plan(stored["form"], stored["body"])
        records = await self._records(plan)
        requests = [
            msgspec.json.decode(value, type=PlanRequested)
            for value in records["plan.requested.v1"]
            if msgspec.json.decode(value, type=PlanRequested).sequence == sequence
        ]
        codes = Counter(str(left.code) for left in plan.left_out)
        assert plan.certificate is not None, plan.plan_id
        return {
            "causes": ", ".join(requests[0].causes),
            "consignments": len(self._instance.demands),
            "cartons": sum(len(g.unit_ids) for d in self._instance.demands for g in d.cartons),
            "attempts": stored["attempts"],
            "cut_short": ", ".join(plan.stats.cut_short) or "no",
            "gap_percent": round(plan.gap_ratio * 100, 2),
            "containers": len(plan.containers),
            "left_out": ", ".join(f"{code} {count}" for code, count in codes.most_common()),
            "request_bytes": max(map(len, records["plan.requested.v1"])),
            "proposed_bytes": max(map(len, records["plan.proposed.v1"])),
            "load_plan_bytes": max(map(len, records["container.planned.v1"]), default=0),
            "certificate_bytes": len(msgspec.json.encode(plan.certificate)),
            "stored_bytes": len(stored["body"]) + len(stored["instance"]),
        }

    async def _records(self, plan: Plan) -> dict[str, list[bytes]]:
        """Return the values of the records about the plan, by type, and of all requests."""
        found: dict[str, list[bytes]] = defaultdict(list)
        names = ("hub.plan.v1", "hub.planrequest.v1")
        partitions = [
            TopicPartition(self._hub.prefix + name, number)
            for name in names
            for number in range(BY_NAME[name].partitions)
        ]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_beginning(*partitions)
        ends = await self._consumer.end_offsets(partitions)
        while any([await self._consumer.position(each) < ends[each] for each in partitions]):
            for records in (await self._consumer.getmany(timeout_ms=1_000)).values():
                for record in records:
                    kind = dict(record.headers).get("ce_type", b"").decode()
                    if kind == "plan.requested.v1" or plan.plan_id.encode() in record.value:
                        found[kind].append(record.value)
        return found


def _cpu_s(pid: int) -> float:
    """Return the processor time of a process and of its running children."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)
