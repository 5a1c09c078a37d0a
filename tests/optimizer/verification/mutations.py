"""Ways to break a plan or its instance in one place."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.instance import Instance
from groupage.domain.plan import (
    LeftOut,
    Move,
    Placement,
    Plan,
    PlannedContainer,
    Route,
)
from optimizer.assemble import solver_of
from optimizer.canonical import digest, plan_id_of
from optimizer.verification.api import certify
from tests.optimizer.world import DAY, priced

Both = tuple[Instance, Plan]
Change = Callable[[Instance, Plan], Both]
edit = msgspec.structs.replace
HOUR = timedelta(hours=1)


def plan(**changes: Any) -> Change:
    """Replace fields of the plan."""
    return lambda case, old: (case, edit(old, **changes))


def solved(**changes: Any) -> Change:
    """Say that the solver was given something else."""
    return lambda case, old: (case, edit(old, solver=edit(solver_of(case.limits), **changes)))


def container(name: str, *, price: bool = False, **changes: Any) -> Change:
    """Replace fields of one container; `price` puts the cost right afterwards."""

    def change(case: Instance, old: Plan) -> Both:
        boxes = tuple(
            edit(one, **changes) if one.consolidation_id == name else one for one in old.containers
        )
        assert boxes != old.containers
        new = edit(old, containers=boxes)
        return case, priced(case, new) if price else new

    return change


def box_of(old: Plan, name: str) -> PlannedContainer:
    """One container."""
    return next(one for one in old.containers if one.consolidation_id == name)


def cartons(name: str, change: Callable[[list[Placement]], list[Placement]]) -> Change:
    """Change the load plan of one container; `change` gets it in loading order."""

    def apply(case: Instance, old: Plan) -> Both:
        ordered = sorted(box_of(old, name).placements, key=lambda one: one.sequence)
        return container(name, placements=tuple(change(ordered)))(case, old)

    return apply


def carton(name: str, number: int, **changes: Any) -> Change:
    """Replace fields of one carton, by its place in the loading order (negative: from the end)."""

    def change(ordered: list[Placement]) -> list[Placement]:
        ordered[number] = edit(ordered[number], **changes)
        return ordered

    return cartons(name, change)


def route(truck_id: str, change: Callable[[Route], Route]) -> Change:
    """Change one route."""

    def apply(case: Instance, old: Plan) -> Both:
        routes = tuple(change(one) if one.truck_id == truck_id else one for one in old.routes)
        assert routes != old.routes
        return case, edit(old, routes=routes)

    return apply


def stop(truck_id: str, number: int, **changes: Any) -> Change:
    """Replace fields of one stop; a timedelta is added to the time that is there."""

    def change(old: Route) -> Route:
        stops = list(old.stops)
        values = {
            name: getattr(stops[number], name) + value if isinstance(value, timedelta) else value
            for name, value in changes.items()
        }
        stops[number] = edit(stops[number], **values)
        return edit(old, stops=tuple(stops))

    return route(truck_id, change)


def world(change: Callable[[Instance], Instance]) -> Change:
    """Change the instance under the plan, which then calls itself the answer to the new one."""

    def apply(case: Instance, old: Plan) -> Both:
        new = change(case)
        assert new != case
        return new, priced(new, edit(old, plan_id=plan_id_of(digest(new))))

    return apply


def demand(consignment_id: str, **changes: Any) -> Change:
    """Change one demand of the instance."""
    return world(
        lambda case: edit(
            case,
            demands=tuple(
                edit(one, **changes) if one.consignment_id == consignment_id else one
                for one in case.demands
            ),
        )
    )


def strength(consignment_id: str, grams: int) -> Change:
    """Make all cartons of a consignment weak."""

    def change(case: Instance, old: Plan) -> Both:
        one = next(d for d in case.demands if d.consignment_id == consignment_id)
        groups = tuple(edit(group, max_top_load_g=grams) for group in one.cartons)
        return demand(consignment_id, cartons=groups)(case, old)

    return change


def rules(**changes: Any) -> Change:
    """Change the rules of the instance."""
    return world(lambda case: edit(case, rules=edit(case.rules, **changes)))


def voyage(voyage_id: str, **changes: Any) -> Change:
    """Change one departure of the instance."""
    return world(
        lambda case: edit(
            case,
            departures=tuple(
                edit(one, **changes) if one.voyage_id == voyage_id else one
                for one in case.departures
            ),
        )
    )


def moved(consignment_id: str, source: str | None, goal: str | None) -> Change:
    """Take a consignment with its cartons from one container to another (None: left out)."""

    def change(case: Instance, old: Plan) -> Both:
        one = next(d for d in case.demands if d.consignment_id == consignment_id)
        units = {unit for group in one.cartons for unit in group.unit_ids}
        gone = [p for p in box_of(old, source).placements if p.unit_id in units] if source else []
        boxes = []
        for box in old.containers:
            ids = [c for c in box.consignment_ids if c != consignment_id]
            placed = [p for p in box.placements if p.unit_id not in units]
            if box.consolidation_id == goal:
                ids.append(consignment_id)
                placed += gone
            boxes.append(edit(box, consignment_ids=tuple(ids), placements=tuple(placed)))
        left = [o for o in old.left_out if o.consignment_id != consignment_id]
        if goal is None:
            left.append(LeftOut(consignment_id=consignment_id, code="no_capacity", reason="full"))
        new = edit(old, containers=tuple(boxes), left_out=tuple(left))
        return case, priced(case, new)

    return change


def together(*changes: Change) -> Change:
    """One change after the other."""

    def change(case: Instance, old: Plan) -> Both:
        for one in changes:
            case, old = one(case, old)
        return case, old

    return change


def swap_sequence(first: int, second: int) -> Callable[[list[Placement]], list[Placement]]:
    """Two cartons change their numbers in the loading sequence."""

    def change(ordered: list[Placement]) -> list[Placement]:
        a, b = ordered[first], ordered[second]
        ordered[first] = edit(a, sequence=b.sequence)
        ordered[second] = edit(b, sequence=a.sequence)
        return ordered

    return change


def behind(ordered: list[Placement]) -> list[Placement]:
    """Let a carton at the far wall change places in the sequence with one right before it."""
    for i, far in enumerate(ordered):
        for j, near in enumerate(ordered):
            level = far.z_mm == near.z_mm == 0 and far.y_mm == near.y_mm
            if level and near.x_mm == far.x_mm + far.dx_mm:
                return swap_sequence(i, j)(ordered)
    raise AssertionError


def base_last(ordered: list[Placement]) -> list[Placement]:
    """Let a carton on the floor change places in the sequence with one that stands on it."""
    for i, low in enumerate(ordered):
        for j, high in enumerate(ordered):
            if high.z_mm == low.z_mm + low.dz_mm and (high.x_mm, high.y_mm) == (low.x_mm, low.y_mm):
                return swap_sequence(i, j)(ordered)
    raise AssertionError


def pulled_out(ordered: list[Placement]) -> list[Placement]:
    """Take away a carton on the floor that carries another."""
    for low in ordered:
        for high in ordered:
            if high.z_mm == low.z_mm + low.dz_mm and (high.x_mm, high.y_mm) == (low.x_mm, low.y_mm):
                return [one for one in ordered if one is not low]
    raise AssertionError


def lifted(ordered: list[Placement]) -> list[Placement]:
    """Raise the highest carton."""
    top = max(range(len(ordered)), key=lambda i: ordered[i].z_mm + ordered[i].dz_mm)
    ordered[top] = edit(ordered[top], z_mm=ordered[top].z_mm + 7)
    return ordered


def over_the_edge(ordered: list[Placement]) -> list[Placement]:
    """Push a high carton half off what carries it, toward the door."""
    high = [i for i, one in enumerate(ordered) if one.z_mm > 0]
    front = max(high, key=lambda i: ordered[i].x_mm + ordered[i].dx_mm)
    ordered[front] = edit(ordered[front], x_mm=ordered[front].x_mm + 300)
    return ordered


def tipped(ordered: list[Placement]) -> list[Placement]:
    """Lay a carton that must stay upright on its side."""
    number = next(i for i, one in enumerate(ordered) if one.consignment_id == "N1")
    ordered[number] = edit(ordered[number], dx_mm=400, dy_mm=400, dz_mm=600)
    return ordered


def same_place(ordered: list[Placement]) -> list[Placement]:
    """One carton stands where another one stands."""
    ordered[5] = edit(ordered[5], x_mm=ordered[4].x_mm, y_mm=ordered[4].y_mm, z_mm=ordered[4].z_mm)
    return ordered


def shifted(old: Route, by: timedelta) -> Route:
    """All stops of a route earlier or later."""
    stops = tuple(
        edit(one, arrive_at=one.arrive_at + by, leave_at=one.leave_at + by) for one in old.stops
    )
    return edit(old, stops=stops)


def later(old: Route) -> Route:
    """The same tour, six days later."""
    return shifted(old, 6 * DAY)


def second_tour(short_by: timedelta) -> Change:
    """Let the first tractor do the second one's tour too, a rest (and a little) after its own."""

    def change(case: Instance, old: Plan) -> Both:
        one, other = (
            max((r for r in old.routes if r.truck_id == name), key=lambda r: r.stops[0].leave_at)
            for name in ("tractor-1", "tractor-2")
        )
        off_at = one.stops[-1].arrive_at + timedelta(seconds=case.hours.rest_s) + short_by
        moved = shifted(edit(other, truck_id=one.truck_id), off_at - other.stops[0].leave_at)
        routes = tuple(moved if r is other else r for r in old.routes)
        return case, edit(old, routes=routes)

    return change


