"""All aggregates by their kind."""

from typing import Any

from groupage.domain.events.base import AggregateKind
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
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


def all_aggregates(policies: PolicyHistory | Policy) -> dict[AggregateKind, Aggregate[Any]]:
    """Return an aggregate of each kind under these policies, or one that was always in force.

    The first judges by the policies, so callers find the whole history there.
    """
    aggregates: tuple[Aggregate[Any], ...] = (
        ConsignmentAggregate(policies),
        UnitAggregate(policies),
        ContainerAggregate(policies),
        VisitAggregate(policies),
        DeclarationAggregate(policies),
        VoyageAggregate(policies),
        ConsolidationAggregate(policies),
        LaneAggregate(policies),
        CommandAggregate(policies),
    )
    return {aggregate.kind: aggregate for aggregate in aggregates}
