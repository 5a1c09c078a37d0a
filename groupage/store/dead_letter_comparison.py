"""Stored dead letters compared with those that a rebuild finds in the log.

Compared are records, positions and codes. How a dead letter of an undecodable record was settled is
not in the log, so these are compared open or settled. Those of rejected events and of ticks that
`clock.voided` took back are compared while they are open: which are follows from the log.
"""

from collections import Counter
from uuid import UUID

import asyncpg
import msgspec

from groupage.contracts.undecodable import UndecodableCode
from groupage.domain.rejections import RejectionCode
from groupage.store.dead_letters import dead_letter_id

Connection = asyncpg.Connection

_STORE_CODE = str(RejectionCode.PLAN_NOT_STORED)
"""Whether a plan is stored is not in the log, either."""
_IS_COMPARED = (
    f"(code <> '{_STORE_CODE}' and (settled_at is null "
    "or (fact_id is null and settled_as <> 'withdrawn')))"
)
_AT = f"case when code <> '{UndecodableCode.UNREADABLE.value}' then at end"
"""The Kafka client gives no time of an unreadable record: its dead letter has the worker's."""
_ROWS = (
    f"select letter_id, {_AT}, topic, partition, record_offset, code, type, source, event_id, key, "  # noqa: S608 - our names
    f"headers, value, fact_id from {{schema}}.dead_letter where {_IS_COMPARED}"
)
_ONLY = (
    "select letter_id, topic, partition, record_offset, code, fact_id from "
    "({one} except all {other}) as differing where not exists (select from {schema}.dead_letter "
    "as withdrawn where withdrawn.letter_id = differing.letter_id "
    "and withdrawn.settled_as = 'withdrawn')"
)
_COUNTS = (
    f"select code, settled_at is null, {_IS_COMPARED}, count(*) from public.dead_letter "  # noqa: S608 - our names
    "group by 1, 2, 3 order by 1"
)
_OPEN_IDS = (
    "select letter_id from public.dead_letter where letter_id = any($1) and settled_at is null"
)


class DeadLetterCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many stored dead letters were compared, and how many were not, by code."""

    compared_open: dict[str, int]
    compared_settled: dict[str, int]
    other_open: dict[str, int]
    """Their record has expired on the dead letter topic, or their plan may be stored by now."""
    other_settled: dict[str, int]


class DeadLetterComparison(msgspec.Struct, frozen=True, kw_only=True):
    """The result."""

    rows: int
    """Rebuilt ones."""
    only_stored: int
    only_rebuilt: int
    counts: DeadLetterCounts


async def compare_dead_letters(connection: Connection, schema: str) -> DeadLetterComparison:
    """Compare the dead letters of `public` with those of `schema`, row by row."""
    scratch = f'"{schema}"'
    stored, rebuilt = _ROWS.format(schema="public"), _ROWS.format(schema=scratch)
    only_stored = await connection.fetch(_ONLY.format(one=stored, other=rebuilt, schema=scratch))
    only_rebuilt = await connection.fetch(_ONLY.format(one=rebuilt, other=stored, schema="public"))
    # A producer's dead letter lies on the dead letter topic, which is not kept for ever. Published
    # twice it may be left at its second position.
    foreign_stored = {row["letter_id"] for row in only_stored if _is_of_producer(row)}
    foreign_rebuilt = {row["letter_id"] for row in only_rebuilt if _is_of_producer(row)}
    expired = [row for row in only_stored if row["letter_id"] in foreign_stored - foreign_rebuilt]
    return DeadLetterComparison(
        rows=await connection.fetchval(f"select count(*) from ({rebuilt}) as x"),  # noqa: S608 - our names
        only_stored=len(only_stored) - len(foreign_stored),
        only_rebuilt=len(only_rebuilt) - len(foreign_rebuilt & foreign_stored),
        counts=await _count(connection, {row["letter_id"]: row["code"] for row in expired}),
    )


def _is_of_producer(row: "asyncpg.Record") -> bool:
    """Tell whether a producer made it: a worker derives the id from position and code."""
    position = (row["topic"], row["partition"], row["record_offset"])
    return row["fact_id"] is None and row["letter_id"] != dead_letter_id(*position, row["code"])


async def _count(connection: Connection, expired: dict[UUID, str]) -> DeadLetterCounts:
    numbers: dict[tuple[bool, bool], Counter[str]] = {
        (is_open, is_compared): Counter()
        for is_open in (True, False)
        for is_compared in (True, False)
    }
    for code, is_open, is_compared, count in await connection.fetch(_COUNTS):
        numbers[is_open, is_compared][code] += count
    open_ids = {row[0] for row in await connection.fetch(_OPEN_IDS, list(expired))}
    for letter_id, code in expired.items():
        numbers[letter_id in open_ids, True][code] -= 1
        numbers[letter_id in open_ids, False][code] += 1
    return DeadLetterCounts(
        compared_open=_positive(numbers[True, True]),
        compared_settled=_positive(numbers[False, True]),
        other_open=_positive(numbers[True, False]),
        other_settled=_positive(numbers[False, False]),
    )


def _positive(numbers: Counter[str]) -> dict[str, int]:
    return {code: count for code, count in sorted(numbers.items()) if count > 0}
