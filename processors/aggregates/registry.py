"""All cores by the kind of owner."""

from typing import Any

from groupage.domain.events.base import Kind
from groupage.domain.policy import Policy
from processors.aggregates.command.core import CommandCore
from processors.aggregates.consignment.core import ConsignmentCore
from processors.aggregates.consolidation.core import ConsolidationCore
from processors.aggregates.container.core import ContainerCore
from processors.aggregates.declaration.core import DeclarationCore
from processors.aggregates.lane.core import LaneCore
from processors.aggregates.unit.core import UnitCore
from processors.aggregates.visit.core import VisitCore
from processors.aggregates.voyage.core import VoyageCore
from processors.kernel.aggregate import Core


def all_cores(policy: Policy) -> dict[Kind, Core[Any]]:
    """One core for each kind of owner whose state is kept."""
    cores: tuple[Core[Any], ...] = (
        ConsignmentCore(policy),
        UnitCore(policy),
        ContainerCore(policy),
        VisitCore(policy),
        DeclarationCore(policy),
        VoyageCore(policy),
        ConsolidationCore(policy),
        LaneCore(policy),
        CommandCore(policy),
    )
    return {core.kind: core for core in cores}
