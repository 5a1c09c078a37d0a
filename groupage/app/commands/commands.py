"""``groupage commands``: commands of dispatchers, and what came of each."""

from typing import Annotated

import msgspec
import typer

from groupage.app.commands.printing import AsJson, Column
from groupage.app.commands.reading import After, Lane, Limit, none_of, print_page, query
from groupage.domain.command_outcomes import OutcomeState
from groupage.store.pool import Connection
from groupage.store.readers.command_hints import find_hint
from groupage.store.readers.commands import CommandFilter, CommandView, list_commands
from groupage.store.readers.paging import Page

_COLUMNS = (
    Column("given", lambda row: row.given_at),
    Column("command", lambda row: row.command),
    Column("id", lambda row: row.command_id),
    Column("about", lambda row: row.about),
    Column("voyage", lambda row: row.voyage_id),
    Column("by", lambda row: row.by),
    Column("state", lambda row: row.state),
    Column("code", lambda row: row.code),
    Column("outcome", lambda row: row.outcome),
)


async def with_hints(pool: Connection, page: Page[CommandView]) -> Page[CommandView]:
    """Add to the outcomes of refused commands what would be right."""
    items = []
    for view in page.items:
        hint = await find_hint(pool, view)
        outcome = f"{view.outcome}; {hint}" if hint else view.outcome
        items.append(msgspec.structs.replace(view, outcome=outcome))
    return msgspec.structs.replace(page, items=tuple(items))


def main(  # noqa: PLR0913 - one option for each filter
    *,
    is_open: Annotated[
        bool, typer.Option("--open", help="Without an outcome yet (received).")
    ] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Refused ones.")] = False,
    state: Annotated[OutcomeState | None, typer.Option(help="With this state.")] = None,
    lane: Lane = None,
    about: Annotated[
        str | None, typer.Option(help="About this consignment, consolidation, plan or lane.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Given by this person.")] = None,
    limit: Limit = 50,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List commands, the newest first, with what came of them.

    received: on its way. applied: carried out. refused: it changed nothing, for the reason given.
    superseded: something later took its place, or its sender withdrew it.
    """
    states: list[OutcomeState] = [state] if state else []
    states += ["received"] if is_open else []
    states += ["refused"] if refused else []
    if len(states) > 1:
        raise typer.BadParameter("name one of --open, --refused and --state")
    wanted = CommandFilter(lane=lane, about=about, by=by, state=states[0] if states else None)

    async def read(pool: Connection) -> Page[CommandView]:
        page = await list_commands(pool, wanted, limit=limit, after=after)
        return page if as_json else await with_hints(pool, page)

    page = query(read)
    nothing = none_of(
        "command",
        (wanted.state, "in state {}"),
        (lane, "on lane {}"),
        (about, "about {}"),
        (by, "by {}"),
    )
    print_page(page, _COLUMNS, nothing=nothing, as_json=as_json)
