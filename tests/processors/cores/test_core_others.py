from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain import commands
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import schedule as sc
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions, Money
from groupage.domain.states import ContainerStatus, CustomsStatus
from processors.outputs import HandOver
from processors.unit.core import handed
from tests.processors.cores import words as w
from tests.processors.cores.play import Play, at

Start = Callable[..., Play]
U = "106141412345678908"

# ---------------------------------------------------------------------------------------- units


def test_a_unit_waits_until_it_is_announced(play: Start) -> None:
    """Its facts wait under its own key, then go to the consignment as they were."""
    story = play("unit", U)
    first = story.say(un.UnitReceived(unit_id=U), 10)
    assert story.published == []
    story.say(un.UnitAnnounced(unit_id=U, owner_id=w.CN, announced_at=at(5)), 5)
    later = story.say(un.UnitStored(unit_id=U, location="A1"), 20)
    told = [change.event for change in story.published if isinstance(change.event, HandOver)]
    assert [(each.fact_id, each.owner_id) for each in told] == [
        (first.fact_id, w.CN),
        (later.fact_id, w.CN),
    ]
    copy = handed(first.fact, w.CN)
    assert (copy.key, copy.data.key) == (w.CN, w.CN)
    assert (copy.source, copy.event_id) == (first.fact.source, first.fact.event_id)
    assert copy.relayed_by == "unit"


def test_corrections_of_a_waiting_fact_go_along(play: Start) -> None:
    """A retraction under the unit's key must reach the consignment too."""
    story = play("unit", U)
    story.say(un.UnitAnnounced(unit_id=U, owner_id=w.CN, announced_at=at(5)), 5)
    wrong = story.say(un.UnitReceived(unit_id=U), 10)
    back = story.say(
        un.UnitReceived(unit_id=U), 10, correction_of=wrong.fact.event_id, retracted=True
    )
    assert {waiting.fact_id for waiting in story.state.waiting} == {wrong.fact_id, back.fact_id}
    assert story.state.received_at is None


def test_the_newest_parent_holds_it(play: Start) -> None:
    """Carton into case, case's place taken by a pallet, unpacked, loaded: one parent at a time."""
    story = play("unit", U)
    story.say(un.UnitPacked(unit_id=U, parent_id="case"), 10)
    story.say(un.UnitPacked(unit_id=U, parent_id="pallet"), 20)
    assert story.state.parent_id == "pallet"
    story.say(un.UnitPacked(unit_id=U, parent_id="earlier"), 15)
    assert story.state.parent_id == "pallet"
    story.say(un.UnitUnpacked(unit_id=U), 30)
    assert story.state.parent_id == ""
    story.say(un.UnitLoaded(unit_id=U, equipment_ref=w.BOX), 40)
    assert (story.state.parent_id, story.state.status) == (w.BOX, "LOADED")
    story.say(un.UnitUnloaded(unit_id=U, equipment_ref="OTHU0000000"), 50)
    assert story.refusals() == ["other_parent"]
    story.say(un.UnitUnloaded(unit_id=U, equipment_ref=w.BOX), 60)
    story.say(un.UnitUnpacked(unit_id=U), 70)
    story.say(un.UnitPacked(unit_id=U, parent_id=U), 80)
    assert story.refusals() == ["no_parent", "other_parent", "own_parent"]
    story.say(un.UnitShipped(unit_id=U, place="gate"), 90)
    assert (story.state.status, story.state.location) == ("SHIPPED", "gate")


def test_a_repack_ends_inputs_and_passes_the_owner_on(play: Start) -> None:
    """The first output tells the others; an input that had an owner announces the outputs."""
    repack = un.UnitRepacked(unit_id="new", inputs=("a", "b"), outputs=("new", "new2"))
    output = play("unit", "new")
    output.say(repack, 50)
    assert {event.unit_id for event in output.said("unit.repacked")} == {"a", "b", "new2"}
    for_a = next(event for event in output.said("unit.repacked") if event.unit_id == "a")
    source = play("unit", "a")
    source.say(un.UnitAnnounced(unit_id="a", owner_id=w.CN, announced_at=at(5)), 5)
    source.say(for_a, 50)
    assert source.state.status == "CEASED"
    assert {event.unit_id for event in source.said("unit.announced")} == {"new", "new2"}
    source.say(un.UnitStored(unit_id="a", location="x"), 60)
    assert source.refusals() == ["ceased"]


# ----------------------------------------------------------------------------------- containers


