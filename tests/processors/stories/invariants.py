"""What must hold between aggregates once every message has arrived."""

from collections.abc import Iterator
from typing import Any

from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.base import AggregateKind
from groupage.domain.states import ConsolidationStatus
from processors.kernel.outputs import Output
from tests.processors.aggregates.minihub import MiniHub

_CLOSED = frozenset(
    {
        ConsolidationStatus.GATED_OUT,
        ConsolidationStatus.ON_BOARD,
        ConsolidationStatus.BROKEN_UP,
        ConsolidationStatus.CANCELLED,
    }
)
_SEEN_OF_MEMBER = ("status", "loaded_pieces", "received_at", "released_at", "loaded_at")
_SEEN_OF_CONTAINER = ("status", "fit", "seal_no", "sealed_at", "vgm_g", "vgm_at", "gated_out_at")
_SEEN_OF_VOYAGE = ("status", "etd_at", "eta_at", "cutoffs", "departed_at")


def broken_invariants(hub: MiniHub) -> list[str]:
    """List broken invariants, each as a line of text."""
    return [
        *_allocations(hub),
        *_assignments(hub),
        *_closings(hub),
        *_snapshots(hub),
        *_followers(hub),
        *_pins(hub),
        *_alerts(hub),
    ]


def _states(hub: MiniHub, kind: AggregateKind) -> Iterator[tuple[str, Any]]:
    return ((key, state) for (each, key), state in list(hub.states.items()) if each == kind)


def _refused_the_lane(state: Any) -> bool:
    """Tell whether a filed manifest or an exit kept the consignment from doing as the lane says.

    The lane does not learn of it: people see the alert, and the next plan finds the allocation.
    """
    changes = ("consignment.allocated", "consignment.deallocated", "consignment.rolled")
    left = state.exit is not None or state.settled_exit is not None
    return left or any(each.type in changes for each in state.rejected.values())


def _allocations(hub: MiniHub) -> Iterator[str]:
    """A consignment is a member of the consolidation that it is allocated to, and of no other."""
    allocated = {
        (state.allocation.consolidation_id, name)
        for name, state in _states(hub, "consignment")
        if state.allocation is not None
    }
    members = {
        (into, name)
        for into, state in _states(hub, "consolidation")
        for name, member in state.members.items()
        if member.member
    }
    for into, name in sorted(allocated ^ members):
        where = "allocated but no member" if (into, name) in allocated else "only a member"
        yield f"{name} in {into}: {where}"


def _assignments(hub: MiniHub) -> Iterator[str]:
    """The lane assigns a consignment to the consolidation that it is allocated to.

    Unless that has closed: its lane then forgets the assignment. Its lane is the one that it was
    opened for; a story may open it for another one than its plan's.
    """
    assigned: dict[str, str] = {}
    closed = {name for name, each in _states(hub, "consolidation") if each.status in _CLOSED}
    for _, state in _states(hub, "lane"):
        assigned |= {
            name: each.consolidation_id
            for name, each in state.assignments.items()
            if each.consolidation_id and each.consolidation_id not in closed
        }
    for name, state in _states(hub, "consignment"):
        into = "" if state.allocation is None else state.allocation.consolidation_id
        if into in closed or _refused_the_lane(state):
            continue
        if assigned.get(name, "") != into:
            yield f"{name} is assigned to {assigned.get(name, '')!r}, it is in {into!r}"


def _closings(hub: MiniHub) -> Iterator[str]:
    """The lane has closed the consolidations that left or ended, and no other."""
    for lane, state in _states(hub, "lane"):
        closed = {
            name
            for name, each in _states(hub, "consolidation")
            if each.lane_id == lane and each.status in _CLOSED
        }
        if closed != state.closed_at.keys():
            yield f"{lane} closed {sorted(state.closed_at)}, but {sorted(closed)} have ended"


def _snapshots(hub: MiniHub) -> Iterator[str]:
    """A consolidation knows its members, container and voyage as they are."""
    for into, state in _states(hub, "consolidation"):
        for name, member in state.members.items():
            if member.member:
                yield from _compare(hub, into, member, "consignment", name, _SEEN_OF_MEMBER)
        for ref, container in state.containers.items():
            if hub.state("container", ref).consolidation_id == into:
                yield from _compare(hub, into, container, "container", ref, _SEEN_OF_CONTAINER)
        if state.voyage is not None:
            voyage_id = state.voyage_id
            yield from _compare(hub, into, state.voyage, "voyage", voyage_id, _SEEN_OF_VOYAGE)


def _compare(
    hub: MiniHub, into: str, snapshot: Any, kind: AggregateKind, key: str, fields: tuple[str, ...]
) -> Iterator[str]:
    state = hub.state(kind, key)
    for name in fields:
        known, real = getattr(snapshot, name), getattr(state, name)
        if known != real:
            yield f"{into} believes {name} of {kind} {key} is {known!r}, it is {real!r}"


def _followers(hub: MiniHub) -> Iterator[str]:
    """A voyage knows the consolidations that are on it."""
    on_board: dict[str, list[str]] = {}
    for name, state in _states(hub, "consolidation"):
        if state.opened_at is not None:
            on_board.setdefault(state.voyage_id, []).append(name)
    for voyage_id, names in on_board.items():
        followers = hub.state("voyage", voyage_id).followers
        if not set(names) <= set(followers):
            yield f"voyage {voyage_id} is followed by {followers}, not by all of {sorted(names)}"


def _pins(hub: MiniHub) -> Iterator[str]:
    """Each pin and each prohibition has its command."""
    commands = {
        (each.event_fields["consignment_id"], each.event_fields.get("voyage_id") or "", each.at)
        for _, state in _states(hub, "command")
        for each in state.commands.values()
        if each.event_type == "consignment.steered"
    }
    for lane, state in _states(hub, "lane"):
        pins = [(name, pin.voyage_id, pin.at) for name, pin in state.pins.items()]
        pins += [
            (name, voyage_id, forbid.at)
            for name, voyages in state.forbids.items()
            for voyage_id, forbid in voyages.items()
        ]
        for pin in pins:
            if pin not in commands:
                yield f"{lane} has {pin}, which no command asks for"


def _alerts(hub: MiniHub) -> Iterator[str]:
    """The open alerts are those that the states call for."""
    called_for = {
        output.event.alert_id: output.event
        for published in hub.published.values()
        for output in published.values()
        if isinstance(output, Output) and isinstance(output.event, AlertRaised)
    }
    for alert_id in sorted(called_for.keys() | hub.alerts.keys()):
        if called_for.get(alert_id) != hub.alerts.get(alert_id):
            yield f"alert {alert_id} is {hub.alerts.get(alert_id)}, not {called_for.get(alert_id)}"
