from datetime import UTC, datetime, timedelta, timezone

from groupage.domain.events.quantities import TEXT_LENGTH_MAX
from groupage.domain.words import cubic_metres, cut, join_names, kilograms, number_of, when


def test_times_are_written_in_utc_and_as_exactly_as_they_are() -> None:
    """Minutes are enough unless there are seconds; the zone is named."""
    at = datetime(2026, 3, 2, 18, 30, tzinfo=timezone(timedelta(hours=8)))
    assert when(at) == "2026-03-02 10:30Z"
    assert when(datetime(2026, 3, 2, 10, 30, 5, 900, tzinfo=UTC)) == "2026-03-02 10:30:05Z"
    assert when(None) == "no time"


def test_numbers_are_written_as_people_write_them() -> None:
    """1 is singular, thousands have separators, units are those of the trade."""
    assert [number_of(number, "carton") for number in (0, 1, 1_200)] == [
        "0 cartons",
        "1 carton",
        "1,200 cartons",
    ]
    assert cubic_metres(50_107_560) == "50.11 m³"
    assert kilograms(12_499_600) == "12,500 kg"


def test_long_lists_name_the_first_few() -> None:
    """And say how many more there are."""
    names = [f"CN-{number}" for number in range(1, 1_204)]
    assert join_names(names[:3], 3) == "CN-1, CN-2, CN-3"
    assert join_names(names, 2) == "CN-1, CN-2 and 1,201 more"
    assert join_names([], 3) == ""


def test_long_texts_fit_the_field_of_an_event() -> None:
    """What fits stays as it is."""
    fits = "x" * TEXT_LENGTH_MAX
    assert cut(fits) == fits
    assert cut(fits + "y") == fits[:-1] + "…"
    assert len(cut(fits + "y")) == TEXT_LENGTH_MAX
