"""One container: how it stands, its consignments, its cartons."""

import typer

from groupage.app.commands.printing import (
    Column,
    mass,
    print_json,
    print_line,
    print_table,
    volume,
)
from groupage.app.commands.reading import query
from groupage.app.commands.summary_words import print_summary
from groupage.domain.stowage import corner_text, size_text
from groupage.store.readers.contents import read_contents

STOWAGE_COLUMNS = (
    Column("no.", lambda carton: carton.sequence, right=True),
    Column("carton", lambda carton: carton.unit_id),
    Column("consignment", lambda carton: carton.consignment_id),
    Column("row", lambda carton: carton.row, right=True),
    Column("column", lambda carton: carton.column, right=True),
    Column("layer", lambda carton: carton.layer, right=True),
    Column("x y z mm", corner_text, right=True),
    Column("dx dy dz mm", size_text, right=True),
)
"""Of a carton's `Stowage`."""
STOWAGE_LEGEND = (
    "rows from the far wall, columns from the left, layers from the floor; x to the door, y to the "
    "right, z up, from the far left"
)
_CONSIGNMENTS = (
    Column("consignment", lambda row: row.consignment_id),
    Column("status", lambda row: row.status),
    Column("customs", lambda row: row.customs),
    Column("held", lambda row: row.blocked),
    Column("shipper", lambda row: row.shipper),
    Column("cartons", lambda row: row.pieces, right=True),
    Column("loaded", lambda row: row.loaded_pieces, right=True),
    Column("m³", lambda row: volume(row.volume_cm3), right=True),
    Column("kg", lambda row: mass(row.gross_g), right=True),
)


def print_contents(name: str, *, cartons: bool, filters: bool, as_json: bool) -> None:
    """Print a container or consolidation and what is in it; `filters` of a list do not fit."""
    if filters:
        raise typer.BadParameter("an ID shows one of them; leave the options of the list out")
    contents = query(lambda pool: read_contents(pool, name))
    if as_json:
        print_json(contents)
        return
    print_line(contents.now.container or contents.now.consolidation_id, bold=True)
    print_summary(contents.now)
    print_line("")
    print_table(contents.consignments, _CONSIGNMENTS, nothing="no consignment is in it")
    if not contents.cartons:
        return
    print_line("")
    if cartons:
        print_line(STOWAGE_LEGEND)
        print_table(contents.cartons, STOWAGE_COLUMNS, nothing="")
    else:
        print_line("--cartons shows where each carton stands", dim=True)
