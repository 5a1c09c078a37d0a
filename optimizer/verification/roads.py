"""The road model, by its definition in `groupage.domain.instance.RoadModel`."""

import math
from fractions import Fraction

from groupage.domain.instance import RoadModel, Spot

_EARTH_RADIUS_M = 6_371_009


def distance_m(road: RoadModel, a: Spot, b: Spot) -> int:
    """Return the metres by road."""
    if a.place_id == b.place_id:
        return 0
    lat_a, lat_b = (math.radians(spot.latitude_udeg / 1e6) for spot in (a, b))
    lon_a, lon_b = (math.radians(spot.longitude_udeg / 1e6) for spot in (a, b))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    straight_m = round(2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half))))
    return -(-straight_m * road.detour_permille // 1_000)


def drive_s(road: RoadModel, metres: int) -> int:
    """Return the seconds for a distance."""
    if road.far_speed_m_per_s is None:
        return math.ceil(Fraction(metres, road.speed_m_per_s))
    near_m = min(metres, road.near_m)
    return math.ceil(Fraction(near_m, road.speed_m_per_s)) + math.ceil(
        Fraction(metres - near_m, road.far_speed_m_per_s)
    )
