"""The voyage: its life cycle, and which handler applies which event.

    UNKNOWN ─▶ SCHEDULED ─▶ DEPARTED ─▶ ARRIVED
                  ▲ │
                  │ ▼ blanked, or offered again
               CANCELLED

Each consolidation that counts on it gets a snapshot of each change; its lane plans again. Pins
and forbids of dispatchers go through it to the lane, if it has not left.
"""

from typing import ClassVar

from groupage.domain.events import schedule as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.steering import VoyageSteered
from groupage.domain.state.columns import VoyageColumns
from groupage.domain.state.voyage import VoyageState
from processors.aggregates.voyage import handlers, outputs
from processors.kernel.aggregate import Aggregate
from processors.kernel.handlers import On
from processors.kernel.outputs import Publication


class VoyageAggregate(Aggregate[VoyageState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "voyage"
    state_type = VoyageState
    handlers = (
        On(events.SailingPublished, handlers.publish, non_actual=True),
        On(events.SailingChanged, handlers.change, non_actual=True),
        On(events.CarrierBookingConfirmed, handlers.confirm_booking),
        On(events.CarrierBookingRolled, handlers.roll_booking),
        On(events.LegDeparted, handlers.depart),
        On(events.EtaUpdated, handlers.update_eta, non_actual=True),
        On(events.PortCallReported, handlers.note_call, non_actual=True),
        On(events.LegArrived, handlers.arrive),
        On(VoyageSteered, handlers.steer),
        On(events.VoyageFollowed, handlers.add_follower, order_independent=True),
    )

    def outputs(self, state: VoyageState) -> dict[str, Publication]:
        """List snapshots for its consolidations, replan triggers for its lane, alerts."""
        return outputs.outputs(state)

    def columns(self, state: VoyageState) -> VoyageColumns:
        """Return the query columns of table `voyage`."""
        return VoyageColumns(
            status=state.status,
            lane_id=state.lane_id,
            etd_at=state.etd_at,
            lco_at=state.cutoff_at("LCO"),
        )
