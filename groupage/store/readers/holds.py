"""Open holds of consignments that have a place in a consolidation, from their states."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.states import ConsignmentStatus
from groupage.store.pool import Connection
from groupage.store.state_codec import unpack

ENDED = (
    ConsignmentStatus.DEPARTED,
    ConsignmentStatus.REJECTED,
    ConsignmentStatus.CANCELLED,
    ConsignmentStatus.RETURNED,
    ConsignmentStatus.SPLIT,
)
"""A hold on one of these stops nothing at the hub any more."""
HELD = f"(c.blocked and c.status not in ({', '.join(repr(str(status)) for status in ENDED)}))"
"""SQL: the consignment `c` is held."""


class OpenHold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that stands now."""

    consignment_id: str
    hold_id: str
    hold: str
    """Its type: DOCS, CREDIT, DISPATCHER …"""
    by: str
    """The person or system that placed it."""
    placed_at: datetime
    reason: str


Row = TypeVar("Row", bound=msgspec.Struct)


async def read_holds_of(
    connection: Connection, consignment_ids: Sequence[str]
) -> tuple[OpenHold, ...]:
    """Return the open holds of these consignments, by consignment and time."""
    rows = await connection.fetch(
        f"select body from consignment c where {HELD} and key = any($1)",  # noqa: S608  # constants
        list(consignment_ids),
    )
    return _open_holds([row["body"] for row in rows])


async def add_holds(
    connection: Connection, rows: Sequence[Row], consolidation_ids: Sequence[str | None]
) -> tuple[Row, ...]:
    """Return the rows with the open holds in the consolidation of each, as their field `held`."""
    found = await connection.fetch(
        f"select consolidation_id, body from consignment c where {HELD}"  # noqa: S608  # constants
        " and consolidation_id = any($1)",
        [name for name in consolidation_ids if name],
    )
    bodies: dict[str | None, list[bytes]] = {}
    for consignment in found:
        bodies.setdefault(consignment["consolidation_id"], []).append(consignment["body"])
    return tuple(
        msgspec.structs.replace(row, held=_open_holds(bodies[name])) if name in bodies else row
        for row, name in zip(rows, consolidation_ids, strict=True)
    )


def _open_holds(bodies: Sequence[bytes]) -> tuple[OpenHold, ...]:
    states = [msgspec.json.decode(unpack(body), type=ConsignmentState) for body in bodies]
    holds = [
        OpenHold(
            consignment_id=state.key,
            hold_id=hold_id,
            hold=hold.hold,
            by=hold.by,
            placed_at=hold.placed_at,
            reason=hold.reason,
        )
        for state in states
        for hold_id, hold in state.open_holds.items()
    ]
    return tuple(
        sorted(holds, key=lambda hold: (hold.consignment_id, hold.placed_at, hold.hold_id))
    )
