"""Facts that people and the lane state about a consolidation, in their order."""

from groupage.domain.events import consolidation as events
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consolidation import ConsolidationState, Manifest
from groupage.domain.words import when
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection


def _closed(state: ConsolidationState) -> Rejection | None:
    if state.opened_at is None:
        return Rejection(Code.NOT_OPENED, "it was never opened")
    if state.ended:
        return Rejection(Code.ENDED, f"it is {state.ended} since {when(state.ended_at)}")
    return None


def opened(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationOpened
) -> Rejection | None:
    """On this voyage, of this container type."""
    if state.opened_at is not None:
        return Rejection(Code.ALREADY_OPENED, f"it was opened at {when(state.opened_at)}")
    state.opened_at = entry.fact.occurred_at
    state.lane_id, state.voyage_id = event.lane_id, event.voyage_id
    state.iso_type, state.policy = event.iso_type, event.policy
    return None


def planned(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationPlanned
) -> Rejection | None:
    """The plan's list takes the place of the one before, unless the manifest is filed."""
    verdict = _closed(state)
    if verdict is not None:
        return verdict
    if event.revision < state.plan_revision:
        return None
    if state.manifest is not None and set(event.consignment_ids) != set(state.planned_ids):
        return Rejection(
            Code.FROZEN, f"manifest {state.manifest.manifest_ref} is filed; unfreeze it"
        )
    state.plan_id, state.plan_revision = event.plan_id, event.revision
    state.planned_at = entry.fact.occurred_at
    state.planned_ids = tuple(sorted(event.consignment_ids))
    state.planned_volume_cm3 = event.planned_volume_cm3
    state.planned_gross_g = event.planned_gross_g
    return None


def booked(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationBooked
) -> Rejection | None:
    """Again: with another carrier booking."""
    verdict = _closed(state)
    if verdict is None:
        state.booked_at = entry.fact.occurred_at
        state.carrier_booking_id = event.carrier_booking_id
    return verdict


def frozen(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationFrozen
) -> Rejection | None:
    """Every consignment on the manifest must be planned."""
    verdict = _closed(state)
    if verdict is not None:
        return verdict
    if state.manifest is not None:
        return Rejection(Code.ALREADY_FROZEN, f"manifest {state.manifest.manifest_ref} is filed")
    if not state.planned_ids:
        return Rejection(Code.NOTHING_PLANNED, "no plan puts anything into it")
    strangers = set(event.consignment_ids) - set(state.planned_ids)
    if strangers:
        return Rejection(Code.NOT_PLANNED, f"not planned into it: {', '.join(sorted(strangers))}")
    state.manifest = Manifest(
        manifest_ref=event.manifest_ref,
        equipment_ref=event.equipment_ref,
        seal_no=event.seal_no,
        consignment_ids=tuple(sorted(event.consignment_ids)) or state.planned_ids,
        filed_at=entry.fact.occurred_at,
    )
    return None


def unfrozen(
    state: ConsolidationState, entry: Entry, _event: events.ConsolidationUnfrozen
) -> Rejection | None:
    """Only before stuffing; afterwards it must be broken up."""
    verdict = _closed(state)
    if verdict is not None:
        return verdict
    if state.manifest is None:
        return Rejection(Code.NOT_FROZEN, "no manifest is filed")
    if state.stuffing_started_at is not None:
        return Rejection(
            Code.STUFFING_BEGAN, f"stuffing began at {when(state.stuffing_started_at)}"
        )
    state.manifest = None
    state.unfreeze_count += 1
    state.unfrozen_at = entry.fact.occurred_at
    return None


def started(
    state: ConsolidationState, entry: Entry, event: events.StuffingStarted
) -> Rejection | None:
    """Into the manifest's container; again after it was completed: re-opened."""
    verdict = _closed(state)
    if verdict is not None:
        return verdict
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


def completed(
    state: ConsolidationState, entry: Entry, event: events.StuffingCompleted
) -> Rejection | None:
    """Nothing more goes in."""
    verdict = _closed(state)
    if verdict is None and not state.stuffing_open:
        verdict = Rejection(Code.NOT_OPEN, "stuffing is not open")
    if verdict is None:
        state.stuffing_completed_at = entry.fact.occurred_at
        state.dunnage_g = event.dunnage_g
    return verdict


def rolled(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationRolled
) -> Rejection | None:
    """Same contents, another voyage."""
    verdict = _closed(state)
    if verdict is not None:
        return verdict
    if event.to_voyage_id == state.voyage_id:
        return Rejection(Code.SAME_VOYAGE, f"it is on voyage {state.voyage_id} already")
    state.rolled_from.append(state.voyage_id)
    state.rolled_at = entry.fact.occurred_at
    state.voyage_id = event.to_voyage_id
    return None


def broken_up(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationBrokenUp
) -> Rejection | None:
    """Its consignments look for another place."""
    verdict = _closed(state)
    if verdict is None:
        state.ended, state.ended_at = "BROKEN_UP", entry.fact.occurred_at
        state.ended_fact_id = entry.fact_id
        state.ended_reason = event.reason
    return verdict


def cancelled(
    state: ConsolidationState, entry: Entry, event: events.ConsolidationCancelled
) -> Rejection | None:
    """Only before stuffing; afterwards it must be broken up."""
    verdict = _closed(state)
    if verdict is not None:
        return verdict
    if state.stuffing_started_at is not None:
        return Rejection(
            Code.STUFFING_BEGAN, f"stuffing began at {when(state.stuffing_started_at)}"
        )
    state.ended, state.ended_at = "CANCELLED", entry.fact.occurred_at
    state.ended_fact_id = entry.fact_id
    state.ended_reason = event.reason
    return None
