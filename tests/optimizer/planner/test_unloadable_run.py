"""A frozen container whose cargo is measured larger: from the scanner to the dispatcher and back.

Worker, planner, Kafka and PostgreSQL are real; the world outside is a handful of facts.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from groupage.contracts.admin import ensure_topics
from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions, Event, Money
from groupage.domain.events.schedule import EquipmentOffer, SailingPublished
from groupage.domain.fact import Fact
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from groupage.settings import (
    DatabaseSettings,
    KafkaSettings,
    PlannerSettings,
    ProcessorSettings,
    TopicSettings,
)
from groupage.store.pool import create_pool
from optimizer.planner.planner import Planner
from optimizer.verification.api import verify
from processors.aggregates.registry import all_aggregates
from processors.worker.app import Worker, WorkerSettings
from tests.hub_key import hub_settings
from tests.optimizer.planner.lanes import cutoffs
from tests.processors.stream.hub import StreamHub

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]

CLOCK_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LANE = "CNNGB-NLRTM"
NAMES = tuple(f"CN-{number}" for number in range(1, 8))
CARTONS = 28
SIZE = Dimensions(length_mm=600, width_mm=500, height_mm=400)
GROWN = Dimensions(length_mm=800, width_mm=600, height_mm=500)
"""Seven consignments of 3.36 m³ fill a 20-foot container; with four of 6.72 m³ they do not fit."""


class Day(msgspec.Struct):
    """Publishes facts, moves the clock, waits for plans and alerts."""

    hub: StreamHub
    policy: Policy
    pool: asyncpg.Pool
    published: int = 0

    async def publish(self, hour: float, *events: Event) -> None:
        """Publish events of producers at that hour, and wait until the worker has them."""
        facts = []
        for event in events:
            self.published += 1
            at = CLOCK_AT + hour * HOUR
            facts.append(
                Fact(
                    event_id=f"e{self.published}",
                    source="/test/outside",
                    key=event.key,
                    occurred_at=at,
                    recorded_at=at,
                    data=event,
                )
            )
        await self.hub.send(*facts)
        await self.hub.until_committed()

    async def planned(self, hour: float) -> Plan:
        """Return the plan that the lane requests at that hour; the verifier passes it."""
        before = await self.pool.fetchval("select coalesce(max(sequence), 0) from plan")
        await self.hub.tick(CLOCK_AT + hour * HOUR)

        async def newer() -> Any:
            return await self.pool.fetchrow(
                "select body, instance from plan where sequence > $1", before
            )

        row = await self.hub.until(f"a plan at hour {hour}", newer)
        await self.hub.until_committed()
        plan = msgspec.json.decode(zlib.decompress(row["body"]), type=Plan)
        instance = msgspec.json.decode(zlib.decompress(row["instance"]), type=Instance)
        assert plan.certificate is not None
        assert verify(instance, plan) == ()
        return plan

    async def accept(self, hour: float, plan: Plan) -> None:
        """Approve as a dispatcher, unless the policy does."""
        if not self.policy.auto_approve:
            await self.publish(
                hour,
                commands.AcceptPlan(
                    command_id=f"C{hour}", by="dana", lane_id=LANE, plan_id=plan.plan_id
                ),
            )

    async def alerts(self) -> list[dict[str, Any]]:
        """Return the open alerts about containers that do not load."""
        rows = await self.pool.fetch(
            "select about, about_kind, code, severity, message from alert "
            "where code like 'unloadable_%' and cleared_at is null"
        )
        return [dict(row) for row in rows]


@pytest.fixture(params=[True, False], ids=["by the policy", "by a dispatcher"])
async def running(
    request: pytest.FixtureRequest, kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> AsyncIterator[Day]:
    """Run a worker and a planner on one hub; the policy or a dispatcher approves plans."""
    policy = Policy(auto_approve=request.param)
    kafka = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    settings = WorkerSettings(
        kafka=kafka,
        database=DatabaseSettings(url=database_url),
        topics=TopicSettings(prefix=topic_prefix),
        hub=hub_settings(),
        processor=ProcessorSettings(batch_wait_s=0.02),
    )
    await ensure_topics(kafka, prefix=topic_prefix)
    pool = await create_pool(settings.database, application_name="test")
    producer = AIOKafkaProducer(**kafka.client_kwargs(), enable_idempotence=True)
    await producer.start()
    try:
        async with _worker(settings, policy), _planner(settings, policy):
            yield Day(hub=StreamHub(settings, pool, producer), policy=policy, pool=pool)
    finally:
        await producer.stop()
        await pool.close()


@asynccontextmanager
async def _worker(settings: WorkerSettings, policy: Policy) -> AsyncIterator[None]:
    pool = await create_pool(settings.database, application_name="worker under test")
    worker = Worker(settings, pool=pool, aggregates=all_aggregates(policy))
    await worker.start()
    try:
        yield
    finally:
        await worker.stop(budget_s=10)
        pool.terminate()
        if worker.failed.done():
            worker.failed.result()


@asynccontextmanager
async def _planner(settings: WorkerSettings, policy: Policy) -> AsyncIterator[None]:
    pool = await create_pool(settings.database, application_name="planner under test")
    planner = Planner(
        kafka=settings.kafka,
        prefix=settings.topics.prefix,
        hub_key=settings.hub_key(),
        pool=pool,
        settings=PlannerSettings(),
        policy=policy,
    )
    stop = asyncio.Event()
    task = asyncio.create_task(planner.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task
        pool.terminate()


def sailing() -> SailingPublished:
    """A sailing in six days with 20-foot containers."""
    etd_at = CLOCK_AT + timedelta(days=6)
    return SailingPublished(
        voyage_id="FE4/2610W",
        service_id="FE4",
        mode="VESSEL",
        pol="CNNGB",
        pod="NLRTM",
        etd_at=etd_at,
        eta_at=etd_at + timedelta(days=30),
        cutoffs=cutoffs(etd_at),
        equipment=(
            EquipmentOffer(
                iso_type="22G1", freight=Money(amount_minor=150_000, currency="USD"), available=4
            ),
        ),
    )


def arrival(name: str) -> list[Event]:
    """Events of a consignment: booked, announced, counted, measured as declared."""
    units = [f"{name}/{number:02d}" for number in range(1, CARTONS + 1)]
    return [
        cn.ConsignmentBooked(
            consignment_id=name,
            shipper="booth-12",
            consignee=f"buyer-{name}",
            pol="CNNGB",
            pod="NLRTM",
            mode="0110",
            lines=(cn.CartonLine(pieces=CARTONS, size=SIZE, gross_g=10_000),),
            value=Money(amount_minor=100_000, currency="USD"),
            ready_at=CLOCK_AT,
        ),
        cn.ConsignmentAccepted(consignment_id=name),
        cn.AsnReceived(
            consignment_id=name, units=tuple(cn.AnnouncedUnit(unit_id=unit) for unit in units)
        ),
        *(un.UnitReceived(unit_id=unit, consignment_id=name) for unit in units),
        *measured(name, SIZE),
        cn.TallyCompleted(consignment_id=name, pieces=CARTONS),
    ]


def measured(name: str, size: Dimensions) -> list[un.UnitMeasured]:
    """Scanner events of every carton."""
    return [
        un.UnitMeasured(
            unit_id=f"{name}/{number:02d}", consignment_id=name, size=size, gross_g=10_000
        )
        for number in range(1, CARTONS + 1)
    ]


async def test_a_frozen_container_whose_cargo_grows_raises_an_alert_until_it_is_resolved(
    running: Day,
) -> None:
    """Certified plan, code, words, consignments, critical alert; cleared when cargo is out."""
    day = running
    await day.publish(0, sailing(), *(event for name in NAMES for event in arrival(name)))
    plan = await day.planned(1)
    (box,) = plan.containers
    assert set(box.consignment_ids) == set(NAMES)
    assert plan.unloadable == ()
    await day.accept(1.1, plan)
    frozen = csl.ConsolidationFrozen(
        consolidation_id=box.consolidation_id,
        manifest_ref="M-1",
        equipment_ref="CSQU3054383",
        seal_no="S-1",
    )
    await day.publish(2, frozen)
    assert await day.alerts() == []

    grown = NAMES[:4]
    await day.publish(3, *(event for name in grown for event in measured(name, GROWN)))
    plan = await day.planned(4)
    (kept,) = plan.containers
    assert kept.stage == "frozen"
    assert set(kept.consignment_ids) == set(NAMES), "no consignment leaves a filed manifest"
    assert kept.placements == box.placements, "the load plan in force stays"
    (unloadable,) = plan.unloadable
    assert unloadable.code == "did_not_fit"
    assert unloadable.consolidation_id == box.consolidation_id
    assert set(unloadable.consignment_ids) <= set(NAMES)
    assert unloadable.consignment_ids
    assert "is frozen and its contents do not load" in unloadable.reason
    (alert,) = await day.alerts()
    status = await running.pool.fetchval("select published_plan_id from lane where key = $1", LANE)
    assert (status == plan.plan_id) is running.policy.auto_approve, (
        "the alert does not wait for approval"
    )
    assert (alert["code"], alert["severity"]) == ("unloadable_did_not_fit", "critical")
    assert (alert["about_kind"], alert["about"]) == ("consolidation", box.consolidation_id)
    assert unloadable.reason in alert["message"]
    assert all(name in alert["message"] for name in unloadable.consignment_ids)
    await day.accept(4.1, plan)
    assert await day.alerts() == [alert], "approval raises no other alert"

    await day.publish(
        5,
        *(
            cn.RerateAccepted(consignment_id=name, volume_cm3=6_720_000, gross_g=280_000)
            for name in grown
        ),
        commands.UnfreezeConsolidation(
            command_id="U-1", by="dana", consolidation_id=box.consolidation_id, reason="too much"
        ),
    )
    plan = await day.planned(6)
    assert plan.unloadable == ()
    assert len(plan.containers) == 2
    assert {c for container in plan.containers for c in container.consignment_ids} == set(NAMES)
    await day.accept(6.1, plan)
    assert await day.alerts() == []
