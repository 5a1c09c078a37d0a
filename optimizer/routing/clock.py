"""Instants as whole seconds from the instance's clock, and back."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Second 0 is the first whole second that is not before the instance's clock."""

    zero_at: datetime

    @classmethod
    def starting(cls, clock_at: datetime) -> "Clock":
        """Rounded up to the second."""
        whole = clock_at.replace(microsecond=0)
        return cls(whole if whole == clock_at else whole + timedelta(seconds=1))

    def ceil_s(self, instant: datetime) -> int:
        """For earliest times."""
        return -((self.zero_at - instant) // timedelta(seconds=1))

    def floor_s(self, instant: datetime) -> int:
        """For latest times."""
        return (instant - self.zero_at) // timedelta(seconds=1)

    def at(self, second: int) -> datetime:
        """The instant."""
        return self.zero_at + timedelta(seconds=second)
