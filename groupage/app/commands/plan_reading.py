"""``groupage plan show | diff``: a plan, and the difference between two plans."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import typer

from groupage.app.commands.contents import STOWAGE_COLUMNS, STOWAGE_LEGEND
from groupage.app.commands.hold_columns import print_holds
from groupage.app.commands.plan_files import (
    compare_plans,
    load_departures,
    load_holds,
    load_numbers,
    load_plan,
    load_status,
)
from groupage.app.commands.printing import (
    AsJson,
    Column,
    mass,
    money,
    print_json,
    print_line,
    print_table,
    text_of,
    volume,
)
from groupage.app.hub_time import with_local_times
from groupage.domain.origin import Solver
from groupage.domain.plan import Cost, Plan, PlannedContainer
from groupage.domain.stowage import stowage_of
from groupage.domain.words import number_of
from groupage.store.readers.holds import OpenHold
from groupage.store.readers.plan_statuses import PlanStatus, status_text
from groupage.store.readers.plans import PlanDiff, find_container

PlanName = Annotated[
    str,
    typer.Argument(
        metavar="PLAN",
        help="A plan id or its first characters, a lane (its plan in force), or a file.",
    ),
]

_CONTAINERS = (
    Column("consolidation", lambda container: container.consolidation_id),
    Column("voyage", lambda container: container.voyage_id),
    Column("type", lambda container: container.spec.iso_type),
    Column("container", lambda container: container.equipment_ref),
    Column("stage", lambda container: container.stage),
    Column("new", lambda container: container.new),
    Column("consignments", lambda container: len(container.consignment_ids), right=True),
    Column("cartons", lambda container: len(container.placements), right=True),
    Column("m³", lambda container: volume(container.cargo_volume_cm3), right=True),
    Column(
        "fill",
        lambda container: f"{container.cargo_volume_cm3 / container.spec.volume_cm3:.0%}",
        right=True,
    ),
    Column("kg", lambda container: mass(container.cargo_gross_g), right=True),
)
_LEFT_OUT = (
    Column("left out", lambda left: left.consignment_id),
    Column("code", lambda left: left.code),
    Column("next voyage", lambda left: left.next_voyage_id),
    Column("reason", lambda left: left.reason),
)
_UNLOADABLE = (
    Column("does not load", lambda container: container.consolidation_id),
    Column("code", lambda container: container.code),
    Column("not loaded", lambda container: ", ".join(container.consignment_ids)),
    Column("reason", lambda container: container.reason),
)
_MOVES = (
    Column("moved", lambda move: move.consignment_id),
    Column("from", lambda move: move.from_consolidation_id),
    Column("to", lambda move: move.to_consolidation_id),
    Column("code", lambda move: move.code),
    Column("reason", lambda move: move.reason),
)
_STOPS = (
    Column("truck", lambda row: row[0]),
    Column("arrives", lambda row: row[1].arrive_at),
    Column("leaves", lambda row: row[1].leave_at),
    Column("does", lambda row: row[1].action),
    Column("at", lambda row: row[1].place_id),
    Column("for", lambda row: row[1].reference),
    Column("then on board kg", lambda row: mass(row[1].load_g), right=True),
)
_INPUTS = (
    Column("topic", lambda read: read.topic),
    Column("read up to offset, by partition", lambda read: " ".join(map(str, read.next_offsets))),
)
_SHIFTS = (
    Column("consignment", lambda shift: shift.consignment_id),
    Column("change", lambda shift: shift.change),
    Column("from", lambda shift: shift.from_consolidation_id),
    Column("to", lambda shift: shift.to_consolidation_id),
    Column("from voyage", lambda shift: shift.from_voyage_id),
    Column("to voyage", lambda shift: shift.to_voyage_id),
    Column("code", lambda shift: shift.code),
    Column("reason", lambda shift: shift.reason),
)


def show(
    plan: PlanName,
    *,
    container: Annotated[
        str | None,
        typer.Option(help="Show the cartons of this consolidation, container or number (1, 2 …)."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also the offsets up to which the plan has read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a plan: its containers, the consignments left out and why, routes and cost.

    A held consignment keeps its place in a plan and may not be staged or loaded. The holds that
    stand now are shown with a plan of the hub, and not with one in a file; so are the containers
    that have left.

    docs/codes.md explains the codes. Codes of cut-offs in reasons: LCO cargo at the hub, DCO
    documents, VCO verified gross mass, CUA customs release, PCO container at the port, AFC advance
    filing.
    """
    shown = load_plan(plan)
    if container is not None:
        planned = find_container(shown, container, numbers=load_numbers(plan, shown))
        if as_json:
            print_json(planned)
        else:
            _print_container(planned, load_holds(plan, shown))
            _print_departures([planned], load_departures(plan, shown))
    elif as_json:
        print_json(shown)
    else:
        _print_head(shown, load_status(plan, shown))
        _print_plan(shown, load_holds(plan, shown), load_departures(plan, shown))
        if verbose:
            print_line("")
            print_table(shown.inputs, _INPUTS, nothing="the plan names no topic that it has read")


