"""Instance and plan side by side, indexed once for all checks."""

from dataclasses import dataclass
from functools import cached_property

from groupage.domain.instance import (
    CartonGroup,
    Demand,
    Departure,
    Instance,
    OpenConsolidation,
)
from groupage.domain.plan import Plan, PlannedContainer


@dataclass
class Context:
    """The instance and the plan under verification."""

    instance: Instance
    plan: Plan

    @cached_property
    def demands(self) -> dict[str, Demand]:
        """By consignment."""
        return {demand.consignment_id: demand for demand in self.instance.demands}

    @cached_property
    def departures(self) -> dict[str, Departure]:
        """By voyage."""
        return {departure.voyage_id: departure for departure in self.instance.departures}

    @cached_property
    def consolidations(self) -> dict[str, OpenConsolidation]:
        """Consolidations that exist before the plan, by id."""
        return {c.consolidation_id: c for c in self.instance.consolidations}

    @cached_property
    def container_of(self) -> dict[str, PlannedContainer]:
        """The container of each consignment in the plan (the first, if there are several)."""
        containers: dict[str, PlannedContainer] = {}
        for container in self.plan.containers:
            for consignment_id in container.consignment_ids:
                containers.setdefault(consignment_id, container)
        return containers

    @cached_property
    def cartons(self) -> dict[str, dict[str, CartonGroup]]:
        """By consignment and unit."""
        return {
            demand.consignment_id: {
                unit_id: group for group in demand.cartons for unit_id in group.unit_ids
            }
            for demand in self.instance.demands
        }

    @cached_property
    def loadable_containers(self) -> tuple[PlannedContainer, ...]:
        """Containers whose load plan must be valid: all but those in `Plan.unloadable`."""
        exempt = {claim.consolidation_id for claim in self.plan.unloadable}
        return tuple(c for c in self.plan.containers if c.consolidation_id not in exempt)

    def standing_unit_ids(self, container: PlannedContainer) -> frozenset[str]:
        """Return the cartons that stand in a container already."""
        before = self.consolidations.get(container.consolidation_id)
        return frozenset(carton.unit_id for carton in before.standing) if before else frozenset()

    def cargo(self, container: PlannedContainer) -> list[Demand]:
        """Return the demands in a container. The coverage check reports unknown consignments."""
        consignment_ids = dict.fromkeys(container.consignment_ids)
        return [self.demands[c] for c in consignment_ids if c in self.demands]