def released(**more: Any) -> eq.ContainerReleased:
    """An empty 40' high cube."""
    fields = {
        "equipment_ref": w.BOX,
        "iso_type": "45G1",
        "tare_g": 4_000_000,
        "max_gross_g": 30_480_000,
    }
    return eq.ContainerReleased(**{**fields, **more})


def test_a_container_goes_its_way(play: Start) -> None:
    """Released, fetched, checked, sealed, weighed, gone; its consolidation hears of each step."""
    story = play("container", w.BOX)
    steps: list[tuple[Any, ContainerStatus]] = [
        (released(consolidation_id=w.CSL), ContainerStatus.RELEASED),
        (eq.ContainerPickedUp(equipment_ref=w.BOX), ContainerStatus.PICKED_UP),
        (eq.ContainerGatedIn(equipment_ref=w.BOX), ContainerStatus.AT_HUB),
        (eq.ContainerInspected(equipment_ref=w.BOX, result="unfit"), ContainerStatus.UNFIT),
        (eq.ContainerInspected(equipment_ref=w.BOX, result="fit"), ContainerStatus.FIT),
        (eq.ContainerSealed(equipment_ref=w.BOX, seal_no="S1"), ContainerStatus.SEALED),
        (
            eq.VgmVerified(equipment_ref=w.BOX, gross_g=9_000_000, method="SM1"),
            ContainerStatus.SEALED,
        ),
        (eq.ContainerResealed(equipment_ref=w.BOX, seal_no="S2"), ContainerStatus.SEALED),
        (eq.ContainerGatedOut(equipment_ref=w.BOX), ContainerStatus.GATED_OUT),
        (eq.ContainerOnBoard(equipment_ref=w.BOX), ContainerStatus.ON_BOARD),
    ]
    for minutes, (event, status) in enumerate(steps):
        story.say(event, minutes)
        assert story.state.status == status
    assert story.refusals() == []
    told = story.said("consolidation.container_changed")
    assert [each.status for each in told][-2:] == ["GATED_OUT", "ON_BOARD"]
    assert (told[-1].seal_no, told[-1].vgm_g) == ("S2", 9_000_000)
    assert [each.revision for each in told] == sorted({each.revision for each in told})
    story.say(released(), 100)
    assert story.state.status == ContainerStatus.RELEASED
    assert (story.state.seal_no, story.state.vgm_g) == ("", None)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([eq.ContainerGatedIn(equipment_ref=w.BOX), released()], "wrong_order"),
        (
            [
                eq.ContainerGatedIn(equipment_ref=w.BOX),
                eq.ContainerPickedUp(equipment_ref=w.BOX),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerGatedOut(equipment_ref=w.BOX),
                eq.ContainerGatedOut(equipment_ref=w.BOX),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerOnBoard(equipment_ref=w.BOX),
                eq.ContainerBooked(equipment_ref=w.BOX, voyage_id="V", rescheduled=True),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerSealed(equipment_ref=w.BOX, seal_no="S1"),
                eq.ContainerSealed(equipment_ref=w.BOX, seal_no="S2"),
            ],
            "already_sealed",
        ),
        (
            [
                eq.ContainerGatedIn(equipment_ref=w.BOX),
                eq.ContainerResealed(equipment_ref=w.BOX, seal_no="S2"),
            ],
            "not_sealed",
        ),
        (
            [
                eq.ContainerInspected(equipment_ref=w.BOX, result="unfit"),
                eq.ContainerSealed(equipment_ref=w.BOX, seal_no="S2"),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerSealed(equipment_ref=w.BOX, seal_no="S1"),
                eq.ContainerResealed(equipment_ref=w.BOX, seal_no="S3", old_seal_no="S2"),
            ],
            "other_seal",
        ),
    ],
)
def test_contradictions_are_refused(play: Start, events: list[Any], code: str) -> None:
    """The second fact contradicts the first."""
    story = play("container", w.BOX)
    for minutes, event in enumerate(events):
        story.say(event, minutes)
    assert story.refusals() == [code]


def test_a_foreign_log_starts_anywhere(play: Start) -> None:
    """Without releases or inspections a container log replays, reschedules counted."""
    story = play("container", "cr16")
    log: list[Any] = [
        eq.ContainerPickedUp(equipment_ref="cr16"),
        eq.ContainerMoved(equipment_ref="cr16", place="factory"),
        eq.ContainerMoved(equipment_ref="cr16", place="terminal"),
        eq.ContainerWeighed(equipment_ref="cr16", gross_g=None),
        eq.ContainerBooked(equipment_ref="cr16", voyage_id="vh1"),
        eq.ContainerMoved(equipment_ref="cr16", place="stock"),
        eq.ContainerBooked(equipment_ref="cr16", rescheduled=True),
        eq.ContainerBooked(equipment_ref="cr16", voyage_id="vh2"),
        eq.ContainerOnBoard(equipment_ref="cr16", voyage_id="vh2"),
    ]
    for minutes, event in enumerate(log):
        story.say(event, minutes)
    assert story.refusals() == []
    assert (story.state.reschedules, story.state.status) == (1, ContainerStatus.ON_BOARD)
    assert story.state.voyage_id == "vh2"


