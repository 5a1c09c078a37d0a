"""``groupage plan show | diff``: a stored plan in words and figures, and who moves between two."""

from typing import Annotated

import typer

from groupage.app.commands.printing import (
    AsJson,
    Column,
    mass,
    money,
    print_json,
    print_table,
    say,
    shown,
    volume,
)
from groupage.app.commands.reading import query
from groupage.domain.errors import NotFound
from groupage.domain.origin import Solver
from groupage.domain.plan import Plan, PlannedContainer
from groupage.store.readers.plans import PlanDiff, read_diff, read_plan

PlanId = Annotated[str, typer.Argument(metavar="ID", help="As `groupage plans` lists it.")]

_CONTAINERS = (
    Column("consolidation", lambda box: box.consolidation_id),
    Column("voyage", lambda box: box.voyage_id),
    Column("type", lambda box: box.spec.iso_type),
    Column("container", lambda box: box.equipment_ref),
    Column("stage", lambda box: box.stage),
    Column("new", lambda box: box.new),
    Column("consignments", lambda box: len(box.consignment_ids), right=True),
    Column("cartons", lambda box: len(box.placements), right=True),
    Column("m³", lambda box: volume(box.cargo_volume_cm3), right=True),
    Column("fill", lambda box: f"{box.cargo_volume_cm3 / box.spec.volume_cm3:.0%}", right=True),
    Column("kg", lambda box: mass(box.cargo_gross_g), right=True),
)
_LEFT_OUT = (
    Column("left out", lambda left: left.consignment_id),
    Column("code", lambda left: left.code),
    Column("next voyage", lambda left: left.next_voyage_id),
    Column("reason", lambda left: left.reason),
)
_UNLOADABLE = (
    Column("does not load", lambda one: one.consolidation_id),
    Column("code", lambda one: one.code),
    Column("without a place", lambda one: ", ".join(one.consignment_ids)),
    Column("reason", lambda one: one.reason),
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
    Column("made from the log", lambda read: read.topic),
    Column("up to offset, by partition", lambda read: " ".join(map(str, read.next_offsets))),
)
_PLACEMENTS = (
    Column("no.", lambda box: box.sequence, right=True),
    Column("carton", lambda box: box.unit_id),
    Column("consignment", lambda box: box.consignment_id),
    Column("x y z mm", lambda box: f"{box.x_mm} {box.y_mm} {box.z_mm}", right=True),
    Column("dx dy dz mm", lambda box: f"{box.dx_mm} {box.dy_mm} {box.dz_mm}", right=True),
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
    plan_id: PlanId,
    *,
    container: Annotated[
        str | None,
        typer.Option(help="Carton by carton: this consolidation, container or number (1, 2 …)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a stored plan: its containers, who was left out and why, its routes and its cost."""
    plan = query(lambda pool: read_plan(pool, plan_id))
    if container is not None:
        box = _container(plan, container)
        if as_json:
            print_json(box)
        else:
            _print_container(box)
    elif as_json:
        print_json(plan)
    else:
        _print_plan(plan)


def diff(
    older: Annotated[str, typer.Argument(metavar="A", help="The older plan.")],
    newer: Annotated[str, typer.Argument(metavar="B", help="The newer plan.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show who moves from plan A to plan B, and why."""
    found = query(lambda pool: read_diff(pool, older, newer))
    if as_json:
        print_json(found)
    else:
        _print_diff(found)


def _container(plan: Plan, wanted: str) -> PlannedContainer:
    for number, box in enumerate(plan.containers, start=1):
        if wanted in (box.consolidation_id, box.equipment_ref, str(number)):
            return box
    names = ", ".join(box.consolidation_id for box in plan.containers) or "none"
    raise NotFound(f"plan {plan.plan_id} has no container {wanted!r}; it has {names}")


def _print_plan(plan: Plan) -> None:
    certified = plan.certificate.verifier if plan.certificate else "no certificate"
    say(
        f"plan {plan.plan_id}, no. {plan.sequence} of lane {plan.lane_id}, decided "
        f"{shown(plan.decided_at)}; passed by {certified}"
    )
    say(_cost(plan))
    if plan.solver is not None:
        say(_solver(plan.solver))
    print_table(plan.containers, _CONTAINERS, nothing="no container")
    if plan.unloadable:
        say("")
        print_table(plan.unloadable, _UNLOADABLE, nothing="")
    if plan.left_out:
        say("")
        print_table(plan.left_out, _LEFT_OUT, nothing="")
    if plan.moves:
        say("")
        print_table(plan.moves, _MOVES, nothing="")
    stops = [(route.truck_id, stop) for route in plan.routes for stop in route.stops]
    if stops:
        say("")
        print_table(stops, _STOPS, nothing="")
    for job in plan.unrouted:
        say(f"no truck for {job.reference}: {job.reason}")
    if plan.inputs:
        say("")
        print_table(plan.inputs, _INPUTS, nothing="")


def _cost(plan: Plan) -> str:
    cost = plan.cost
    terms = {
        "freight": cost.freight,
        "handling": cost.handling,
        "dead freight": cost.dead_freight,
        "lateness": cost.lateness,
        "waiting": cost.waiting,
        "left out": cost.left_out,
        "change": cost.change,
        "haulage": cost.haulage,
    }
    parts = ", ".join(f"{name} {money(cents)}" for name, cents in terms.items() if cents)
    return (
        f"cost {money(cost.total)} USD ({parts or 'nothing'}); no plan costs less than "
        f"{money(plan.lower_bound)} before haulage, gap {plan.gap_ratio:.1%}"
    )


def _solver(solver: Solver) -> str:
    return (
        f"solved by {solver.name} {solver.version}; seed {solver.seed}, at most "
        f"{solver.allocation_work} units of allocation work, {solver.loading_rounds} loading "
        f"rounds, {solver.loading_passes} loading passes, {solver.routing_solutions} routings"
    )


def _print_container(box: PlannedContainer) -> None:
    say(
        f"{box.consolidation_id} on {box.voyage_id}: {box.spec.iso_type} {box.equipment_ref}, "
        f"{len(box.placements)} cartons, {volume(box.cargo_volume_cm3)} m³, "
        f"{mass(box.cargo_gross_g)} kg; x to the door, y to the right, z up, from the far left"
    )
    ordered = sorted(box.placements, key=lambda placement: placement.sequence)
    print_table(ordered, _PLACEMENTS, nothing="no carton")


def _print_diff(found: PlanDiff) -> None:
    change = money(abs(found.cost_change_minor))
    cheaper = "costs the same"
    if found.cost_change_minor:
        cheaper = f"costs {change} USD {'more' if found.cost_change_minor > 0 else 'less'}"
    say(
        f"{found.to_plan_id} {cheaper} than {found.from_plan_id}; "
        f"{found.unchanged} consignments stay where they were"
    )
    for word, names in (
        ("opens", found.opened),
        ("gives up", found.closed),
        ("since then left:", found.departed),
    ):
        if names:
            say(f"{word} {', '.join(names)}")
    print_table(found.shifts, _SHIFTS, nothing="nobody moves")
