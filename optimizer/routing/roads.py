"""Distances and driving times by the definition in `plans.RoadModel`."""

from functools import cache
from math import asin, cos, radians, sin, sqrt

from groupage.domain.instance import RoadModel, Spot

EARTH_RADIUS_M = 6_371_009


class Roads:
    """The road model over the places of an instance."""

    def __init__(self, road: RoadModel, spots: tuple[Spot, ...]) -> None:
        self.road = road
        self._spots = {spot.place_id: spot for spot in spots}
        self.metres = cache(self._metres)

    def knows(self, place_id: str) -> bool:
        """Whether the place is on the map."""
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
        """Driving time."""
        metres, road = self.metres(origin, goal), self.road
        if road.far_speed_m_per_s is None or metres <= road.near_m:
            return -(-metres // road.speed_m_per_s)
        return -(-road.near_m // road.speed_m_per_s) - (
            (road.near_m - metres) // road.far_speed_m_per_s
        )
