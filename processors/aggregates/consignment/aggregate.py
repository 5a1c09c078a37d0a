"""The consignment's core.

    BOOKED ─▶ ACCEPTED ─▶ ARRIVING ─▶ RECEIVING ─▶ RECEIVED ─▶ MEASURED ─▶ AVAILABLE
                                                                              │ ▲ replan, roll
                             unfreeze (back to ALLOCATED until a plan moves it) ▼ │
            DEPARTED ◀─ LOADED ◀─▶ STAGED ◀─ COMMITTED ◀──────────────── ALLOCATED
    exits: REJECTED (until RECEIVED) · CANCELLED, SPLIT (until STAGED) · RETURNED (not loaded)
    beside it: holds (blocked while one is open) and customs
    (NONE ─▶ DECLARED ─▶ SELECTED_SCAN | SELECTED_INSPECTION ─▶ RELEASED | REJECTED)

What belongs together: `booking` (facts about the whole), `cargo` (facts about units), `judge` (what
needs news from others), `progress` (the state derived), `speech` (what others must know).
"""

from bisect import insort
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consignment import (
    ConsignmentAllocated,
    ConsignmentDeallocated,
    ConsignmentRolled,
    ConsolidationPositionChanged,
    CustomsStatusChanged,
)
from groupage.domain.events.equipment import CargoArriving
from groupage.domain.events.unit import UnitEvent
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.state.columns import ConsignmentColumns
from groupage.domain.state.consignment import (
    ConsignmentState,
    ConsolidationPosition,
    CustomsPosition,
    SeatChange,
)
from groupage.domain.states import CustomsStatus
from processors.aggregates.consignment import booking, cargo, progress, speech
from processors.kernel.aggregate import BaseAggregate, Rejection
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Output

_SEAT_ORDER = {"deallocated": 0, "rolled": 1, "allocated": 2}


def _seat_key(change: SeatChange) -> tuple[datetime, int, str]:
    return (change.at, _SEAT_ORDER[change.change], change.fact_id)


def _allocated(state: ConsignmentState, entry: Entry, event: ConsignmentAllocated) -> None:
    change = SeatChange(
        at=entry.fact.occurred_at,
        fact_id=entry.fact_id,
        change="allocated",
        consolidation_id=event.consolidation_id,
        voyage_id=event.voyage_id,
        plan_id=event.plan_id,
        reason_code=event.reason_code,
    )
    insort(state.seats, change, key=_seat_key)


def _deallocated(state: ConsignmentState, entry: Entry, event: ConsignmentDeallocated) -> None:
    change = SeatChange(
        at=entry.fact.occurred_at,
        fact_id=entry.fact_id,
        change="deallocated",
        consolidation_id=event.consolidation_id,
        plan_id=event.plan_id,
        reason_code=event.reason_code,
    )
    insort(state.seats, change, key=_seat_key)


def _rolled(state: ConsignmentState, entry: Entry, event: ConsignmentRolled) -> None:
    change = SeatChange(
        at=entry.fact.occurred_at,
        fact_id=entry.fact_id,
        change="rolled",
        consolidation_id=event.from_consolidation_id,
        to_consolidation_id=event.to_consolidation_id,
        plan_id=event.plan_id,
        reason_code=event.reason_code,
    )
    insort(state.seats, change, key=_seat_key)


def _arriving(state: ConsignmentState, _entry: Entry, event: CargoArriving) -> None:
    if event.visit_id not in state.visits:
        insort(state.visits, event.visit_id)
    if state.arrived_at is None or event.arrived_at < state.arrived_at:
        state.arrived_at = event.arrived_at


def _customs(state: ConsignmentState, entry: Entry, event: CustomsStatusChanged) -> None:
    known = state.declarations.get(event.declaration_id)
    if known is not None and known.revision >= event.revision:
        return
    at = entry.fact.occurred_at
    state.declarations[event.declaration_id] = CustomsPosition(
        status=CustomsStatus(event.status),
        revision=event.revision,
        at=at,
        declared_at=event.declared_at or at,
    )


def _consolidation(
    state: ConsignmentState, entry: Entry, event: ConsolidationPositionChanged
) -> None:
    known = state.consolidations.get(event.consolidation_id)
    if known is not None and known.revision >= event.revision:
        return
    state.consolidations[event.consolidation_id] = ConsolidationPosition(
        revision=event.revision,
        status=event.status,
        at=entry.fact.occurred_at,
        equipment_ref=event.equipment_ref,
        voyage_id=event.voyage_id,
        manifest_ref=event.manifest_ref,
        frozen_at=event.frozen_at,
        stuffing_open=event.stuffing_open,
        stuffing_started_at=event.stuffing_started_at,
        stuffing_completed_at=event.stuffing_completed_at,
        door_close_at=event.door_close_at,
        lco_at=event.lco_at,
        departed_at=event.departed_at,
    )


def _noted(_state: ConsignmentState, _entry: Entry, _event: Any) -> None:
    """Papers only."""