def diff(
    older: Annotated[
        str | None, typer.Argument(metavar="[A", help="The older plan, named as for `plan show`.")
    ] = None,
    newer: Annotated[str | None, typer.Argument(metavar="B]", help="The newer plan.")] = None,
    *,
    lane: Annotated[
        str | None,
        typer.Option(
            help="Compare the plan in force of this lane with the one that was in force before it; "
            "a newer plan that waits for approval, with the one in force."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which consignments move from plan A to plan B, why, and what that costs.

    docs/codes.md explains the codes; `groupage plan show --help` those of cut-offs.
    """
    difference = compare_plans(older, newer, lane)
    if as_json:
        print_json(difference)
    else:
        _print_diff(difference)


def _print_head(plan: Plan, status: PlanStatus | None) -> None:
    certified = plan.certificate.verifier if plan.certificate else "no certificate"
    print_line(
        f"plan {plan.plan_id}, no. {plan.sequence} of lane {plan.lane_id}, decided "
        f"{text_of(plan.decided_at)}; passed by {certified}"
    )
    if status is not None:
        print_line(with_local_times(status_text(status)))


def _print_plan(plan: Plan, holds: Sequence[OpenHold], departures: Mapping[str, datetime]) -> None:
    print_line(_cost(plan))
    if plan.solver is not None:
        print_line(_solver(plan.solver))
    print_table(plan.containers, _CONTAINERS, nothing="no container")
    _print_departures(plan.containers, departures)
    print_holds(plan.containers, holds)
    if plan.unloadable:
        print_line("")
        print_table(plan.unloadable, _UNLOADABLE, nothing="")
    if plan.left_out:
        print_line("")
        print_table(plan.left_out, _LEFT_OUT, nothing="")
    if plan.moves:
        print_line("")
        print_table(plan.moves, _MOVES, nothing="")
    stops = [(route.truck_id, stop) for route in plan.routes for stop in route.stops]
    if stops:
        print_line("")
        print_table(stops, _STOPS, nothing="")
    for job in plan.unrouted:
        print_line(f"no truck for {job.reference}: {job.reason}")


def _print_departures(
    containers: Sequence[PlannedContainer], departures: Mapping[str, datetime]
) -> None:
    for container in containers:
        departed_at = departures.get(container.consolidation_id)
        if departed_at is not None:
            print_line(f"{container.consolidation_id} left the hub {text_of(departed_at)}")


def _cost(plan: Plan) -> str:
    cost, cut_short = plan.cost, ", ".join(plan.stats.cut_short)
    parts = ", ".join(f"{name} {money(cents)}" for name, cents in _terms(cost) if cents)
    return (
        f"cost {money(cost.total)} USD ({parts or 'nothing'}); no plan costs less than "
        f"{money(plan.lower_bound)} before haulage, gap {plan.gap_ratio:.1%}"
        + (f"; the time limit cut short: {cut_short}" if cut_short else "")
    )


def _terms(cost: Cost) -> list[tuple[str, int]]:
    return [(name.replace("_", " "), getattr(cost, name)) for name in Cost.__struct_fields__]


def _solver(solver: Solver) -> str:
    return (
        f"solved by {solver.name} {solver.version}; seed {solver.seed}, at most "
        f"{solver.allocation_work} units of allocation work, {solver.loading_rounds} loading "
        f"rounds, {solver.loading_passes} loading passes, {solver.routing_solutions} routings"
    )


def _print_container(container: PlannedContainer, holds: Sequence[OpenHold]) -> None:
    print_line(
        f"{container.consolidation_id} on {container.voyage_id}: {container.spec.iso_type} "
        f"{container.equipment_ref}, {len(container.placements)} cartons, "
        f"{volume(container.cargo_volume_cm3)} m³, {mass(container.cargo_gross_g)} kg"
    )
    print_line(STOWAGE_LEGEND)
    print_table(stowage_of(container.placements), STOWAGE_COLUMNS, nothing="no carton")
    print_holds([container], holds)


def _print_diff(difference: PlanDiff) -> None:
    for plan_id, status in (
        (difference.to_plan_id, difference.to_status),
        (difference.from_plan_id, difference.from_status),
    ):
        if status.status != "unknown":  # a file's
            print_line(f"{plan_id}: {with_local_times(status_text(status))}")
    change = money(abs(difference.cost_change_minor))
    cheaper = "costs the same as"
    if difference.cost_change_minor:
        more = "more" if difference.cost_change_minor > 0 else "less"
        cheaper = f"costs {change} USD {more} than"
    terms = sorted(_terms(difference.cost_change), key=lambda term: -abs(term[1]))
    of_what = ", ".join(f"{name} {cents / 100:+,.2f}" for name, cents in terms if cents)
    print_line(
        f"{difference.to_plan_id} {cheaper} {difference.from_plan_id}"
        + (f" ({of_what})" if of_what else "")
        + f"; {number_of(difference.unchanged, 'consignment')} "
        + ("stays" if difference.unchanged == 1 else "stay")
        + " in their containers"
    )
    for word, names in (
        ("opens", difference.opened),
        ("gives up", difference.closed),
        ("departed since:", difference.departed),
    ):
        if names:
            print_line(f"{word} {', '.join(names)}")
    print_table(difference.shifts, _SHIFTS, nothing="no consignment moves")
