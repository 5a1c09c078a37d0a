"""Pages of lists, stable while rows come and go: each begins behind the last row of the one before.

Statements consist of fragments written in this package; every value is a parameter.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec

from groupage.domain.errors import InvalidInput
from groupage.store.pool import Connection

T = TypeVar("T", bound=msgspec.Struct)

LIMIT_DEFAULT = 100
LIMIT_MAX = 1_000


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Rows of a list; `next_after` gets the next page, None: this is the last one."""

    items: tuple[T, ...]
    next_after: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Expressions to sort by with their types; together they are unique and never null."""

    columns: tuple[tuple[str, str], ...]
    descending: bool = False


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A list: columns, source and order."""

    columns: str
    source: str
    order: Order


async def fetch_page(
    connection: Connection,
    listing: Listing,
    into: type[T],
    *,
    conditions: Sequence[tuple[str, Any]] = (),
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
) -> Page[T]:
    """Fetch the first `limit` rows behind `after` that meet the conditions.

    A condition is (SQL with ``{}`` for its parameter, value); those with value None are left out.
    Raises InvalidInput for a limit out of range or an `after` that no page gave.
    """
    require_limit(limit)
    wanted = [(sql, value) for sql, value in conditions if value is not None]
    parameters = [value for _, value in wanted]
    clauses = [sql.replace("{}", f"${number}") for number, (sql, _) in enumerate(wanted, start=1)]
    order = listing.order
    if after is not None:
        cursor = values_of(after, len(order.columns))
        cursor_values = ", ".join(
            f"${len(parameters) + number}::text::{kind}"
            for number, (_, kind) in enumerate(order.columns, start=1)
        )
        names = ", ".join(expression for expression, _ in order.columns)
        clauses.append(f"({names}) {'<' if order.descending else '>'} ({cursor_values})")
        parameters += cursor
    try:
        rows = await _select(connection, listing, clauses, [*parameters, limit + 1])
    except (asyncpg.InvalidTextRepresentationError, asyncpg.InvalidDatetimeFormatError) as error:
        raise _invalid_cursor(after) from error
    items = tuple(_item(row, into) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_after=_cursor(rows[limit - 1], order) if more else None)


def require_limit(limit: int) -> None:
    """Raise InvalidInput for a limit out of range."""
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidInput(f"limit is {limit}; 1 to {LIMIT_MAX} is right")


async def _select(
    connection: Connection, listing: Listing, clauses: list[str], parameters: list[Any]
) -> list[asyncpg.Record]:
    order = listing.order
    direction = " desc" if order.descending else ""
    cursor_columns = ", ".join(
        f"({expression})::text as cursor_{number}"
        for number, (expression, _) in enumerate(order.columns)
    )
    statement = (
        f"select {listing.columns}, {cursor_columns} from {listing.source}"  # noqa: S608 - our own literals
        f"{' where ' if clauses else ''}{' and '.join(clauses)}"
        f" order by {', '.join(expression + direction for expression, _ in order.columns)}"
        f" limit ${len(parameters)}"
    )
    return list(await connection.fetch(statement, *parameters))


def _invalid_cursor(after: str | None) -> InvalidInput:
    return InvalidInput(f"after is {after!r}, which no page of this list gave; leave it out")


def _item(row: asyncpg.Record, into: type[T]) -> T:
    return into(**{name: row[name] for name in into.__struct_fields__ if name in row})


def _cursor(row: asyncpg.Record, order: Order) -> str:
    return cursor_of([row[f"cursor_{number}"] for number in range(len(order.columns))])


def cursor_of(values: Sequence[str]) -> str:
    """Return the `next_after` of a page whose last row has these values of the order."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def values_of(after: str, length: int) -> list[str]:
    """Return the values in a `next_after`. Raises InvalidInput."""
    try:
        raw = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        values = msgspec.json.decode(raw, type=list[str])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        values = []
    if len(values) != length or any("\x00" in value for value in values):
        raise _invalid_cursor(after)
    return values
