"""``groupage consolidations``: a list of consolidations with fill and time to the cut-off."""

from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

import typer

from groupage.app.commands.contents import print_contents
from groupage.app.commands.hold_columns import held_members
from groupage.app.commands.printing import (
    AsJson,
    Column,
    mass,
    print_line,
    print_table,
    text_of,
    volume,
)
from groupage.app.commands.reading import (
    After,
    Lane,
    Limit,
    none_of,
    print_page,
    query,
    true_or_all,
)
from groupage.domain.containers import SPECS
from groupage.domain.states import ConsolidationStatus
from groupage.domain.value_names import CUTOFFS
from groupage.store.readers.lists import ConsolidationFilter, list_consolidations
from groupage.store.readers.views import ConsolidationView, CutoffRisk

MINUTES_PER_HOUR = 60


def _until(row: ConsolidationView) -> str:
    if row.minutes_to_cutoff is None:
        return ""
    hours, minutes = divmod(abs(row.minutes_to_cutoff), MINUTES_PER_HOUR)
    sign = "-" if row.minutes_to_cutoff < 0 else ""
    what = "leave hub" if row.next_cutoff == "PCO" else row.next_cutoff
    return f"{what} {sign}{hours}:{minutes:02d} h"


def _fill(row: ConsolidationView) -> str:
    spec = SPECS.get(row.iso_type)
    if row.fill_permille is None or spec is None:
        return ""
    return f"{max(row.planned_volume_cm3, row.loaded_volume_cm3) / spec.volume_cm3:.0%}"


_COLUMNS = (
    Column("consolidation", lambda row: row.consolidation_id),
    Column("status", lambda row: row.status),
    Column("cut-off in", _until, right=True),
    Column("at risk", lambda row: row.at_risk),
    Column("voyage", lambda row: row.voyage_id),
    Column("type", lambda row: row.iso_type),
    Column("container", lambda row: row.equipment_ref),
    Column("members", lambda row: row.members, right=True),
    Column("held", held_members),
    Column("fill", _fill, right=True),
    Column("planned m³", lambda row: volume(row.planned_volume_cm3), right=True),
    Column("loaded m³", lambda row: volume(row.loaded_volume_cm3), right=True),
    Column("loaded kg", lambda row: mass(row.gross_g), right=True),
    Column("left", lambda row: row.departed_at),
)

_CONSIGNMENTS_SHOWN = 5


class _MissingRow(NamedTuple):
    """A line of the table of what is missing."""

    consolidation_id: str
    risk: CutoffRisk
    what: str
    consignment_id: str
    shipper: str


def _name_of(risk: CutoffRisk) -> str:
    if risk.terminal_due_at is None:
        return f"{risk.code} {CUTOFFS.get(risk.code, '')}"
    return f"leave hub for {risk.terminal_code} at {text_of(risk.terminal_due_at)}"


_MISSING = (
    Column("consolidation", lambda row: row.consolidation_id),
    Column("cut-off", lambda row: _name_of(row.risk)),
    Column("due", lambda row: row.risk.due_at),
    Column("missed", lambda row: row.risk.state == "missed"),
    Column("missing", lambda row: row.what),
    Column("consignment", lambda row: row.consignment_id),
    Column("shipper", lambda row: row.shipper),
)


def _missing_rows(consolidations: Iterable[ConsolidationView]) -> Iterator[_MissingRow]:
    for consolidation in consolidations:
        for risk in consolidation.risks:
            for missing in risk.missing:
                begin = (consolidation.consolidation_id, risk, missing.what)
                shown = missing.consignments[:_CONSIGNMENTS_SHOWN]
                if not shown:
                    yield _MissingRow(*begin, "", "")
                for each in shown:
                    yield _MissingRow(*begin, each.consignment_id, each.shipper)
                if more := len(missing.consignments) - len(shown):
                    yield _MissingRow(*begin, f"and {more:,} more", "")


def main(  # noqa: PLR0913 - one option for each filter
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="A consolidation or container: show what is in it, also after it left.",
        ),
    ] = None,
    *,
    lane: Lane = None,
    status: Annotated[
        ConsolidationStatus | None, typer.Option(case_sensitive=False, help="With this status.")
    ] = None,
    voyage: Annotated[str | None, typer.Option(help="On this voyage.")] = None,
    container: Annotated[str | None, typer.Option(help="In this container.")] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Not departed, and in use: no plan has given it up.")
    ] = False,
    at_risk: Annotated[bool, typer.Option("--at-risk", help="A cut-off may be missed.")] = False,
    cartons: Annotated[
        bool, typer.Option("--cartons", help="With ID: where each carton stands.")
    ] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List consolidations, the nearest cut-off first, or show one; with --at-risk what is missing.

    A held consignment keeps its place and may not be staged or loaded until the hold is released.
    The column names the type of the hold and who placed it; --json has time and reason, too.

    Codes of cut-offs: LCO cargo at the hub, DCO documents, VCO verified gross mass, CUA customs
    release, AFC advance filing. "leave hub": the container must leave for the terminal, a haul
    before its cut-off (PCO container at the port, or FCO).
    """
    if id_ is not None:
        filters = any((lane, status, voyage, container, open_only, at_risk, after))
        print_contents(id_, cartons=cartons, filters=filters, as_json=as_json)
        return
    wanted = ConsolidationFilter(
        lane=lane,
        status=status,
        voyage=voyage,
        equipment=container,
        open=true_or_all(flag=open_only),
        given_up=False if open_only else None,
        at_risk=true_or_all(flag=at_risk),
    )
    page = query(lambda pool: list_consolidations(pool, wanted, limit=limit, after=after))
    nothing = none_of(
        "consolidation",
        (at_risk, "at risk"),
        (open_only, "that has not departed"),
        (lane, "on lane {}"),
        (status, "with status {}"),
        (voyage, "on voyage {}"),
        (container, "in container {}"),
    )
    print_page(page, _COLUMNS, nothing=nothing, as_json=as_json)
    if at_risk and page.items and not as_json:
        print_line("")
        print_table([*_missing_rows(page.items)], _MISSING, nothing="")
