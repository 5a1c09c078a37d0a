"""Read the states of one lane as they are at one instant."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from groupage.domain.origin import LogPosition
from groupage.domain.plan import PlannedContainer, Route
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.container import ContainerState
from groupage.domain.state.lane import LaneState
from groupage.domain.state.voyage import VoyageState
from groupage.store.plan_codec import unpack_plan
from groupage.store.state_codec import unpack

PLANNED_STATUSES = ("AVAILABLE", "ALLOCATED", "COMMITTED", "STAGED", "LOADED")
"""Consignments that an allocation assigns, or must keep where they are."""
UNFINISHED_STATUSES = ("RECEIVING", "RECEIVED", "MEASURED")
"""At the hub but not available, for an open re-rate perhaps: planned only if on a manifest."""
PICKUP_STATUSES = ("BOOKED", "ACCEPTED")
"""Consignments that a truck may have to fetch."""
AWAITED_STATUSES = (*PICKUP_STATUSES, "ARRIVING", *UNFINISHED_STATUSES)
"""Consignments of which the plan says only, if they are pinned, that they cannot go yet."""

_CONSIGNMENTS = """
select body, changed_at from consignment
where lane_id = $1
and (status = any($2) or status = any($3) or (status = any($4) and key = any($5))) order by key
"""
_CONSOLIDATIONS = "select body, changed_at from consolidation where lane_id = $1 order by key"
_VOYAGES = "select body, changed_at from voyage where lane_id = $1 order by etd_at, key"
_CONTAINERS = "select body, changed_at from container where key = any($1) order by key"
_LANE = "select body, changed_at from lane where key = $1"
_PLAN = "select form, body from plan where plan_id = $1"
_INPUTS = "select topic, partition, next_offset from intake_offset order by topic, partition"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The states of one lane, read in one transaction."""

    lane: LaneState
    consignments: tuple[ConsignmentState, ...] = ()
    consolidations: Mapping[str, ConsolidationState] = {}
    voyages: tuple[VoyageState, ...] = ()
    containers: Mapping[str, ContainerState] = {}
    published: Mapping[str, PlannedContainer] = {}
    """Containers of the published plan by consolidation."""
    published_routes: tuple[Route, ...] = ()
    newest_at: datetime | None = None
    """Time of the latest change of these states."""
    inputs: tuple[LogPosition, ...] = ()
    """Log positions up to which these states include the facts."""


async def read_snapshot(pool: asyncpg.Pool, lane_id: str) -> Snapshot:
    """Read the lane in one repeatable-read transaction."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        lanes = await connection.fetch(_LANE, lane_id)
        lane = _decode(lanes[0], LaneState) if lanes else LaneState(key=lane_id)
        consignments = await connection.fetch(
            _CONSIGNMENTS,
            lane_id,
            [*PLANNED_STATUSES, *UNFINISHED_STATUSES],
            list(PICKUP_STATUSES),
            list(AWAITED_STATUSES),
            list(lane.pins),
        )
        consolidations = await connection.fetch(_CONSOLIDATIONS, lane_id)
        voyages = await connection.fetch(_VOYAGES, lane_id)
        by_id = {
            state.key: state
            for state in (_decode(row, ConsolidationState) for row in consolidations)
        }
        refs = sorted({s.equipment_ref for s in by_id.values() if s.equipment_ref})
        containers = await connection.fetch(_CONTAINERS, refs)
        stored = await connection.fetchrow(_PLAN, lane.published_plan_id)
        positions = await connection.fetch(_INPUTS)
    plan = unpack_plan(*stored) if stored else None
    rows = (*lanes, *consignments, *consolidations, *voyages, *containers)
    return Snapshot(
        lane=lane,
        consignments=tuple(_decode(row, ConsignmentState) for row in consignments),
        consolidations=by_id,
        voyages=tuple(_decode(row, VoyageState) for row in voyages),
        containers={s.key: s for s in (_decode(row, ContainerState) for row in containers)},
        published={c.consolidation_id: c for c in plan.containers} if plan else {},
        published_routes=plan.routes if plan else (),
        newest_at=max((row["changed_at"] for row in rows), default=None),
        inputs=_inputs(positions),
    )


def _decode(row: asyncpg.Record, kind: type[Any]) -> Any:
    return msgspec.json.decode(unpack(row["body"]), type=kind)


def _inputs(positions: Iterable[asyncpg.Record]) -> tuple[LogPosition, ...]:
    offsets: dict[str, dict[int, int]] = {}
    for topic, partition, next_offset in positions:
        offsets.setdefault(topic, {})[partition] = next_offset
    return tuple(
        # A partition that no worker has owned yet has no row.
        LogPosition(
            topic=topic, next_offsets=tuple(stored.get(n, 0) for n in range(max(stored) + 1))
        )
        for topic, stored in offsets.items()
    )
