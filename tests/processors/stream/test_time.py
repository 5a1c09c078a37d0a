"""Times that cannot be right, with a real Kafka and PostgreSQL: wrong ticks, future events."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from groupage.app.commands.clock_reading import describe_clock
from groupage.contracts.policy_following import PolicyFollower
from groupage.contracts.policy_log import PolicyLog
from groupage.contracts.topics import EXTERNAL_CLOCK_TOPICS
from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.events.consolidation import ConsolidationOpened, ConsolidationRolled
from groupage.domain.events.schedule import SailingPublished
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.store.dead_letters import StoredDeadLetter, find_dead_letters
from groupage.store.readers.clock import read_clock
from processors.aggregates.registry import all_aggregates
from processors.operations import replay
from processors.operations.clock import Clock, simulated_clock
from processors.operations.rebuild import rebuild
from processors.worker.plausibility import DEFAULT_RULES, TimeRules
from tests.aggregate_lists import require_right_lists
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

FAR = datetime(2199, 12, 30, tzinfo=UTC)
EXTERNAL = TimeRules(wall=False)
TICK_PARTITIONS = 16
TOLERANCE = timedelta(seconds=Policy().clock_tolerance_s)


async def clocks(hub: StreamHub) -> set[datetime]:
    """Return the readings of all clocks."""
    rows = await hub.pool.fetch(
        "select distinct clock_at from intake_offset where clock_at is not null"
    )
    return {row[0] for row in rows}


async def alerts(hub: StreamHub) -> list[tuple[str, str]]:
    """Return code and severity of the open alerts."""
    rows = await hub.pool.fetch(
        "select code, severity from alert where cleared_at is null order by alert_id"
    )
    return [tuple(row) for row in rows]


async def open_dead_letters(hub: StreamHub, code: str) -> list[StoredDeadLetter]:
    """Return the open dead letters with that code."""
    return await find_dead_letters(hub.pool, code=code, limit=100)


async def require_equal_rebuild(hub: StreamHub, rules: TimeRules = DEFAULT_RULES) -> None:
    """Fold the log again and compare."""
    report = await rebuild(
        hub.settings,
        all_aggregates(Policy()),
        time_rules=rules,
        verify=True,
        progress=lambda *_: None,
    )
    assert report.equal, [each for each in report.tables if each.only_stored or each.only_rebuilt]
    await require_right_lists(hub.pool)


async def test_a_forged_tick_is_not_believed(stream_hub: StreamHub) -> None:
    """A wall-clock hub keeps its time, raises one critical alert and goes on."""
    before = datetime.now(UTC)
    after = before + timedelta(seconds=10)
    async with stream_hub.worker():
        await stream_hub.tick(before)
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
        assert await clocks(stream_hub) == {before}
        await stream_hub.tick(after)
        await stream_hub.until_committed()
        assert await clocks(stream_hub) == {after}
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
    assert await alerts(stream_hub) == [("clock_implausible", "critical")]
    assert len(await open_dead_letters(stream_hub, "clock_implausible")) == 2 * TICK_PARTITIONS
    reading = await read_clock(stream_hub.pool)
    right, found, todo = describe_clock(reading, "wall", tolerance=TOLERANCE)
    assert (right, found) == (False, "wrong ticks of 1 sender were not believed")
    for part in ("/outsider", "2199-12-30 00:00", "Kafka's time was", "groupage clock void"):
        assert part in todo
    await require_equal_rebuild(stream_hub)


async def test_a_clock_that_stands_in_the_future_is_told(stream_hub: StreamHub) -> None:
    """A hub that believed such a tick under an older version says so, and how to end that."""
    async with stream_hub.worker(EXTERNAL):
        await stream_hub.forge_tick(FAR)
        await stream_hub.until_committed()
    reading = await read_clock(stream_hub.pool)
    right, found, todo = describe_clock(reading, "wall", tolerance=TOLERANCE)
    assert not right
    assert found.startswith("it stands at 2199-12-30")
    assert "groupage clock void --later-than" in todo
    assert describe_clock(reading, "external", tolerance=TOLERANCE)[0]


async def test_a_hold_from_the_future_does_not_block(stream_hub: StreamHub) -> None:
    """It is quarantined with an alert about its sender; the right hold and its release count."""
    now = datetime.now(UTC)
    wrong = fact_of(
        HoldPlaced(consignment_id="C1", hold_id="H1", hold="CUSTOMS", by="customs"),
        event_id="1",
        at=now.replace(year=2099),
    )
    placed = fact_of(wrong.data, event_id="2", at=now - timedelta(hours=2))
    released = fact_of(
        HoldReleased(consignment_id="C1", hold_id="H1", by="customs"), event_id="3", at=now
    )
    async with stream_hub.worker():
        await stream_hub.send(wrong, released)
        await stream_hub.until_committed()
        (dead_letter,) = await open_dead_letters(stream_hub, "from_the_future")
        assert "2099-" in dead_letter.reason
        assert await alerts(stream_hub) == [
            ("from_the_future", "warning"),
            ("event_rejected", "warning"),
        ]
        await stream_hub.send(placed)
        await stream_hub.until_committed()
    row = await stream_hub.pool.fetchrow("select blocked from consignment where key = 'C1'")
    assert row is not None
    assert not row["blocked"]
    assert await alerts(stream_hub) == [("from_the_future", "warning")]
    await require_equal_rebuild(stream_hub)


async def test_plans_and_retractions_may_be_ahead(stream_hub: StreamHub) -> None:
    """A planned time does not state that it happened, and a retraction has no time of effect."""
    now = datetime.now(UTC)
    far = now + timedelta(days=400)
    received = UnitReceived(unit_id="U1", consignment_id="C1")
    whole = fact_of(received, event_id="1", at=now)

    def vary(event_id: str, **changes: Any) -> Fact:
        return replace(whole, event_id=event_id, **{"occurred_at": far, **changes})

    async with stream_hub.worker():
        await stream_hub.send(
            whole,
            vary("2", classifier="PLN"),
            vary("3", classifier="EST"),
            vary("4", correction_of="1", retracted=True),
            vary("5", occurred_at=now + timedelta(hours=14)),
        )
        await stream_hub.until_committed()
    assert not await open_dead_letters(stream_hub, "from_the_future")
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 5


async def test_a_replayed_event_counts_when_its_time_has_come(stream_hub: StreamHub) -> None:
    """Replayed too early it stays a dead letter; later it is taken in, and the alert ends."""
    now = datetime.now(UTC)
    received = UnitReceived(unit_id="U1", consignment_id="C1")
    early = TimeRules(event_ahead=timedelta(hours=1))
    async with stream_hub.worker(early):
        await stream_hub.send(fact_of(received, event_id="1", at=now + timedelta(hours=2)))
        await stream_hub.until_committed()
        await _replay(stream_hub)
        assert await stream_hub.pool.fetchval("select count(*) from fact") == 0
    later = TimeRules(event_ahead=timedelta(hours=3))
    async with stream_hub.worker(later):  # in place of two hours
        await _replay(stream_hub)
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 1
    assert not await open_dead_letters(stream_hub, "from_the_future")
    assert await alerts(stream_hub) == []


async def _replay(hub: StreamHub) -> None:
    await replay.replay(
        hub.pool,
        hub.settings.kafka,
        await open_dead_letters(hub, "from_the_future"),
        prefix=hub.prefix,
    )
    await hub.until_committed()


async def test_an_external_clock_limits_events_too(stream_hub: StreamHub) -> None:
    """Only what is ahead of the last tick and of Kafka's time is from the future."""
    days = [FAR - timedelta(days=10), NOON, NOON + timedelta(days=2), FAR]
    facts = [
        fact_of(UnitReceived(unit_id=f"U{n}", consignment_id="C1"), event_id=str(n), at=at)
        for n, at in enumerate(days)
    ]
    async with stream_hub.worker(EXTERNAL):
        await stream_hub.send(facts[0])
        await stream_hub.until_committed()
        await stream_hub.forge_tick(NOON, EXTERNAL_CLOCK_TOPICS)
        await stream_hub.send(*facts[1:])
        await stream_hub.until_committed()
        assert await stream_hub.pool.fetchval("select count(*) from fact") == 3
        (dead_letter,) = await open_dead_letters(stream_hub, "from_the_future")
        assert dead_letter.event_id == "3"
        assert "the hub's time was 2026-03-01 12:00" in dead_letter.reason
        await stream_hub.forge_tick(FAR - timedelta(hours=1), EXTERNAL_CLOCK_TOPICS)
        await _replay(stream_hub)
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 4
    await require_equal_rebuild(stream_hub, EXTERNAL)


