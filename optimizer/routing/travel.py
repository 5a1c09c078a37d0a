"""Distances, driving times and drivers' breaks between the places of an instance.

By the definitions in `groupage.domain.instance.RoadModel` and `DriverHours`.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

from groupage.domain.instance import DriverHours, RoadModel, Spot

EARTH_RADIUS_M = 6_371_009

Leg = tuple[int, int, int]
"""Metres, seconds until the next leg can begin, and seconds at the wheel (without breaks)."""


class Roads:
    """The road model over the places of an instance."""

    def __init__(self, road: RoadModel, spots: tuple[Spot, ...]) -> None:
        self.road = road
        self._spots = {spot.place_id: spot for spot in spots}
        self.metres = cache(self._metres)

    def has(self, place_id: str) -> bool:
        """Return whether the coordinates of the place are known."""
        return place_id in self._spots

    def _metres(self, origin: str, goal: str) -> int:
        if origin == goal:
            return 0
        a, b = self._spots[origin], self._spots[goal]
        phi_a, phi_b = radians(a.latitude_udeg / 1e6), radians(b.latitude_udeg / 1e6)
        lam_a, lam_b = radians(a.longitude_udeg / 1e6), radians(b.longitude_udeg / 1e6)
        chord = (
            sin((phi_b - phi_a) / 2) ** 2 + cos(phi_a) * cos(phi_b) * sin((lam_b - lam_a) / 2) ** 2
        )
        straight_m = round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord))))
        return -(-straight_m * self.road.detour_permille // 1_000)

    def seconds(self, origin: str, goal: str) -> int:
        """Return the driving time."""
        metres, road = self.metres(origin, goal), self.road
        if road.far_speed_m_per_s is None or metres <= road.near_m:
            return -(-metres // road.speed_m_per_s)
        return -(-road.near_m // road.speed_m_per_s) - (
            (road.near_m - metres) // road.far_speed_m_per_s
        )


@dataclass(slots=True)
class DriverState:
    """A driver on a tour: seconds at the wheel since the last break."""

    hours: DriverHours
    _driven_s: int = 0

    def drive(self, drive_s: int) -> int:
        """Drive a leg; return its seconds with the breaks on the way."""
        breaks = max(0, -(-(self._driven_s + drive_s) // self.hours.continuous_drive_s) - 1)
        if drive_s == 0:
            breaks = 0
        self._driven_s += drive_s - breaks * self.hours.continuous_drive_s
        return drive_s + breaks * self.hours.break_s

    def idle(self, idle_s: int) -> None:
        """Wait; long enough, that is a break."""
        if idle_s >= self.hours.break_s:
            self._driven_s = 0


def drive_with_breaks_s(drive_s: int, hours: DriverHours) -> int:
    """Return the seconds of a leg with its share of breaks: an upper bound over any whole tour.

    A driver who has been at the wheel for n times the continuous limit has had at most n breaks,
    and the shares add up to as many.
    """
    return drive_s - (-drive_s * hours.break_s // hours.continuous_drive_s)


def with_work(work_s: int, leg: Leg) -> Leg:
    """Return the leg with work before it."""
    return leg[0], work_s + leg[1], leg[2]


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Legs as the search sees them, padded with breaks."""

    roads: Roads
    hours: DriverHours

    def leg(self, *places: str) -> Leg:
        """Return the leg through these places, without work on the way."""
        pairs = list(pairwise(places))
        drives = [self.roads.seconds(a, b) for a, b in pairs]
        return (
            sum(self.roads.metres(a, b) for a, b in pairs),
            sum(drive_with_breaks_s(drive_s, self.hours) for drive_s in drives),
            sum(drives),
        )

    def fits_shift(self, leg: Leg) -> bool:
        """Return whether a driver may do this between two rests."""
        return leg[2] <= self.hours.shift_drive_s and leg[1] <= self.hours.shift_duty_s


def hours_text(seconds: int) -> str:
    """Return ``8.0 h``, for reasons that people read."""
    return f"{seconds / 3_600:.1f} h"