def hurried(by: timedelta) -> Change:
    """Leave the terminal earlier after the rest there, and be home earlier."""

    def change(old: Route) -> Route:
        *before, drop, home = old.stops
        drop = edit(drop, leave_at=drop.leave_at - by)
        return edit(old, stops=(*before, drop, edit(home, arrive_at=home.arrive_at - by)))

    return route("tractor-1", change)


def hours(**changes: Any) -> Change:
    """Change the drivers' hours of the instance."""
    return world(lambda case: edit(case, hours=edit(case.hours, **changes)))


def term(name: str) -> Change:
    """One cent more in a term of the cost."""

    def change(case: Instance, old: Plan) -> Both:
        return case, edit(old, cost=edit(old.cost, **{name: getattr(old.cost, name) + 1}))

    return change


def doubled(name: str) -> Change:
    """The first entry of a list stands in it twice."""

    def change(case: Instance, old: Plan) -> Both:
        values = getattr(old, name)
        return case, edit(old, **{name: (*values, values[0])})

    return change


def shortened(name: str) -> Change:
    """The first entry of a list is missing."""
    return lambda case, old: (case, edit(old, **{name: getattr(old, name)[1:]}))


def unnamed(name: str) -> Change:
    """The first entry of a list gives no reason."""

    def change(case: Instance, old: Plan) -> Both:
        first, *rest = getattr(old, name)
        return case, edit(old, **{name: (edit(first, reason=" "), *rest)})

    return change


