"""Handlers of messages from other aggregates: they write down, `timeline` and `customs` decide.

They reject nothing, and the order of arrival makes no difference.
"""

from bisect import insort
from datetime import datetime
from typing import Any

from groupage.domain.events.consignment import (
    ConsignmentAllocated,
    ConsignmentDeallocated,
    ConsignmentRolled,
    ConsolidationSnapshot,
    CustomsSnapshot,
)
from groupage.domain.events.equipment import CargoArriving
from groupage.domain.state.consignment import AllocationChange, ConsignmentState, DatedCustomsStatus
from processors.kernel.corrections import Entry
from processors.kernel.snapshots import keep_latest

_CHANGE_ORDER = {"deallocated": 0, "rolled": 1, "allocated": 2}


def _sort_key(change: AllocationChange) -> tuple[datetime, int, str]:
    return (change.at, _CHANGE_ORDER[change.change], change.fact_id)


def note_allocation(state: ConsignmentState, entry: Entry, event: ConsignmentAllocated) -> None:
    """Note the assignment that the lane made."""
    change = AllocationChange(
        at=entry.fact.occurred_at,
        fact_id=entry.fact_id,
        change="allocated",
        consolidation_id=event.consolidation_id,
        voyage_id=event.voyage_id,
        plan_id=event.plan_id,
        reason_code=event.reason_code,
    )
    insort(state.allocation_changes, change, key=_sort_key)


def note_deallocation(state: ConsignmentState, entry: Entry, event: ConsignmentDeallocated) -> None:
    """Note the assignment that the lane took away."""
    change = AllocationChange(
        at=entry.fact.occurred_at,
        fact_id=entry.fact_id,
        change="deallocated",
        consolidation_id=event.consolidation_id,
        plan_id=event.plan_id,
        reason_code=event.reason_code,
    )
    insort(state.allocation_changes, change, key=_sort_key)


def note_roll(state: ConsignmentState, entry: Entry, event: ConsignmentRolled) -> None:
    """Note the roll to a later departure."""
    change = AllocationChange(
        at=entry.fact.occurred_at,
        fact_id=entry.fact_id,
        change="rolled",
        consolidation_id=event.from_consolidation_id,
        to_consolidation_id=event.to_consolidation_id,
        plan_id=event.plan_id,
        reason_code=event.reason_code,
    )
    insort(state.allocation_changes, change, key=_sort_key)


def note_arrival(state: ConsignmentState, _entry: Entry, event: CargoArriving) -> None:
    """Note the truck that docked with its cargo; the first truck's arrival counts."""
    if event.visit_id not in state.visits:
        insort(state.visits, event.visit_id)
    if state.arrived_at is None or event.arrived_at < state.arrived_at:
        state.arrived_at = event.arrived_at


def keep_customs(state: ConsignmentState, entry: Entry, event: CustomsSnapshot) -> None:
    """Keep the latest snapshot of each declaration."""
    dated = DatedCustomsStatus(at=entry.fact.occurred_at, snapshot=event)
    keep_latest(state.declarations, event.declaration_id, dated)


def keep_consolidation(
    state: ConsignmentState, _entry: Entry, event: ConsolidationSnapshot
) -> None:
    """Keep the latest snapshot of each consolidation."""
    keep_latest(state.consolidations, event.consolidation_id, event)


def ignore_note(_state: ConsignmentState, _entry: Entry, _event: Any) -> None:
    """Leave the state as it is: the event attaches papers for people."""
