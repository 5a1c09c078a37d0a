"""GS1's QuerySchedule: the moments at which a subscription reports, in UTC.

All fields that are stated must match, also day of month and day of week together. A field that is
left out and finer than the finest one that is stated has its lowest value: ``hour`` 1 and
``minute`` 5 is once a day, not sixty times. Besides GS1's own form (numbers, ranges in brackets,
commas) those of cron are read: ``*``, ``1-5``, ``*/10``, and ``0/30`` as in GS1's example.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.serving.problems import WrongField

FIELDS: dict[str, tuple[int, int]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""The fields of a schedule, the finest first, and their ranges; day of week 1 is Monday."""
_CLOCK = ("second", "minute", "hour")
_TEXT_LENGTH_MAX = 200
_ELEMENT = re.compile(
    r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?"
    r"|\[(?P<from>\d{1,2})-(?P<to>\d{1,2})\])(?:/(?P<step>\d{1,2}))?",
    re.ASCII,
)
_SEARCHED = timedelta(days=366 * 12)
"""Two 29ths of February are at most eight years apart."""


class ScheduleFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A schedule as a client writes it."""

    second: str | None = None
    minute: str | None = None
    hour: str | None = None
    day_of_month: str | None = None
    month: str | None = None
    day_of_week: str | None = None


class WrongSchedule(InvalidInput):
    """A schedule that cannot be followed; `faults` name its fields."""

    def __init__(self, faults: tuple[WrongField, ...]) -> None:
        super().__init__("the schedule cannot be followed")
        self.faults = faults


class Schedule(NamedTuple):
    """The values that each field may have."""

    second: frozenset[int]
    minute: frozenset[int]
    hour: frozenset[int]
    day_of_month: frozenset[int]
    month: frozenset[int]
    day_of_week: frozenset[int]

    def next_after(self, at: datetime) -> datetime | None:
        """Return the first moment after `at`; None: there is none in the next years."""
        at = at.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        if self._has_day(at) and (found := self._first_of_day(at)):
            return found
        day = at.replace(hour=0, minute=0, second=0)
        end = day + _SEARCHED
        while day < end:
            if day.month not in self.month:  # to the last day of the month
                day += timedelta(days=monthrange(day.year, day.month)[1] - day.day)
            day += timedelta(days=1)
            if self._has_day(day):
                return self._first_of_day(day)
        return None

    def _has_day(self, day: datetime) -> bool:
        return (
            day.month in self.month
            and day.day in self.day_of_month
            and day.isoweekday() in self.day_of_week
        )

    def _first_of_day(self, at: datetime) -> datetime | None:
        """Return the first moment of the day that is not before `at`."""
        for hour in sorted(self.hour):
            if hour < at.hour:
                continue
            for minute in sorted(self.minute):
                if (hour, minute) < (at.hour, at.minute):
                    continue
                least = at.second if (hour, minute) == (at.hour, at.minute) else 0
                seconds = [second for second in self.second if second >= least]
                if seconds:
                    return at.replace(hour=hour, minute=minute, second=min(seconds))
        return None


def read_schedule(fields: Mapping[str, str], *, now: datetime) -> Schedule:
    """Read a schedule by its fields. Raises WrongSchedule, with all errors."""
    faults: list[WrongField] = []
    values = {name: _read(name, text, faults) for name, text in fields.items()}
    if not values:
        faults.append(_fault("", None, f"at least one of {', '.join(FIELDS)}"))
    if faults:
        raise WrongSchedule(tuple(faults))
    finest = min(list(FIELDS).index(name) for name in values)
    for place, (name, (low, high)) in enumerate(FIELDS.items()):
        if name not in values:
            is_finer = place < finest and (name in _CLOCK or "dayOfWeek" not in fields)
            values[name] = {low} if is_finer else set(range(low, high + 1))
    schedule = Schedule(*(frozenset(values[name]) for name in FIELDS))
    if schedule.next_after(now) is None:
        stated = ", ".join(f"{name} {text}" for name, text in fields.items())
        raise WrongSchedule((_fault("", stated, "a moment in the next twelve years"),))
    return schedule


def _read(name: str, text: str, faults: list[WrongField]) -> set[int]:
    low, high = FIELDS[name]
    values: set[int] = set()
    for element in text[: _TEXT_LENGTH_MAX + 1].split(","):
        match = _ELEMENT.fullmatch(element.strip(" "))
        found = _values(match, low, high) if match else range(0)
        if not found or len(text) > _TEXT_LENGTH_MAX:
            expected = (
                f"numbers from {low} to {high} and ranges like [{low}-{high}], separated by commas"
            )
            faults.append(_fault(name, text[:_TEXT_LENGTH_MAX], expected))
            break
        values.update(found)
    return values


def _values(match: re.Match[str], low: int, high: int) -> range:
    """Return the values of an element; empty: it is out of range."""
    first, last = match["first"] or match["from"], match["last"] or match["to"]
    begin = low if first is None else int(first)
    is_open = first is None or match["step"] is not None
    end = int(last) if last is not None else high if is_open else begin
    step = int(match["step"] or 1)
    if not low <= begin <= end <= high or not step:
        return range(0)
    return range(begin, end + 1, step)


def _fault(name: str, value: object, expected: str) -> WrongField:
    return WrongField(field=f"schedule.{name}".rstrip("."), value=value, expected=expected)
