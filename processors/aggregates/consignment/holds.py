"""Holds: they block a consignment until they are released.

A dispatcher's hold of a consignment that nobody knows is rejected: its id is mistyped, or its
booking comes late and makes the hold legal. A dispatcher's hold of what has left is rejected, too.
Cargo in a container can be held: it is still at the hub. A hold by another system, customs for
example, may come before the booking, and stays.
"""

from collections.abc import Mapping

from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import ConsignmentState, Hold
from groupage.domain.states import ConsignmentStatus
from groupage.domain.words import join_names, when
from processors.aggregates.consignment.timeline import note_rejection
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

_NAMED_MAX = 5
_GONE = frozenset({ConsignmentStatus.RETURNED, ConsignmentStatus.SPLIT})


def place_hold(state: ConsignmentState, entry: Entry, event: HoldPlaced) -> Rejection | None:
    """Block the consignment; a dispatcher blocks only one that is known and not gone."""
    commanded = entry.fact.relayed_by == "command"
    if commanded and (rejection := _reject_command(state, entry)):
        return rejection
    if event.hold_id in state.holds or event.hold_id in state.late_holds:
        return Rejection(Code.HOLD_EXISTS, f"hold {event.hold_id} was placed before")
    state.holds[event.hold_id] = Hold(
        hold=event.hold,
        placed_at=entry.fact.occurred_at,
        by=event.by,
        reason=event.reason,
        fact_id=entry.fact_id if commanded else "",
    )
    state.blocked = True
    return None


def _reject_command(state: ConsignmentState, entry: Entry) -> Rejection | None:
    if not state.is_known:
        return reject_unknown(state, entry)
    if state.exit is None or state.exit.status not in _GONE:
        return None  # cargo of a cancelled consignment is still at the hub
    children = ", ".join(state.exit.children)
    instead = f"; it continues as {children}: hold those" if children else ""
    return Rejection(
        Code.EXITED,
        f"the consignment is {state.exit.status} since {when(state.exit.at)}{instead}",
    )


def reject_unknown(state: ConsignmentState, entry: Entry) -> Rejection:
    """Reject what names a consignment that nobody had booked or announced."""
    return Rejection(
        Code.UNKNOWN_CONSIGNMENT,
        f"nobody had booked or announced consignment {state.key} by "
        f"{when(entry.fact.occurred_at)}; check the id",
    )


def derive(state: ConsignmentState) -> None:
    """Reject the holds that a dispatcher placed after the consignment had left the hub."""
    if state.departed_at is None and not state.late_holds:
        return
    every = state.holds | state.late_holds
    commanded = {name: hold for name, hold in every.items() if hold.fact_id}
    left_at = state.departed_at
    late = set()
    if left_at is not None:
        late = {name for name, hold in commanded.items() if hold.placed_at >= left_at}
    state.late_holds = {name: every[name] for name in sorted(late)}
    state.holds = {name: hold for name, hold in every.items() if name not in late}
    for name, hold in commanded.items():
        note_rejection(
            state,
            hold.fact_id,
            Rejection(Code.LEFT, f"it left the hub at {when(left_at)}") if name in late else None,
            "hold.placed",
            hold.placed_at,
        )
    state.blocked = bool(state.open_holds)


def release_hold(state: ConsignmentState, entry: Entry, event: HoldReleased) -> Rejection | None:
    """End a hold, or all of a type; the consignment is blocked while another one is open."""
    if (event.hold_id is None) == (event.hold is None):
        return Rejection(Code.NO_HOLD_NAMED, "name the hold by hold_id, or its type by hold")
    every = state.holds | state.late_holds
    if event.hold_id is not None:
        named = {event.hold_id: every[event.hold_id]} if event.hold_id in every else {}
    else:
        named = {name: hold for name, hold in every.items() if hold.hold == event.hold}
    ended = [hold.released_at for hold in named.values() if hold.released_at is not None]
    if len(ended) == len(named):
        what = f"hold {event.hold_id}" if event.hold_id else f"no {event.hold} hold"
        if not ended:
            text = f"{what} was {'never' if event.hold_id else 'ever'} placed"
            return Rejection(Code.NO_SUCH_HOLD, f"{text}; {_open_holds_text(every)}")
        text = f"{what} ended" if event.hold_id else f"{what} is open; the last one ended"
        return Rejection(
            Code.HOLD_NOT_OPEN, f"{text} at {when(max(ended))}; {_open_holds_text(every)}"
        )
    for hold in named.values():
        if hold.released_at is None:
            hold.released_at = entry.fact.occurred_at
    state.blocked = bool(state.open_holds)
    return None


def _open_holds_text(holds: Mapping[str, Hold]) -> str:
    """Say which holds are open: with these a release is right."""
    names = [
        f"{name} ({hold.hold})" for name, hold in sorted(holds.items()) if hold.released_at is None
    ]
    return f"open: {join_names(names, _NAMED_MAX)}" if names else "none is open"
