"""Facts from outside are found by the aggregates that are listed for their range of offsets."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from groupage.domain.events.base import AggregateKind
from groupage.store.aggregates_by_offset import (
    OFFSETS_IN_RANGE,
    AggregateList,
    OffsetRange,
    count_facts,
    find_next_range,
    find_partitions,
    insert_lists,
    read_aggregates,
)

pytestmark = pytest.mark.integration

PLACE = ("hub.unit.v1", 3)
END = OFFSETS_IN_RANGE
Key = tuple[AggregateKind, str]


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect to an empty hub."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def listed(first: int, last: int, *keys: str, kind: AggregateKind = "unit") -> AggregateList:
    """List aggregates of the records from the first to the last one."""
    return AggregateList(*PLACE, first, last, len(keys), {kind: list(keys)})


async def read_all(
    connection: "asyncpg.Connection[asyncpg.Record]", since: int, until: int
) -> list[list[Key]]:
    """Read range after range."""
    found: list[list[Key]] = []
    place = since
    while place < until and (
        number := await find_next_range(connection, *PLACE, since=place, until=until)
    ):
        found.append(await read_aggregates(connection, number, since=place))
        place = number.end
    return found


async def test_a_batch_is_found_in_each_range_of_its_records(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Written together with others, which lie in one range, at its very ends or in none between."""
    await insert_lists(
        connection,
        [
            listed(0, 0, "first"),
            listed(1, END - 1, "to the end"),
            listed(END, 3 * END, "over two", "ends", kind="visit"),
            AggregateList("hub.unit.v1", 4, 5, 6, 1, {"unit": ["elsewhere"]}),
        ],
    )
    await insert_lists(connection, [listed(9 * END, 9 * END + 5, "first", "far")])
    both: list[Key] = [("visit", "ends"), ("visit", "over two")]
    far: list[Key] = [("unit", "far"), ("unit", "first")]
    begin: list[Key] = [("unit", "first"), ("unit", "to the end")]
    assert await read_all(connection, 0, 10 * END) == [begin, both, both, both, far]
    assert await read_all(connection, 1, END) == [[("unit", "to the end")]]
    assert await read_all(connection, END - 1, END + 1) == [[("unit", "to the end")], both]
    assert await read_all(connection, 3 * END, 9 * END) == [both]
    assert await read_all(connection, 3 * END + 1, 9 * END) == []
    assert await read_all(connection, 9 * END + 6, 99 * END) == []
    assert [
        await count_facts(connection, *PLACE, since=since, until=until)
        for since, until in ((0, 10 * END), (1, END), (END, 3 * END + 1), (3 * END + 1, 99 * END))
    ] == [6, 1, 2, 2]


async def test_facts_of_a_log_before_are_among_those_of_their_offsets(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """A topic that was created again begins at offset 0 once more."""
    await insert_lists(connection, [listed(0, 2 * END, "old")])
    await insert_lists(connection, [listed(0, 5, "new")])
    await insert_lists(connection, [listed(6, 9, "newer")])
    old: list[Key] = [("unit", "old")]
    assert await read_all(connection, 6, 10) == [[("unit", "newer"), *old]]
    assert await read_all(connection, 0, 3 * END) == [
        [("unit", "new"), ("unit", "newer"), *old],
        old,
        old,
    ]


async def test_a_partition_without_newer_facts_is_not_looked_at(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Ticks and messages behind the last fact, in its range, are nothing to read."""
    await insert_lists(connection, [listed(3, 5, "U")])
    assert await find_partitions(connection, [("hub.unit.v1", 9, 0, 9), (*PLACE, 5, 9)]) == [1]
    assert await find_partitions(connection, [(*PLACE, 6, 9)]) == []
    assert await find_next_range(connection, *PLACE, since=6, until=9) is None
    assert await read_aggregates(connection, OffsetRange(*PLACE, 0), since=6) == []


async def test_lists_are_found_by_an_index(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Whoever reads the next facts does not read the lists of all others."""
    await connection.execute("set enable_seqscan = off")
    rows = await connection.fetch(
        "explain select min(offset_range) from aggregates_by_offset where topic = 't' "
        "and partition = 1 and offset_range between 3 and 9 and last_offset >= 5"
    )
    plan = "\n".join(row[0] for row in rows)
    assert "aggregates_by_offset_range" in plan
    assert "Index Cond" in plan
