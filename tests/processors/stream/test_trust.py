"""Somebody else may write to Kafka: nobody is believed in the hub's name, and the hub goes on."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from groupage.contracts.encoding import encode
from groupage.contracts.provenance import is_own
from groupage.contracts.signing import HubKey
from groupage.domain.errors import Misconfigured
from groupage.domain.events.clock import ClockTicked
from groupage.domain.events.consignment import HoldPlaced
from groupage.domain.events.consolidation import ConsolidationOpened
from groupage.domain.events.planning import (
    Assignment,
    PlanAsked,
    PlanFailed,
    PlannedConsolidation,
    PlanProposed,
    ReplanWanted,
)
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.domain.plan import Certificate, Plan
from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState
from groupage.settings import HubSettings
from groupage.store.dead_letters import find_dead_letters
from groupage.store.state_codec import unpack
from groupage.store.trust import open_trust
from processors.aggregates.lane.aggregate import LaneAggregate
from processors.aggregates.registry import all_aggregates
from processors.kernel.outputs import Output, Publication
from processors.operations import replay
from processors.operations.rebuild import rebuild
from processors.worker.plausibility import DEFAULT_RULES
from tests.api import world
from tests.api.hub import store_plan
from tests.hub_key import SECRET, hub_key
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

LANE = world.LANE
HIGH = 1_000_000


def proposal(plan: Plan, digest: str, sequence: int = 1) -> PlanProposed:
    """Propose the plan with that digest: CN-1 goes into a container."""
    return PlanProposed(
        lane_id=plan.lane_id,
        plan_id=plan.plan_id,
        request_id=plan.request_id,
        sequence=sequence,
        decided_at=NOON,
        assignments=(
            Assignment(consignment_id="CN-1", consolidation_id="CSL-1", voyage_id=world.VOYAGE),
        ),
        moves=(),
        consolidations=(
            PlannedConsolidation(
                consolidation_id="CSL-1",
                voyage_id=world.VOYAGE,
                iso_type="45G1",
                consignment_ids=("CN-1",),
                volume_cm3=1,
                gross_g=1,
            ),
        ),
        cost_minor=1,
        bound_minor=1,
        gap_ratio=0.0,
        certificate=digest,
    )


def certified(plan: Plan, digest: str) -> Plan:
    """Return the plan with a certificate."""
    certificate = Certificate(
        verifier="test", checks=(), instance_digest="sha256:instance", plan_digest=digest
    )
    return replace(plan, certificate=certificate)


async def forge(hub: StreamHub, *facts: Fact, topic: str | None = None) -> None:
    """Publish facts without a signature, as anybody can who reaches Kafka."""
    for fact in facts:
        record = encode(fact, topic=topic)
        await hub.send_raw(record.topic, record.value, key=record.key, headers=record.headers)


async def codes(hub: StreamHub) -> Counter[str]:
    """Count the open dead letters by code."""
    found = await find_dead_letters(hub.pool, limit=1_000)
    return Counter(dead_letter.code for dead_letter in found)


async def lane(hub: StreamHub) -> LaneState:
    """Return the lane's state."""
    body = await hub.pool.fetchval("select body from lane where key = $1", LANE)
    return msgspec.json.decode(unpack(body), type=LaneState)


async def request_plan(hub: StreamHub, *, minutes: int) -> None:
    """Let the lane ask for a plan, which no planner reads."""
    at = NOON + timedelta(minutes=minutes)
    wish = ReplanWanted(lane_id=LANE, cause="measured", about=f"CN-{minutes}")
    await hub.send(fact_of(wish, event_id=f"wish-{minutes}", at=at, source="/groupage/test"))
    await hub.tick(at + timedelta(minutes=10))
    await hub.until_committed()


async def require_equal_rebuild(hub: StreamHub) -> None:
    """Fold the log again and compare."""
    report = await rebuild(
        hub.settings,
        all_aggregates(Policy()),
        time_rules=DEFAULT_RULES,
        verify=True,
        progress=lambda *_: None,
    )
    assert report.equal, report.tables


async def test_a_forged_plan_changes_nothing(stream_hub: StreamHub) -> None:
    """Not with a number of its own, not under the planner's name, not with a guessed signature."""
    plan = world.first_plan()
    forged = fact_of(proposal(plan, "x", HIGH), event_id="forged", source="/outsider")
    async with stream_hub.worker():
        await request_plan(stream_hub, minutes=0)
        await forge(stream_hub, forged)
        await forge(stream_hub, replace(forged, source="/groupage/planner", relayed_by="planner"))
        record = encode(forged)
        other = hub_key("another hub's ").sign(record.topic, record.headers, record.value)
        await stream_hub.send_raw(record.topic, record.value, key=record.key, headers=other)
        await stream_hub.until_committed()
        assert await codes(stream_hub) == {"not_yours": 3}
        state = await lane(stream_hub)
        assert (state.sequence, state.published_plan_id, state.plans) == (1, "", {})
    await require_equal_rebuild(stream_hub)


