"""Table `captured_event`: EPCIS events as they came."""

from collections.abc import Sequence
from typing import NamedTuple

from groupage.contracts.captured_events import CapturedEvent
from groupage.store.facts import LogPosition
from groupage.store.pool import Connection
from groupage.store.writers import columns_of, insert_sql

_COLUMNS = {
    "captured_id": "uuid",
    "event_id": "text",
    "declaration": "text",
    "event_time": "timestamptz",
    "captured_at": "timestamptz",
    "topic": "text",
    "partition": "integer",
    "record_offset": "bigint",
    "format": "text",
    "context": "bytea",
    "body": "bytea",
}
_ALL_FACTS_TIMEOUT_S = 3_600.0
SELECTED = ", ".join(_COLUMNS)
_INSERT = insert_sql("captured_event", tuple(_COLUMNS), tuple(_COLUMNS.values())) + (
    "on conflict do nothing"
)


class StoredCapture(NamedTuple):
    """A captured event, and its place in the log."""

    event: CapturedEvent
    position: LogPosition
    """On ``hub.capture.v1``; of an event that a version before 0.3.0 captured, that of a fact."""


async def insert_captures(connection: Connection, captures: Sequence[StoredCapture]) -> None:
    """Store captured events in the order of the log; those that are stored already stay."""
    rows = [
        (
            event.captured_id,
            event.event_id,
            event.declaration,
            event.event_time,
            event.recorded_at,
            *position,
            event.format,
            event.context,
            event.body,
        )
        for event, position in captures
    ]
    await connection.execute(_INSERT, *columns_of(rows, len(_COLUMNS)))


async def adopt_older_captures(connection: Connection) -> None:
    """Store the events that versions before 0.3.0 kept beside their facts: it reads all facts."""
    await connection.execute("select adopt_older_captures()", timeout=_ALL_FACTS_TIMEOUT_S)
