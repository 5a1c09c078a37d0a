from datetime import UTC, datetime, timedelta, timezone

from groupage.domain.words import counted, cubic_metres, when


def test_times_are_told_in_utc_and_as_exactly_as_they_are() -> None:
    """Minutes are enough unless there are seconds; the zone is named."""
    at = datetime(2026, 3, 2, 18, 30, tzinfo=timezone(timedelta(hours=8)))
    assert when(at) == "2026-03-02 10:30Z"
    assert when(datetime(2026, 3, 2, 10, 30, 5, 900, tzinfo=UTC)) == "2026-03-02 10:30:05Z"
    assert when(None) == "no time"


def test_numbers_are_told_as_people_write_them() -> None:
    """One is no plural, thousands are parted, volumes are in the unit of the trade."""
    assert [counted(number, "carton") for number in (0, 1, 1_200)] == [
        "0 cartons",
        "1 carton",
        "1,200 cartons",
    ]
    assert cubic_metres(50_107_560) == "50.11 m³"
