"""Handlers of the steps that people and the lane report, in the order of the life cycle."""

from collections.abc import Callable
from functools import wraps
from typing import TypeAlias, TypeVar

from groupage.domain.events import consolidation as events
from groupage.domain.events.base import Event
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consolidation import ConsolidationState, Manifest
from groupage.domain.words import when
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

E = TypeVar("E", bound=Event)
_Handler: TypeAlias = Callable[[ConsolidationState, Entry, E], Rejection | None]


def while_open(handler: _Handler[E]) -> _Handler[E]:
    """Reject the event before the consolidation is opened and after it has ended."""

    @wraps(handler)
    def handle(state: ConsolidationState, entry: Entry, event: E) -> Rejection | None:
        if state.opened_at is None:
            return Rejection(Code.NOT_OPENED, "it was never opened; check the id")
        if state.ended:
            return Rejection(Code.ENDED, f"it is {state.ended} since {when(state.ended_at)}")
        return handler(state, entry, event)

    return handle


def open_(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationOpened
) -> Rejection | None:
    """Open it on a voyage, for a container type."""
    if state.opened_at is not None:
        return Rejection(Code.ALREADY_OPENED, f"it was opened at {when(state.opened_at)}")
    state.opened_at = entry.fact.occurred_at
    state.lane_id, state.voyage_id = event.lane_id, event.voyage_id
    state.iso_type, state.policy = event.iso_type, event.policy
    return None


@while_open
def plan(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationPlanned
) -> Rejection | None:
    """Take the list of the newest plan; a filed manifest allows no other list."""
    if event.revision and event.revision < state.plan_revision:
        return None  # of release 0.2.0, which published a list again with its first time
    if state.manifest is not None and set(event.consignment_ids) != set(state.planned_ids):
        return Rejection(
            Code.FROZEN, f"manifest {state.manifest.manifest_ref} is filed; unfreeze it"
        )
    state.plan_id = event.plan_id
    state.plan_revision = max(event.revision, state.plan_revision)
    state.planned_at = entry.fact.occurred_at
    state.planned_ids = tuple(sorted(event.consignment_ids))
    state.planned_volume_cm3 = event.planned_volume_cm3
    state.planned_gross_g = event.planned_gross_g
    return None


@while_open
def book(state: ConsolidationState, entry: Entry, event: events.ConsolidationBooked) -> None:
    """Note the carrier booking; a later one replaces it."""
    state.booked_at = entry.fact.occurred_at
    state.carrier_booking_id = event.carrier_booking_id


@while_open
def freeze(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationFrozen
) -> Rejection | None:
    """File the manifest; every consignment on it must be planned."""
    if state.manifest is not None:
        return Rejection(Code.ALREADY_FROZEN, f"manifest {state.manifest.manifest_ref} is filed")
    if not state.planned_ids:
        return Rejection(Code.NOTHING_PLANNED, "no plan puts a consignment into it")
    not_planned = set(event.consignment_ids) - set(state.planned_ids)
    if not_planned:
        names = ", ".join(sorted(not_planned))
        return Rejection(Code.NOT_PLANNED, f"not planned into it: {names}")
    state.manifest = Manifest(
        manifest_ref=event.manifest_ref,
        equipment_ref=event.equipment_ref,
        seal_no=event.seal_no,
        consignment_ids=tuple(sorted(event.consignment_ids)) or state.planned_ids,
        filed_at=entry.fact.occurred_at,
    )
    state.assigned = (event.equipment_ref, entry.fact.occurred_at)
    return None


@while_open
def unfreeze(
    state: ConsolidationState, entry: Entry, _event: events.ConsolidationUnfrozen
) -> Rejection | None:
    """Withdraw the manifest, before stuffing; afterwards it must be broken up."""
    if state.manifest is None:
        return Rejection(Code.NOT_FROZEN, "no manifest is filed")
    if state.stuffing_started_at is not None:
        return _reject_after_start(state)
    state.manifest = None
    state.unfreeze_count += 1
    state.unfrozen_at = entry.fact.occurred_at
    return None


@while_open
def start_stuffing(
    state: ConsolidationState, entry: Entry, event: events.StuffingStarted
) -> Rejection | None:
    """Start to stuff the manifest's container, or open it again after stuffing was completed."""
    if state.manifest is None:
        return Rejection(Code.NOT_FROZEN, "no manifest is filed, so no container is assigned")
    if event.equipment_ref != state.manifest.equipment_ref:
        return Rejection(Code.OTHER_CONTAINER, f"its container is {state.manifest.equipment_ref}")
    if state.stuffing_open:
        return Rejection(Code.ALREADY_OPEN, f"stuffing began at {when(state.stuffing_started_at)}")
    if state.stuffing_started_at is None:
        state.stuffing_started_at = entry.fact.occurred_at
    else:
        state.reopened_at = state.reopenings[entry.fact_id] = entry.fact.occurred_at
    state.stuffing_completed_at = None
    state.stuffed_in, state.door = event.equipment_ref, event.door
    return None


@while_open
def complete_stuffing(
    state: ConsolidationState, entry: Entry, event: events.StuffingCompleted
) -> Rejection | None:
    """End stuffing: no carton goes in any more."""
    if not state.stuffing_open:
        return Rejection(Code.NOT_OPEN, "stuffing is not open")
    state.stuffing_completed_at = entry.fact.occurred_at
    state.dunnage_g = event.dunnage_g
    state.dunnages.append((entry.fact.occurred_at, event.dunnage_g))
    return None


@while_open
def roll(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationRolled
) -> Rejection | None:
    """Put it on another voyage with the same contents."""
    if event.to_voyage_id == state.voyage_id:
        return Rejection(Code.SAME_VOYAGE, f"it is on voyage {state.voyage_id} already")
    state.rolled_from.append(state.voyage_id)
    state.rolled_at = entry.fact.occurred_at
    state.voyage_id = event.to_voyage_id
    return None


@while_open
def break_up(state: ConsolidationState, entry: Entry, event: events.ConsolidationBrokenUp) -> None:
    """End it; its consignments need another consolidation."""
    state.ended, state.ended_at = "BROKEN_UP", entry.fact.occurred_at
    state.ended_fact_id = entry.fact_id
    state.ended_reason = event.reason


@while_open
def cancel(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationCancelled
) -> Rejection | None:
    """End it, before stuffing; afterwards it must be broken up."""
    if state.stuffing_started_at is not None:
        return _reject_after_start(state)
    state.ended, state.ended_at = "CANCELLED", entry.fact.occurred_at
    state.ended_fact_id = entry.fact_id
    state.ended_reason = event.reason
    return None


def _reject_after_start(state: ConsolidationState) -> Rejection:
    return Rejection(
        Code.STUFFING_BEGAN,
        f"stuffing began at {when(state.stuffing_started_at)}: break it up instead",
    )
