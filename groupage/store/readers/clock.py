"""The hub's clock as the workers see it, and the open alerts about it."""

from datetime import datetime

import msgspec

from groupage.store.pool import Connection

_QUERY = """
select (select min(at) from (
            select max(clock_at) as at from intake_offset
            group by replace(topic, '.internal.', '.'), partition) as clock) as first_at,
       (select max(clock_at) from intake_offset) as last_at,
       array(select message from alert
             where about_kind = 'clock' and code = 'clock_implausible' and cleared_at is null
             order by raised_at, alert_id) as doubts
"""


class ClockReading(msgspec.Struct, frozen=True, kw_only=True):
    """The last ticks that the workers believed, and those that they did not."""

    first_at: datetime | None
    """Of the partition whose clock is behind all others; None before the first tick.

    A partition and the internal one with the same aggregates have one clock."""
    last_at: datetime | None
    """Of the partition whose clock is ahead of all others."""
    doubts: tuple[str, ...]
    """Open alerts about senders of wrong ticks, in words."""


async def read_clock(connection: Connection) -> ClockReading:
    """Read how the clock stands."""
    row = await connection.fetchrow(_QUERY)
    assert row is not None, "scalar queries always give a row"
    return ClockReading(
        first_at=row["first_at"], last_at=row["last_at"], doubts=tuple(row["doubts"])
    )
