"""Stored dead letters: written in a batch's transaction, listed, replayed, settled.

A dead letter is open until its record has an effect. The commit that finds a rejected fact legal,
withdrawn, or rejected for another reason settles its dead letter. A record that could not
be decoded is replayed: the commit that takes it in without a new dead letter settles the old one.
Or a person dismisses it (`groupage.store.dismissals`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from groupage.contracts.topics import DEAD_LETTER_TOPIC, TOPIC_OF
from groupage.contracts.undecodable import UndecodableCode
from groupage.domain.codes import TimeCode
from groupage.store.facts import LogPosition
from groupage.store.pool import Connection
from groupage.store.sender_alerts import Sender, renew_alerts
from groupage.store.writers import (
    DeadLetterRow,
    Headers,
    OffsetAdvance,
    columns_of,
    insert_sql,
    unpack_headers,
)

_COLUMNS = (
    "letter_id, at, topic, partition, record_offset, code, reason, type, source, event_id, key, "
    "headers, value, fact_id, replayed_at, settled_at, settled_as, dismissed_by, dismissed_because"
)
Settlement: TypeAlias = Literal["legal", "withdrawn", "other_reason", "taken_in", "dismissed"]
SETTLEMENT_TEXTS: Mapping[Settlement, str] = {
    "legal": "the fact counts now",
    "withdrawn": "the fact was corrected or retracted",
    "other_reason": "the fact is rejected for another reason now",
    "taken_in": "the record was taken in when it was replayed",
    "dismissed": "dismissed",
}
"""How a dead letter was settled, for people."""


class ReplayObstacle(NamedTuple):
    """Why a dead letter cannot be replayed, and what to do instead."""

    why: str
    advice: str


_NOT_AN_EVENT = ReplayObstacle(
    "its record has no topic, because it is not an event",
    "Correct it at its source and import that again",
)
_ENDED_REQUEST = ReplayObstacle(
    "the planner ended that request for a plan, and its lane asks with new ones",
    "Dismiss this dead letter; `groupage command replan LANE` asks at once",
)
_WRONG_TOPIC = ReplayObstacle(
    "it would be on the wrong topic again",
    "Send the event to the right topic, and dismiss this dead letter",
)


class StoredDeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record that had no effect, and why."""

    letter_id: UUID
    at: datetime
    """Kafka's timestamp of the record."""
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
    """Of the rejected fact; None: the record could not be decoded."""
    replayed_at: datetime | None
    settled_at: datetime | None
    settled_as: Settlement | None
    dismissed_by: str | None
    dismissed_because: str | None

    @property
    def is_replayable(self) -> bool:
        """Whether the same record on its topic may have an effect."""
        return self.replay_obstacle is None

    @property
    def replay_obstacle(self) -> ReplayObstacle | None:
        """Why sending the record again cannot have an effect; None: it can.

        An entry that an import quarantined never had a topic; it has the position of its copy on
        the dead-letter topic. A request for a plan ended when the planner could not read it.
        """
        if self.topic == DEAD_LETTER_TOPIC:
            return _NOT_AN_EVENT
        if self.topic == TOPIC_OF["request"].name:
            return _ENDED_REQUEST
        return _WRONG_TOPIC if self.code == UndecodableCode.WRONG_TOPIC else None


def dead_letter_id(topic: str, partition: int, offset: int, code: str) -> UUID:
    """Return the id that a worker gives a dead letter: the same for the same record and code."""
    name = f"{topic}\0{partition}\0{offset}\0{code}"
    return UUID(bytes=blake2b(name.encode(), digest_size=16).digest())


# --- in a batch's transaction -------------------------------------------------------------------

_TYPES = "uuid timestamptz text integer bigint text text text text text text bytea bytea uuid"
_INSERT = insert_sql("dead_letter", DeadLetterRow._fields, _TYPES.split()) + (
    "on conflict (letter_id) do update set settled_at = null, settled_as = null, "
    "reason = excluded.reason where old.settled_as <> 'dismissed'"
)


async def insert_dead_letters(connection: Connection, rows: Sequence[DeadLetterRow]) -> None:
    """Store records that had no effect; open those again that are settled and not dismissed."""
    await connection.execute(_INSERT, *columns_of(rows, len(DeadLetterRow._fields)))


async def open_rejections(connection: Connection, fact_ids: Sequence[UUID]) -> dict[str, str]:
    """Read the codes under which events are rejected now, by fact id in hex."""
    rows = await connection.fetch(
        "select fact_id, code from dead_letter "
        "where fact_id = any($1::uuid[]) and settled_at is null",
        fact_ids,
    )
    return {row[0].hex: row[1] for row in rows}


async def rewrite_headers(connection: Connection, headers: Mapping[UUID, bytes]) -> None:
    """Replace the packed headers of the dead letters of these facts."""
    await connection.execute(
        "update dead_letter set headers = n.headers "
        "from unnest($1::uuid[], $2::bytea[]) as n (fact_id, headers) "
        "where dead_letter.fact_id = n.fact_id",
        list(headers),
        list(headers.values()),
    )


