"""``groupage alerts``: situations that a person must handle."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column, text_of
from groupage.app.commands.reading import After, Limit, none_of, print_page, query
from groupage.domain.events.alerts import Severity
from groupage.domain.events.base import AggregateKind
from groupage.domain.words import join_names
from groupage.store.readers.lists import AlertFilter, list_alerts
from groupage.store.readers.views import AlertView

_SHIPPERS_NAMED = 5


def _raised(alert: AlertView) -> str:
    raised = text_of(alert.raised_at)
    if alert.critical_since is None:
        return raised
    return f"{raised}, critical since {text_of(alert.critical_since)}"


_COLUMNS = (
    Column("raised", _raised),
    Column("severity", lambda row: row.severity),
    Column("code", lambda row: row.code),
    Column("about", lambda row: f"{row.about_kind} {row.about}"),
    Column("due", lambda row: row.due_at),
    Column("cleared", lambda row: row.cleared_at),
    Column("message", lambda row: row.message),
    Column("shippers", lambda row: join_names(row.shippers, _SHIPPERS_NAMED)),
)


def main(  # noqa: PLR0913 - one option for each filter
    *,
    about: Annotated[str | None, typer.Option(help="Alerts about this id.")] = None,
    kind: Annotated[
        AggregateKind | None, typer.Option(help="Alerts about this kind of aggregate.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="Alerts with this code, like cutoff_LCO.")
    ] = None,
    severity: Annotated[Severity | None, typer.Option(help="Alerts of this severity.")] = None,
    include_cleared: Annotated[bool, typer.Option("--all", help="Also cleared alerts.")] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List open alerts, the newest first.

    docs/codes.md explains the codes. Codes of cut-offs: LCO cargo at the hub, DCO documents, VCO
    verified gross mass, CUA customs release, PCO container at the port, AFC advance filing.
    """
    wanted = AlertFilter(
        about=about,
        about_kind=kind,
        code=code,
        severity=severity,
        open=None if include_cleared else True,
    )
    page = query(lambda pool: list_alerts(pool, wanted, limit=limit, after=after))
    nothing = none_of(
        "alert" if include_cleared else "open alert",
        (about, "about {}"),
        (kind, "about a {}"),
        (code, "with code {}"),
        (severity, "of severity {}"),
        otherwise="yet" if include_cleared else "",
    )
    print_page(page, _COLUMNS, nothing=nothing, as_json=as_json)
