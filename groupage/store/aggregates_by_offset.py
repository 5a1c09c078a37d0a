"""Aggregates with facts from outside, for ranges of offsets of the log.

Whoever reads facts in the order of the log finds them here: it reads the facts of these aggregates
and leaves out those of other offsets. A worker writes a few rows for a batch, which costs it far
less than an index on table `fact` with an entry for each fact.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from groupage.domain.events.base import AggregateKind
from groupage.store.pool import Connection

RELAYED_BY = (None, "command")
"""Of facts that aggregates neither forward nor tell each other."""
OFFSETS_IN_RANGE = 1_024
"""Rows are stored by it: the migration 0015 has it, too.

The smaller a range, the fewer facts of other offsets are read; the larger, the fewer rows."""


class OffsetRange(NamedTuple):
    """A range of a partition's offsets; topic without the hub's prefix."""

    topic: str
    partition: int
    number: int

    @property
    def end(self) -> int:
        """The first offset behind it."""
        return (self.number + 1) * OFFSETS_IN_RANGE


class AggregateList(NamedTuple):
    """The aggregates of some consecutive records of a partition (at least one record)."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    facts: int
    """How many facts there may be."""
    keys: dict[AggregateKind, list[str]]


_decode = msgspec.json.Decoder(list[tuple[AggregateKind, list[str]]]).decode
_encode = msgspec.json.Encoder().encode


def range_of(offset: int) -> int:
    """Return the number of the range that has the offset."""
    return offset // OFFSETS_IN_RANGE


async def insert_lists(connection: Connection, lists: Iterable[AggregateList]) -> None:
    """Store lists (at least one), each in every range that its records lie in."""
    rows = [row for each in lists for row in _rows_of(each)]
    await connection.execute(
        "insert into aggregates_by_offset "
        "(topic, partition, offset_range, last_offset, facts, body) "
        "select * from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], "
        "$6::bytea[])",
        *zip(*rows, strict=True),
    )


def _rows_of(listed: AggregateList) -> Iterable[tuple[str, int, int, int, int, bytes]]:
    topic, partition, first_offset, last_offset, facts, keys = listed
    body = _encode(list(keys.items()))
    last_range = range_of(last_offset)
    for number in range(range_of(first_offset), last_range):
        end = OffsetRange(topic, partition, number).end
        yield topic, partition, number, end - 1, 0, body
    yield topic, partition, last_range, last_offset, facts, body


async def find_next_range(
    connection: Connection, topic: str, partition: int, *, since: int, until: int
) -> OffsetRange | None:
    """Return the first range that may have facts from `since` on, but before `until`."""
    number = await connection.fetchval(
        "select min(offset_range) from aggregates_by_offset where topic = $1 and partition = $2 "
        "and offset_range between $3 and $4 and last_offset >= $5",
        topic,
        partition,
        range_of(since),
        range_of(until - 1),
        since,
    )
    return None if number is None else OffsetRange(topic, partition, number)


async def find_partitions(
    connection: Connection, asked: Iterable[tuple[str, int, int, int]]
) -> list[int]:
    """Return the indexes of those of the partitions for which `find_next_range` finds a range.

    Each is asked for as topic, partition, since, until.
    """
    topics, partitions, since, until = zip(*asked, strict=True)
    rows = await connection.fetch(
        "select number - 1 from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], "
        "$5::bigint[]) with ordinality as asked (topic, partition, since, first, last, number) "
        "where exists (select from aggregates_by_offset as listed "
        "where listed.topic = asked.topic and listed.partition = asked.partition "
        "and offset_range between first and last and last_offset >= since) order by number",
        topics,
        partitions,
        since,
        [range_of(offset) for offset in since],
        [range_of(offset - 1) for offset in until],
    )
    return [row[0] for row in rows]


async def read_aggregates(
    connection: Connection, offset_range: OffsetRange, *, since: int
) -> list[tuple[AggregateKind, str]]:
    """Return the aggregates that may have facts in the range, from `since` on."""
    rows = await connection.fetch(
        "select body from aggregates_by_offset where topic = $1 and partition = $2 "
        "and offset_range = $3 and last_offset >= $4",
        *offset_range,
        since,
    )
    lists = (each for row in rows for each in _decode(row[0]))
    return sorted({(kind, key) for kind, keys in lists for key in keys})


async def count_facts(
    connection: Connection, topic: str, partition: int, *, since: int, until: int
) -> int:
    """Return how many facts a partition may have from `since` on, but before `until`."""
    return int(
        await connection.fetchval(
            "select coalesce(sum(facts), 0) from aggregates_by_offset where topic = $1 "
            "and partition = $2 and offset_range between $3 and $4 "
            "and last_offset >= $5 and last_offset < $6",
            topic,
            partition,
            range_of(since),
            range_of(until),
            since,
            until,
        )
    )