async def test_a_plan_is_believed_when_it_is_stored_with_that_digest(
    stream_hub: StreamHub,
) -> None:
    """Even the hub's own processes cannot propose a plan that nobody could show."""
    plan = world.first_plan()
    facts = {
        digest: fact_of(proposal(plan, digest), event_id=digest, source="/groupage/planner")
        for digest in ("sha256:other", "sha256:right")
    }
    async with stream_hub.worker():
        await request_plan(stream_hub, minutes=0)
        await stream_hub.send(facts["sha256:right"])
        await stream_hub.until_committed()
        (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=10)
        assert dead_letter.code == "plan_not_stored"
        assert "the database has no plan with that id" in dead_letter.reason
        await store_plan(stream_hub.pool, certified(plan, "sha256:right"))
        await stream_hub.send(facts["sha256:other"])
        await stream_hub.until_committed()
        assert await codes(stream_hub) == {"plan_not_stored": 2}
        assert (await lane(stream_hub)).published_plan_id == ""
        # The record kept its signature: once the plan is back, it can be sent again.
        await replay.replay(
            stream_hub.pool, stream_hub.settings.kafka, [dead_letter], prefix=stream_hub.prefix
        )
        await stream_hub.until_committed()
        assert (await lane(stream_hub)).published_plan_id == plan.plan_id
        assert await codes(stream_hub) == {"plan_not_stored": 1}


async def test_numbers_cannot_jump_and_the_lane_asks_on(stream_hub: StreamHub) -> None:
    """Unsigned they are dead letters, signed they are rejected; the next request is number 2."""
    jumps = [
        PlanAsked(lane_id=LANE, request_id="R", sequence=HIGH, wish_ids=()),
        PlanFailed(lane_id=LANE, request_id="R", sequence=HIGH, reason="x"),
    ]
    facts = [
        fact_of(jump, event_id=jump.name, at=NOON + timedelta(minutes=1), source="/outsider")
        for jump in jumps
    ]
    async with stream_hub.worker():
        await request_plan(stream_hub, minutes=0)
        await forge(stream_hub, *facts)
        await stream_hub.send(*(replace(fact, event_id=f"own {fact.event_id}") for fact in facts))
        await stream_hub.until_committed()
        assert await codes(stream_hub) == {"not_yours": 2, "sequence_jump": 2}
        failed = PlanFailed(lane_id=LANE, request_id="R", sequence=1, reason="no plan")
        at = NOON + timedelta(minutes=20)
        await stream_hub.send(fact_of(failed, event_id="f", at=at, source="/groupage/planner"))
        await request_plan(stream_hub, minutes=30)
        state = await lane(stream_hub)
        assert state.sequence == 2
        assert state.outstanding_request is not None
    await require_equal_rebuild(stream_hub)


async def test_nobody_forwards_facts_or_tells_the_time_but_the_hub(stream_hub: StreamHub) -> None:
    """A forwarded fact under a used id, one under an id of the hub, a tick: all are dead letters.

    The same facts without the hub's marks are everybody's.
    """
    hold = HoldPlaced(consignment_id="CN-1", hold_id="H-1", hold="DOCS", by="x")
    placed = fact_of(hold, event_id="h-1")
    unit = fact_of(UnitReceived(unit_id="U1", consignment_id="CN-1"), event_id="u-1")
    now = datetime.now(UTC)
    tick = fact_of(ClockTicked(at=now), event_id="tick", at=now, source="/ntp")
    async with stream_hub.worker():
        await stream_hub.tick(NOON)
        await forge(stream_hub, placed, unit)
        await forge(
            stream_hub,
            replace(unit, occurred_at=NOON + timedelta(hours=1), relayed_by="unit"),
            replace(placed, source="/groupage/command", event_id="predictable"),
        )
        await forge(stream_hub, tick, topic="hub.consignment.v1")
        await forge(stream_hub, tick, topic="hub.plan.v1")
        await stream_hub.until_committed()
        assert await codes(stream_hub) == {"not_yours": 4}
    facts = await stream_hub.pool.fetch("select source, event_id, relayed_by from fact order by 2")
    assert [tuple(row) for row in facts] == [("/wms/t", "h-1", None), ("/wms/t", "u-1", None)]
    clocks = "select distinct clock_at from intake_offset where clock_at is not null"
    assert [row[0] for row in await stream_hub.pool.fetch(clocks)] == [NOON]
    await require_equal_rebuild(stream_hub)


async def test_a_replayed_forgery_stays_a_forgery(stream_hub: StreamHub) -> None:
    """Replaying dead letters signs nothing that no worker had believed."""
    forged = fact_of(proposal(world.first_plan(), "x"), event_id="forged", source="/outsider")
    async with stream_hub.worker():
        await forge(stream_hub, forged)
        await stream_hub.until_committed()
        (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=10)
        assert not replay.needs_key(dead_letter)
        await replay.replay(
            stream_hub.pool,
            stream_hub.settings.kafka,
            [dead_letter],
            prefix=stream_hub.prefix,
            hub_key=stream_hub.settings.hub_key(),
        )
        await stream_hub.until_committed()
        assert await codes(stream_hub) == {"not_yours": 2}
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 0


