"""China's working days, and the dead-freight threshold that follows from them."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from groupage.domain.dead_freight import threshold_ahead, threshold_of
from groupage.domain.policy import Policy
from groupage.domain.policy_file import DEFAULT
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.working_days import wrong_days
from groupage.domain.working_days_of_china import CHINA
from tests.processors.aggregates.test_policy_changes import adoption

DEFAULTS = PolicyHistory(DEFAULT)


def instant(text: str) -> datetime:
    """Read a local time of China."""
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(("year", "worked"), [(2024, 251), (2025, 248), (2026, 248)])
def test_the_calendar_of_china_is_consistent(year: int, worked: int) -> None:
    """Its days are of the right kind, and each year has as many working days as announced."""
    assert wrong_days(CHINA) == ""
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    assert sum(CHINA.is_working_day(day) for day in days if day.year == year) == worked


@pytest.mark.parametrize(
    ("lco", "threshold"),
    [
        ("2026-02-24 12:00", "2026-02-14 11:00"),  # Spring Festival: a make-up Saturday before it
        ("2026-03-09 12:00", "2026-03-06 11:00"),  # a Monday: the Friday before
        ("2026-03-02 12:00", "2026-02-28 11:00"),  # a Monday after a make-up Saturday
        ("2026-03-05 17:00", "2026-03-04 11:00"),
        ("2026-03-07 12:00", "2026-03-06 11:00"),  # a Saturday
        ("2026-10-08 09:00", "2026-09-30 11:00"),  # National Day
        ("2026-02-25 00:00", "2026-02-14 11:00"),  # 24:00 of the Tuesday
        ("2026-02-25 07:00", "2026-02-24 11:00"),  # still Tuesday in UTC
    ],
)
def test_the_threshold_is_eleven_of_the_working_day_before(lco: str, threshold: str) -> None:
    """docs/trade.md, local time."""
    found = threshold_ahead(DEFAULTS, instant(lco))
    assert (found.at, found.why_provisional) == (instant(threshold), "")
    assert found == threshold_of(DEFAULTS, instant(lco), given_up_at=instant("2026-01-01 00:00"))


def test_beyond_the_calendar_the_threshold_is_provisional() -> None:
    """Weekends are known then, holidays are not: not even those of 1 January."""
    assert not threshold_ahead(DEFAULTS, instant("2026-12-31 12:00")).why_provisional
    for lco, threshold in (("2027-01-04 12:00", "2027-01-01 11:00"), ("2023-05-05 12:00", "")):
        found = threshold_ahead(DEFAULTS, instant(lco))
        assert str(found).endswith(
            "(provisional: holidays are known from 2024-01-01 to 2026-12-31)"
        )
        assert not threshold or found.at == instant(threshold)


def renewed() -> Policy:
    """Return a policy whose calendar knows 1 January 2027 for a holiday."""
    days = msgspec.structs.replace(
        CHINA, known_until=date(2027, 12, 31), holidays=(*CHINA.holidays, date(2027, 1, 1))
    )
    return msgspec.structs.replace(DEFAULT, working_days=days, dead_freight_time_s=0)


def test_a_renewed_calendar_completes_the_one_that_judged() -> None:
    """Space given up before the renewal is judged again, by its policy's time of day."""
    lco, given_up = instant("2027-01-04 12:00"), instant("2027-01-01 12:00")
    late = adoption(renewed(), (given_up - instant("2026-03-01 08:00")) / timedelta(minutes=1) + 1)
    history = DEFAULTS.extended([adoption(DEFAULT, 0), late])
    found = threshold_of(history, lco, given_up_at=given_up)
    assert (found.at, found.why_provisional) == (instant("2026-12-31 11:00"), "")
    assert threshold_ahead(history, lco) == found
    assert threshold_of(history, lco, given_up_at=late.effective_at).at == instant(
        "2026-12-31 00:00"
    )


def test_what_the_calendar_knew_stays_judged() -> None:
    """A later policy with other days changes nothing that has happened; it counts from then on."""
    others = msgspec.structs.replace(CHINA, make_up_days=CHINA.make_up_days[:-5])
    history = DEFAULTS.extended(
        [
            adoption(DEFAULT, 0),
            adoption(msgspec.structs.replace(DEFAULT, working_days=others), 1),
        ]
    )
    lco, start = instant("2026-02-24 12:00"), datetime(2026, 3, 1, tzinfo=UTC)
    assert threshold_of(history, lco, given_up_at=start).at == instant("2026-02-14 11:00")
    later = start + timedelta(hours=1)
    assert threshold_of(history, lco, given_up_at=later).at == instant("2026-02-13 11:00")


def test_without_a_calendar_the_notice_counts() -> None:
    """As in all hubs before there were calendars; a later calendar changes nothing of that."""
    history = PolicyHistory(Policy(), [adoption(Policy(), 0), adoption(DEFAULT, 1)])
    lco = instant("2026-03-09 12:00")
    found = threshold_of(history, lco, given_up_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert (found.at, found.why_provisional) == (lco - timedelta(hours=30), "")
