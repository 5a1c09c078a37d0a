"""Times for people: in UTC, and beside it in the hub's local time.

A command learns the hub's zone with the first answer of the database. Texts that the hub has
stored, such as reasons and alerts, have times in UTC: `with_local_times` adds the others.
"""

import re
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from groupage.domain.policy import Policy
from groupage.domain.words import when

_ZONE: ContextVar[ZoneInfo | None] = ContextVar("hub_zone", default=None)
"""None: not known yet, or there is none of the policy's name."""
_UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?)Z(?! \()", re.ASCII)
"""As `when` writes it, without the hub's time beside it."""


def use_zone_of(policy: Policy) -> None:
    """Show the hub's local time from now on; UTC alone if no zone has the name that it gives."""
    try:
        _ZONE.set(ZoneInfo(policy.hub.timezone))
    except (LookupError, ValueError, OSError):
        _ZONE.set(None)


def time_text(at: datetime, *, exact: bool = False) -> str:
    """``2026-03-02 17:05Z (03-03 01:05+08)``: UTC, then the hub's time with its offset.

    The hub's date stands only where it is another one. `exact`: with seconds, where there are some.
    """
    minute = at.replace(second=0, microsecond=0)
    shown = at if exact else minute
    zone = _ZONE.get()
    local = at.astimezone(zone or UTC)
    offset = local.utcoffset() or timedelta()
    if not offset:
        return when(shown)
    date = "" if local.date() == at.astimezone(UTC).date() else f"{local:%m-%d} "
    return f"{when(shown)} ({date}{local:%H:%M}{_offset_text(local)})"


def with_local_times(text: str) -> str:
    """Add the hub's time to each time in UTC that a text names."""
    return _UTC_TIME.sub(_with_local_time, text) if "Z" in text else text


def _with_local_time(match: re.Match[str]) -> str:
    try:
        return time_text(datetime.fromisoformat(match[1]).replace(tzinfo=UTC), exact=True)
    except (ValueError, OverflowError):  # no day of the calendar, or its last one
        return match[0]


def _offset_text(local: datetime) -> str:
    """Write the offset from UTC as in ISO 8601: ``+08``, ``+0530``."""
    return f"{local:%z}".removesuffix("00")