async def test_a_rejected_fact_of_the_hub_can_be_replayed(stream_hub: StreamHub) -> None:
    """A worker had verified it, so the command signs it again; deduplication drops it."""
    jump = PlanAsked(lane_id=LANE, request_id="R", sequence=HIGH, wish_ids=())
    async with stream_hub.worker():
        await stream_hub.send(fact_of(jump, event_id="jump", source="/groupage/lane"))
        await stream_hub.until_committed()
        (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=10)
        assert replay.needs_key(dead_letter)
        await replay.replay(
            stream_hub.pool,
            stream_hub.settings.kafka,
            [dead_letter],
            prefix=stream_hub.prefix,
            hub_key=stream_hub.settings.hub_key(),
        )
        await stream_hub.until_committed()
        assert await codes(stream_hub) == {"sequence_jump": 1}


async def unsign(hub: StreamHub, *facts: Fact) -> None:
    """Publish facts as the processes of an older version did."""
    assert all(is_own(fact) for fact in facts)
    await forge(hub, *facts)


async def test_what_an_older_version_published_stays_believed(stream_hub: StreamHub) -> None:
    """Up to the end of its log, also what it had not taken in yet; and a rebuild agrees."""
    wishes = [
        fact_of(
            ReplanWanted(lane_id=LANE, cause="measured", about=f"CN-{n}"),
            event_id=f"w-{n}",
            source="/groupage/consignment",
        )
        for n in range(3)
    ]
    async with stream_hub.worker():  # makes the rows of the offsets
        await stream_hub.until_committed()
    await stream_hub.pool.execute(
        "insert into unsigned_log (topic, partition) select topic, partition from intake_offset"
    )
    await unsign(stream_hub, *wishes[:2])
    async with stream_hub.worker():
        await stream_hub.until_committed()
        assert len((await lane(stream_hub)).triggers) == 2
        await unsign(stream_hub, wishes[2])
        await stream_hub.until_committed()
        assert len((await lane(stream_hub)).triggers) == 2
        assert await codes(stream_hub) == {"not_yours": 1}
    assert not await stream_hub.pool.fetchval(
        "select count(*) from unsigned_log where end_offset is null"
    )
    await require_equal_rebuild(stream_hub)


async def test_another_secret_is_refused_and_two_are_a_replacement(
    stream_hub: StreamHub,
) -> None:
    """Else all that the others sign would be dead letters."""
    new, old = "n" * 40, SECRET
    hub = stream_hub

    async def start_with(*secrets: str) -> None:
        key = HubKey(secrets, prefix=hub.prefix)
        await open_trust(hub.pool, key, kafka=hub.settings.kafka, prefix=hub.prefix)

    await start_with(old)
    with pytest.raises(Misconfigured, match="is not the one that this hub's processes have signed"):
        await start_with(new)
    await start_with(new, old)
    await start_with(new)
    both = HubSettings(secret=SecretStr(f"{new}, {old}"))
    async with hub.worker():
        await request_plan(hub, minutes=0)
    hub.settings = replace(hub.settings, hub=both)
    async with hub.worker():
        await request_plan(hub, minutes=100)
        assert (await lane(hub)).sequence == 2
        assert await codes(hub) == {}
    await require_equal_rebuild(hub)
    hub.settings = replace(hub.settings, hub=HubSettings(secret=SecretStr("x" * 40)))
    with pytest.raises(Misconfigured, match="is not the one"):
        await require_equal_rebuild(hub)


async def test_a_message_that_no_reader_would_accept_is_not_published(
    stream_hub: StreamHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a dead letter and a critical alert; the aggregate's other messages go out."""
    opened = LaneAggregate.outputs

    def with_error(self: LaneAggregate, state: LaneState) -> dict[str, Publication]:
        if not state.sequence:
            return opened(self, state)
        wrong = ConsolidationOpened(
            consolidation_id="CSL-1", lane_id=LANE, voyage_id=world.VOYAGE, iso_type="forty foot"
        )
        return {**opened(self, state), "wrong": Output(wrong, NOON)}

    monkeypatch.setattr(LaneAggregate, "outputs", with_error)
    async with stream_hub.worker():
        await request_plan(stream_hub, minutes=0)
        assert (await lane(stream_hub)).sequence == 1
        assert await codes(stream_hub) == {"bad_data": 1}
        alerts = await stream_hub.pool.fetch("select code, about, severity, message from alert")
        assert [tuple(row)[:3] for row in alerts] == [("message_refused", LANE, "critical")]
        assert "'forty foot' is not right" in alerts[0]["message"]
    assert await stream_hub.pool.fetchval("select count(*) from consolidation") == 0
