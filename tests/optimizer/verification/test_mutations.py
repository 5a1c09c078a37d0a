"""A certified plan, broken in one place at a time: the verifier must name each break rightly."""

from datetime import timedelta
from functools import cache

import pytest

from groupage.domain.containers import spec_of
from groupage.domain.instance import ContainerOffer
from groupage.domain.plan import (
    Certificate,
    Cost,
    SolverStats,
    Unrouted,
)
from optimizer.verification.api import certify, verify
from tests.optimizer.verification.mutations import (
    EMPTY,
    HOUR,
    NO_MOVE,
    STRANGER,
    Both,
    Change,
    base_last,
    behind,
    carton,
    cartons,
    container,
    demand,
    doubled,
    edit,
    hours,
    hurried,
    later,
    lifted,
    moved,
    moved_out,
    narrow_door,
    over_the_edge,
    plan,
    pulled_out,
    route,
    rules,
    said,
    same_place,
    sealed,
    second_tour,
    shortened,
    solved,
    stop,
    strength,
    swap_sequence,
    term,
    tipped,
    together,
    unnamed,
    voyage,
    weak_box,
    world,
)
from tests.optimizer.world import CLOCK_AT, DAY, instance, plan_of


@cache
def _valid() -> Both:
    case = instance()
    return case, plan_of(case)


