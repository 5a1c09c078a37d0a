"""Four ways to harm a hub, one after the other on one hub: each ends as if nothing had happened.

Forged messages, events that are taken back, a wrong tick, a changed policy. After each the log
gives the stored tables. Then the first three again under the changed policy.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from groupage.domain import commands
from groupage.domain.events.consignment import ConsignmentNoted
from groupage.domain.events.consolidation import ConsolidationCancelled
from groupage.domain.events.planning import LanePinned, PlanAsked, PlanFailed, ReplanWanted
from groupage.domain.events.schedule import Cutoff, SailingPublished
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from tests.api import world
from tests.api.hub import START
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_policies import adopt
from tests.processors.stream.test_taken_back import retraction
from tests.processors.stream.test_time import EXTERNAL, FAR
from tests.processors.stream.test_trust import HIGH, codes, forge, proposal
from tests.processors.stream.test_voided_ticks import (
    lane,
    planner,
    tables,
    until_planned,
    void,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

WAITS = Policy(auto_approve=False)
SAILING = SailingPublished(
    voyage_id="FE4/2611W",
    service_id="FE4",
    mode="VESSEL",
    pol="CNNGB",
    pod="NLRTM",
    etd_at=START + timedelta(days=9),
    eta_at=START + timedelta(days=40),
    cutoffs=(Cutoff(code="LCO", due_at=START + timedelta(days=8)),),
    equipment=(),
)
"""A voyage for commands; without equipment no plan uses it."""
NOT_YOURS = "not_yours"


class Story:
    """The hub, and the time at which it stands."""

    def __init__(self, hub: StreamHub) -> None:
        self.hub = hub
        self.at = START + timedelta(hours=1)
        self.ticked_at = self.at
        self.facts = 0

    async def send(self, *events: Any, **more: Any) -> list[Fact]:
        """Send events, each a second after the one before; wait until all has followed."""
        facts = []
        for event in events:
            self.facts += 1
            self.at += timedelta(seconds=1)
            facts.append(fact_of(event, event_id=f"case-{self.facts}", at=self.at, **more))
        await self.hub.send(*facts)
        await self.hub.until_committed()
        return facts

    async def plan(self) -> None:
        """Let the lane request a plan, and the planner answer."""
        about = f"round {self.at.isoformat()}"
        wanted = ReplanWanted(lane_id=world.LANE, cause="measured", about=about)
        await self.send(wanted, source="/groupage/test")
        self.at += timedelta(minutes=6)
        self.ticked_at = self.at
        await self.hub.tick(self.at)
        await until_planned(self.hub, self.at)


async def forged_messages(story: Story) -> None:
    """Send a plan, a number that jumps and a failure, as anybody can who reaches Kafka."""
    before = await codes(story.hub)
    events = (
        proposal(world.first_plan(), "x", HIGH),
        PlanAsked(lane_id=world.LANE, request_id="R", sequence=HIGH, wish_ids=()),
        PlanFailed(lane_id=world.LANE, request_id="R", sequence=HIGH, reason="x"),
    )
    name = f"forged at {story.at.isoformat()}"
    forged = [
        fact_of(event, event_id=f"{name} {event.name}", at=story.at, source="/outsider")
        for event in events
    ]
    own = [replace(fact, source="/groupage/lane", relayed_by="lane") for fact in forged]
    await forge(story.hub, *forged, *own)
    await story.hub.until_committed()
    assert (await codes(story.hub))[NOT_YOURS] == before[NOT_YOURS] + 6


async def mistakes(story: Story) -> None:
    """Cancel the consolidation, pin and forbid its consignments; then take all of that back."""
    known: dict[str, Any] = {"by": "dana", "lane_id": world.LANE, "voyage_id": SAILING.voyage_id}
    number = story.facts
    mistaken = await story.send(
        ConsolidationCancelled(consolidation_id=world.FIRST, reason="x"),
        commands.PinConsignment(command_id=f"pin {number}", consignment_id="CN-1", **known),
        commands.ForbidConsignment(command_id=f"no {number}", consignment_id="CN-2", **known),
    )
    state = await lane(story.hub)
    assert (set(state.pins), set(state.forbids)) == ({"CN-1"}, {"CN-2"})
    assert world.FIRST in state.closed_at
    await story.hub.send(*map(retraction, mistaken))
    await story.hub.until_committed()
    state = await lane(story.hub)
    assert (state.pins, state.forbids, state.closed_at) == ({}, {}, {})


async def wrong_tick(story: Story) -> None:
    """Tick far ahead, so that the lane plans for that time, and void the tick."""
    wrong_at = FAR + timedelta(hours=story.facts)
    about = f"before {wrong_at.isoformat()}"
    trigger = ReplanWanted(lane_id=world.LANE, cause="measured", about=about)
    await story.send(trigger, source="/groupage/test")
    await story.hub.forge_tick(wrong_at)
    await until_planned(story.hub, wrong_at)
    report = await void(story.hub, EXTERNAL, wrong_at)
    assert (report.done, report.clock_at) == (True, story.ticked_at)


async def changed_policy(story: Story) -> None:
    """Adopt two policies within a minute while events flow; a late one folds the lane again."""
    published = (await lane(story.hub)).published_plan_id
    flowing = asyncio.create_task(_flow(story))
    await adopt(story.hub, replace(WAITS, replan_debounce_s=200), story.at + timedelta(seconds=10))
    await adopt(story.hub, WAITS, story.at + timedelta(seconds=40))
    await flowing
    pin = LanePinned(
        lane_id=world.LANE, consignment_id="CN-1", voyage_id=SAILING.voyage_id, by="dana"
    )
    for minute, late in ((61, pin), (62, replace(pin, voyage_id=None, unpin=True))):
        at = START + timedelta(minutes=minute)
        await story.hub.send(fact_of(late, event_id=f"late {minute}", at=at))
    await story.hub.until_committed()
    assert (await lane(story.hub)).plans[published].status in {"published", "superseded"}
    story.at += timedelta(minutes=2)


async def _flow(story: Story) -> None:
    """Send events of a consignment, one after the other."""
    for number in range(40):
        noted = ConsignmentNoted(consignment_id="CN-3", milestone=f"flow-{number}")
        at = story.at + timedelta(seconds=2 * number)
        await story.hub.send(fact_of(noted, event_id=f"flow-{number}", at=at))
        await asyncio.sleep(0)


async def view(hub: StreamHub) -> dict[str, list[tuple[Any, ...]]]:
    """Return what people see, without alerts about senders and about which plan waits."""
    seen = await tables(hub)
    seen["alert"] = [
        row
        for row in seen["alert"]
        if not any(each in row[0] for each in (NOT_YOURS, "plan_waits"))
    ]
    return seen


async def require_equal_rebuild(hub: StreamHub, of_file: Policy) -> None:
    """Fold the log again, with that policy in the file, and compare."""
    report = await rebuild(
        hub.settings,
        all_aggregates(of_file),
        time_rules=EXTERNAL,
        verify=True,
        progress=lambda *_: None,
    )
    assert report.equal, report.tables


async def test_a_harmed_hub_goes_on_as_if_nothing_had_happened(stream_hub: StreamHub) -> None:
    """People see the same after each case and the next plan; so does who folds the log again."""
    hub, story = stream_hub, Story(stream_hub)
    async with hub.worker(EXTERNAL):
        await adopt(hub, Policy(), START - timedelta(hours=1))
        published = fact_of(SAILING, event_id="sailing", at=START)
        await hub.send(published, *world.morning())
        await hub.until_committed()
        async with planner(hub):
            await story.plan()
        before = await view(hub)
    harms = (forged_messages, mistakes, wrong_tick)
    for cases in (*((harm,) for harm in harms), (changed_policy,), harms):
        async with hub.worker(EXTERNAL), planner(hub):
            for case in cases:
                await case(story)
                await story.plan()
                assert await view(hub) == before, case.__name__
        # The log has the policies, so it does not matter what the file says.
        await require_equal_rebuild(hub, WAITS)
    await require_equal_rebuild(hub, Policy())
    state = await lane(hub)
    assert state.proposals, "plans wait under the new policy"
    assert state.plans[state.published_plan_id].sequence < state.sequence
