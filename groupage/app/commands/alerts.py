"""``groupage alerts``: what needs a person."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column
from groupage.app.commands.reading import After, Limit, print_page, query
from groupage.domain.events.alerts import Severity
from groupage.domain.events.base import AggregateKind
from groupage.store.readers.lists import AlertFilter, list_alerts

_COLUMNS = (
    Column("raised", lambda row: row.raised_at),
    Column("severity", lambda row: row.severity),
    Column("code", lambda row: row.code),
    Column("about", lambda row: f"{row.about_kind} {row.about}"),
    Column("due", lambda row: row.due_at),
    Column("cleared", lambda row: row.cleared_at),
    Column("message", lambda row: row.message),
)


def main(  # noqa: PLR0913 - one option for each filter
    *,
    about: Annotated[str | None, typer.Option(help="Id of what they are about.")] = None,
    kind: Annotated[AggregateKind | None, typer.Option(help="Of what kind that is.")] = None,
    code: Annotated[str | None, typer.Option(help="Like cutoff_LCO.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="How grave.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Cleared ones too.")] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List open alerts, the newest first."""
    wanted = AlertFilter(
        about=about, about_kind=kind, code=code, severity=severity, open=None if every else True
    )
    page = query(lambda pool: list_alerts(pool, wanted, limit=limit, after=after))
    print_page(page, _COLUMNS, nothing="no such alert", as_json=as_json)
