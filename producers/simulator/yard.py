"""Empty containers: ordered, released by the depot, fetched, gated in, inspected."""

from dataclasses import dataclass
from datetime import timedelta

from stdnum import iso6346

from groupage.domain.containers import spec_of
from groupage.domain.events.equipment import (
    ContainerGatedIn,
    ContainerInspected,
    ContainerPickedUp,
    ContainerReleased,
)
from producers.simulator.event_emitter import DEPOT, DESK
from producers.simulator.world import World

_OWNERS = ("GRPU", "HUBU", "YWLU", "ZJCU", "NBOU", "SHAU", "EASU", "LCLU", "CFSU", "MPTU")
"""Invented owner codes."""


@dataclass(slots=True)
class Container:
    """The container of a consolidation."""

    equipment_ref: str
    iso_type: str
    tare_g: int
    fit: bool = False


class Yard:
    """Orders empties, and knows which consolidation each is for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = 0
        self._by_consolidation: dict[str, Container] = {}
        rates, boxes = world.parameters.rates, world.parameters.sizes.boxes_least
        self._unfit = world.quota(rates.container_unfit, "container_unfit", first_within=boxes)
        self._swapped = world.quota(
            rates.container_swapped, "container_swapped", first_within=boxes
        )

    def ready_container(self, consolidation_id: str) -> Container | None:
        """Return the consolidation's container, once it is at the hub and fit."""
        container = self._by_consolidation.get(consolidation_id)
        return container if container and container.fit else None

    def order(
        self, consolidation_id: str, *, iso_type: str, carrier_booking_id: str, urgent: bool
    ) -> None:
        """Order an empty unless one is on its way; urgent empties come from a stock nearby."""
        if consolidation_id in self._by_consolidation:
            return
        container = self._release(consolidation_id, iso_type, carrier_booking_id)
        if self._swapped.hit():
            self._world.handled["container_swapped"] += 1
            container = self._release(consolidation_id, iso_type, carrier_booking_id)
        self._by_consolidation[consolidation_id] = container
        pace = 0.1 if urgent else 1.0
        self._fetch(container, consolidation_id, carrier_booking_id, pace=pace)

    def _release(self, consolidation_id: str, iso_type: str, booking_id: str) -> Container:
        spec, number = spec_of(iso_type), self._next_number()
        # Planning counts with the heaviest usual one.
        share = self._world.span(*self._world.parameters.times.tare_share, "tare", number)
        tare_g = round(spec.tare_g * share / 10_000) * 10_000
        container = Container(equipment_ref=number, iso_type=iso_type, tare_g=tare_g)
        released = ContainerReleased(
            equipment_ref=number,
            iso_type=iso_type,
            tare_g=tare_g,
            max_gross_g=spec.max_gross_g,
            carrier_booking_id=f"{booking_id}-{iso_type}",
            consolidation_id=consolidation_id,
        )
        self._world.emit(released, DEPOT)
        return container

    def _next_number(self) -> str:
        self._count += 1
        serial = self._world.parameters.seed * 1_000 + self._count
        body = f"{_OWNERS[serial // 1_000_000 % 10]}{serial % 1_000_000:06d}"
        return body + iso6346.calc_check_digit(body)

    def _fetch(
        self, container: Container, consolidation_id: str, booking_id: str, *, pace: float
    ) -> None:
        world, number = self._world, container.equipment_ref
        fetch_step_s = world.parameters.times.fetch_step_s
        steps = [world.span(*fetch_step_s, "empty", number, step) * pace for step in range(3)]
        at = world.now + timedelta(seconds=steps[0])
        plate = f"ZA{int(world.span(10_000, 99_999, 'tractor', number))}"
        world.emit(ContainerPickedUp(equipment_ref=number, plate=plate), DEPOT, at=at)
        at += timedelta(seconds=steps[1])
        world.emit(ContainerGatedIn(equipment_ref=number, place="hub"), DESK, at=at)
        at += timedelta(seconds=steps[2])
        world.engine.schedule(at, lambda: self._inspect(container, consolidation_id, booking_id))

    def _inspect(self, container: Container, consolidation_id: str, booking_id: str) -> None:
        world, number = self._world, container.equipment_ref
        if not self._unfit.hit():
            container.fit = True
            world.emit(ContainerInspected(equipment_ref=number, result="fit"), DESK)
            return
        world.handled["container_unfit"] += 1
        defects = "hole in the roof, floor oily"
        world.emit(ContainerInspected(equipment_ref=number, result="unfit", defects=defects), DESK)
        del self._by_consolidation[consolidation_id]
        self.order(
            consolidation_id,
            iso_type=container.iso_type,
            carrier_booking_id=booking_id,
            urgent=True,
        )
