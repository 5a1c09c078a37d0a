"""Times for people, beside UTC in the hub's zone."""

from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from groupage.app.hub_time import time_text, use_zone_of, with_local_times
from groupage.domain.policy import Policy


def text_in(zone: str, at: datetime, *, exact: bool = False) -> str:
    """Write a time as a command of a hub in that zone does."""

    def write() -> str:
        policy = Policy()
        hub = msgspec.structs.replace(policy.hub, timezone=zone)
        use_zone_of(msgspec.structs.replace(policy, hub=hub))
        return time_text(at, exact=exact)

    return copy_context().run(write)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Shanghai", "2026-03-02 17:05Z (03-03 01:05+08)"),
        ("Europe/Madrid", "2026-03-02 17:05Z (18:05+01)"),
        ("Asia/Kolkata", "2026-03-02 17:05Z (22:35+0530)"),
        ("America/Santiago", "2026-03-02 17:05Z (14:05-03)"),
        ("Europe/London", "2026-03-02 17:05Z"),
        ("Asia/Yiwu", "2026-03-02 17:05Z"),
        ("", "2026-03-02 17:05Z"),
        ("../../etc", "2026-03-02 17:05Z"),
    ],
)
def test_the_hubs_time_stands_beside_utc(zone: str, text: str) -> None:
    """With its date where that is another one; a name that no zone has leaves UTC."""
    assert text_in(zone, datetime(2026, 3, 2, 17, 5, 9, tzinfo=UTC)) == text


def test_a_time_may_have_its_seconds() -> None:
    """Facts and ticks lie closer than a minute; the zone of the value does not matter."""
    at = datetime(2026, 3, 3, 1, 5, 9, tzinfo=timezone(timedelta(hours=8)))
    assert text_in("Asia/Shanghai", at, exact=True) == "2026-03-02 17:05:09Z (03-03 01:05+08)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("LCO at 2026-03-02 10:00Z; is due", "LCO at 2026-03-02 10:00Z (18:00+08); is due"),
        ("2026-03-02 17:05:09Z, gone", "2026-03-02 17:05:09Z (03-03 01:05+08), gone"),
        ("2026-03-02 10:00Z (18:00+08)", "2026-03-02 10:00Z (18:00+08)"),
        ("ZG51522 came on 2026-03-02", "ZG51522 came on 2026-03-02"),
        ("2026-13-02 10:00Z", "2026-13-02 10:00Z"),
        ("9999-12-31 23:59Z", "9999-12-31 23:59Z"),
    ],
)
def test_times_in_stored_texts(text: str, shown: str) -> None:
    """Reasons and alerts are written in UTC; readers get both, once."""

    def write() -> str:
        use_zone_of(Policy())
        return with_local_times(text)

    assert copy_context().run(write) == shown


def test_a_command_before_its_first_answer_knows_no_zone() -> None:
    """Then it shows UTC."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert Context().run(time_text, at) == "2026-03-02 09:00Z"
