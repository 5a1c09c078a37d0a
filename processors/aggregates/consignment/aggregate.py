"""The consignment: its life cycle, and which handler applies which event.

    BOOKED ─▶ ACCEPTED ─▶ ARRIVING ─▶ RECEIVING ─▶ RECEIVED ─▶ MEASURED ─▶ AVAILABLE
                                                                              │ ▲ replan, roll
                             unfreeze (back to ALLOCATED until a plan moves it) ▼ │
            DEPARTED ◀─ LOADED ◀─▶ STAGED ◀─ COMMITTED ◀──────────────── ALLOCATED
    exits: REJECTED (until RECEIVED) · CANCELLED, SPLIT (until STAGED) · RETURNED (not loaded)
    beside it: holds (blocked while one is open) and customs
    (NONE ─▶ DECLARED ─▶ SELECTED_SCAN | SELECTED_INSPECTION ─▶ RELEASED | REJECTED)

`booking` handles events about the whole consignment, `cargo` events about its units, `messages`
what other aggregates send. `timeline` judges what depends on those messages, `progress` derives the
status, `outputs` lists what others must know.
"""

from typing import ClassVar

from groupage.domain.events import consignment as events
from groupage.domain.events import unit
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.equipment import CargoArriving
from groupage.domain.fact import Fact
from groupage.domain.state.columns import ConsignmentColumns
from groupage.domain.state.consignment import ConsignmentState
from processors.aggregates.consignment import booking, cargo, messages, outputs, progress
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Handler, On, OnWithPolicy, Rejection
from processors.kernel.outputs import Publication


class ConsignmentAggregate(Aggregate[ConsignmentState]):
    """See the module's diagram. No deadlines: its cut-offs are its consolidation's."""

    kind: ClassVar[AggregateKind] = "consignment"
    state_type = ConsignmentState
    handlers = (
        On(events.ConsignmentBooked, booking.booked, non_actual=True),
        On(events.ConsignmentAmended, booking.amended, non_actual=True),
        On(events.DgDeclared, booking.dg_declared),
        On(events.DgApproved, booking.dg_approved),
        On(events.DgRejected, booking.dg_rejected),
        On(events.ConsignmentAccepted, booking.accepted),
        On(events.AsnReceived, booking.asn, non_actual=True),
        On(events.HoldPlaced, booking.hold_placed),
        On(events.HoldReleased, booking.hold_released),
        On(unit.UnitReceived, cargo.received),
        OnWithPolicy(unit.UnitMeasured, cargo.measured),
        On(unit.UnitStored, cargo.put),
        On(unit.UnitMoved, cargo.put),
        On(unit.UnitUnpacked, cargo.unpacked),
        On(unit.UnitRepacked, cargo.repacked),
        On(unit.UnitPacked, cargo.packed),
        On(events.TallyCompleted, booking.tally),
        On(events.ReceiptDiscrepancy, booking.discrepancy),
        On(events.DiscrepancyAccepted, booking.decided),
        On(events.RerateAccepted, booking.rerated),
        On(unit.UnitStaged, cargo.staged),
        On(unit.UnitUnloaded, cargo.unloaded),
        On(unit.UnitLoaded, cargo.loaded),
        On(unit.UnitShipped, cargo.shipped),
        On(events.ConsignmentRejected, booking.rejected),
        On(events.ConsignmentCancelled, booking.cancelled),
        On(events.ConsignmentSplit, booking.split),
        On(events.ConsignmentReturned, booking.returned),
        On(events.ConsignmentNoted, messages.noted, order_independent=True),
        On(CargoArriving, messages.arriving, order_independent=True),
        On(events.CustomsSnapshot, messages.customs_changed, order_independent=True),
        On(events.ConsolidationSnapshot, messages.consolidation_changed, order_independent=True),
        On(events.ConsignmentAllocated, messages.allocated, order_independent=True),
        On(events.ConsignmentDeallocated, messages.deallocated, order_independent=True),
        On(events.ConsignmentRolled, messages.rolled, order_independent=True),
    )

    def guarded(self, event: type[Event], handler: Handler) -> Handler:
        """Let events about the whole be a barrier for late ones about units."""
        if event not in _ABOUT_THE_WHOLE:
            return handler

        def with_barrier(state: ConsignmentState, entry: Entry, event: Event) -> Rejection | None:
            at = entry.fact.occurred_at
            if state.barrier_at is None or at > state.barrier_at:
                state.barrier_at = at
            return handler(state, entry, event)

        return with_barrier

    def applies_late(self, state: ConsignmentState, fact: Fact) -> bool:
        """Accept a late fact about a unit when nothing newer is known of the unit or the whole."""
        event = fact.data
        if not isinstance(event, unit.UnitEvent) or type(event) not in _ABOUT_UNITS:
            return False
        at = fact.occurred_at
        if state.barrier_at is not None and at <= state.barrier_at:
            return False
        part = state.units.get(event.unit_id)
        return part is None or part.last_at is None or at > part.last_at

    def derive(self, state: ConsignmentState) -> None:
        """Derive status and milestones."""
        progress.derive(state, self._policy)

    def outputs(self, state: ConsignmentState) -> dict[str, Publication]:
        """List its snapshot, replan triggers, claims to its units, alerts."""
        return outputs.outputs(state, self._policy)

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


_ORDERED = ConsignmentAggregate.ranks.keys()
_ABOUT_UNITS = frozenset(
    event
    for event in _ORDERED
    if issubclass(event, unit.UnitEvent) and event is not unit.UnitRepacked
)
_ABOUT_THE_WHOLE = frozenset(_ORDERED) - _ABOUT_UNITS
"""Events about the whole consignment: none about a unit may be applied late across one of them."""
