"""``groupage consignments``: where each consignment stands."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column, mass, volume
from groupage.app.commands.reading import After, Lane, Limit, print_page, query, yes_or_all
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
        ConsignmentStatus | None, typer.Option(case_sensitive=False, help="Where it stands.")
    ] = None,
    customs: Annotated[
        CustomsStatus | None, typer.Option(case_sensitive=False, help="Where customs stand.")
    ] = None,
    voyage: Annotated[str | None, typer.Option(help="With a place on this voyage.")] = None,
    consolidation: Annotated[str | None, typer.Option(help="With a place in it.")] = None,
    shipper: Annotated[str | None, typer.Option(help="Of this shipper.")] = None,
    held: Annotated[bool, typer.Option("--held", help="With an open hold.")] = False,
    at_risk: Annotated[
        bool, typer.Option("--at-risk", help="Its consolidation may miss a cut-off.")
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
        blocked=yes_or_all(wanted=held),
        at_risk=yes_or_all(wanted=at_risk),
    )
    page = query(lambda pool: list_consignments(pool, wanted, limit=limit, after=after))
    print_page(page, _COLUMNS, nothing="no such consignment", as_json=as_json)
