"""The consignment: its life cycle, and which handler applies which event.

    BOOKED ─▶ ACCEPTED ─▶ ARRIVING ─▶ RECEIVING ─▶ RECEIVED ─▶ MEASURED ─▶ AVAILABLE
                                                                              │ ▲ replan, roll
                             unfreeze (back to ALLOCATED until a plan moves it) ▼ │
            DEPARTED ◀─ LOADED ◀─▶ STAGED ◀─ COMMITTED ◀──────────────── ALLOCATED
    exits: REJECTED (until RECEIVED) · CANCELLED, SPLIT (until STAGED) · RETURNED (not loaded)
    beside it: holds (blocked while one is open) and customs
    (NONE ─▶ DECLARED ─▶ SELECTED_SCAN | SELECTED_INSPECTION ─▶ RELEASED | REJECTED)

`booking` handles events about the whole consignment, `holds` and `steering` stops and dispatchers'
commands, `cargo` events about its units, `messages` the
snapshots and messages of other aggregates. `timeline` decides what depends on those, `progress`
derives the status, `outputs` lists what others must know.
"""

from typing import ClassVar

from groupage.domain.events import consignment as events
from groupage.domain.events import unit
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.equipment import CargoArriving
from groupage.domain.events.steering import ConsignmentSteered
from groupage.domain.fact import Fact
from groupage.domain.state.columns import ConsignmentColumns
from groupage.domain.state.consignment import ConsignmentState
from processors.aggregates.consignment import (
    booking,
    cargo,
    holds,
    messages,
    outputs,
    progress,
    steering,
)
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Handler, On, OnWithPolicy, Rejection
from processors.kernel.outputs import Publication


class ConsignmentAggregate(Aggregate[ConsignmentState]):
    """See the module's diagram. It has no deadlines: its cut-offs are its consolidation's."""

    kind: ClassVar[AggregateKind] = "consignment"
    state_type = ConsignmentState
    handlers = (
        On(events.ConsignmentBooked, booking.book, non_actual=True),
        On(events.ConsignmentAmended, booking.amend, non_actual=True),
        On(events.DgDeclared, booking.declare_dangerous_goods),
        On(events.DgApproved, booking.approve_dangerous_goods),
        On(events.DgRejected, booking.reject_dangerous_goods),
        On(events.ConsignmentAccepted, booking.accept),
        On(events.AsnReceived, booking.add_delivery_note, non_actual=True),
        On(events.HoldPlaced, holds.place_hold),
        On(events.HoldReleased, holds.release_hold),
        On(ConsignmentSteered, steering.steer),
        On(unit.UnitReceived, cargo.receive),
        OnWithPolicy(unit.UnitMeasured, cargo.measure),
        On(unit.UnitStored, cargo.store),
        On(unit.UnitMoved, cargo.store),
        On(unit.UnitUnpacked, cargo.unpack),
        On(unit.UnitRepacked, cargo.repack),
        On(unit.UnitPacked, cargo.pack),
        On(events.TallyCompleted, booking.close_tally),
        On(events.ReceiptDiscrepancy, booking.add_discrepancy),
        On(events.DiscrepancyAccepted, booking.decide_discrepancy),
        On(events.RerateAccepted, booking.accept_rerate),
        On(unit.UnitStaged, cargo.stage),
        On(unit.UnitUnloaded, cargo.unload),
        On(unit.UnitLoaded, cargo.load),
        On(unit.UnitShipped, cargo.ship),
        On(events.ConsignmentRejected, booking.reject),
        On(events.ConsignmentCancelled, booking.cancel),
        On(events.ConsignmentSplit, booking.split),
        On(events.ConsignmentReturned, booking.return_to_shipper),
        On(events.ConsignmentNoted, messages.ignore_note, order_independent=True),
        On(CargoArriving, messages.note_arrival, order_independent=True),
        On(events.CustomsSnapshot, messages.keep_customs, order_independent=True),
        On(events.ConsolidationSnapshot, messages.keep_consolidation, order_independent=True),
        On(events.ConsignmentAllocated, messages.note_allocation, order_independent=True),
        On(events.ConsignmentDeallocated, messages.note_deallocation, order_independent=True),
        On(events.ConsignmentRolled, messages.note_roll, order_independent=True),
    )

    def guard(self, event: type[Event], handler: Handler) -> Handler:
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
        """Accept a late fact about a unit that is newer than all others about it and the whole."""
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
        progress.derive(state, self._policies)

    def outputs(self, state: ConsignmentState) -> dict[str, Publication]:
        """List its snapshot, replan triggers, claims to its units, alerts."""
        return outputs.outputs(state, self._policies)

    def columns(self, state: ConsignmentState) -> ConsignmentColumns:
        """Return the query columns of table `consignment`."""
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
