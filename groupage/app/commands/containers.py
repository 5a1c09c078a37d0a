"""``groupage containers``: containers with status, seal and mass, or one and what is in it."""

from typing import Annotated

import typer

from groupage.app.commands.contents import print_contents
from groupage.app.commands.hold_columns import held_members
from groupage.app.commands.printing import AsJson, Column, mass
from groupage.app.commands.reading import After, Limit, none_of, print_page, query
from groupage.domain.states import ContainerStatus
from groupage.store.readers.lists import ContainerFilter, list_containers

_COLUMNS = (
    Column("container", lambda row: row.equipment_ref),
    Column("status", lambda row: row.status),
    Column("type", lambda row: row.iso_type),
    Column("consolidation", lambda row: row.consolidation_id),
    Column("held", held_members),
    Column("seal", lambda row: row.seal_no),
    Column("VGM kg", lambda row: mass(row.vgm_g), right=True),
    Column("changed", lambda row: row.changed_at),
)


def main(  # noqa: PLR0913 - one option for each filter
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="A container or consolidation: show what is in it, also after it left.",
        ),
    ] = None,
    *,
    status: Annotated[
        ContainerStatus | None, typer.Option(case_sensitive=False, help="With this status.")
    ] = None,
    iso_type: Annotated[
        str | None, typer.Option("--type", help="Of this ISO 6346 type, like 45G1.")
    ] = None,
    consolidation: Annotated[str | None, typer.Option(help="Used for this consolidation.")] = None,
    cartons: Annotated[
        bool, typer.Option("--cartons", help="With ID: where each carton stands.")
    ] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List containers by number, or show one. VGM is the verified gross mass.

    A held consignment in a container may not be staged or loaded until the hold is released.
    """
    if id_ is not None:
        filters = any((status, iso_type, consolidation, after))
        print_contents(id_, cartons=cartons, filters=filters, as_json=as_json)
        return
    wanted = ContainerFilter(status=status, iso_type=iso_type, consolidation=consolidation)
    page = query(lambda pool: list_containers(pool, wanted, limit=limit, after=after))
    nothing = none_of(
        "container",
        (status, "with status {}"),
        (iso_type, "of type {}"),
        (consolidation, "used for consolidation {}"),
    )
    print_page(page, _COLUMNS, nothing=nothing, as_json=as_json)
