"""All cores by the kind of owner."""

from typing import Any

from groupage.domain.events.base import Kind
from groupage.domain.policy import Policy
from processors.command.core import CommandCore
from processors.consignment.core import ConsignmentCore
from processors.consolidation.core import ConsolidationCore
from processors.container.core import ContainerCore
from processors.core import Core
from processors.declaration.core import DeclarationCore
from processors.lane.core import LaneCore
from processors.unit.core import UnitCore
from processors.visit.core import VisitCore
from processors.voyage.core import VoyageCore


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