def said(consignment_id: str, code: str, **changes: Any) -> Change:
    """Leave one out by another code."""
    return lambda case, old: (
        case,
        edit(
            old,
            left_out=tuple(
                edit(one, code=code, **changes) if one.consignment_id == consignment_id else one
                for one in old.left_out
            ),
        ),
    )


def moved_out(case: Instance, old: Plan) -> Both:
    """A move that nobody made."""
    move = edit(NO_MOVE, consignment_id="O1", from_consolidation_id="SLUSHY")
    return case, edit(old, moves=(*old.moves, move))


def sealed(**changes: Any) -> Change:
    """Change the certificate of a certified plan."""

    def change(case: Instance, old: Plan) -> Both:
        certified, _ = certify(case, old)
        assert certified is not None
        assert certified.certificate is not None
        return case, edit(certified, certificate=edit(certified.certificate, **changes))

    return change


def narrow_door(case: Instance, old: Plan) -> Both:
    """A door of 300 mm on a container that exists."""
    spec = edit(spec_of("42G1"), door_width_mm=300)
    new = edit(
        case,
        consolidations=tuple(
            edit(one, spec=spec) if one.consolidation_id == "SLUSHY" else one
            for one in case.consolidations
        ),
    )
    return container("SLUSHY", spec=spec)(new, edit(old, plan_id=plan_id_of(digest(new))))


def weak_box(case: Instance, old: Plan) -> Both:
    """A container whose plate allows one tonne."""
    spec = edit(spec_of("42G1"), max_gross_g=spec_of("42G1").tare_g + 400_000)
    new = edit(
        case,
        consolidations=tuple(
            edit(one, spec=spec) if one.consolidation_id == "SLUSHY" else one
            for one in case.consolidations
        ),
    )
    return container("SLUSHY", spec=spec)(new, edit(old, plan_id=plan_id_of(digest(new))))


STRANGER = Placement(
    unit_id="X-1", consignment_id="X", x_mm=5_000, y_mm=0, z_mm=0, dx_mm=100, dy_mm=100, dz_mm=100,
    sequence=62,
)  # fmt: skip
EMPTY = PlannedContainer(
    consolidation_id="NEW-3", voyage_id="V2", spec=spec_of("42G1"), stage="slushy",
    consignment_ids=(), placements=(), cargo_volume_cm3=0, cargo_gross_g=0, new=True,
)  # fmt: skip
NO_MOVE = Move(
    consignment_id="F1", from_consolidation_id="FROZEN", to_consolidation_id=None, code="x",
    reason="y",
)  # fmt: skip
