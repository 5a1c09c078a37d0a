"""Truck routes: those in force, and the pick-up of a consignment or the haul of a container."""

from datetime import datetime
from typing import Annotated

import msgspec

from groupage.domain.errors import NotFound
from groupage.domain.gs1 import canonical_id
from groupage.domain.plan import Plan, Route, Stop
from groupage.domain.state.consignment import ConsignmentState
from groupage.store.plan_codec import unpack_plan
from groupage.store.policies import hub_clock
from groupage.store.pool import Connection
from groupage.store.readers.approved_plans import approved_plans
from groupage.store.readers.facts import read_state
from groupage.store.readers.plans import find_plan
from groupage.store.readers.views import RouteView


class RouteFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of routes; by default those in force that have not ended."""

    lane: str | None = None
    plan: (
        Annotated[
            str,
            msgspec.Meta(description="Routes of this plan (id, its beginning, or a lane)."),
        ]
        | None
    ) = None
    truck: str | None = None
    consignment: (
        Annotated[
            str,
            msgspec.Meta(description="The route that fetches it, by the last plan that had one."),
        ]
        | None
    ) = None
    from_at: (
        Annotated[
            datetime,
            msgspec.Meta(tz=True, description="Ending later; default: the hub's clock."),
        ]
        | None
    ) = None
    ended: Annotated[bool, msgspec.Meta(description="Also routes that have ended.")] = False


class TransportJob(msgspec.Struct, frozen=True, kw_only=True):
    """A cargo or a container that a truck of the hub moves, by the last plan that named it."""

    plan_id: str
    in_force: bool
    """That plan is still in force. If not, the newer ones had nothing to do about it."""
    route: RouteView | None = None
    """None: the plan has no truck for it."""
    arrive_at: datetime | None = None
    """When the truck comes to the cargo or container."""
    leave_at: datetime | None = None
    no_truck: str = ""
    """The reason why the plan has no truck for it."""


async def list_routes(connection: Connection, wanted: RouteFilter) -> tuple[RouteView, ...]:
    """List routes by their start.

    With a plan or a consignment the list has all that there are, ended or not. Raises NotFound for
    an unknown plan or consignment, InvalidInput if several plan ids begin so.
    """
    views = await _views(connection, wanted)
    ends_after = wanted.from_at
    named = wanted.plan is not None or wanted.consignment is not None
    if ends_after is None and not (wanted.ended or named):
        ends_after = await hub_clock(connection)
    chosen = [
        view
        for view in views
        if (wanted.truck is None or view.truck_id == wanted.truck)
        and (wanted.lane is None or view.lane_id == wanted.lane)
        and (ends_after is None or view.end_at > ends_after)
    ]
    return tuple(sorted(chosen, key=lambda view: (view.start_at, view.route_id)))


async def _views(connection: Connection, wanted: RouteFilter) -> list[RouteView]:
    if wanted.consignment is None:
        return await _routes_of_plans(connection, wanted)
    consignment = await _read_consignment(connection, wanted.consignment)
    job = await find_pickup(connection, consignment)
    plan_id = None if wanted.plan is None else (await find_plan(connection, wanted.plan)).plan_id
    is_wanted = job is not None and plan_id in (None, job.plan_id)
    if job is None or job.route is None or not is_wanted:
        return []
    return [msgspec.structs.replace(job.route, fetches_at=job.arrive_at)]


async def _routes_of_plans(connection: Connection, wanted: RouteFilter) -> list[RouteView]:
    plan_id = None if wanted.plan is None else (await find_plan(connection, wanted.plan)).plan_id
    rows = await connection.fetch(
        """
        select plan.form, plan.body,
               coalesce(lane.published_plan_id = plan.plan_id, false) as in_force
        from plan left join lane on lane.key = plan.lane_id
        where case when $2::text is null then lane.published_plan_id = plan.plan_id
              else plan.plan_id = $2 end
          and ($1::text is null or plan.lane_id = $1)
        """,
        wanted.lane,
        plan_id,
    )
    return [
        _route_view(plan, route, in_force=in_force)
        for plan, in_force in (
            (unpack_plan(row["form"], row["body"]), row["in_force"]) for row in rows
        )
        for route in plan.routes
    ]


async def _read_consignment(connection: Connection, asked: str) -> ConsignmentState:
    for key in dict.fromkeys((asked, canonical_id(asked))):
        state = await read_state(connection, ConsignmentState, key)
        if state is not None and state.is_known:
            return state
    raise NotFound(f"no consignment {asked!r} is known; `groupage consignments` lists them")


async def find_pickup(connection: Connection, consignment: ConsignmentState) -> TransportJob | None:
    """Find the truck that fetches a consignment; None: no plan ever had to do with that."""
    return await find_job(
        connection,
        consignment.key,
        lane_id=consignment.lane_id,
        since_at=consignment.booked_at,
        until_at=consignment.departed_at,
    )


async def find_job(
    connection: Connection,
    reference: str,
    *,
    lane_id: str,
    since_at: datetime | None = None,
    until_at: datetime | None = None,
) -> TransportJob | None:
    """Find the newest approved plan that moves this cargo or container, or that has no truck."""
    async for plan, in_force in approved_plans(
        connection, lane_id, since_at=since_at, until_at=until_at
    ):
        for route in plan.routes:
            stop = next((stop for stop in route.stops if _begins(stop, reference)), None)
            if stop is not None:
                return TransportJob(
                    plan_id=plan.plan_id,
                    in_force=in_force,
                    route=_route_view(plan, route, in_force=in_force),
                    arrive_at=stop.arrive_at,
                    leave_at=stop.leave_at,
                )
        for job in plan.unrouted:
            if job.reference == reference:
                return TransportJob(plan_id=plan.plan_id, in_force=in_force, no_truck=job.reason)
    return None


def _begins(stop: Stop, reference: str) -> bool:
    return stop.reference == reference and stop.action in ("pickup", "collect_container")


def _route_view(plan: Plan, route: Route, *, in_force: bool) -> RouteView:
    calls = [stop for stop in route.stops if stop.action not in ("start", "end")]
    return RouteView(
        route_id=route.route_id,
        plan_id=plan.plan_id,
        in_force=in_force,
        lane_id=plan.lane_id,
        truck_id=route.truck_id,
        start_at=route.stops[0].arrive_at,
        end_at=route.stops[-1].leave_at,
        stops=len(calls),
        references=tuple(
            dict.fromkeys(stop.reference for stop in calls if stop.action != "deliver")
        ),
        distance_m=route.distance_m,
        cost_usd_cents=route.cost_usd_cents,
    )
