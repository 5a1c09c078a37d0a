"""Captured EPCIS events, by id or in the order in which the hub took them in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from groupage.contracts.captured_events import CapturedEvent
from groupage.store.captured_events import SELECTED, StoredCapture
from groupage.store.facts import LogPosition
from groupage.store.pool import Connection

_BEGINNING = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


def stored_capture(row: asyncpg.Record | Mapping[str, Any]) -> StoredCapture:
    """Return the captured event in a row that has all columns (`SELECTED`)."""
    event = CapturedEvent(
        event_id=row["event_id"],
        declaration=row["declaration"],
        event_time=row["event_time"].astimezone(UTC),
        recorded_at=row["captured_at"].astimezone(UTC),
        body=row["body"],
        context=row["context"],
        format=row["format"],
    )
    return StoredCapture(event, LogPosition(row["topic"], row["partition"], row["record_offset"]))


async def captures_of(connection: Connection, event_id: str) -> list[StoredCapture]:
    """Read the event with that id and the error declarations that repeat it, the oldest first."""
    rows = await connection.fetch(
        f"select {SELECTED} from captured_event "  # noqa: S608 - our own names
        "where event_id = $1 "
        "order by captured_at, captured_id",
        event_id,
    )
    return [stored_capture(row) for row in rows]


async def captures_after(
    connection: Connection, after: tuple[datetime, UUID] | None, *, limit: int
) -> list[StoredCapture]:
    """Read the next captured events behind (time of capture, captured id); None: the first ones.

    Workers commit partitions independently, so an event with an earlier time may be stored later;
    a follower that must miss nothing reads each partition by its offsets.
    """
    rows = await connection.fetch(
        f"select {SELECTED} from captured_event "  # noqa: S608 - our own names
        "where (captured_at, captured_id) > ($1, $2) order by captured_at, captured_id limit $3",
        *(after or _BEGINNING),
        limit,
    )
    return [stored_capture(row) for row in rows]


async def captures_by_time(
    connection: Connection,
    after: tuple[datetime, UUID] | None,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[StoredCapture]:
    """Read the next captured events behind (event time, captured id), by when they happened.

    Only those from `since` until before `until`; None: without that bound.
    """
    rows = await connection.fetch(
        f"select {SELECTED} from captured_event "  # noqa: S608 - our own names
        "where (event_time, captured_id) > ($1, $2) "
        "and ($3::timestamptz is null or event_time >= $3) "
        "and ($4::timestamptz is null or event_time < $4) "
        "order by event_time, captured_id limit $5",
        *(after or _BEGINNING),
        since,
        until,
        limit,
    )
    return [stored_capture(row) for row in rows]
