"""What would be right in place of a refused command."""

from groupage.domain.near_names import did_you_mean
from groupage.domain.words import join_names
from groupage.store.pool import Connection
from groupage.store.readers.commands import CommandView

_NAMED_MAX = 8
_ABOUT_VOYAGES = frozenset({"not_published", "other_lane", "departed", "cancelled"})
_ABOUT_CONSOLIDATIONS = frozenset({"not_opened", "ended", "frozen"})
_OPEN_STATUSES = ("OPEN", "PLANNED", "BOOKED")


async def find_hint(connection: Connection, view: CommandView) -> str:
    """Say what would be right in place of a command, if it was refused; empty: nothing is known."""
    if view.state != "refused":
        return ""
    if view.code in _ABOUT_VOYAGES and view.voyage_id:
        return await _open_voyages(connection, view.lane_id)
    if view.code in _ABOUT_CONSOLIDATIONS and view.voyage_id:
        return await open_consolidations_of(connection, view.voyage_id)
    if view.code == "unknown_lane":
        rows = await connection.fetch(
            "select distinct lane_id from voyage where lane_id <> '' order by lane_id"
        )
        names = [row["lane_id"] for row in rows]
        return f"lanes: {join_names(names, _NAMED_MAX)}{did_you_mean(view.about, names)}"
    return ""


async def _open_voyages(connection: Connection, lane_id: str) -> str:
    rows = await connection.fetch(
        "select key from voyage where lane_id = $1 and status = 'SCHEDULED' order by etd_at, key",
        lane_id,
    )
    names = [row["key"] for row in rows]
    return f"voyages of {lane_id} that have not left: {join_names(names, _NAMED_MAX)}" * bool(names)


async def open_consolidations_of(connection: Connection, voyage_id: str) -> str:
    """Name the consolidations that plans may still fill on a voyage."""
    rows = await connection.fetch(
        "select key from consolidation where voyage_id = $1 and status = any($2::text[])"
        " and members > 0 order by key",
        voyage_id,
        list(_OPEN_STATUSES),
    )
    names = [row["key"] for row in rows]
    if not names:
        return f"no consolidation on voyage {voyage_id} is open; pin to the voyage alone"
    return f"open consolidations on voyage {voyage_id}: {join_names(names, _NAMED_MAX)}"
