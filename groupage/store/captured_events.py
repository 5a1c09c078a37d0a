"""Table `captured_event`: EPCIS events as they came."""

from collections.abc import Sequence
from typing import NamedTuple

from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_terms import terms_of
from groupage.store.facts import LogPosition
from groupage.store.pool import Connection
from groupage.store.writers import columns_of

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
_DERIVED_AT_ONCE = 1_000
_ARRAYS = ", ".join(
    f"${number}::{kind}[]" for number, kind in enumerate((*_COLUMNS.values(), "text"), start=1)
)
_INSERT = (
    f"insert into captured_event ({SELECTED}, terms) "  # noqa: S608 - our own names
    f"select {SELECTED}, terms::uuid[] from unnest({_ARRAYS}) as new ({SELECTED}, terms) "
    "on conflict do nothing"
)
_INSERT_OWN = (
    f"insert into captured_event ({SELECTED}, terms, own) "  # noqa: S608 - our own names
    f"select {SELECTED}, terms::uuid[], true from unnest({_ARRAYS}) as new ({SELECTED}, terms) "
    "on conflict (captured_id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "terms", "own"))
)


class StoredCapture(NamedTuple):
    """A captured event, and its place in the log."""

    event: CapturedEvent
    position: LogPosition
    """On ``hub.capture.v1``; that of a fact, of events that the hub makes of its own facts and of
    those that a version before 0.3.0 captured."""


async def insert_captures(connection: Connection, captures: Sequence[StoredCapture]) -> None:
    """Store captured events in the order of the log; those that are stored already stay."""
    await connection.execute(_INSERT, *columns_of(_rows(captures), len(_COLUMNS) + 1))


async def insert_own_events(connection: Connection, events: Sequence[StoredCapture]) -> None:
    """Store events that the hub made of its own facts; they take the place of captured copies."""
    by_id = {each.event.captured_id: each for each in events}
    await connection.execute(_INSERT_OWN, *columns_of(_rows([*by_id.values()]), len(_COLUMNS) + 1))


def _rows(captures: Sequence[StoredCapture]) -> list[tuple[object, ...]]:
    return [
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
            _array(terms_of(event.body, event.context)),
        )
        for event, position in captures
    ]


async def adopt_older_captures(connection: Connection) -> None:
    """Store the events that versions before 0.3.0 kept beside their facts: it reads all facts."""
    await connection.execute("select adopt_older_captures()", timeout=_ALL_FACTS_TIMEOUT_S)
    await derive_terms(connection)


async def derive_terms(connection: Connection) -> None:
    """Derive the terms of stored events that have none."""
    while True:
        rows = await connection.fetch(
            "select captured_id, body, context from captured_event "  # noqa: S608 - a number of ours
            f"where terms is null order by captured_id limit {_DERIVED_AT_ONCE}"
        )
        if not rows:
            return
        derived = [
            (row["captured_id"], _array(terms_of(row["body"], row["context"]))) for row in rows
        ]
        await connection.execute(
            "update captured_event c set terms = new.terms::uuid[] "
            "from unnest($1::uuid[], $2::text[]) as new (captured_id, terms) "
            "where c.captured_id = new.captured_id",
            *columns_of(derived, 2),
        )


def _array(terms: Sequence[str]) -> str:
    return "{" + ",".join(terms) + "}"
