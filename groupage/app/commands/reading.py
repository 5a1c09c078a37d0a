"""What the reading commands share: their options, one connection, pages of a list."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

import asyncpg
import typer

from groupage.app.commands.printing import Column, print_json, print_table
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from groupage.store.readers.paging import Page
from groupage.store.schema import require_schema

T = TypeVar("T")

Limit = Annotated[int, typer.Option(min=1, max=1_000, help="At most so many rows.")]
After = Annotated[
    str | None, typer.Option(help="Continue behind a page: the `next_after` it gave.")
]
Lane = Annotated[str | None, typer.Option(help="Of this lane, like CNNGB-NLRTM.")]


def query(ask: Callable[["asyncpg.Pool[asyncpg.Record]"], Awaitable[T]]) -> T:
    """The answer of one question to the configured database."""

    async def run() -> T:
        settings = DatabaseSettings(pool_size_max=1)
        pool = await create_pool(settings, application_name="groupage-cli")
        try:
            await require_schema(pool, place=settings.place)
            return await ask(pool)
        finally:
            pool.terminate()

    return asyncio.run(run())


def print_page(page: Page[Any], columns: Sequence[Column], *, nothing: str, as_json: bool) -> None:
    """A page of a list, for people or for scripts."""
    if as_json:
        print_json(page)
    else:
        print_table(page.items, columns, nothing=nothing, more=page.next_after)


def yes_or_all(*, wanted: bool) -> bool | None:
    """A flag that narrows the list when it is set."""
    return True if wanted else None