_Handler = Callable[[ConsignmentState, Entry, Any], Rejection | None]
# In the order of the lifecycle: the place decides between facts of the same instant.
_WHOLE: dict[str, _Handler] = {
    "consignment.booked": booking.booked,
    "consignment.amended": booking.amended,
    "dg.declared": booking.dg_declared,
    "dg.approved": booking.dg_approved,
    "dg.rejected": booking.dg_rejected,
    "consignment.accepted": booking.accepted,
    "asn.received": booking.asn,
    "hold.placed": booking.hold_placed,
    "hold.released": booking.hold_released,
    "tally.completed": booking.tally,
    "receipt.discrepancy": booking.discrepancy,
    "receipt.discrepancy_accepted": booking.decided,
    "rerate.accepted": booking.rerated,
    "consignment.rejected": booking.rejected,
    "consignment.cancelled": booking.cancelled,
    "consignment.split": booking.split,
    "consignment.returned": booking.returned,
    "unit.repacked": cargo.repacked,
}
_UNITS: dict[str, _Handler] = {
    "unit.received": cargo.received,
    "unit.measured": cargo.measured,
    "unit.stored": cargo.put,
    "unit.moved": cargo.put,
    "unit.unpacked": cargo.unpacked,
    "unit.packed": cargo.packed,
    "unit.staged": cargo.staged,
    "unit.unloaded": cargo.unloaded,
    "unit.loaded": cargo.loaded,
    "unit.shipped": cargo.shipped,
}
_NEWS: dict[str, Callable[[ConsignmentState, Entry, Any], None]] = {
    "consignment.noted": _noted,
    "consignment.arriving": _arriving,
    "consignment.customs_changed": _customs,
    "consignment.consolidation_changed": _consolidation,
    "consignment.allocated": _allocated,
    "consignment.deallocated": _deallocated,
    "consignment.rolled": _rolled,
}
_RANKED = (
    "consignment.booked",
    "consignment.amended",
    "dg.declared",
    "dg.approved",
    "dg.rejected",
    "consignment.accepted",
    "asn.received",
    "hold.placed",
    "hold.released",
    "unit.received",
    "unit.measured",
    "unit.stored",
    "unit.moved",
    "unit.unpacked",
    "unit.repacked",
    "unit.packed",
    "tally.completed",
    "receipt.discrepancy",
    "receipt.discrepancy_accepted",
    "rerate.accepted",
    "unit.staged",
    "unit.unloaded",
    "unit.loaded",
    "unit.shipped",
    "consignment.rejected",
    "consignment.cancelled",
    "consignment.split",
    "consignment.returned",
)


class ConsignmentAggregate(BaseAggregate[ConsignmentState]):
    """See the module's diagram. No deadlines: its cut-offs are its consolidation's."""

    kind: ClassVar[AggregateKind] = "consignment"
    state_type = ConsignmentState
    ranks: Mapping[str, int] = {name: rank for rank, name in enumerate(_RANKED)}
    commuting = frozenset(_NEWS)
    estimates = frozenset({"consignment.booked", "consignment.amended", "asn.received"})

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._units = dict(_UNITS)
        if policy.calibrated_only:
            self._units["unit.measured"] = cargo.measured_calibrated

    def new(self, key: str) -> ConsignmentState:
        """Nothing known yet."""
        return ConsignmentState(key=key)

    def apply(self, state: ConsignmentState, entry: Entry) -> Rejection | None:
        """One fact, in its order."""
        event = entry.fact.data
        unit = self._units.get(event.name)
        if unit is not None:
            return unit(state, entry, event)
        news = _NEWS.get(event.name)
        if news is not None:
            news(state, entry, event)
            return None
        whole = _WHOLE.get(event.name)
        if whole is None:
            return Rejection("not_mine", f"a consignment does not own {event.name}")
        at = entry.fact.occurred_at
        if state.barrier_at is None or at > state.barrier_at:
            state.barrier_at = at
        return whole(state, entry, event)

    def passes(self, state: ConsignmentState, fact: Fact) -> bool:
        """A late fact about a unit, when nothing newer is known of that unit nor of the whole."""
        event = fact.data
        if not isinstance(event, UnitEvent) or event.name not in _UNITS:
            return False
        at = fact.occurred_at
        if state.barrier_at is not None and at <= state.barrier_at:
            return False
        part = state.units.get(event.unit_id)
        return part is None or part.last_at is None or at > part.last_at

    def settle(self, state: ConsignmentState) -> None:
        """Derive status and milestones."""
        progress.settle(state, self._policy)

    def outputs(self, state: ConsignmentState) -> dict[str, Output]:
        """Its position, wishes for a new plan, announced units, alerts."""
        return speech.outputs(state, self._policy)

    def columns(self, state: ConsignmentState) -> ConsignmentColumns:
        """Its row of table `consignment`."""
        booking, allocation = state.booking, state.allocation
        return ConsignmentColumns(
            status=str(state.status),
            customs=str(state.customs),
            blocked=state.blocked,
            lane_id=state.lane_id,
            shipper=booking.shipper if booking else "",
            consignee=booking.consignee if booking else "",
            mode=booking.mode if booking else "",
            consolidation_id=allocation.consolidation_id if allocation else None,
            voyage_id=allocation.voyage_id if allocation else None,
            pieces=state.pieces,
            received_pieces=state.received_pieces,
            measured_pieces=state.measured_units,
            loaded_pieces=state.loaded_pieces,
            volume_cm3=state.volume_cm3,
            gross_g=state.gross_g,
        )
