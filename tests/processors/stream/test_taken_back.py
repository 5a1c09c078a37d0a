"""Corrections reach other aggregates through Kafka, the outbox and the store."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from groupage.contracts.encoding import fact_id
from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import unit as un
from groupage.domain.fact import Fact
from groupage.domain.plan import Certificate
from groupage.domain.policy import Policy
from groupage.store.facts import stored_fact
from groupage.store.state_codec import unpack
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry
from processors.kernel.fold import encode_state, fold
from processors.operations.rebuild import rebuild
from tests.api.hub import store_plan
from tests.api.world import first_plan
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

NAMES = ("CN-1", "CN-2", "CN-3")


def retraction(fact: Fact) -> Fact:
    """Withdraw a fact."""
    return msgspec.structs.replace(
        fact, event_id=f"{fact.event_id}-r", correction_of=fact.event_id, retracted=True
    )


async def send(hub: StreamHub, minutes: int, data: Any) -> Fact:
    """Send an event that happened so many minutes after noon; wait until all has followed."""
    fact = fact_of(data, event_id=f"e{minutes}", at=NOON + timedelta(minutes=minutes))
    await hub.send(fact)
    await hub.until_committed()
    return fact


async def publish_plan(
    hub: StreamHub, minutes: int, sequence: int, assigned: dict[str, str]
) -> None:
    """Store a plan, as the planner does, and propose it."""
    proposed = plan(sequence, assigned)
    certificate = Certificate(
        verifier="test", checks=(), instance_digest="", plan_digest=proposed.certificate
    )
    stored = msgspec.structs.replace(
        first_plan(),
        plan_id=proposed.plan_id,
        request_id=proposed.request_id,
        certificate=certificate,
    )
    await store_plan(hub.pool, stored)
    await send(hub, minutes, proposed)


async def take_back(hub: StreamHub, fact: Fact) -> Fact:
    """Retract a fact; wait until all has followed."""
    await hub.send(retraction(fact))
    await hub.until_committed()
    return retraction(fact)


async def states(hub: StreamHub, kind: str) -> dict[str, Any]:
    """Read the states of a kind; each is the fold of its facts."""
    aggregate: Any = all_aggregates(Policy())[kind]  # type: ignore[index]
    found = {}
    for key, body in await hub.pool.fetch(f"select key, body from {kind}"):
        rows = await hub.pool.fetch("select * from fact where kind = $1 and key = $2", kind, key)
        entries = [Entry(fact_id(each).hex, each) for each in (stored_fact(r).fact for r in rows)]
        assert unpack(body) == encode_state(fold(aggregate, key, entries)), (kind, key)
        found[key] = msgspec.json.decode(unpack(body), type=aggregate.state_type)
    return found


async def allocations(hub: StreamHub) -> dict[str, str]:
    """Return who is in which consolidation; lane, consignments and consolidations agree."""
    lane = (await states(hub, "lane"))[w.LANE]
    assigned = {
        name: each.consolidation_id
        for name, each in lane.assignments.items()
        if each.consolidation_id
    }
    allocated = {
        name: state.allocation.consolidation_id
        for name, state in (await states(hub, "consignment")).items()
        if state.allocation is not None
    }
    members = {
        name: key
        for key, state in (await states(hub, "consolidation")).items()
        for name, member in state.members.items()
        if member.member
    }
    assert assigned == allocated == members
    return assigned


async def test_a_mistake_is_taken_back_at_all_aggregates(stream_hub: StreamHub) -> None:
    """A cancellation, a pin and a hold, and a delivery note, each after the hub went on."""
    async with stream_hub.worker():
        for number, name in enumerate(NAMES):
            await send(stream_hub, number, w.booked(1, consignment_id=name))
        await send(stream_hub, 10, un.UnitReceived(unit_id="U1"))
        units = (cn.AnnouncedUnit(unit_id="U1"),)
        note = await send(stream_hub, 11, cn.AsnReceived(consignment_id="CN-1", units=units))
        await publish_plan(stream_hub, 20, 1, dict.fromkeys(NAMES, "C1"))
        assert await allocations(stream_hub) == dict.fromkeys(NAMES, "C1")
        cancelled = csl.ConsolidationCancelled(consolidation_id="C1", reason="x")
        mistake = await send(stream_hub, 30, cancelled)
        assert await allocations(stream_hub) == {}
        known: dict[str, Any] = {"by": "dana", "consignment_id": "CN-1"}
        pinned = commands.PinConsignment(
            command_id="K1", lane_id=w.LANE, voyage_id=w.VOYAGE, **known
        )
        pin = await send(stream_hub, 31, pinned)
        hold = await send(stream_hub, 32, commands.HoldConsignment(command_id="K2", **known))
        await publish_plan(stream_hub, 40, 2, {"CN-1": "C2"})
        for fact in (mistake, pin, hold, note):
            await take_back(stream_hub, fact)
        assert await allocations(stream_hub) == {"CN-1": "C2"}
        lane = (await states(stream_hub, "lane"))[w.LANE]
        consignment = (await states(stream_hub, "consignment"))["CN-1"]
        assert (lane.pins, lane.closed_at, consignment.blocked) == ({}, {}, False)
        assert (consignment.received_units, consignment.units) == (0, {})
        assert (await states(stream_hub, "unit"))["U1"].owner_id == ""
    assert await stream_hub.pool.fetch("select * from dead_letter where settled_at is null") == []
    # Messages are dated by the hub's time, not by the time of day of this test.
    late = "select distinct kind, type from fact where occurred_at > $1"
    assert await stream_hub.pool.fetch(late, NOON + timedelta(hours=1)) == []
    report = await rebuild(
        stream_hub.settings,
        all_aggregates(Policy()),
        verify=True,
        progress=lambda _done, _total: None,
    )
    assert report.equal, [table for table in report.tables if table.only_stored]
