"""``groupage plans``: a list of plans of lanes."""

from typing import Annotated

import typer

from groupage.app.commands.printing import AsJson, Column, money
from groupage.app.commands.reading import (
    After,
    Lane,
    Limit,
    none_of,
    print_page,
    query,
    true_or_all,
)
from groupage.store.readers.lists import PlanFilter, list_plans

_COLUMNS = (
    Column("plan", lambda row: row.plan_id),
    Column("lane", lambda row: row.lane_id),
    Column("no.", lambda row: row.sequence, right=True),
    Column("status", lambda row: row.status.replace("_", " ")),
    Column("by", lambda row: row.status_by),
    Column("decided", lambda row: row.decided_at),
    Column("containers", lambda row: row.containers, right=True),
    Column("consignments", lambda row: row.consignments, right=True),
    Column("left out", lambda row: row.left_out, right=True),
    Column("cost USD", lambda row: money(row.cost_minor), right=True),
    Column("gap", lambda row: f"{row.gap_ratio:.1%}", right=True),
)


def main(
    *,
    lane: Lane = None,
    in_force: Annotated[
        bool, typer.Option("--in-force", help="Only the plan in force of each lane.")
    ] = False,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only plans that wait for approval.")
    ] = False,
    limit: Limit = 20,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List plans, the newest first."""
    wanted = PlanFilter(
        lane=lane, published=true_or_all(flag=in_force), waiting=true_or_all(flag=waiting)
    )
    page = query(lambda pool: list_plans(pool, wanted, limit=limit, after=after))
    nothing = none_of(
        "plan", (in_force, "in force"), (waiting, "that waits for approval"), (lane, "of lane {}")
    )
    print_page(page, _COLUMNS, nothing=nothing, as_json=as_json)
