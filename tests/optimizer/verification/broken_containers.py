"""Breaks in the allocation: cargo in the wrong container or in none, and wrong containers."""

from groupage.domain.codes import LeftOutCode, UnloadableCode
from groupage.domain.containers import spec_of
from groupage.domain.instance import ContainerOffer, Instance
from groupage.domain.plan import LeftOut, Plan, PlannedContainer, Unloadable
from tests.optimizer.verification.changes import (
    Both,
    Change,
    append,
    change_spec,
    combine,
    container,
    container_of,
    demand,
    drop_first,
    edit,
    first,
    plan,
    repeat_first,
    replace_in,
    rules,
    voyage,
    world,
)
from tests.optimizer.world import CLOCK_AT, DAY, reprice

_FULL = LeftOutCode.NO_CAPACITY
_COSTLY = LeftOutCode.COSTS_MORE_THAN_WAITING
TWO_SMALL = (ContainerOffer(iso_type="22G1", freight_usd_cents=190_000, available=2),)


def move_consignment(consignment_id: str, source: str | None, goal: str | None) -> Change:
    """Take a consignment with its cartons from one container to another (None: left out)."""

    def change(case: Instance, old: Plan) -> Both:
        wanted = next(d for d in case.demands if d.consignment_id == consignment_id)
        units = {unit for group in wanted.cartons for unit in group.unit_ids}
        gone = (
            [p for p in container_of(old, source).placements if p.unit_id in units]
            if source
            else []
        )
        containers = []
        for before in old.containers:
            ids = [c for c in before.consignment_ids if c != consignment_id]
            placed = [p for p in before.placements if p.unit_id not in units]
            if before.consolidation_id == goal:
                ids.append(consignment_id)
                placed += gone
            containers.append(edit(before, consignment_ids=tuple(ids), placements=tuple(placed)))
        left = [o for o in old.left_out if o.consignment_id != consignment_id]
        if goal is None:
            left.append(LeftOut(consignment_id=consignment_id, code=_FULL, reason="full"))
        new = edit(old, containers=tuple(containers), left_out=tuple(left))
        return case, reprice(case, new)

    return change


def leave_out_pinned(code: LeftOutCode) -> Change:
    """Leave N1, which is pinned to V2, out of it."""

    def change(case: Instance, old: Plan) -> Both:
        case, new = move_consignment("N1", "NEW-1", None)(case, old)
        left = replace_in(new.left_out, "consignment_id", "N1", code=code, next_voyage_id="V2")
        return case, edit(new, left_out=left)

    return change


PIN_OTHERS = combine(demand("N2", pinned_voyage_id="V2"), demand("M1", pinned_voyage_id="V2"))
"""Nothing makes way for N1: both containers of V2 have another pinned consignment."""


def load_plan_in_force(name: str) -> Change:
    """Make the load plan of a container in the plan the one in force."""

    def change(case: Instance, old: Plan) -> Both:
        placements = container_of(old, name).placements
        consolidations = replace_in(
            case.consolidations, "consolidation_id", name, planned=placements
        )
        return world(lambda _: edit(case, consolidations=consolidations))(case, old)

    return change


def unloadable(name: str) -> Unloadable:
    """Claim that a container does not load."""
    return Unloadable(
        consolidation_id=name,
        consignment_ids=(),
        code=UnloadableCode.DID_NOT_FIT,
        reason="so they say",
    )


EMPTY = PlannedContainer(
    consolidation_id="NEW-3", voyage_id="V2", spec=spec_of("42G1"), stage="slushy",
    consignment_ids=(), placements=(), cargo_volume_cm3=0, cargo_gross_g=0, new=True,
)  # fmt: skip
BREAKS: dict[str, tuple[str, Change]] = {
    # every demand once
    "left out too": (
        "placed_and_left_out",
        append("left_out", LeftOut(consignment_id="N1", code=_FULL, reason="full")),
    ),
    "forgotten": ("missing_demand", drop_first("left_out")),
    "left out twice": ("placed_twice", repeat_first("left_out")),
    "in two containers": (
        "placed_twice", container("SLUSHY", consignment_ids=("S1", "S4", "N3", "N1")),
    ),
    "twice in one container": (
        "placed_twice", container("NEW-2", consignment_ids=("M1", "M1", "M2", "M3", "P2", "P3")),
    ),
    "an unknown consignment's cargo": (
        "unknown_consignment", container("SLUSHY", consignment_ids=("S1", "S4", "N3", "X")),
    ),
    "left out without a reason": ("no_reason", first("left_out", reason=" ")),
    "next voyage unknown": ("unknown_voyage", first("left_out", next_voyage_id="V9")),
    # containers
    "frozen one lost": (
        "frozen_lost",
        lambda case, old: plan(
            containers=tuple(c for c in old.containers if c.consolidation_id != "FROZEN")
        )(case, old),
    ),
    "taken out of a frozen one": ("frozen_changed", move_consignment("F1", "FROZEN", None)),
    "put into a frozen one": ("frozen_changed", move_consignment("N1", "NEW-1", "FROZEN")),
    "put into a locked one": ("frozen_changed", move_consignment("M1", "NEW-2", "LOCKED")),
    "committed cargo moved": ("committed_moved", move_consignment("K1", "LOCKED", "NEW-1")),
    "a container twice": ("container_twice", repeat_first("containers")),
    "an empty container": ("empty_container", append("containers", EMPTY)),
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
    "pinned and left out to save cost": (
        "pin_left_out",
        combine(leave_out_pinned(_COSTLY), PIN_OTHERS, voyage("V2", offers=TWO_SMALL)),
    ),
    "pinned and left out beside an offer": (
        "pin_left_out", combine(leave_out_pinned(_FULL), PIN_OTHERS),
    ),
    "pinned and left out for others": (
        "pin_left_out", combine(leave_out_pinned(_FULL), voyage("V2", offers=TWO_SMALL)),
    ),
    "pinned to a container and left out for others": (
        "pin_left_out",
        combine(
            move_consignment("S1", "SLUSHY", None), demand("S1", pinned_consolidation_id="SLUSHY")
        ),
    ),
    "pinned where it can be planned": (
        "wrong_reason", leave_out_pinned(LeftOutCode.PINNED),
    ),
    "held and newly placed": ("blocked_placed", demand("N2", blocked=True)),
    "held and moved": ("blocked_placed", demand("S2", blocked=True)),
    "rejected by customs": ("customs_rejected", demand("S1", customs="REJECTED")),
    "dangerous": ("dangerous_goods", demand("N2", dg_classes=("3",))),
    "dangerous side by side": (
        "segregation",
        combine(
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
    "over the payload": (
        "payload", change_spec(max_gross_g=spec_of("42G1").tare_g + 400_000),
    ),
    "over the payload by declared mass": ("payload", demand("N1", gross_g=29_000_000)),
    # containers that the plan calls unloadable
    "a slushy container called unloadable": (
        "not_closed", plan(unloadable=(unloadable("SLUSHY"),)),
    ),
    "called unloadable twice": ("unloadable_twice", plan(unloadable=(unloadable("FROZEN"),) * 2)),
    "unloadable with another load plan": (
        "load_plan_changed", plan(unloadable=(unloadable("FROZEN"),)),
    ),
    "unloadable though it loads": (
        "not_unloadable",
        combine(load_plan_in_force("FROZEN"), plan(unloadable=(unloadable("FROZEN"),))),
    ),
}  # fmt: skip
