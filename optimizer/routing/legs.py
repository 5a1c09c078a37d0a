"""Ways from place to place, as the search sees them."""

from dataclasses import dataclass
from itertools import pairwise

from groupage.domain.instance import DriverHours
from optimizer.routing.hours import padded_s
from optimizer.routing.roads import Roads

Leg = tuple[int, int, int]
"""Metres, seconds until the next can begin, and of those at the wheel (breaks not counted)."""


def after(work_s: int, leg: Leg) -> Leg:
    """The leg with work before it."""
    return leg[0], work_s + leg[1], leg[2]


@dataclass(frozen=True, slots=True)
class Ways:
    """The map as drivers go over it."""

    roads: Roads
    hours: DriverHours

    def leg(self, *places: str) -> Leg:
        """From place to place to place, driving only, with its share of the breaks."""
        pairs = list(pairwise(places))
        drives = [self.roads.seconds(a, b) for a, b in pairs]
        return (
            sum(self.roads.metres(a, b) for a, b in pairs),
            sum(padded_s(drive_s, self.hours) for drive_s in drives),
            sum(drives),
        )

    def in_shift(self, leg: Leg) -> bool:
        """Whether a driver may go this way between two rests."""
        return leg[2] <= self.hours.shift_drive_s and leg[1] <= self.hours.shift_duty_s