async def settle_rejections(
    connection: Connection, settled: Mapping[tuple[UUID, str], Settlement]
) -> None:
    """Settle the dead letters of facts, by id and code, that are no longer rejected so."""
    await connection.execute(
        "update dead_letter d set settled_at = now(), settled_as = n.settled_as "
        "from unnest($1::uuid[], $2::text[], $3::text[]) as n (fact_id, code, settled_as) "
        "where d.fact_id = n.fact_id and d.code = n.code and d.settled_at is null",
        *columns_of([(*refused, how) for refused, how in settled.items()], 3),
    )


async def settle_replayed(
    connection: Connection, positions: Sequence[OffsetAdvance]
) -> Counter[Sender]:
    """Settle the dead letters of replayed records that these offsets cover and that gave a fact.

    Return how many of each sender.

    The batch's own dead letters must be stored before: one at a replayed offset says that the
    replay failed.
    """
    settled = await connection.fetch(
        "update dead_letter d set settled_at = now(), settled_as = 'taken_in' "
        "from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) "
        "as p (topic, partition, begin_offset, end_offset) "
        "where d.topic = p.topic and d.replayed_partition = p.partition "
        "and d.replayed_offset >= p.begin_offset and d.replayed_offset < p.end_offset "
        "and d.settled_at is null and d.fact_id is null and not exists (select from dead_letter n "
        "where n.topic = d.topic and n.partition = d.replayed_partition "
        "and n.record_offset = d.replayed_offset and n.fact_id is null) "
        "returning d.code, d.source",
        *columns_of([position[:4] for position in positions], 4),
    )
    return Counter(Sender(*row) for row in settled)


async def settle_refused_ticks(
    connection: Connection, voided: Sequence[LogPosition]
) -> Counter[Sender]:
    """Settle the dead letters of wrong ticks that lie before these positions in their partition.

    Return how many of each sender.
    """
    senders = Counter[Sender]()
    for topic, partition, offset in voided:
        settled = await connection.fetch(
            "update dead_letter set settled_at = now(), settled_as = 'withdrawn' where code = $1 "
            "and topic = $2 and partition = $3 and record_offset < $4 and settled_at is null "
            "returning code, source",
            str(TimeCode.CLOCK_IMPLAUSIBLE),
            topic,
            partition,
            offset,
        )
        senders.update(Sender(*row) for row in settled)
    return senders


# --- for people ---------------------------------------------------------------------------------


async def find_dead_letters(
    pool: asyncpg.Pool,
    *,
    code: str | None = None,
    source: str | None = None,
    topic: str | None = None,
    waiting: bool = False,
    settled: bool = False,
    limit: int,
) -> list[StoredDeadLetter]:
    """List dead letters, newest first; `waiting`: not replayed; `settled`: settled ones, too."""
    rows = await pool.fetch(
        f"select {_COLUMNS} from dead_letter where ($1::text is null or code = $1) "  # noqa: S608
        "and ($2::text is null or topic = $2) and (not $3 or replayed_at is null) "
        "and ($4 or settled_at is null) and ($6::text is null or source = $6) "
        "order by at desc, topic, partition, record_offset desc limit $5",
        code,
        topic,
        waiting,
        settled,
        limit,
        source,
    )
    return [_dead_letter(row) for row in rows]


async def find_by_id_prefix(pool: asyncpg.Pool, beginning: str) -> list[StoredDeadLetter]:
    """List dead letters whose id begins so; at most two, to tell whether one is meant."""
    rows = await pool.fetch(
        f"select {_COLUMNS} from dead_letter where starts_with(letter_id::text, $1) limit 2",  # noqa: S608
        beginning.lower(),
    )
    return [_dead_letter(row) for row in rows]


async def count_dead_letters(pool: asyncpg.Pool, *, settled: bool = False) -> dict[str, int]:
    """Count dead letters by code; `settled`: settled ones, too."""
    rows = await pool.fetch(
        "select code, count(*) from dead_letter where $1 or settled_at is null "
        "group by code order by code",
        settled,
    )
    return {row[0]: row[1] for row in rows}


async def mark_replayed(
    pool: asyncpg.Pool, dead_letter: StoredDeadLetter, *, partition: int, offset: int
) -> None:
    """Note that it was replayed now, and where the new record is in its topic.

    The lock waits for a batch that may be taking the record in; a later batch finds the mark.
    """
    async with pool.acquire() as connection, connection.transaction():
        taken_in = await connection.fetchval(
            "select next_offset from intake_offset where topic = $1 and partition = $2 for share",
            dead_letter.topic,
            partition,
        )
        await connection.execute(
            "update dead_letter set replayed_at = now(), replayed_partition = $2, "
            "replayed_offset = $3 where letter_id = $1",
            dead_letter.letter_id,
            partition,
            offset,
        )
        settled = Counter[Sender]()
        if taken_in is None:  # no worker reads that topic, so none will settle it
            settled[Sender(dead_letter.code, dead_letter.source)] += 1
        elif taken_in > offset:
            replayed = OffsetAdvance(dead_letter.topic, partition, offset, offset + 1, None)
            settled = await settle_replayed(connection, [replayed])
        changes = {sender: -count for sender, count in settled.items()}
        await renew_alerts(connection, changes, topic=DEAD_LETTER_TOPIC, partition=0)


def _dead_letter(row: asyncpg.Record) -> StoredDeadLetter:
    values = dict(row)
    return StoredDeadLetter(**{**values, "headers": unpack_headers(values["headers"])})
