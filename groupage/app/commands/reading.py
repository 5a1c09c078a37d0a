"""Shared parts of the reading commands: options, the query, and printing of a page."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

import asyncpg
import typer

from groupage.app.commands.printing import Column, print_json, print_table
from groupage.app.hub_time import use_zone_of
from groupage.domain.policy import Policy
from groupage.settings import DatabaseSettings, PolicySettings
from groupage.store.policies import hub_clock, read_history
from groupage.store.pool import create_pool
from groupage.store.readers.paging import Page
from groupage.store.schema import require_schema

T = TypeVar("T")

Limit = Annotated[int, typer.Option(min=1, max=1_000, help="Maximum number of rows.")]
After = Annotated[
    str | None, typer.Option(help="Start after this row: the `next_after` of the previous page.")
]
Lane = Annotated[str | None, typer.Option(help="Only this lane, like CNNGB-NLRTM.")]


def query(
    read: Callable[["asyncpg.Pool[asyncpg.Record]"], Awaitable[T]], *, older_forms: bool = False
) -> T:
    """Run a read on the configured database and return its result.

    `older_forms`: it does not read states, which may be left to derive after an upgrade. From then
    on the command shows times in the hub's zone, too.
    """

    async def run() -> tuple[T, Policy]:
        settings = DatabaseSettings(pool_size_max=1)
        pool = await create_pool(settings, application_name="groupage-cli")
        try:
            await require_schema(pool, place=settings.address, older_forms=older_forms)
            return await read(pool), await _policy_in_force(pool)
        finally:
            pool.terminate()

    result, policy = asyncio.run(run())
    use_zone_of(policy)
    return result


async def _policy_in_force(pool: "asyncpg.Pool[asyncpg.Record]") -> Policy:
    history = await read_history(pool, assumed=PolicySettings().load)
    now = await hub_clock(pool)
    return history.at(now) if now else history.newest


def print_page(page: Page[Any], columns: Sequence[Column], *, nothing: str, as_json: bool) -> None:
    """Print a page of a list, for people or as JSON."""
    if as_json:
        print_json(page)
    else:
        print_table(page.items, columns, nothing=nothing, more=page.next_after)


def none_of(thing: str, *conditions: tuple[object, str], otherwise: str = "yet") -> str:
    """Say that a list is empty: ``no consolidation at risk, on lane CNNGB-NLRTM``.

    A condition is a filter's value, None or False when it does not apply, and its phrase with
    ``{}`` for the value. Without one `otherwise` ends the sentence.
    """
    phrases = [phrase.format(value) for value, phrase in conditions if value]
    return f"no {thing} {', '.join(phrases) or otherwise}".strip()


def true_or_all(*, flag: bool) -> bool | None:
    """Return the filter of a flag: True keeps matching rows, None keeps all."""
    return True if flag else None
