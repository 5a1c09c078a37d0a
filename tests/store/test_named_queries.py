"""Named queries as they are stored, and the events that a follower of one reads from the log."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from pydantic import SecretStr

from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_terms import term
from groupage.domain.errors import Conflict, InvalidInput
from groupage.settings import DatabaseSettings
from groupage.store import named_queries
from groupage.store.captured_events import StoredCapture, insert_captures
from groupage.store.facts import LogPosition
from groupage.store.named_queries import (
    delete_named_query,
    insert_named_query,
    list_named_queries,
    read_named_query,
)
from groupage.store.pool import create_pool
from groupage.store.readers.captured_events import CaptureFilter
from groupage.store.readers.captured_log import (
    LogPlace,
    ends_of_log,
    find_recorded,
    read_new_terms,
)

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
PACKED = CaptureFilter(terms=((term("bizStep", "packing"),),))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to the test's database."""
    opened = await create_pool(
        DatabaseSettings(url=SecretStr(database_url), pool_size_max=2), application_name="test"
    )
    yield opened
    await opened.close()


async def test_a_query_is_stored_as_it_was_written(pool: "Pool[asyncpg.Record]") -> None:
    """Under a name that only one query has, until somebody deletes it."""
    assert await read_named_query(pool, "packed") is None
    await insert_named_query(pool, "packed", b'{"EQ_bizStep":  ["packing"]}')
    for query in (b"{}", b'{"EQ_bizStep":  ["packing"]}'):
        with pytest.raises(Conflict, match="packed"):
            await insert_named_query(pool, "packed", query)
    stored = await read_named_query(pool, "packed")
    assert stored is not None
    assert stored.query == b'{"EQ_bizStep":  ["packing"]}'
    assert stored.created_at.tzinfo == UTC
    assert await delete_named_query(pool, "packed")
    assert not await delete_named_query(pool, "packed")


async def test_queries_are_listed_by_name(pool: "Pool[asyncpg.Record]") -> None:
    """In an order that does not depend on the server's language."""
    for name in ("b", "A", "a", "B", "ä"):
        await insert_named_query(pool, name, b"{}")
    page = await list_named_queries(pool, "", limit=3)
    assert [each.name for each in page] == ["A", "B", "a"]
    assert [each.name for each in await list_named_queries(pool, "a", limit=3)] == ["b", "ä"]


async def test_queries_have_a_limit(
    pool: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever meets it learns it, but for a name that is taken."""
    monkeypatch.setattr(named_queries, "QUERIES_MAX", 2)
    await insert_named_query(pool, "a", b"{}")
    await insert_named_query(pool, "b", b"{}")
    with pytest.raises(InvalidInput, match="2 named queries"):
        await insert_named_query(pool, "c", b"{}")
    with pytest.raises(Conflict):
        await insert_named_query(pool, "b", b"{}")


def capture(place: int, *, partition: int = 0, step: str = "packing") -> StoredCapture:
    """An event that was recorded at that place of a partition."""
    body: dict[str, Any] = {"type": "ObjectEvent", "bizStep": step}
    event = CapturedEvent(
        event_id=f"urn:uuid:{partition}:{place}",
        event_time=AT,
        recorded_at=AT,
        body=msgspec.json.encode(body),
    )
    return StoredCapture(event, LogPosition("hub.capture.v1", partition, place))


@pytest.mark.parametrize("near", [0, 1_000])
async def test_a_follower_reads_each_partition_by_its_offsets(
    pool: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    """Up to the end that it looked up before, in pages, and each event once."""
    monkeypatch.setattr("groupage.store.readers.captured_log._NEAR", near)
    assert await ends_of_log(pool) == {}
    async with pool.acquire() as connection:
        await insert_captures(
            connection,
            [
                *(capture(place) for place in (3, 5, 9)),
                capture(7, step="receiving"),
                capture(2, partition=4),
            ],
        )
    ends = await ends_of_log(pool)
    capturing, other = ("hub.capture.v1", 0), ("hub.capture.v1", 4)
    assert ends == {capturing: LogPlace(9), other: LogPlace(2)}
    async with pool.acquire() as connection:
        await insert_captures(connection, [capture(11)])

    async def read(after: LogPlace, limit: int = 2) -> tuple[list[int], bool]:
        page = await find_recorded(
            pool, PACKED, capturing, after, ends[capturing], limit=limit, bytes_max=10_000
        )
        return [each.position.offset for each in page.captures], page.more

    assert await read(LogPlace(-1)) == ([3, 5], True)
    assert await read(LogPlace(5)) == ([9], False)
    assert await read(LogPlace(9)) == ([], False)


async def test_the_terms_of_new_events_are_read(pool: "Pool[asyncpg.Record]") -> None:
    """Of all partitions; none if there are too many, or terms that are not derived yet."""
    async with pool.acquire() as connection:
        await insert_captures(connection, [capture(3), capture(2, partition=4)])
    before = {("hub.capture.v1", 0): LogPlace(2)}
    ends = await ends_of_log(pool)
    packed = UUID(term("bizStep", "packing"))
    new = await read_new_terms(pool, before, ends, limit=2)
    assert new is not None
    assert [packed in terms for terms in new] == [True, True]
    assert await read_new_terms(pool, ends, ends, limit=2) == []
    assert await read_new_terms(pool, before, ends, limit=1) is None
    await pool.execute("update captured_event set terms = null where partition = 4")
    assert await read_new_terms(pool, before, ends, limit=2) is None
