"""The trucks of one role that can be used, as the search sees them."""

from dataclasses import dataclass

from groupage.domain.instance import Instance, Truck
from optimizer.routing.clock import Clock
from optimizer.routing.roads import Roads
from optimizer.routing.tours import Vehicle


@dataclass(frozen=True, slots=True)
class Fleet:
    """Trucks and, in the same order, vehicles; `bases` are their start places."""

    trucks: tuple[Truck, ...]
    vehicles: tuple[Vehicle, ...]
    bases: tuple[str, ...]
    unusable: str
    """Why there is none, in words; empty if there is one."""

    def largest(self) -> tuple[int, int]:
        """Greatest payload and greatest volume of any truck, g and cm³."""
        return (
            max((truck.payload_g for truck in self.trucks), default=0),
            max((truck.volume_cm3 for truck in self.trucks), default=0),
        )


def _hours(truck: Truck, clock: Clock) -> range:
    """Seconds at which it may be on the road."""
    opening = max(0, clock.ceil_s(truck.available_from_at))
    return range(opening, clock.floor_s(truck.available_until_at) + 1)


def _vehicle(truck: Truck, bases: tuple[str, ...], clock: Clock) -> Vehicle:
    hours = _hours(truck, clock)
    return Vehicle(
        base=bases.index(truck.start_place_id),
        open_s=hours[0],
        close_s=hours[-1],
        fixed_usd_cents=truck.fixed_usd_cents,
        usd_cents_per_km=truck.usd_cents_per_km,
        payload_g=truck.payload_g,
        volume_cm3=truck.volume_cm3,
    )


def fleet_of(instance: Instance, role: str, roads: Roads, clock: Clock) -> Fleet:
    """The trucks of a role that stand at a known place and have hours left."""
    mine = [truck for truck in instance.trucks if truck.role == role]
    placed = [truck for truck in mine if roads.knows(truck.start_place_id)]
    awake = sorted(
        (truck for truck in placed if _hours(truck, clock)),
        key=lambda truck: (truck.fixed_usd_cents, truck.usd_cents_per_km, truck.truck_id),
    )
    if awake:
        unusable = ""
    elif placed:
        unusable = f"the hours of every {role} truck are over"
    elif mine:
        unusable = f"no {role} truck starts from a known place"
    else:
        unusable = f"the fleet has no {role} truck"
    bases = tuple(sorted({truck.start_place_id for truck in awake}))
    vehicles = tuple(_vehicle(truck, bases, clock) for truck in awake)
    return Fleet(tuple(awake), vehicles, bases, unusable)