def _constant(at: datetime) -> datetime:
    return at


async def test_a_clock_with_a_wrong_year_stops(stream_hub: StreamHub) -> None:
    """The process sends one tick, compares it with Kafka's answer, says so and sends no more."""
    for years in (-1, 173):
        now = datetime.now(UTC)
        wrong = now.replace(year=now.year + years, day=28)
        clock = Clock(
            stream_hub.settings.kafka,
            stream_hub.prefix,
            stream_hub.settings.hub_key(),
            tick_s=0.01,
            tolerance=TOLERANCE,
            now=partial(_constant, wrong),
        )
        assert await clock.checks() == {"time": True}
        stop = asyncio.Event()
        ticking = asyncio.create_task(clock.keep_time(stop))

        async def doubts(clock: Clock = clock) -> bool:
            return (await clock.checks())["time"] is not True

        await stream_hub.until("the clock doubts itself", doubts)
        stop.set()
        await ticking
        (reason,) = (await clock.checks()).values()
        assert isinstance(reason, str)
        assert f"this host says that it is {wrong.year}-" in reason
        assert f"Kafka's time is {now.year}-" in reason
    async with stream_hub.worker():
        await stream_hub.tick(now)
        await stream_hub.until_committed()
    assert await clocks(stream_hub) == {now}
    assert await alerts(stream_hub) == [("clock_implausible", "critical")]


