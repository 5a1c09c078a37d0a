"""The visit's core: a truck arrives, and each consignment on it hears that its cargo is there."""

from collections.abc import Mapping
from typing import ClassVar

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.equipment import CargoArriving, TruckArrived
from groupage.domain.policy import Policy
from groupage.domain.state.columns import NoColumns
from groupage.domain.state.visit import VisitState
from groupage.domain.words import when
from processors.kernel.aggregate import BaseAggregate, Rejection
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Output, refusal_alerts


class VisitAggregate(BaseAggregate[VisitState]):
    """One fact long."""

    kind: ClassVar[AggregateKind] = "visit"
    state_type = VisitState
    ranks: Mapping[str, int] = {"truck.arrived": 0}

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def new(self, key: str) -> VisitState:
        """Nothing known yet."""
        return VisitState(key=key)

    def apply(self, state: VisitState, entry: Entry) -> Rejection | None:
        """One fact, in its order."""
        event = entry.fact.data
        if not isinstance(event, TruckArrived):
            return Rejection("not_mine", f"a visit does not own {event.name}")
        if state.arrived_at is not None:
            return Rejection("already_arrived", f"this visit began at {when(state.arrived_at)}")
        state.arrived_at = entry.fact.occurred_at
        state.plate, state.dock = event.plate, event.dock
        state.consignment_ids = event.consignment_ids
        return None

    def outputs(self, state: VisitState) -> dict[str, Output]:
        """Its cargo is arriving."""
        said = refusal_alerts("visit", state)
        at = state.arrived_at
        if at is not None:
            for name in state.consignment_ids:
                event = CargoArriving(consignment_id=name, visit_id=state.key, arrived_at=at)
                said[f"arriving:{name}"] = Output(event, at)
        return said

    def columns(self, state: VisitState) -> NoColumns:  # noqa: ARG002
        """None: its states are only read by key."""
        return NoColumns()
