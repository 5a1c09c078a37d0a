"""A frozen container whose cargo is measured bigger: from the scanner to the dispatcher and back.

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
"""Seven consignments of 3.36 m³ fill a 20-foot box; with four of 6.72 m³ they do not go in."""


class Day(msgspec.Struct):
    """Says facts, moves the clock, waits for what comes of it."""

    hub: StreamHub
    policy: Policy
    pool: asyncpg.Pool
    said: int = 0

    async def say(self, hour: float, *events: Event) -> None:
        """Facts from outside at that hour."""
        facts = []
        for event in events:
            self.said += 1
            at = CLOCK_AT + hour * HOUR
            facts.append(
                Fact(
                    event_id=f"e{self.said}",
                    source="/test/outside",
                    key=event.key,
                    occurred_at=at,
                    recorded_at=at,
                    data=event,
                )
            )
        await self.hub.send(*facts)
        await self.hub.until_taken_in()

    async def planned(self, hour: float) -> Plan:
        """The plan that the lane asks for at that hour, and what the verifier says of it."""
        before = await self.pool.fetchval("select coalesce(max(sequence), 0) from plan")
        await self.hub.tick(CLOCK_AT + hour * HOUR)

        async def newer() -> Any:
            return await self.pool.fetchrow(
                "select body, instance from plan where sequence > $1", before
            )

        row = await self.hub.until(f"a plan at hour {hour}", newer)
        await self.hub.until_taken_in()
        plan = msgspec.json.decode(zlib.decompress(row["body"]), type=Plan)
        instance = msgspec.json.decode(zlib.decompress(row["instance"]), type=Instance)
        assert plan.certificate is not None
        assert verify(instance, plan) == ()
        return plan

    async def accept(self, hour: float, plan: Plan) -> None:
        """A dispatcher approves, where the policy leaves it to him."""
        if not self.policy.auto_approve:
            await self.say(
                hour,
                commands.AcceptPlan(
                    command_id=f"C{hour}", by="dana", lane_id=LANE, plan_id=plan.plan_id
                ),
            )

    async def alerts(self) -> list[dict[str, Any]]:
        """What is open about containers that do not load."""
        rows = await self.pool.fetch(
            "select about, about_kind, code, severity, message from alert "
            "where code like 'unloadable_%' and cleared_at is null"
        )
        return [dict(row) for row in rows]


@pytest.fixture(params=[True, False], ids=["by itself", "by a dispatcher"])
async def running(
    request: pytest.FixtureRequest, kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> AsyncIterator[Day]:
    """A worker and a planner on one hub; plans are approved by the policy, or by a person."""
    policy = Policy(auto_approve=request.param)
    kafka = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    settings = WorkerSettings(
        kafka=kafka,
        database=DatabaseSettings(url=database_url),
        topics=TopicSettings(prefix=topic_prefix),
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
    """Six days on, with 20-foot boxes."""
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
    """Booked, announced, counted, measured as declared."""
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
    """Every carton through the scanner."""
    return [
        un.UnitMeasured(
            unit_id=f"{name}/{number:02d}", consignment_id=name, size=size, gross_g=10_000
        )
        for number in range(1, CARTONS + 1)
    ]


async def test_a_frozen_container_whose_cargo_grows_is_told_and_put_right(running: Day) -> None:
    """Certified plan, code, words, consignments, critical alert; cleared when cargo is out."""
    hour = running
    await hour.say(0, sailing(), *(event for name in NAMES for event in arrival(name)))
    plan = await hour.planned(1)
    (box,) = plan.containers
    assert set(box.consignment_ids) == set(NAMES)
    assert plan.unloadable == ()
    await hour.accept(1.1, plan)
    frozen = csl.ConsolidationFrozen(
        consolidation_id=box.consolidation_id,
        manifest_ref="M-1",
        equipment_ref="CSQU3054383",
        seal_no="S-1",
    )
    await hour.say(2, frozen)
    assert await hour.alerts() == []

    grown = NAMES[:4]
    await hour.say(3, *(event for name in grown for event in measured(name, GROWN)))
    plan = await hour.planned(4)
    (kept,) = plan.containers
    assert kept.stage == "frozen"
    assert set(kept.consignment_ids) == set(NAMES), "nobody loses a place on a filed manifest"
    assert kept.placements == box.placements, "the load plan in force stays"
    (unloadable,) = plan.unloadable
    assert unloadable.code == "did_not_fit"
    assert unloadable.consolidation_id == box.consolidation_id
    assert set(unloadable.consignment_ids) <= set(NAMES)
    assert unloadable.consignment_ids
    assert "is frozen and its contents do not load" in unloadable.reason
    (alert,) = await hour.alerts()
    status = await running.pool.fetchval("select published_plan_id from lane where key = $1", LANE)
    assert (status == plan.plan_id) is running.policy.auto_approve, "told before it is approved"
    assert (alert["code"], alert["severity"]) == ("unloadable_did_not_fit", "critical")
    assert (alert["about_kind"], alert["about"]) == ("consolidation", box.consolidation_id)
    assert unloadable.reason in alert["message"]
    assert all(name in alert["message"] for name in unloadable.consignment_ids)
    await hour.accept(4.1, plan)
    assert await hour.alerts() == [alert], "approval says nothing new"

    await hour.say(
        5,
        *(
            cn.RerateAccepted(consignment_id=name, volume_cm3=6_720_000, gross_g=280_000)
            for name in grown
        ),
        commands.UnfreezeConsolidation(
            command_id="U-1", by="dana", consolidation_id=box.consolidation_id, reason="too much"
        ),
    )
    plan = await hour.planned(6)
    assert plan.unloadable == ()
    assert len(plan.containers) == 2
    assert {one for each in plan.containers for one in each.consignment_ids} == set(NAMES)
    await hour.accept(6.1, plan)
    assert await hour.alerts() == []
