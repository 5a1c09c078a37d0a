"""``groupage routes``: a list of truck routes."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column, money, print_json, print_table
from groupage.app.commands.reading import Lane, Limit, query
from groupage.store.readers.plans import list_routes

_METRES_PER_KM = 1_000
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


def main(
    *,
    lane: Lane = None,
    plan: Annotated[str | None, typer.Option(help="Routes of this plan, in force or not.")] = None,
    truck: Annotated[str | None, typer.Option(help="Routes of this truck.")] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List truck routes of the plans in force, the earliest first."""
    routes = query(lambda pool: list_routes(pool, lane=lane, plan_id=plan, truck=truck))[:limit]
    if as_json:
        print_json({"items": routes})
    else:
        print_table(routes, _COLUMNS, nothing="no route matches")
