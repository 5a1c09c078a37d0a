"""``groupage consignments``: a list of consignments with their status."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column, mass, volume
from groupage.app.commands.reading import (
    After,
    Lane,
    Limit,
    none_of,
    print_page,
    query,
    true_or_all,
)
from groupage.domain.states import ConsignmentStatus, CustomsStatus
from groupage.store.readers.lists import ConsignmentFilter, list_consignments

_COLUMNS = (
    Column("consignment", lambda row: row.consignment_id),
    Column("status", lambda row: row.status),
    Column("customs", lambda row: row.customs),
    Column("held", lambda row: row.blocked),
    Column("at risk", lambda row: row.at_risk),
    Column("lane", lambda row: row.lane_id),
    Column("consolidation", lambda row: row.consolidation_id),
    Column("voyage", lambda row: row.voyage_id),
    Column("received", lambda row: f"{row.received_pieces}/{row.pieces}", right=True),
    Column("loaded", lambda row: row.loaded_pieces, right=True),
    Column("m³", lambda row: volume(row.volume_cm3), right=True),
    Column("kg", lambda row: mass(row.gross_g), right=True),
)


def main(  # noqa: PLR0913 - one option for each filter
    *,
    lane: Lane = None,
    status: Annotated[
        ConsignmentStatus | None, typer.Option(case_sensitive=False, help="With this status.")
    ] = None,
    customs: Annotated[
        CustomsStatus | None, typer.Option(case_sensitive=False, help="With this customs status.")
    ] = None,
    voyage: Annotated[str | None, typer.Option(help="Allocated to this voyage.")] = None,
    consolidation: Annotated[
        str | None, typer.Option(help="Allocated to this consolidation.")
    ] = None,
    shipper: Annotated[str | None, typer.Option(help="Of this shipper.")] = None,
    held: Annotated[bool, typer.Option("--held", help="With an open hold.")] = False,
    at_risk: Annotated[
        bool, typer.Option("--at-risk", help="In a consolidation that may miss a cut-off.")
    ] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List consignments by id."""
    wanted = ConsignmentFilter(
        lane=lane,
        status=status,
        customs=customs,
        voyage=voyage,
        consolidation=consolidation,
        shipper=shipper,
        blocked=true_or_all(flag=held),
        at_risk=true_or_all(flag=at_risk),
    )
    page = query(lambda pool: list_consignments(pool, wanted, limit=limit, after=after))
    nothing = none_of(
        "consignment",
        (at_risk, "at risk"),
        (held, "with an open hold"),
        (lane, "on lane {}"),
        (status, "with status {}"),
        (customs, "with customs status {}"),
        (voyage, "allocated to voyage {}"),
        (consolidation, "allocated to consolidation {}"),
        (shipper, "of shipper {}"),
    )
    print_page(page, _COLUMNS, nothing=nothing, as_json=as_json)