def test_a_manifest_claims_the_container(play: Start) -> None:
    """A container that nobody named yet tells its position to the consolidation that claims it."""
    story = play("container", w.BOX)
    story.say(released(), 0)
    assert story.published == []
    story.say(eq.ContainerAssigned(equipment_ref=w.BOX, consolidation_id=w.CSL), 10)
    assert story.said("consolidation.container_changed")[0].iso_type == "45G1"


# --------------------------------------------------------------------------- visits, declarations


def test_a_truck_brings_cargo(play: Start) -> None:
    """Each consignment on it is told; a second arrival of the same visit is refused."""
    story = play("visit", "V1")
    truck = eq.TruckArrived(visit_id="V1", dock="D3", consignment_ids=("CN-1", "CN-2"))
    story.say(truck, 10)
    story.say(truck, 11)
    told = story.said("consignment.arriving")
    assert [(each.consignment_id, each.arrived_at) for each in told] == [
        ("CN-1", at(10)),
        ("CN-2", at(10)),
    ]
    assert story.refusals() == ["already_arrived"]


def declared(amount_minor: int = 1_000) -> cu.CustomsDeclared:
    """One declaration over two consignments."""
    return cu.CustomsDeclared(
        declaration_id="D1",
        mode="1039",
        consignment_ids=("CN-1", "CN-2"),
        value=Money(amount_minor=amount_minor, currency="USD"),
    )


def test_a_declaration_takes_all_its_consignments_along(play: Start) -> None:
    """Declared, selected for a scan, then for an inspection, released: each hears each step."""
    story = play("declaration", "D1")
    story.say(declared(), 10)
    story.say(cu.CustomsSelected(declaration_id="D1", selection="SCAN"), 20)
    story.say(cu.CustomsSelected(declaration_id="D1", selection="INSPECTION"), 30)
    story.say(cu.CustomsReleased(declaration_id="D1"), 40)
    told = story.said("consignment.customs_changed")
    assert [each.status for each in told if each.consignment_id == "CN-2"] == [
        "DECLARED",
        "SELECTED_SCAN",
        "SELECTED_INSPECTION",
        "RELEASED",
    ]
    assert {each.declared_at for each in told} == {at(10)}
    assert [each.revision for each in told] == [1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        ([cu.CustomsReleased(declaration_id="D1")], ["not_declared"]),
        ([declared(), declared()], ["already_declared"]),
        (
            [
                declared(),
                cu.CustomsReleased(declaration_id="D1"),
                cu.CustomsRejected(declaration_id="D1", reason="x"),
                cu.CustomsSelected(declaration_id="D1", selection="SCAN"),
            ],
            ["final", "final"],
        ),
    ],
)
def test_customs_decides_once(play: Start, events: list[Any], codes: list[str]) -> None:
    """Nothing before the declaration, nothing after the decision."""
    story = play("declaration", "D1")
    for minutes, event in enumerate(events):
        story.say(event, minutes)
    assert story.refusals() == codes


def test_a_retracted_release_is_told(play: Start) -> None:
    """The log without the release: declared again, under a higher revision."""
    story = play("declaration", "D1")
    story.say(declared(), 10)
    gone = story.say(cu.CustomsReleased(declaration_id="D1"), 40)
    story.say(
        cu.CustomsReleased(declaration_id="D1"),
        40,
        correction_of=gone.fact.event_id,
        retracted=True,
    )
    assert story.state.status == CustomsStatus.DECLARED
    told = story.said("consignment.customs_changed")
    assert [(each.status, each.revision) for each in told][-2:] == [("DECLARED", 3)] * 2


def test_a_consignment_taken_out_of_a_declaration_hears_none(play: Start) -> None:
    """A correction names other consignments: the one that is gone is told NONE."""
    story = play("declaration", "D1")
    first = story.say(declared(), 10)
    other = cu.CustomsDeclared(
        declaration_id="D1",
        mode="1039",
        consignment_ids=("CN-1",),
        value=Money(amount_minor=1, currency="USD"),
    )
    story.say(other, 10, correction_of=first.fact.event_id)
    last = story.said("consignment.customs_changed")[-1]
    assert (last.consignment_id, last.status) == ("CN-2", "NONE")


