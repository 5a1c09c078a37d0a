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
class Case:
    """What is judged."""

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
        """Those that exist before the plan."""
        return {one.consolidation_id: one for one in self.instance.consolidations}

    @cached_property
    def container_of(self) -> dict[str, PlannedContainer]:
        """Where the plan has each consignment (the first place, if it has several)."""
        found: dict[str, PlannedContainer] = {}
        for container in self.plan.containers:
            for consignment_id in container.consignment_ids:
                found.setdefault(consignment_id, container)
        return found

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
    def loaded(self) -> tuple[PlannedContainer, ...]:
        """Containers whose load plan must be right: all but those that the plan says are not."""
        exempt = {one.consolidation_id for one in self.plan.unloadable}
        return tuple(one for one in self.plan.containers if one.consolidation_id not in exempt)

    def standing(self, container: PlannedContainer) -> frozenset[str]:
        """Units that stand in a container already."""
        before = self.consolidations.get(container.consolidation_id)
        return frozenset(box.unit_id for box in before.standing) if before else frozenset()

    def cargo(self, container: PlannedContainer) -> list[Demand]:
        """The demands in a container; unknown consignments are another check's business."""
        known = dict.fromkeys(container.consignment_ids)
        return [self.demands[c] for c in known if c in self.demands]
