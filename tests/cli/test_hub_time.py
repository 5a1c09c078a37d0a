"""Times for people, beside UTC in the hub's zone."""

from contextvars import copy_context
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from groupage.app.hub_time import time_text, use_zone_of
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


def test_a_command_before_its_first_answer_knows_no_zone() -> None:
    """Then it shows UTC."""
    assert time_text(datetime(2026, 3, 2, 9, tzinfo=UTC)) == "2026-03-02 09:00Z"