@pytest.mark.parametrize(("amount_minor", "over"), [(15_000_000, False), (15_000_001, True)])
def test_the_cap_of_market_procurement(play: Start, amount_minor: int, over: bool) -> None:  # noqa: FBT001
    """More than 150,000 US dollars under 1039 needs attention."""
    story = play("declaration", "D1")
    story.say(declared(amount_minor), 10)
    assert ("over_cap" in story.alerts()) is over


# --------------------------------------------------------------------------------------- voyages


def sailing(**more: Any) -> sc.SailingPublished:
    """One week to load, cargo cut-off on day two."""
    fields: dict[str, Any] = {
        "voyage_id": w.VOYAGE,
        "service_id": "FE4",
        "mode": "VESSEL",
        "pol": "CNNGB",
        "pod": "NLRTM",
        "etd_at": at(10_000),
        "eta_at": at(50_000),
        "cutoffs": (sc.Cutoff(code="LCO", due_at=at(2_880)),),
        "equipment": (),
    }
    return sc.SailingPublished(**{**fields, **more})


def departed(**more: Any) -> sc.LegDeparted:
    """The main leg leaves."""
    fields = {"voyage_id": w.VOYAGE, "leg_id": "L1", "mode": "VESSEL", "place": "CNNGB"}
    return sc.LegDeparted(**{**fields, **more})


def test_a_voyage_from_schedule_to_arrival(play: Start) -> None:
    """Followers hear of each change, the lane of each that a plan should know."""
    story = play("voyage", w.VOYAGE)
    story.say(sailing(), 0)
    story.say(sc.VoyageFollowed(voyage_id=w.VOYAGE, consolidation_id=w.CSL), 5)
    late = sc.SailingChanged(voyage_id=w.VOYAGE, reason="storm", etd_at=at(12_000))
    story.say(late, 100)
    told = story.said("consolidation.voyage_changed")
    assert [each.etd_at for each in told] == [at(10_000), at(12_000)]
    assert [each.cause for each in story.said("plan.wanted")] == ["schedule", "schedule"]
    truck = departed(leg_id="L0", mode="TRUCK", place="hub")
    story.say(truck, 11_000)
    assert story.state.status == "SCHEDULED"
    story.say(departed(), 12_000)
    assert (story.state.status, story.state.departed_at) == ("DEPARTED", at(12_000))
    eta = sc.EtaUpdated(voyage_id=w.VOYAGE, leg_id="L1", place="NLRTM", eta_at=at(55_000))
    story.say(eta, 20_000, classifier="EST")
    assert story.state.eta_at == at(55_000)
    arrived = sc.LegArrived(voyage_id=w.VOYAGE, leg_id="L1", mode="VESSEL", place="NLRTM")
    story.say(arrived, 55_100)
    assert story.state.status == "ARRIVED"
    assert story.refusals() == []


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        ([sailing(), sailing()], ["already_published"]),
        ([sailing(eta_at=at(1))], ["eta_before_etd"]),
        ([sc.SailingChanged(voyage_id=w.VOYAGE, reason="x")], ["not_published"]),
        ([sailing(), departed(), departed()], ["already_departed"]),
        (
            [sailing(), departed(), sc.SailingChanged(voyage_id=w.VOYAGE, reason="x")],
            ["departed"],
        ),
        (
            [
                sailing(),
                sc.LegArrived(voyage_id=w.VOYAGE, leg_id="L1", mode="VESSEL", place="NLRTM"),
            ],
            ["not_departed"],
        ),
        (
            [
                sailing(),
                sc.SailingChanged(voyage_id=w.VOYAGE, reason="x", cancelled=True),
                departed(),
            ],
            ["cancelled"],
        ),
    ],
)
def test_voyages_that_contradict_themselves(
    play: Start, events: list[Any], codes: list[str]
) -> None:
    """Kept and refused."""
    story = play("voyage", w.VOYAGE)
    for minutes, event in enumerate(events):
        story.say(event, minutes)
    assert story.refusals() == codes


