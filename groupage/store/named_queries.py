"""Table `named_query`: GS1's named queries, which clients define, run and delete."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg

from groupage.domain.errors import Conflict, InvalidInput
from groupage.store.pool import Connection

QUERIES_MAX = 1_000
"""A client that makes a name for each request would fill the database."""


class NamedQuery(NamedTuple):
    """A query that a client has given a name."""

    name: str
    query: bytes
    """Its parameters, a JSON object, as the client wrote it."""
    created_at: datetime


async def insert_named_query(connection: Connection, name: str, query: bytes) -> None:
    """Store a query. Raises Conflict if the name is taken, InvalidInput if there are too many."""
    try:
        stored = await connection.fetchval(
            "insert into named_query (name, query) select $1, $2 "
            "where (select count(*) from named_query) < $3 "
            "or exists (select from named_query where name = $1) returning name",
            name,
            query,
            QUERIES_MAX,
        )
    except asyncpg.UniqueViolationError:
        raise Conflict(f"a query with the name {name!r} exists: delete it first") from None
    if stored is None:
        raise InvalidInput(f"there are {QUERIES_MAX} named queries: delete one of them first")


async def read_named_query(connection: Connection, name: str) -> NamedQuery | None:
    """Read the query with that name; None: there is none."""
    row = await connection.fetchrow(
        "select name, query, created_at from named_query where name = $1", name
    )
    return None if row is None else _named_query(row)


async def list_named_queries(
    connection: Connection, after: str, *, limit: int
) -> Sequence[NamedQuery]:
    """Read the next queries behind a name, in the order of their names."""
    rows = await connection.fetch(
        "select name, query, created_at from named_query where name > $1 order by name limit $2",
        after,
        limit,
    )
    return [_named_query(row) for row in rows]


async def delete_named_query(connection: Connection, name: str) -> bool:
    """Delete the query with that name; False: there is none."""
    deleted = await connection.fetchval(
        "delete from named_query where name = $1 returning name", name
    )
    return deleted is not None


def _named_query(row: asyncpg.Record) -> NamedQuery:
    return NamedQuery(row["name"], row["query"], row["created_at"].astimezone(UTC))
