"""A hub in memory with three bookings, where events are published and taken back."""

from typing import Any

from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from tests.processors.aggregates import events as w
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.play import at

NAMES = ("CN-1", "CN-2", "CN-3")


def booked_hub(**policy: Any) -> MiniHub:
    """Make a hub with three bookings, which plans nothing of its own accord."""
    never = dict.fromkeys(("replan_debounce_s", "replan_urgent_s", "request_timeout_s"), 10**9)
    hub = MiniHub(all_aggregates(Policy(**{**never, **policy})))
    for name in NAMES:
        hub.publish(w.booked(1, consignment_id=name))
    hub.settle()
    return hub


def publish(hub: MiniHub, event: Event, **more: Any) -> Fact:
    """Publish an event ten minutes later, and deliver all messages."""
    hub.tick(10)
    fact = hub.publish(event, **more)
    hub.settle()
    hub.check()
    return fact


def retract(hub: MiniHub, fact: Fact) -> Fact:
    """Retract a fact, or a retraction."""
    minutes = (fact.occurred_at - at(0)).total_seconds() / 60
    return publish(hub, fact.data, minutes=minutes, correction_of=fact.event_id, retracted=True)


def check_allocations(hub: MiniHub) -> dict[str, str]:
    """Check that lane, consignments and consolidations agree; return who is where."""
    assigned = {
        name: each.consolidation_id
        for name, each in hub.state("lane", w.LANE).assignments.items()
        if each.consolidation_id
    }
    allocated = {
        name: allocation.consolidation_id
        for name in NAMES
        if (allocation := hub.state("consignment", name).allocation) is not None
    }
    members = {
        name: key
        for (kind, key), state in hub.states.items()
        if kind == "consolidation"
        for name, member in state.members.items()
        if member.member
    }
    planned = {
        name: key
        for (kind, key), state in hub.states.items()
        if kind == "consolidation" and not state.over
        for name in state.planned_ids
    }
    assert assigned == allocated == members == planned
    return assigned
