"""Holds in tables: which consignment, of which type, by whom."""

from collections.abc import Sequence

from groupage.app.commands.printing import Column, print_line, print_table
from groupage.domain.plan import PlannedContainer
from groupage.domain.words import join_names
from groupage.store.readers.holds import OpenHold
from groupage.store.readers.summary_views import ContainerSummary
from groupage.store.readers.views import ConsolidationView, ContainerView

_NAMED_MAX = 3
"""Holds that one cell names."""
_HOLDS = (
    Column("held", lambda row: row[1].consignment_id),
    Column("type", lambda row: row[1].hold),
    Column("by", lambda row: row[1].by),
    Column("since", lambda row: row[1].placed_at),
    Column("in", lambda row: row[0]),
    Column("hold id", lambda row: row[1].hold_id),
    Column("reason", lambda row: row[1].reason),
)


def held_members(row: ConsolidationView | ContainerView | ContainerSummary) -> str:
    """Return the held consignments of a container or consolidation, for one cell."""
    names = [f"{hold.consignment_id} ({hold.hold} by {hold.by})" for hold in row.held]
    return join_names(names, _NAMED_MAX)


def print_holds(containers: Sequence[PlannedContainer], holds: Sequence[OpenHold]) -> None:
    """Print the holds on cargo in these containers, if there are any."""
    rows = [
        (container.consolidation_id, hold)
        for container in containers
        for hold in holds
        if hold.consignment_id in container.consignment_ids
    ]
    if rows:
        print_line("")
        print_table(rows, _HOLDS, nothing="")
