"""Dead letters as they are stored: put aside, listed, sent again, settled.

A letter stands until its record has its effect. One of a refused fact is settled by the commit
that finds the fact legal, taken back, or refused for another reason; one of a record that gave no
fact by the commit that takes the record in, sent again, and does not put it aside anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.store.pool import Connection
from groupage.store.writers import (
    DeadLetterRow,
    Headers,
    OffsetAdvance,
    columns_of,
    insertion,
    unpack_headers,
)

_COLUMNS = (
    "letter_id, at, topic, partition, record_offset, code, reason, type, source, event_id, key, "
    "headers, value, fact_id, replayed_at, settled_at, settled_as"
)
Settlement: TypeAlias = Literal["legal", "withdrawn", "other_reason", "taken_in"]
WORDS: Mapping[Settlement, str] = {
    "legal": "the fact counts now",
    "withdrawn": "the fact was corrected or retracted",
    "other_reason": "the fact is refused for another reason now",
    "taken_in": "the record was taken in when it was sent again",
}
"""What settled it, for people."""


class StoredDeadLetter(msgspec.Struct, frozen=True, kw_only=True):
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
    fact_id: UUID | None
    """Of the fact that its owner refuses; None: the record gave no fact."""
    replayed_at: datetime | None
    settled_at: datetime | None
    settled_as: Settlement | None

    @property
    def can_be_sent_again(self) -> bool:
        """Whether there is a topic to send it to.

        What an import put aside because it means no event never had one: its place is then its own
        place among the dead letters.
        """
        return self.topic != DEAD_LETTER_TOPIC


# --- in a batch's transaction -------------------------------------------------------------------

_TYPES = "uuid timestamptz text integer bigint text text text text text text bytea bytea uuid"
_INSERT = insertion("dead_letter", DeadLetterRow._fields, _TYPES.split()) + (
    "on conflict (letter_id) do update set settled_at = null, settled_as = null, "
    "reason = excluded.reason where old.settled_at is not null"
)


async def insert_dead_letters(connection: Connection, rows: Sequence[DeadLetterRow]) -> None:
    """Keep records that had no effect; one that is known already stands again."""
    await connection.execute(_INSERT, *columns_of(rows, len(DeadLetterRow._fields)))


async def open_rejections(connection: Connection, fact_ids: Sequence[UUID]) -> dict[str, str]:
    """Read the codes under which events are rejected now, by fact id in hex."""
    rows = await connection.fetch(
        "select fact_id, code from dead_letter "
        "where fact_id = any($1::uuid[]) and settled_at is null",
        fact_ids,
    )
    return {row[0].hex: row[1] for row in rows}


async def settle_refusals(
    connection: Connection, settled: Mapping[tuple[UUID, str], Settlement]
) -> None:
    """Facts, by id and code, that are not refused with that code any more."""
    await connection.execute(
        "update dead_letter d set settled_at = now(), settled_as = n.settled_as "
        "from unnest($1::uuid[], $2::text[], $3::text[]) as n (fact_id, code, settled_as) "
        "where d.fact_id = n.fact_id and d.code = n.code and d.settled_at is null",
        *columns_of([(*refused, how) for refused, how in settled.items()], 3),
    )


async def settle_replayed(connection: Connection, positions: Sequence[OffsetAdvance]) -> None:
    """Records that were sent again, came by on the way to these positions, and gave a fact.

    What they put aside must be stored before: a letter from the same place says that it failed.
    """
    await connection.execute(
        "update dead_letter d set settled_at = now(), settled_as = 'taken_in' "
        "from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) "
        "as p (topic, partition, begin_offset, end_offset) "
        "where d.topic = p.topic and d.replayed_partition = p.partition "
        "and d.replayed_offset >= p.begin_offset and d.replayed_offset < p.end_offset "
        "and d.settled_at is null and d.fact_id is null and not exists (select from dead_letter n "
        "where n.topic = d.topic and n.partition = d.replayed_partition "
        "and n.record_offset = d.replayed_offset and n.fact_id is null)",
        *columns_of([position[:4] for position in positions], 4),
    )


# --- for people ---------------------------------------------------------------------------------


async def find_letters(
    pool: asyncpg.Pool,
    *,
    code: str | None = None,
    topic: str | None = None,
    waiting: bool = False,
    settled: bool = False,
    limit: int,
) -> list[StoredDeadLetter]:
    """The newest first; `waiting` leaves out those replayed, `settled` adds those settled."""
    rows = await pool.fetch(
        f"select {_COLUMNS} from dead_letter where ($1::text is null or code = $1) "  # noqa: S608
        "and ($2::text is null or topic = $2) and (not $3 or replayed_at is null) "
        "and ($4 or settled_at is null) "
        "order by at desc, topic, partition, record_offset desc limit $5",
        code,
        topic,
        waiting,
        settled,
        limit,
    )
    return [_letter(row) for row in rows]


async def letters_like(pool: asyncpg.Pool, beginning: str) -> list[StoredDeadLetter]:
    """Letters whose id begins so (at most two: one is meant)."""
    rows = await pool.fetch(
        f"select {_COLUMNS} from dead_letter where starts_with(letter_id::text, $1) limit 2",  # noqa: S608
        beginning.lower(),
    )
    return [_letter(row) for row in rows]


async def count_letters(pool: asyncpg.Pool, *, settled: bool = False) -> dict[str, int]:
    """How many there are of each code; `settled` adds those settled."""
    rows = await pool.fetch(
        "select code, count(*) from dead_letter where $1 or settled_at is null "
        "group by code order by code",
        settled,
    )
    return {row[0]: row[1] for row in rows}


async def mark_replayed(
    pool: asyncpg.Pool, letter: StoredDeadLetter, *, partition: int, offset: int
) -> None:
    """It was sent again now, and lies there in its topic.

    The lock waits for a batch that may have taken it in already; a later one finds the mark.
    """
    async with pool.acquire() as connection, connection.transaction():
        taken_in = await connection.fetchval(
            "select next_offset from intake_offset where topic = $1 and partition = $2 for share",
            letter.topic,
            partition,
        )
        await connection.execute(
            "update dead_letter set replayed_at = now(), replayed_partition = $2, "
            "replayed_offset = $3 where letter_id = $1",
            letter.letter_id,
            partition,
            offset,
        )
        if taken_in is not None and taken_in > offset:
            place = OffsetAdvance(letter.topic, partition, offset, offset + 1, None)
            await settle_replayed(connection, [place])


def _letter(row: asyncpg.Record) -> StoredDeadLetter:
    values = dict(row)
    return StoredDeadLetter(**{**values, "headers": unpack_headers(values["headers"])})
