"""Schedules of subscriptions: GS1's fields, and when they are due."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.app.subscriptions.schedule import FIELDS, Schedule, WrongSchedule, read_schedule

NOW = datetime(2026, 3, 2, 8, 30, 15, 500_000, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("fields", "moments"),
    [
        ({"hour": "1", "minute": "5"}, ["2026-03-03T01:05:00", "2026-03-04T01:05:00"]),
        ({"minute": "0"}, ["2026-03-02T09:00:00", "2026-03-02T10:00:00"]),
        ({"second": "0/30"}, ["2026-03-02T08:30:30", "2026-03-02T08:31:00"]),
        ({"second": "*"}, ["2026-03-02T08:30:16", "2026-03-02T08:30:17"]),
        ({"minute": "*/20"}, ["2026-03-02T08:40:00", "2026-03-02T09:00:00"]),
        ({"second": "20,10"}, ["2026-03-02T08:30:20", "2026-03-02T08:31:10"]),
        ({"hour": "[9-10]"}, ["2026-03-02T09:00:00", "2026-03-02T10:00:00"]),
        ({"hour": "22-23/1"}, ["2026-03-02T22:00:00", "2026-03-02T23:00:00"]),
        ({"dayOfWeek": "7"}, ["2026-03-08T00:00:00", "2026-03-15T00:00:00"]),
        ({"dayOfWeek": "[1-5]", "hour": "6"}, ["2026-03-03T06:00:00", "2026-03-04T06:00:00"]),
        ({"dayOfMonth": "31"}, ["2026-03-31T00:00:00", "2026-05-31T00:00:00"]),
        ({"month": "1,2"}, ["2027-01-01T00:00:00", "2027-02-01T00:00:00"]),
        ({"month": "4", "dayOfWeek": "3"}, ["2026-04-01T00:00:00", "2026-04-08T00:00:00"]),
        ({"dayOfMonth": "13", "dayOfWeek": "5"}, ["2026-03-13T00:00:00", "2026-11-13T00:00:00"]),
        ({"month": "2", "dayOfMonth": "29"}, ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        ({"hour": "8", "minute": "30", "second": "15"}, ["2026-03-03T08:30:15"]),
    ],
)
def test_a_schedule_has_moments(fields: dict[str, str], moments: list[str]) -> None:
    """All stated fields match; finer ones that are left out have their lowest value."""
    schedule, at = read_schedule(fields, now=NOW), NOW
    for moment in moments:
        following = schedule.next_after(at)
        assert following == datetime.fromisoformat(moment).replace(tzinfo=UTC)
        at = following


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "schedule"),
        ({"minute": "60"}, "schedule.minute"),
        ({"hour": "24"}, "schedule.hour"),
        ({"dayOfMonth": "0"}, "schedule.dayOfMonth"),
        ({"dayOfWeek": "0"}, "schedule.dayOfWeek"),
        ({"month": "13"}, "schedule.month"),
        ({"minute": ""}, "schedule.minute"),
        ({"minute": "1,"}, "schedule.minute"),
        ({"minute": "5-1"}, "schedule.minute"),
        ({"minute": "*/0"}, "schedule.minute"),
        ({"minute": "[1-5"}, "schedule.minute"),
        ({"minute": "１"}, "schedule.minute"),
        ({"minute": "1," * 200 + "1"}, "schedule.minute"),
        ({"month": "2", "dayOfMonth": "30"}, "schedule"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, str], wrong: str) -> None:
    """With its value and what is right."""
    with pytest.raises(WrongSchedule) as caught:
        read_schedule(fields, now=NOW)
    (fault,) = caught.value.faults
    assert fault.field == wrong
    assert fault.expected


def numbers(name: str) -> st.SearchStrategy[str]:
    """Lists of numbers of a field."""
    low, high = FIELDS[name]
    return st.lists(st.integers(low, high).map(str), min_size=1, max_size=4).map(",".join)


@given(
    st.fixed_dictionaries({}, optional={name: numbers(name) for name in FIELDS}),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants them so
)
def test_the_next_moment_is_the_first_that_matches(fields: dict[str, str], now: datetime) -> None:
    """It is later, whole, and matches every stated field."""
    try:
        schedule = read_schedule(fields, now=now)
    except WrongSchedule:
        return
    following = schedule.next_after(now)
    assert following is not None
    assert following > now
    assert matches(schedule, following)
    again = schedule.next_after(following)
    assert again is None or again > following


def matches(schedule: Schedule, at: datetime) -> bool:
    """Whether each field admits the moment."""
    values = (at.second, at.minute, at.hour, at.day, at.month, at.isoweekday())
    return all(value in admitted for value, admitted in zip(values, schedule, strict=True))


@given(st.dictionaries(st.sampled_from([*FIELDS]), st.text("0123456789*,-/[] ", max_size=12)))
def test_any_fields_are_read_or_refused(fields: dict[str, str]) -> None:
    """Nothing else is raised, and it takes no time."""
    try:
        assert all(read_schedule(fields, now=NOW))
    except WrongSchedule as error:
        assert error.faults  # noqa: PT017 - many texts are refused
