"""A calendar of working days, as a policy holds it. Pure.

In China the State Council decides each autumn which weekdays of the next year are holidays and
which days of weekends are worked instead. No rule gives these days, so a calendar says up to which
day it knows them.
"""

from datetime import date, datetime, timedelta

import msgspec

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_SATURDAY = 5
_OFFSET_MAX_S = 14 * 3_600


class WorkingDays(msgspec.Struct, frozen=True, kw_only=True):
    """The days on which people work, from Monday to Friday but for the days that are named."""

    source: str
    """Where the days come from."""
    utc_offset_s: int
    """Local time less UTC. China has one zone and no summer time."""
    known_from: date
    known_until: date
    """The first and the last day for which the holidays are known."""
    holidays: tuple[date, ...]
    """Days from Monday to Friday on which nobody works, ascending."""
    make_up_days: tuple[date, ...]
    """Saturdays and Sundays on which people work, ascending."""

    def is_working_day(self, day: date) -> bool:
        """Tell whether people work on that day; outside the known days, from Monday to Friday."""
        if day.weekday() >= _SATURDAY:
            return day in self.make_up_days
        return day not in self.holidays

    def knows(self, first: date, last: date) -> bool:
        """Tell whether the holidays of these days are known."""
        return self.known_from <= first and last <= self.known_until

    def last_before(self, day: date) -> date:
        """Return the last working day before that day."""
        day -= _DAY
        while not self.is_working_day(day):
            day -= _DAY
        return day

    def day_of_deadline(self, at: datetime) -> date:
        """Return the local day to which a deadline belongs: midnight is the end of a day."""
        utc = (at - _INSTANT).replace(tzinfo=None) - (at.utcoffset() or timedelta())
        return (utc + timedelta(seconds=self.utc_offset_s)).date()


def wrong_days(calendar: WorkingDays) -> str:
    """Say which days of a calendar cannot be right; empty: none."""
    if abs(calendar.utc_offset_s) > _OFFSET_MAX_S:
        return (
            f"utc_offset_s is {calendar.utc_offset_s}; at most {_OFFSET_MAX_S} either way is right"
        )
    if calendar.known_until < calendar.known_from:
        return f"known_until is {calendar.known_until}, before known_from {calendar.known_from}"
    for name, days in (("holidays", calendar.holidays), ("make_up_days", calendar.make_up_days)):
        weekend = name == "make_up_days"
        if list(days) != sorted(set(days)):
            return f"{name} are not in ascending order, each day once"
        for day in days:
            if not calendar.knows(day, day):
                return f"{name} has {day}; it must lie between known_from and known_until"
            if (day.weekday() >= _SATURDAY) is not weekend:
                expected = "a Saturday or Sunday" if weekend else "a day from Monday to Friday"
                return f"{name} has {day}, a {day:%A}; expected {expected}"
    return ""
