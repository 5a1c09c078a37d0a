"""What `DriverHours` does to times on the road."""

from dataclasses import dataclass

from groupage.domain.instance import DriverHours


@dataclass(slots=True)
class Wheel:
    """One driver under way."""

    hours: DriverHours
    _driven_s: int = 0
    """At the wheel since the last rest."""

    def leg_s(self, drive_s: int) -> int:
        """Seconds from place to place, breaks on the way counted."""
        breaks = max(0, -(-(self._driven_s + drive_s) // self.hours.continuous_drive_s) - 1)
        if drive_s == 0:
            breaks = 0
        self._driven_s += drive_s - breaks * self.hours.continuous_drive_s
        return drive_s + breaks * self.hours.break_s

    def idle(self, idle_s: int) -> None:
        """Nothing to do for so long."""
        if idle_s >= self.hours.break_s:
            self._driven_s = 0


def padded_s(drive_s: int, hours: DriverHours) -> int:
    """A leg with its share of the breaks: whatever was driven before, no tour takes longer.

    Before a driver has been at the wheel for n times the continuous limit, he has had at most n
    breaks; as many are in the sum of the shares.
    """
    return drive_s - (-drive_s * hours.break_s // hours.continuous_drive_s)


def in_hours(seconds: int) -> str:
    """For people."""
    return f"{seconds / 3_600:.1f} h"
