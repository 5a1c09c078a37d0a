"""The visit: a truck arrives, and each consignment on it gets a message that its cargo is there."""

from typing import ClassVar

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.equipment import CargoArriving, TruckArrived
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.visit import VisitState
from groupage.domain.words import when
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import rejection_alerts
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, Rejection
from processors.kernel.outputs import Output, Publication


def _arrive(state: VisitState, entry: Entry, event: TruckArrived) -> Rejection | None:
    if state.arrived_at is not None:
        return Rejection(Code.ALREADY_ARRIVED, f"this visit began at {when(state.arrived_at)}")
    state.arrived_at = entry.fact.occurred_at
    state.plate, state.dock = event.plate, event.dock
    state.consignment_ids = event.consignment_ids
    return None


class VisitAggregate(Aggregate[VisitState]):
    """See the module."""

    kind: ClassVar[AggregateKind] = "visit"
    state_type = VisitState
    handlers = (On(TruckArrived, _arrive),)

    def outputs(self, state: VisitState) -> dict[str, Publication]:
        """List the arrival, for each consignment on the truck."""
        published = rejection_alerts("visit", state)
        at = state.arrived_at
        if at is not None:
            for consignment_id in state.consignment_ids:
                event = CargoArriving(
                    consignment_id=consignment_id, visit_id=state.key, arrived_at=at
                )
                published[f"arriving:{consignment_id}"] = Output(event, at)
        return published
