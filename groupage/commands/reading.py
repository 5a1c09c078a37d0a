"""What the reading commands share: one connection, a table for people, JSON for scripts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar

import asyncpg
import msgspec
import typer
from rich.console import Console
from rich.table import Table

from groupage.domain.units import kg, m3
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from groupage.store.readers.paging import Page
from groupage.store.schema import require_schema

T = TypeVar("T")
_WIDTH_WITHOUT_TERMINAL = 200

AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]
Limit = Annotated[int, typer.Option(min=1, max=1_000, help="At most so many rows.")]
After = Annotated[
    str | None, typer.Option(help="Continue behind a page: the `next_after` it gave.")
]
Lane = Annotated[str | None, typer.Option(help="Of this lane, like CNNGB-NLRTM.")]


class Column(NamedTuple):
    """One column of a table: its head, and a row's text."""

    head: str
    text: Callable[[Any], object]
    right: bool = False


def query(ask: Callable[["asyncpg.Pool[asyncpg.Record]"], Awaitable[T]]) -> T:
    """The answer of one question to the configured database."""

    async def run() -> T:
        settings = DatabaseSettings(pool_size_max=1)
        pool = await create_pool(settings, application_name="groupage-cli")
        try:
            await require_schema(pool)
            return await ask(pool)
        finally:
            pool.terminate()

    return asyncio.run(run())


def print_json(answer: object) -> None:
    """On standard output, indented; times in UTC."""
    typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def print_page(page: Page[Any], columns: Sequence[Column], *, nothing: str, as_json: bool) -> None:
    """A page of a list, for people or for scripts."""
    if as_json:
        print_json(page)
    else:
        print_table(page.items, columns, nothing=nothing, more=page.next_after)


def console() -> Console:
    """For tables. Without a terminal lines are wide: nobody wants a pipe to cut them at 80."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL)


def print_table(
    rows: Sequence[Any], columns: Sequence[Column], *, nothing: str, more: str | None = None
) -> None:
    """One line for each row; `nothing` is said when there is none, `more` asks for the rest."""
    out = console()
    if not rows:
        out.print(nothing, highlight=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.head, justify="right" if column.right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(shown(column.text(row)) for column in columns))
    out.print(table)
    if more:
        out.print(f"there are more: --after {more}", style="dim", highlight=False, soft_wrap=True)


def shown(value: object) -> str:
    """A value as people read it."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)


def volume(value_cm3: int) -> str:
    """In m³."""
    return f"{m3(value_cm3):.2f}"


def mass(value_g: int | None) -> str:
    """In kg."""
    return "" if value_g is None else f"{kg(value_g):,.0f}"


def money(value_cents: int) -> str:
    """In dollars."""
    return f"{value_cents / 100:,.2f}"


def yes_or_all(*, wanted: bool) -> bool | None:
    """A flag that narrows the list when it is set."""
    return True if wanted else None
