"""``groupage routes``: a list of truck routes."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column, money, print_json, print_table
from groupage.app.commands.reading import Lane, Limit, none_of, query
from groupage.contracts.instants import instant_from
from groupage.store.readers.routes import RouteFilter, list_routes

_METRES_PER_KM = 1_000
_NO_PICKUP = (
    "no plan has had a truck that fetches it: `groupage trace` of it says whether a pick-up is "
    "booked, and how it came"
)
_COLUMNS = (
    Column("route", lambda row: row.route_id),
    Column("truck", lambda row: row.truck_id),
    Column("lane", lambda row: row.lane_id),
    Column("leaves", lambda row: row.start_at),
    Column("back", lambda row: row.end_at),
    Column("stops", lambda row: row.stops, right=True),
    Column("km", lambda row: f"{row.distance_m / _METRES_PER_KM:.0f}", right=True),
    Column("USD", lambda row: money(row.cost_usd_cents), right=True),
    Column("serves", lambda row: ", ".join(row.references)),
)
_FETCHES = (
    Column("fetches at", lambda row: row.fetches_at),
    Column("plan", lambda row: row.plan_id),
    Column("in force", lambda row: row.in_force),
)


def main(  # noqa: PLR0913 - one option for each filter
    *,
    lane: Lane = None,
    plan: Annotated[
        str | None,
        typer.Option(
            help="Routes of this plan, in force or not: its id or the beginning, or a lane."
        ),
    ] = None,
    truck: Annotated[str | None, typer.Option(help="Routes of this truck.")] = None,
    consignment: Annotated[
        str | None,
        typer.Option(help="The route that fetches it, by the last plan that had one."),
    ] = None,
    from_time: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="TIME", help="Back later than this, RFC 3339; default: hub's time."
        ),
    ] = None,
    ended: Annotated[bool, typer.Option("--all", help="Also routes that have ended.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List truck routes of the plans in force that have not ended, the earliest first.

    With --plan or --consignment, ended or not.
    """
    wanted = RouteFilter(
        lane=lane,
        plan=plan,
        truck=truck,
        consignment=consignment,
        from_at=instant_from(from_time, "--from") if from_time else None,
        ended=ended,
    )
    routes = query(lambda pool: list_routes(pool, wanted))[:limit]
    if as_json:
        print_json({"items": routes})
    elif consignment:
        print_table(routes, (*_FETCHES, *_COLUMNS), nothing=_NO_PICKUP)
    else:
        nothing = none_of(
            "route" if ended or plan else "route that has not ended",
            (lane, "on lane {}"),
            (plan, "of plan {}"),
            (truck, "of truck {}"),
            (from_time, "that ends after {}"),
            otherwise="in the plans in force",
        )
        print_table(routes, _COLUMNS, nothing=nothing)
