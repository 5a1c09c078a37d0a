"""Columns about holds: which consignment, of which type, by whom."""

from groupage.app.commands.printing import Column
from groupage.domain.words import join_names
from groupage.store.readers.views import ConsolidationView, ContainerView

_NAMED_MAX = 3
"""Holds that one cell names."""

HOLDS = (
    Column("held", lambda hold: hold.consignment_id),
    Column("type", lambda hold: hold.hold),
    Column("by", lambda hold: hold.by),
    Column("since", lambda hold: hold.placed_at),
    Column("hold id", lambda hold: hold.hold_id),
    Column("reason", lambda hold: hold.reason),
)


def held_members(row: ConsolidationView | ContainerView) -> str:
    """Return the held consignments of a container or consolidation, for one cell."""
    names = [f"{hold.consignment_id} ({hold.hold} by {hold.by})" for hold in row.held]
    return join_names(names, _NAMED_MAX)