def test_the_carrier_takes_space_back(play: Start) -> None:
    """A rolled booking wants a plan; more than was booked cannot be rolled."""
    story = play("voyage", w.VOYAGE)
    story.say(sailing(), 0)
    booking: dict[str, Any] = {"voyage_id": w.VOYAGE, "carrier_booking_id": "B1"}
    story.say(sc.CarrierBookingConfirmed(**booking, iso_type="45G1", count=3), 1)
    story.say(sc.CarrierBookingConfirmed(**booking, iso_type="45G1", count=3), 2)
    story.say(sc.CarrierBookingRolled(**booking, iso_type="45G1", count=2), 3)
    wish = story.published[-1]
    assert (wish.event.name, wish.at) == ("plan.wanted", at(3)), (
        "not when the sailing was published"
    )
    assert story.said("plan.wanted")[-1].cause == "carrier"
    story.say(sc.CarrierBookingRolled(**booking, iso_type="45G1", count=2), 4)
    unknown = {**booking, "carrier_booking_id": "B9"}
    story.say(sc.CarrierBookingRolled(**unknown, iso_type="45G1", count=1), 5)
    assert story.refusals() == ["already_confirmed", "more_than_booked", "no_such_booking"]


def test_a_blanked_sailing_and_back(play: Start) -> None:
    """Cancelled with followers is critical; a later change may bring it back."""
    story = play("voyage", w.VOYAGE)
    story.say(sailing(), 0)
    story.say(sc.VoyageFollowed(voyage_id=w.VOYAGE, consolidation_id=w.CSL), 1)
    story.say(sc.SailingChanged(voyage_id=w.VOYAGE, reason="blank", cancelled=True), 10)
    assert story.alerts() == {"cancelled"}
    assert story.said("consolidation.voyage_changed")[-1].status == "CANCELLED"
    story.say(sc.SailingChanged(voyage_id=w.VOYAGE, reason="restored"), 20)
    assert story.alerts() == set()
    assert [each.cause for each in story.said("plan.wanted")] == [
        "schedule",
        "carrier",
        "schedule",
    ]


# -------------------------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            commands.AcceptPlan(command_id="c", by="d", lane_id=w.LANE, plan_id="P"),
            "plan.approved",
        ),
        (
            commands.RejectPlan(command_id="c", by="d", lane_id=w.LANE, plan_id="P"),
            "plan.rejected",
        ),
        (commands.ReplanLane(command_id="c", by="d", lane_id=w.LANE), "plan.wanted"),
        (
            commands.PinConsignment(
                command_id="c", by="d", lane_id=w.LANE, consignment_id="CN", voyage_id="V"
            ),
            "lane.pinned",
        ),
        (
            commands.ForbidConsignment(
                command_id="c", by="d", lane_id=w.LANE, consignment_id="CN", voyage_id="V"
            ),
            "lane.forbidden",
        ),
        (
            commands.RollConsignment(
                command_id="c", by="d", lane_id=w.LANE, consignment_id="CN", from_voyage_id="V"
            ),
            "lane.forbidden",
        ),
        (commands.HoldConsignment(command_id="c", by="d", consignment_id="CN"), "hold.placed"),
        (
            commands.ReleaseConsignment(command_id="c", by="d", consignment_id="CN", hold_id="h"),
            "hold.released",
        ),
        (
            commands.UnfreezeConsolidation(command_id="c", by="d", consolidation_id=w.CSL),
            "consolidation.unfrozen",
        ),
    ],
)
def test_every_command_reaches_its_owner_once(
    play: Start, command: commands.Command, told: str
) -> None:
    """The owner is told once, however often the same command is sent."""
    story = play("command", command.key)
    story.say(command, 10)
    story.say(command, 11)
    assert [change.event.name for change in story.published] == [told]
    assert story.published[0].event.key == command.key


def test_a_pin_without_voyage(play: Start) -> None:
    """A pin that names no voyage is refused with its reason."""
    story = play("command", w.LANE)
    pin = commands.PinConsignment(command_id="c", by="d", lane_id=w.LANE, consignment_id="CN")
    story.say(pin, 10)
    assert story.refusals() == ["no_voyage"]


def test_old_commands_are_forgotten(play: Start) -> None:
    """The newest two hundred are remembered; what was told stays told."""
    story = play("command", w.LANE)
    story.take(
        [
            Play(story.core, w.LANE).say(
                commands.ReplanLane(command_id=f"c{n}", by="d", lane_id=w.LANE), n
            )
            for n in range(205)
        ]
    )
    assert len(story.state.commands) == 200
    assert "c0" not in story.state.commands


def test_a_foreign_unit_is_measured(play: Start) -> None:
    """A unit of foreign data keeps its measured box."""
    story = play("unit", U)
    size = Dimensions(length_mm=1, width_mm=2, height_mm=3)
    story.say(un.UnitMeasured(unit_id=U, size=size, gross_g=4), 10)
    assert story.state.measured == (1, 2, 3, 4)
    assert story.state.status == "MEASURED"