MUTATIONS: dict[str, tuple[str, Change]] = {
    # whose plan it is
    "another request": ("other_instance", plan(request_id="REQ-2")),
    "another lane": ("other_instance", plan(lane_id="CNSHA-NLRTM")),
    "another sequence": ("other_instance", plan(sequence=8)),
    "another plan id": ("other_instance", plan(plan_id="PLN-1")),
    "made before the clock": ("other_instance", plan(decided_at=CLOCK_AT - DAY)),
    "made after the clock": ("other_instance", plan(decided_at=CLOCK_AT + HOUR)),
    "for another cause": ("other_instance", plan(causes=("cancelled",))),
    "solved with another seed": ("other_instance", solved(seed=1)),
    "solved with more work": ("other_instance", solved(loading_passes=99)),
    "sealed for another instance": ("other_instance", sealed(instance_digest="0" * 64)),
    "sealed for another plan": ("other_instance", sealed(plan_digest="0" * 64)),
    "sealed by another verifier": ("other_verifier", sealed(verifier="me/1")),
    "sealed with fewer checks": ("other_verifier", sealed(checks=("identity",))),
    # what is said of those left out
    **{
        f"left out by {code} without cause": ("wrong_reason", said("O2", code))
        for code in (
            "customs_rejected", "dangerous_goods", "declaration_cap", "forbidden", "no_departure",
            "cap_not_judged",
            "not_available_before_cutoff", "heavier_than_container", "larger_than_container",
            "costs_more_than_waiting",
        )
    },
    "held without a hold": ("wrong_reason", said("O1", "blocked_by_hold")),
    "a mode policy that is none": (
        "wrong_reason", together(rules(mode_mix=()), said("O1", "mode_mix")),
    ),
    "a next voyage that it misses": (
        "wrong_reason", said("O1", "not_available_before_cutoff", next_voyage_id="V2"),
    ),
    "moved out for another reason": (
        "wrong_reason", together(demand("O1", current_consolidation_id="SLUSHY"), moved_out),
    ),
    # every demand once
    "left out too": (
        "placed_and_left_out",
        lambda case, old: plan(
            left_out=(*old.left_out, edit(old.left_out[0], consignment_id="N1"))
        )(case, old),
    ),
    "forgotten": ("missing_demand", shortened("left_out")),
    "left out twice": ("placed_twice", doubled("left_out")),
    "in two containers": (
        "placed_twice", container("SLUSHY", consignment_ids=("S1", "S4", "N3", "N1")),
    ),
    "twice in one container": (
        "placed_twice", container("NEW-2", consignment_ids=("M1", "M1", "M2", "M3", "P2", "P3")),
    ),
    "a stranger's cargo": (
        "unknown_consignment", container("SLUSHY", consignment_ids=("S1", "S4", "N3", "X")),
    ),
    "left out without a reason": ("no_reason", unnamed("left_out")),
    "next voyage unknown": (
        "unknown_voyage",
        lambda case, old: plan(
            left_out=(edit(old.left_out[0], next_voyage_id="V9"), *old.left_out[1:])
        )(case, old),
    ),
    # moves
    "a move not named": ("missing_move", shortened("moves")),
    "a move that is none": (
        "wrong_move", lambda case, old: plan(moves=(*old.moves, NO_MOVE))(case, old),
    ),
    "a move named twice": ("wrong_move", doubled("moves")),
    "a move without a reason": ("no_reason", unnamed("moves")),
    # containers
    "frozen one lost": (
        "frozen_lost",
        lambda case, old: plan(
            containers=tuple(c for c in old.containers if c.consolidation_id != "FROZEN")
        )(case, old),
    ),
    "taken out of a frozen one": ("frozen_changed", moved("F1", "FROZEN", None)),
    "put into a frozen one": ("frozen_changed", moved("N1", "NEW-1", "FROZEN")),
    "put into a locked one": ("frozen_changed", moved("M1", "NEW-2", "LOCKED")),
    "committed cargo moved": ("committed_moved", moved("K1", "LOCKED", "NEW-1")),
    "a container twice": ("container_twice", doubled("containers")),
    "an empty container": (
        "empty_container",
        lambda case, old: plan(containers=(*old.containers, EMPTY))(case, old),
    ),
    "stage thawed": ("container_changed", container("FROZEN", stage="slushy")),
    "new one frozen": ("container_changed", container("NEW-1", stage="frozen")),
    "voyage changed": ("container_changed", container("SLUSHY", voyage_id="V2", price=True)),
    "equipment changed": ("container_changed", container("FROZEN", equipment_ref="CSQU0000000")),
    "bigger than it is": ("container_changed", container("FROZEN", spec=spec_of("42G1"))),
    "existing called new": ("not_new", container("SLUSHY", new=True)),
    "unknown and not new": ("unknown_container", container("NEW-1", new=False)),
    "new one with a spec of its own": (
        "wrong_spec", container("NEW-1", spec=edit(spec_of("22G1"), length_mm=9_000)),
    ),
    "type not on offer": (
        "not_on_offer", container("NEW-1", spec=spec_of("45G1"), price=True),
    ),
    "no such voyage": ("unknown_voyage", container("NEW-1", voyage_id="V9", price=True)),
    "voyage of a slushy one cancelled": (
        "unknown_voyage",
        world(lambda case: edit(case, departures=case.departures[1:])),
    ),
    "more than there are": (
        "too_many_containers",
        voyage(
            "V2",
            offers=(ContainerOffer(iso_type="22G1", freight_usd_cents=190_000, available=1),),
        ),
    ),
    # who may be where
    "too late for the cut-off": (
        "not_available_before_cutoff", demand("N2", available_at=CLOCK_AT + 12 * DAY),
    ),
    "late in its old place": (
        "not_available_before_cutoff", demand("S1", available_at=CLOCK_AT + 3 * DAY),
    ),
    "put in after the cut-off": ("after_cutoff", voyage("V2", lco_at=CLOCK_AT - DAY / 24)),
    "on a forbidden voyage": ("forbidden_voyage", demand("N2", forbidden_voyage_ids=("V2",))),
    "pinned to another voyage": ("pin_ignored", demand("N2", pinned_voyage_id="V1")),
    "pinned to another container": (
        "pin_ignored", demand("N2", pinned_consolidation_id="SLUSHY"),
    ),
    "held and newly placed": ("blocked_placed", demand("N2", blocked=True)),
    "held and moved": ("blocked_placed", demand("S2", blocked=True)),
    "rejected by customs": ("customs_rejected", demand("S1", customs="REJECTED")),
    "dangerous": ("dangerous_goods", demand("N2", dg_classes=("3",))),
    "dangerous side by side": (
        "segregation",
        together(
            rules(allow_dangerous=True),
            demand("N1", dg_classes=("3",)),
            demand("N2", dg_classes=("5.1",)),
        ),
    ),
    "modes that do not mix": ("mode_mix", demand("N2", mode="9610")),
    "over the cap": ("declaration_cap", demand("M2", value_usd_cents=6_000_001)),
    "beside one that may be worth the cap": (
        "declaration_cap", demand("M1", value_usd_cents=None),
    ),
    "of a value without a rate": (
        "cap_not_judged", demand("M3", value_usd_cents=None, value_currency="JPY"),
    ),
    "over the cap by a change of rules": (
        "declaration_cap", rules(declaration_cap_usd_cents=13_999_999),
    ),
    "fuller than planned": ("overfilled", rules(plan_fill_permille=100)),
    "volume of the cargo wrong": ("wrong_sum", container("NEW-1", cargo_volume_cm3=1, price=True)),
    "mass of the cargo wrong": ("wrong_sum", container("NEW-1", cargo_gross_g=1)),
    "over the payload": ("payload", weak_box),
    "over the payload by declared mass": ("payload", demand("N1", gross_g=29_000_000)),
    # cartons
    "a carton missing": ("carton_missing", cartons("NEW-1", lambda c: c[:-1])),
    "a carton twice": ("carton_twice", cartons("NEW-1", lambda c: [*c, c[-1]])),
    "a stranger's carton": ("unknown_carton", cartons("NEW-1", lambda c: [*c, STRANGER])),
    "somebody else's carton": ("wrong_consignment", carton("NEW-1", 0, consignment_id="M1")),
    "a carton of another container": ("unknown_carton", carton("NEW-1", 0, unit_id="M1-001")),
    "a carton shrunk": ("wrong_size", carton("NEW-1", 3, dz_mm=399)),
    "a carton of no height": ("wrong_size", carton("NEW-1", 3, dz_mm=0)),
    "a carton tipped over": ("wrong_way_up", cartons("NEW-1", tipped)),
    "a standing carton moved": ("standing_moved", carton("LOCKED", 1, x_mm=100)),
    "a standing carton turned": ("standing_moved", carton("LOCKED", 1, dx_mm=600, dy_mm=400)),
    "a standing carton lost": ("standing_lost", cartons("LOCKED", lambda c: c[1:])),
    "a standing carton loaded again": ("wrong_sequence", cartons("LOCKED", swap_sequence(0, 10))),
    # the way in
    "a number twice": ("wrong_sequence", carton("NEW-1", 0, sequence=2)),
    "a number left out": ("wrong_sequence", carton("NEW-1", -1, sequence=999)),
    "counted from nought": ("wrong_sequence", carton("NEW-1", 0, sequence=0)),
    "barred by a carton before it": ("not_loadable", cartons("NEW-2", behind)),
    "set down under another": ("not_loadable", cartons("NEW-2", base_last)),
    # where it stands
    "through the far wall": ("outside_walls", carton("NEW-1", 0, x_mm=-1)),
    "through the left wall": ("outside_walls", carton("NEW-1", 0, y_mm=-1)),
    "through the floor": ("outside_walls", carton("NEW-1", 0, z_mm=-1)),
    "through the right wall": ("outside_walls", carton("NEW-1", -1, y_mm=2_100)),
    "through the door": ("outside_walls", carton("NEW-1", -1, x_mm=5_800)),
    "through the roof": ("outside_walls", carton("NEW-1", -1, z_mm=2_300)),
    "out of this world": ("outside_walls", carton("NEW-1", -1, x_mm=10**30)),
    "too near to the wall": ("outside_walls", rules(wall_margin_mm=5)),
    "too near to the door": ("outside_walls", rules(door_margin_mm=5_500)),
    "wider than the door": ("larger_than_door", narrow_door),
    "two in one place": ("overlap", cartons("NEW-1", same_place)),
    "into its neighbour": ("overlap", carton("NEW-2", 1, z_mm=1)),
    "into a standing carton": ("overlap", carton("LOCKED", -1, x_mm=0, y_mm=0, z_mm=400)),
    "floating": ("unsupported", cartons("NEW-1", lifted)),
    "over the edge": ("unsupported", cartons("NEW-2", over_the_edge)),
    "its support pulled out": ("unsupported", cartons("NEW-2", pulled_out)),
    "crushed": ("crushed", strength("M1", 0)),
    "crushed by a little": ("crushed", strength("M1", 11_999)),
    "a standing carton crushed": (
        "crushed",
        together(strength("K1", 12_000), carton("LOCKED", -1, x_mm=0, y_mm=0, z_mm=800)),
    ),
    # trucks
    "a truck that is not there": (
        "unknown_truck", route("van-1", lambda r: edit(r, truck_id="van-9")),
    ),
    "two tours of one truck at once": (
        "no_rest", route("tractor-2", lambda r: edit(r, truck_id="tractor-1")),
    ),
    "two tours of one truck without a rest": ("no_rest", second_tour(timedelta(seconds=-1))),
    "two routes of one name": (
        "route_twice",
        lambda case, old: route("tractor-2", lambda r: edit(r, route_id=old.routes[0].route_id))(
            case, old
        ),
    ),
    "no way home": ("wrong_stops", route("van-1", lambda r: edit(r, stops=r.stops[:-1]))),
    "cargo not delivered": (
        "wrong_stops", route("van-1", lambda r: edit(r, stops=(*r.stops[:-2], r.stops[-1]))),
    ),
    "a van that hauls": ("wrong_stops", route("tractor-1", lambda r: edit(r, truck_id="van-2"))),
    "a place off the map": (
        "unknown_place", world(lambda case: edit(case, spots=case.spots[:-3])),
    ),
    "picked up elsewhere": ("wrong_place", stop("van-1", 1, place_id="jinhua")),
    "wrong terminal": ("wrong_place", voyage("V1", terminal_id="jinhua")),
    "started elsewhere": ("wrong_place", stop("van-1", 0, place_id="jinhua")),
    "delivered elsewhere": ("wrong_place", stop("van-1", -2, place_id="jinhua")),
    "ended elsewhere": ("wrong_place", stop("van-1", -1, place_id="jinhua")),
    "at home before it leaves": ("wrong_time", stop("van-1", 0, arrive_at=-HOUR)),
    "gone on from home": ("wrong_time", stop("van-1", -1, leave_at=HOUR)),
    **{
        f"stop {number} about another truck": ("unknown_job", stop("van-1", number, reference="x"))
        for number in (0, -2, -1)
    },
    "faster than the road allows": ("wrong_time", stop("van-1", 1, arrive_at=-timedelta(hours=1))),
    "work left out": ("wrong_time", stop("van-1", 1, leave_at=-timedelta(minutes=14))),
    "left before it came": ("wrong_time", stop("van-1", 1, leave_at=-timedelta(days=1))),
    "off before the clock": (
        "outside_hours", stop("van-1", 0, leave_at=-timedelta(days=1)),
    ),
    "home after hours": (
        "outside_hours",
        world(
            lambda case: edit(
                case,
                trucks=tuple(
                    edit(t, available_until_at=CLOCK_AT + DAY / 24) for t in case.trucks
                ),
            )
        ),
    ),
    "window missed": ("window_missed", route("van-1", later)),
    "gate-in missed": ("gate_in_missed", route("tractor-1", later)),
    "gate closes earlier": ("gate_in_missed", voyage("V1", gate_in_by_at=CLOCK_AT + DAY)),
    "hauled before the cargo is there": (
        "wrong_time", demand("M3", available_at=CLOCK_AT + 9 * DAY + DAY / 2),
    ),
    # drivers
    "no break on the way": ("wrong_time", hours(continuous_drive_s=3_600)),
    "a break too short": ("wrong_time", hours(break_s=20 * 60 + 1)),
    "a break too long": ("wrong_time", hours(break_s=20 * 60 - 1)),
    "too long at the wheel": ("driven_too_long", hours(shift_drive_s=2 * 3_600)),
    "too long on duty": ("duty_too_long", hours(shift_duty_s=7 * 3_600)),
    "too long on duty by waiting": (
        "duty_too_long",
        together(stop("van-1", -2, leave_at=10.9 * HOUR), stop("van-1", -1, arrive_at=10.9 * HOUR)),
    ),
    "a rest too short": ("driven_too_long", hurried(timedelta(seconds=1))),
    "a rest that is called too short": ("driven_too_long", hours(rest_s=11 * 3_600 + 1)),
    "a shift of no length": ("wrong_hours", hours(shift_duty_s=0)),
    "a limit below nought": ("wrong_hours", hours(continuous_drive_s=-1)),
    # what is on board
    "load on board wrong": ("wrong_load", stop("van-1", 1, load_g=1)),
    "volume on board wrong": ("wrong_load", stop("tractor-1", 1, load_cm3=1)),
    "truck overloaded": (
        "truck_overloaded",
        world(
            lambda case: edit(
                case, trucks=tuple(edit(t, payload_g=300_000) for t in case.trucks)
            )
        ),
    ),
    "a pick-up that is none": ("unknown_job", stop("van-1", 1, reference="N1")),
    "a container that is none": ("unknown_job", stop("tractor-1", 1, reference="NEW-9")),
    "another container dropped": ("unknown_job", stop("tractor-1", 2, reference="NEW-9")),
    "distance wrong": ("wrong_distance", route("van-1", lambda r: edit(r, distance_m=1))),
    "price of a tour wrong": (
        "wrong_route_cost", route("van-1", lambda r: edit(r, cost_usd_cents=r.cost_usd_cents - 1)),
    ),
    "a job forgotten": (
        "job_missing", plan(unrouted=()),
    ),
    "a tour forgotten": ("job_missing", shortened("routes")),
    "a job unrouted twice": ("job_twice", doubled("unrouted")),
    "routed and unrouted": (
        "routed_and_unrouted",
        lambda case, old: plan(
            unrouted=(*old.unrouted, Unrouted(reference="P1", reason="no truck"))
        )(case, old),
    ),
    "unrouted without a reason": ("no_reason", unnamed("unrouted")),
    "a job nobody knows": (
        "unknown_job",
        lambda case, old: plan(
            unrouted=(*old.unrouted, Unrouted(reference="X", reason="no truck"))
        )(case, old),
    ),
    # money
    **{f"{name} wrong": ("wrong_cost", term(name)) for name in Cost.__struct_fields__},
    "a bound above the cost": ("wrong_bound", plan(lower_bound=10**9)),
    "optimal above the bound": (
        "wrong_bound", plan(stats=SolverStats(status="optimal", rounds=1, work=0.5)),
    ),
    "a gap too small": ("wrong_bound", plan(gap_ratio=0.0)),
    "a gap that is no number": ("wrong_bound", plan(gap_ratio=float("nan"))),
}  # fmt: skip


def test_plan_by_hand_is_valid() -> None:
    """The plan that all mutations start from has nothing wrong with it."""
    case, good = _valid()
    assert verify(case, good) == ()


def test_certificate_holds() -> None:
    """A valid plan is certified, and the certified plan is valid as it stands."""
    case, good = _valid()
    certified, violations = certify(case, good)
    assert violations == ()
    assert certified is not None
    assert isinstance(certified.certificate, Certificate)
    assert verify(case, certified) == ()


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutation_is_caught(name: str) -> None:
    """Each break is found, under its own code, and no certificate is given."""
    code, change = MUTATIONS[name]
    case, broken = change(*_valid())
    assert code in {violation.code for violation in verify(case, broken)}
    if broken.certificate is None:
        assert certify(case, broken)[0] is None
