"""Pages of captured events: what a query's answer holds, and the token of the next page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from groupage.app.api.epcis_parameters import EventQuery
from groupage.app.api.problems import HttpProblem
from groupage.app.api.query import WrongParameters
from groupage.domain.errors import InvalidInput
from groupage.serving.problems import WrongField
from groupage.store.captured_events import StoredCapture
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import (
    TooManyToCompare,
    count_captures,
    find_captures,
)
from groupage.store.readers.paging import cursor_of, values_of

PAGE_BYTES_MAX = 8 * 2**20
"""A page ends with the event that brings it there; the next page goes on behind."""


async def read_page(
    pool: Connection, query: EventQuery
) -> tuple[Sequence[StoredCapture], str | None]:
    """Read a page, and the token of the next one."""
    after, left = _position(query)
    if query.at_most is not None and query.token is None:
        try:
            number = await count_captures(pool, query.filter, limit=query.at_most + 1)
        except TooManyToCompare as error:
            raise HttpProblem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                str(error),
                exception="epcisException:QueryTooComplexException",
            ) from None
        if number > query.at_most:
            raise HttpProblem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"more than {query.at_most} events match (maxEventCount)",
            )
    limit = query.per_page if left is None else min(query.per_page, left)
    page = await find_captures(
        pool, query.filter, query.order, after, limit=limit, bytes_max=PAGE_BYTES_MAX
    )
    if left is not None:
        left -= len(page.captures)
    if not page.more or left == 0:
        return page.captures, None
    at, captured_id = page.end or query.order.place(page.captures[-1])
    names = [query.order.column, str(query.order.descending), "" if left is None else str(left)]
    return page.captures, cursor_of([*names, at.isoformat(), captured_id.hex])


def _position(query: EventQuery) -> tuple[tuple[datetime, UUID] | None, int | None]:
    """Return where the page begins, and how many events `eventCountLimit` leaves."""
    if query.token is None:
        return None, query.first
    try:
        column, descending, left, at, captured_id = values_of(query.token, 5)
        if (column, descending) != (query.order.column, str(query.order.descending)):
            raise _wrong_token(query.token)
        after = datetime.fromisoformat(at).astimezone(UTC), UUID(captured_id)
        if (query.first is None) != (left == ""):
            raise _wrong_token(query.token)
        return after, None if query.first is None else min(max(int(left[:10]), 1), query.first)
    except (InvalidInput, ValueError, OverflowError):
        raise _wrong_token(query.token) from None


def _wrong_token(token: str) -> WrongParameters:
    expected = "that of the header Link of an answer to the same query"
    return WrongParameters(
        (WrongField(field="nextPageToken", value=token[:200], expected=expected),)
    )
