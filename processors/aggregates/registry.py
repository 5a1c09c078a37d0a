"""All aggregates by their kind."""

from typing import Any

from groupage.domain.events.base import AggregateKind
from groupage.domain.policy import Policy
from processors.aggregates.command.aggregate import CommandAggregate
from processors.aggregates.consignment.aggregate import ConsignmentAggregate
from processors.aggregates.consolidation.aggregate import ConsolidationAggregate
from processors.aggregates.container.aggregate import ContainerAggregate
from processors.aggregates.declaration.aggregate import DeclarationAggregate
from processors.aggregates.lane.aggregate import LaneAggregate
from processors.aggregates.unit.aggregate import UnitAggregate
from processors.aggregates.visit.aggregate import VisitAggregate
from processors.aggregates.voyage.aggregate import VoyageAggregate
from processors.kernel.aggregate import Aggregate


def all_aggregates(policy: Policy) -> dict[AggregateKind, Aggregate[Any]]:
    """Return an aggregate of each kind under that policy."""
    aggregates: tuple[Aggregate[Any], ...] = (
        ConsignmentAggregate(policy),
        UnitAggregate(policy),
        ContainerAggregate(policy),
        VisitAggregate(policy),
        DeclarationAggregate(policy),
        VoyageAggregate(policy),
        ConsolidationAggregate(policy),
        LaneAggregate(policy),
        CommandAggregate(policy),
    )
    return {aggregate.kind: aggregate for aggregate in aggregates}
