"""The usable trucks of one role, as the search sees them."""

from dataclasses import dataclass

from groupage.domain.instance import Instance, Truck
from optimizer.routing.schedule import Clock
from optimizer.routing.tours import Vehicle
from optimizer.routing.travel import Roads


@dataclass(frozen=True, slots=True)
class Fleet:
    """Trucks and, in the same order, their vehicles; `bases` are their start places."""

    trucks: tuple[Truck, ...]
    vehicles: tuple[Vehicle, ...]
    bases: tuple[str, ...]
    unusable: str
    """Why no truck is usable, in words; empty if one is."""

    def load_limits(self) -> tuple[int, int]:
        """Return the greatest payload in g and the greatest volume in cm³ of any truck."""
        return (
            max((truck.payload_g for truck in self.trucks), default=0),
            max((truck.volume_cm3 for truck in self.trucks), default=0),
        )


def _hours(truck: Truck, clock: Clock) -> range:
    """Return the seconds at which it may be on the road."""
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
    """Return the trucks of a role that start from a known place and have hours left."""
    of_role = [truck for truck in instance.trucks if truck.role == role]
    located = [truck for truck in of_role if roads.has(truck.start_place_id)]
    usable = sorted(
        (truck for truck in located if _hours(truck, clock)),
        key=lambda truck: (truck.fixed_usd_cents, truck.usd_cents_per_km, truck.truck_id),
    )
    if usable:
        unusable = ""
    elif located:
        unusable = f"the hours of every {role} truck are over"
    elif of_role:
        unusable = f"no {role} truck starts from a known place"
    else:
        unusable = f"the fleet has no {role} truck"
    bases = tuple(sorted({truck.start_place_id for truck in usable}))
    vehicles = tuple(_vehicle(truck, bases, clock) for truck in usable)
    return Fleet(tuple(usable), vehicles, bases, unusable)
