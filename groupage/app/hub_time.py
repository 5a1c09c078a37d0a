"""Times for people: in UTC, and beside it in the hub's local time.

A command learns the hub's zone with the first answer of the database. Texts that the hub has
stored, such as reasons and alerts, are in UTC.
"""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from groupage.domain.policy import Policy
from groupage.domain.words import when

_ZONE: ContextVar[ZoneInfo | None] = ContextVar("hub_zone", default=None)
"""None: not known yet, or there is none of the policy's name."""


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


def _offset_text(local: datetime) -> str:
    """Write the offset from UTC as in ISO 8601: ``+08``, ``+0530``."""
    return f"{local:%z}".removesuffix("00")
