"""Open holds of consignments that have a place in a consolidation, from their states."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.states import ConsignmentStatus
from groupage.store.pool import Connection
from groupage.store.state_codec import unpack

_GONE = (ConsignmentStatus.DEPARTED, ConsignmentStatus.RETURNED, ConsignmentStatus.SPLIT)
"""A hold on one of these stops nothing at the hub any more."""
_ENDED = (ConsignmentStatus.REJECTED, ConsignmentStatus.CANCELLED)
"""A hold on one of these stops the cargo that is at the hub still, if any came."""


def _listed(statuses: Sequence[ConsignmentStatus]) -> str:
    return ", ".join(repr(str(status)) for status in statuses)


HELD = (
    f"(c.blocked and c.status not in ({_listed(_GONE)})"
    f" and (c.status not in ({_listed(_ENDED)}) or c.received_pieces > 0))"
)
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


def holds_of(state: ConsignmentState) -> tuple[OpenHold, ...]:
    """Return the open holds of a consignment that has not left."""
    return () if state.status in _GONE else _holds_in([state])


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
    return _holds_in([msgspec.json.decode(unpack(body), type=ConsignmentState) for body in bodies])


def _holds_in(states: Sequence[ConsignmentState]) -> tuple[OpenHold, ...]:
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
