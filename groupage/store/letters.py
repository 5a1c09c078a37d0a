"""Dead letters as they are stored: listed, shown, marked as replayed."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from groupage.store.writers import Headers, unpack_headers

_COLUMNS = (
    "letter_id, at, topic, partition, record_offset, code, reason, type, source, event_id, key, "
    "headers, value, replayed_at"
)

DEAD_LETTERS = "hub.dlq.v1"
"""The topic of the letters themselves."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One record that had no effect, and why."""

    letter_id: UUID
    at: datetime
    """When Kafka took the record in."""
    topic: str
    partition: int
    record_offset: int
    code: str
    reason: str
    type: str
    source: str
    event_id: str
    key: str
    headers: Headers
    value: bytes
    replayed_at: datetime | None

    @property
    def can_be_sent_again(self) -> bool:
        """Whether there is a topic to send it to.

        What an import put aside because it means no event never had one: its place is then its own
        place among the dead letters.
        """
        return self.topic != DEAD_LETTERS


async def find_letters(
    pool: asyncpg.Pool,
    *,
    code: str | None = None,
    topic: str | None = None,
    waiting: bool = False,
    limit: int,
) -> list[Letter]:
    """The newest letters first; `waiting` leaves out those that were replayed."""
    rows = await pool.fetch(
        f"select {_COLUMNS} from dead_letter where ($1::text is null or code = $1) "  # noqa: S608
        "and ($2::text is null or topic = $2) and (not $3 or replayed_at is null) "
        "order by at desc, topic, partition, record_offset desc limit $4",
        code,
        topic,
        waiting,
        limit,
    )
    return [_letter(row) for row in rows]


async def letters_like(pool: asyncpg.Pool, beginning: str) -> list[Letter]:
    """Letters whose id begins so (at most two: one is meant)."""
    rows = await pool.fetch(
        f"select {_COLUMNS} from dead_letter where starts_with(letter_id::text, $1) limit 2",  # noqa: S608
        beginning.lower(),
    )
    return [_letter(row) for row in rows]


async def count_letters(pool: asyncpg.Pool) -> dict[str, int]:
    """How many there are of each code."""
    rows = await pool.fetch("select code, count(*) from dead_letter group by code order by code")
    return {row[0]: row[1] for row in rows}


async def mark_replayed(pool: asyncpg.Pool, letter_id: UUID) -> None:
    """It was sent again now."""
    await pool.execute("update dead_letter set replayed_at = now() where letter_id = $1", letter_id)


def _letter(row: asyncpg.Record) -> Letter:
    values = dict(row)
    return Letter(**{**values, "headers": unpack_headers(values["headers"])})
