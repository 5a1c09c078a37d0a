"""How an id stands now: the head of its trace."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.consignment import ConsignmentState, UnitPart
from groupage.domain.state.unit import UnitState
from groupage.domain.state.visit import VisitState
from groupage.domain.state.voyage import PortCall, VoyageState
from groupage.store.pool import Connection
from groupage.store.readers.consignment_summaries import (
    carton_status,
    consolidation_of,
    summarize_consignment,
)
from groupage.store.readers.container_summaries import (
    read_consolidation,
    read_container,
    voyage_summary,
)
from groupage.store.readers.facts import read_state
from groupage.store.readers.lane_summaries import summarize_lane
from groupage.store.readers.lists import GIVEN_UP, OVER
from groupage.store.readers.load_plans import find_load_plan, find_stowage
from groupage.store.readers.summary_views import (
    CartonSummary,
    PortCallSummary,
    SailingSummary,
    Summary,
    TruckSummary,
)

_FOLLOWERS = (
    f"select c.key, c.status, {GIVEN_UP} as given_up, case when $2 then c.departed_at is not null"  # noqa: S608 - ours
    f" else not ({OVER}) and not ({GIVEN_UP}) end as goes"
    " from consolidation c where c.key = any($1::text[]) order by c.key"
)


async def summarize(
    connection: Connection, kind: AggregateKind, key: str, *, consignments: Iterable[str] = ()
) -> Summary | None:
    """Summarize how an aggregate stands; None: its kind has no summary.

    `consignments`: those that have facts about the unit.
    """
    if kind == "unit":
        return await _summarize_unit(connection, key, consignments)
    read = _READERS.get(kind)
    return await read(connection, key) if read is not None else None


async def _read_consignment(connection: Connection, key: str) -> Summary | None:
    state = await read_state(connection, ConsignmentState, key)
    return await summarize_consignment(connection, state) if state is not None else None


async def _read_consolidation(connection: Connection, key: str) -> Summary | None:
    return (await read_consolidation(connection, key)).summary


async def _read_container(connection: Connection, key: str) -> Summary | None:
    return (await read_container(connection, key)).summary


async def _read_voyage(connection: Connection, key: str) -> Summary | None:
    voyage = await read_state(connection, VoyageState, key)
    if voyage is None:
        return None
    rows = await connection.fetch(
        _FOLLOWERS, list(voyage.followers), voyage.departed_at is not None
    )
    carried = tuple(row["key"] for row in rows if row["goes"])
    left_behind = tuple(
        f"{row['key']} ({'given up' if row['given_up'] else row['status']})"
        for row in rows
        if not row["goes"]
    )
    return _summarize_voyage(voyage, carried, left_behind)


async def _read_visit(connection: Connection, key: str) -> Summary | None:
    visit = await read_state(connection, VisitState, key)
    if visit is None:
        return None
    return TruckSummary(
        visit_id=key,
        plate=visit.plate,
        dock=visit.dock,
        arrived_at=visit.arrived_at,
        consignments=visit.consignment_ids,
    )


_READERS: Mapping[AggregateKind, Callable[[Connection, str], Awaitable[Summary | None]]] = {
    "consignment": _read_consignment,
    "consolidation": _read_consolidation,
    "container": _read_container,
    "voyage": _read_voyage,
    "lane": summarize_lane,
    "visit": _read_visit,
}


def _summarize_voyage(
    state: VoyageState, carried: tuple[str, ...], left_behind: tuple[str, ...]
) -> SailingSummary:
    return SailingSummary(
        voyage_id=state.key,
        status=state.status,
        since_at=state.status_at,
        reason=state.reason,
        lane_id=state.lane_id,
        carrier=state.carrier,
        service_id=state.service_id,
        mode=state.mode,
        etd_at=state.etd_at,
        eta_at=state.eta_at,
        departed_at=state.departed_at,
        arrived_at=state.arrived_at,
        cutoffs=tuple(sorted(state.cutoffs, key=lambda cutoff: cutoff.due_at)),
        consolidations=carried,
        left_behind=left_behind,
        calls=tuple(sorted(map(_summarize_call, state.calls.values()), key=_call_order)),
    )


def _summarize_call(call: PortCall) -> PortCallSummary:
    return PortCallSummary(
        place=call.place,
        ship=call.ship,
        eta_at=call.eta_at,
        arrived_at=call.arrived_at,
        etd_at=call.etd_at,
        departed_at=call.departed_at,
    )


def _call_order(call: PortCallSummary) -> tuple[datetime, str, str]:
    times = (call.arrived_at, call.eta_at, call.departed_at, call.etd_at)
    at = next(time for time in times if time is not None)
    return at, call.place, call.ship


async def _summarize_unit(
    connection: Connection, unit_id: str, consignments: Iterable[str]
) -> CartonSummary | None:
    own = await read_state(connection, UnitState, unit_id) or UnitState(key=unit_id)
    owner, part = None, None
    for name in dict.fromkeys((own.owner_id, *consignments)):
        owner = await read_state(connection, ConsignmentState, name) if name else None
        part = owner.units.get(unit_id) if owner else None
        if part is not None:
            break
    if owner is None or part is None:
        return CartonSummary(
            unit_id=unit_id,
            status=own.status,
            condition=own.condition,
            location=own.location,
            measured=own.measured,
            consignment_id=own.owner_id,
            consignment_status="",
            consolidation_id="",
            container="",
            voyage=None,
            loaded_at=None,
            deviation="",
            plan_id="",
            plan_in_force=False,
            stowage=None,
        )
    return await _summarize_part(connection, unit_id, owner, part)


async def _summarize_part(
    connection: Connection, unit_id: str, owner: ConsignmentState, part: UnitPart
) -> CartonSummary:
    consolidation = await consolidation_of(connection, owner)
    load_plan = None if part.gone else await find_load_plan(connection, consolidation)
    stowages = () if part.gone else await find_stowage(connection, consolidation, load_plan)
    by_name = {stowage.unit_id: stowage for stowage in stowages}
    stowage = by_name.get(unit_id) or by_name.get(part.parent)
    move = part.loaded_by
    return CartonSummary(
        unit_id=unit_id,
        status=carton_status(owner, part),
        condition=part.condition,
        location="" if part.loaded_in else part.location,
        measured=part.measured,
        consignment_id=owner.key,
        consignment_status=str(owner.status),
        consolidation_id=consolidation.key,
        container=part.loaded_in or consolidation.equipment_ref,
        voyage=voyage_summary(consolidation),
        loaded_at=move.at if move else None,
        deviation=move.deviation if move else "",
        plan_id=load_plan.plan_id if load_plan else "",
        plan_in_force=load_plan is not None and load_plan.in_force,
        stowage=stowage,
    )
