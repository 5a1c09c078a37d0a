"""Dismiss dead letters: a person decides that nothing is to be done about their records.

Nothing is deleted: who decided, when and why stays with each dead letter. That of a rejected event
cannot be dismissed: the state of its aggregate has the rejection, and so has the alert.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.store.sender_alerts import Sender, renew_alerts

_AT_ONCE = 5_000
"""Dead letters of one transaction: workers settle others meanwhile."""
_OPEN = (
    "select code, source, fact_id is not null as rejected, array_agg(letter_id) as letter_ids "
    "from dead_letter where settled_at is null and ($1::uuid[] is null or letter_id = any($1)) "
    "and ($2::text is null or code = $2) and ($3::text is null or source = $3) "
    "and ($4::text is null or topic = $4) group by 1, 2, 3 order by 1, 2, 3"
)
_DISMISS = (
    "update dead_letter set settled_at = now(), settled_as = 'dismissed', dismissed_by = $2, "
    "dismissed_because = $3 where letter_id = any($1::uuid[]) and settled_at is null "
    "and fact_id is null returning code, source"
)


class OpenDeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """The open dead letters of one code and sender."""

    code: str
    source: str
    rejected: bool
    """Their records are events that an aggregate rejected; nobody can dismiss these."""
    letter_ids: Sequence[UUID]


async def find_open(
    pool: asyncpg.Pool,
    *,
    letter_ids: Sequence[UUID] | None = None,
    code: str | None = None,
    source: str | None = None,
    topic: str | None = None,
) -> list[OpenDeadLetters]:
    """List the open dead letters to which all of these apply, by code and sender."""
    rows = await pool.fetch(_OPEN, letter_ids, code, source, topic)
    return [OpenDeadLetters(**row) for row in rows]


async def dismiss(pool: asyncpg.Pool, letter_ids: Sequence[UUID], *, by: str, reason: str) -> int:
    """Dismiss those of these dead letters that are open and can be dismissed; count them.

    The alerts about their senders end with the last one.
    """
    count = 0
    for first in range(0, len(letter_ids), _AT_ONCE):
        chunk = letter_ids[first : first + _AT_ONCE]
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_DISMISS, chunk, by, reason)
            changes = Counter[Sender]()
            changes.subtract(Sender(*row) for row in rows)
            await renew_alerts(connection, changes, topic=DEAD_LETTER_TOPIC, partition=0)
        count += len(rows)
    return count