async def test_a_simulated_clock_goes_on_from_the_last_tick(stream_hub: StreamHub) -> None:
    """As fast as the time of day, and whatever Kafka's time is; no deadline is leapt over."""
    async with stream_hub.worker(EXTERNAL):
        await stream_hub.tick(NOON)
        await stream_hub.until_committed()
        clock = simulated_clock(
            stream_hub.settings.kafka,
            stream_hub.prefix,
            stream_hub.settings.hub_key(),
            tick_s=0.05,
            last_at=NOON,
        )
        stop = asyncio.Event()
        ticking = asyncio.create_task(clock.keep_time(stop))

        async def has_moved() -> bool:
            return min(await clocks(stream_hub)) > NOON

        await stream_hub.until("the clock goes on", has_moved)
        assert max(await clocks(stream_hub)) < NOON + timedelta(minutes=2)
        assert await clock.checks() == {"time": True}
        stop.set()
        await ticking
    assert await alerts(stream_hub) == []


async def test_a_clock_that_was_corrected_ticks_again(stream_hub: StreamHub) -> None:
    """The time of the host is asked for again, and the alert on the topic is cleared."""
    now = datetime.now(UTC)
    readings = iter([now.replace(year=2199, day=28), now, now])
    clock = Clock(
        stream_hub.settings.kafka,
        stream_hub.prefix,
        stream_hub.settings.hub_key(),
        tick_s=0.01,
        tolerance=TOLERANCE,
        now=lambda: next(readings),
    )
    try:
        await clock.compare_or_tick()
        assert (await clock.checks())["time"] is not True
        await clock.compare_or_tick()
        assert await clock.checks() == {"time": True}
        await clock.compare_or_tick()
    finally:
        await clock.close()
    async with stream_hub.worker():
        await stream_hub.until_committed()
    assert await clocks(stream_hub) == {now}


async def test_the_clock_follows_adoptions(stream_hub: StreamHub) -> None:
    """A policy that is adopted while it runs sets how far its host may differ from Kafka."""
    hub_key = stream_hub.settings.hub_key()
    kafka, prefix = stream_hub.settings.kafka, stream_hub.prefix
    behind = timedelta(minutes=2)
    clock = Clock(
        kafka,
        prefix,
        hub_key,
        tick_s=0.05,
        tolerance=TOLERANCE,
        now=lambda: datetime.now(UTC) - behind,
    )
    follower = PolicyFollower(
        PolicyLog(kafka, prefix=prefix, hub_key=hub_key),
        wall=True,
        in_force=Policy(),
        judge_by=clock.judge_by,
    )
    stop = asyncio.Event()

    async def doubts() -> bool:
        return (await clock.checks())["time"] is not True

    async with PolicyLog(kafka, prefix=prefix, hub_key=hub_key) as log:
        await log.adopt_first(Policy(), by="anna", reason="test")
        await clock.compare_or_tick()
        assert not await doubts()
        ticking = asyncio.create_task(clock.keep_time(stop))
        follower.start()
        strict = Policy(clock_tolerance_s=30)
        await log.adopt(strict, by="anna", reason="test", effective_at=datetime.now(UTC))
        try:
            await stream_hub.until("the clock follows the policy", doubts)
        finally:
            stop.set()
            await ticking
            await follower.stop()


async def test_messages_have_the_hubs_time(stream_hub: StreamHub) -> None:
    """Where no clock ticks (voyages), the time of the hub counts, not the worker's."""
    hub = stream_hub
    opened = ConsolidationOpened(
        consolidation_id="CSL-1", lane_id="CNNGB-NLRTM", voyage_id="V1", iso_type="45G1"
    )
    ended = ConsolidationRolled(consolidation_id="CSL-1", to_voyage_id="V2", reason="late")
    sailing = SailingPublished(
        voyage_id="V1",
        service_id="FE4",
        mode="VESSEL",
        pol="CNNGB",
        pod="NLRTM",
        etd_at=NOON + timedelta(days=4),
        eta_at=NOON + timedelta(days=34),
        cutoffs=(),
        equipment=(),
    )
    async with hub.worker(EXTERNAL):
        await hub.tick(NOON)
        await hub.send(fact_of(sailing, event_id="1"), fact_of(opened, event_id="2"))
        await hub.until_committed()
        await hub.send(fact_of(ended, event_id="3", at=NOON + timedelta(minutes=1)))
        await hub.until_committed()
    late = await hub.pool.fetch(
        "select type, key, occurred_at from fact where occurred_at > $1", NOON + timedelta(days=1)
    )
    assert late == []
    snapshots = await hub.pool.fetch(
        "select occurred_at from fact where type = 'consolidation.voyage_changed'"
    )
    assert len(snapshots) >= 2, "the voyage publishes that it is followed, and that it is not"
