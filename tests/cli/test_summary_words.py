"""How a thing stands now, in the words of `groupage trace`."""

from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from groupage.app.commands.summary_words import print_summary
from groupage.domain.codes import LeftOutCode
from groupage.domain.plan import LeftOut, Placement
from groupage.domain.stowage import stowage_of
from groupage.store.readers.holds import OpenHold
from groupage.store.readers.routes import TransportJob
from groupage.store.readers.summary_views import (
    CartonSummary,
    ConsignmentSummary,
    ContainerSummary,
    CutoffSummary,
    EndSummary,
    NextPlan,
    PickUpSummary,
    SteeringSummary,
    VoyageSummary,
    WaitingCargo,
)
from groupage.store.readers.views import RouteView

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VOYAGE = VoyageSummary(
    voyage_id="FE4/1", status="SCHEDULED", etd_at=NOON + timedelta(days=4), eta_at=None
)
JOB = TransportJob(
    plan_id="PLN-1",
    in_force=False,
    route=RouteView(
        route_id="RT-1",
        plan_id="PLN-1",
        in_force=False,
        lane_id="L",
        truck_id="L/van-1",
        start_at=NOON,
        end_at=NOON,
        stops=2,
        references=("CN-1",),
        distance_m=1,
        cost_usd_cents=1,
    ),
    arrive_at=NOON,
)


def lines_of(summary: Any, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Print a summary; return its lines by label."""
    capsys.readouterr()
    Context().run(print_summary, summary)
    lines = capsys.readouterr().out.splitlines()
    return dict(line.strip().split("  ", 1) for line in lines)


def pick_up(**fields: Any) -> PickUpSummary:
    """Summarize a pick-up that is booked at Futian."""
    given: dict[str, Any] = {
        "place": "Futian",
        "ready_at": NOON,
        "latest_at": NOON + timedelta(hours=2),
        "job": None,
        "expected_at": None,
        "arrived_at": None,
        "vehicle": "",
        "visits": (),
    }
    return PickUpSummary(**(given | fields))


def consignment(**fields: Any) -> ConsignmentSummary:
    """Summarize a consignment that is on its way to the hub."""
    given: dict[str, Any] = {
        "consignment_id": "CN-1",
        "status": "ACCEPTED",
        "last_at": NOON,
        "ended": None,
        "shipper": "M1",
        "consignee": "B1",
        "lane_id": "L",
        "cartons": {"expected": 3, "stored": 2},
        "measured": 2,
        "damaged": 1,
        "locations": {"A-1": 2},
        "volume_cm3": 1_500_000,
        "gross_g": 20_000,
        "customs": "NONE",
        "missing": ("3 cartons to arrive", "a declaration to customs"),
        "holds": (),
        "pick_up": pick_up(),
        "consolidation_id": "",
        "consolidation_status": "",
        "container": "",
        "plan_id": "",
        "voyage": None,
        "cutoffs": (),
        "left_out": None,
        "steering": (),
        "departed_at": None,
    }
    return ConsignmentSummary(**(given | fields))


def test_a_consignment_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what is known has a line."""
    assert {label: text.strip() for label, text in lines_of(consignment(), capsys).items()} == {
        "state": "ACCEPTED; customs NONE; last event 2026-03-02 12:00Z",
        "from, to": "M1 for B1; L",
        "cartons": "5: 3 expected, 2 stored; 2 measured; 1 damaged; 1.50 m³, 20 kg",
        "where": "2 at A-1",
        "missing": "3 cartons to arrive; a declaration to customs",
        "pick-up": "in no plan yet",
        "at": "Futian; 2026-03-02 12:00Z to 2026-03-02 14:00Z",
    }


@pytest.mark.parametrize(
    ("fields", "label", "text"),
    [
        (
            {"pick_up": pick_up(job=JOB)},
            "pick-up",
            "by L/van-1 at 2026-03-02 12:00Z, route RT-1 (plan PLN-1, replaced since)",
        ),
        (
            {"pick_up": pick_up(job=TransportJob(plan_id="P", in_force=True, no_truck="full"))},
            "pick-up",
            "no truck: full (plan P)",
        ),
        ({"pick_up": pick_up(expected_at=NOON)}, "expected", "2026-03-02 12:00Z"),
        ({"pick_up": pick_up(arrived_at=NOON)}, "pick-up", "in no plan"),
        (
            {
                "holds": (
                    OpenHold(
                        consignment_id="CN-1",
                        hold_id="H",
                        hold="DOCS",
                        by="desk",
                        placed_at=NOON,
                        reason="no invoice",
                    ),
                )
            },
            "held",
            "DOCS by desk since 2026-03-02 12:00Z: no invoice",
        ),
        (
            {
                "steering": (
                    SteeringSummary(
                        does="pinned",
                        voyage_id="FE4/1",
                        consolidation_id="",
                        by="Li",
                        at=NOON,
                        reason="",
                    ),
                )
            },
            "pinned to",
            "FE4/1 by Li since 2026-03-02 12:00Z",
        ),
        (
            {"consolidation_id": "CSL", "consolidation_status": "PLANNED", "plan_id": "P"},
            "container",
            "none assigned yet; CSL (PLANNED); since plan P",
        ),
        ({"voyage": VOYAGE}, "voyage", "FE4/1 SCHEDULED; departs 2026-03-06 12:00Z"),
        (
            {
                "cutoffs": (
                    CutoffSummary(
                        code="LCO",
                        name="cargo at the hub",
                        due_at=NOON,
                        state="at_risk",
                        met_at=None,
                        projected_at=None,
                        waits_for=("CN-1", "CN-2"),
                        missing=("not received: CN-1, CN-2",),
                    ),
                )
            },
            "cut-off LCO",
            (
                "2026-03-02 12:00Z AT RISK; cargo at the hub; waits for this consignment; "
                "not received: CN-1, CN-2"
            ),
        ),
        (
            {
                "cutoffs": (
                    CutoffSummary(
                        code="PCO",
                        name="leave the hub for the terminal",
                        due_at=NOON,
                        terminal_code="FCO",
                        terminal_due_at=NOON.replace(hour=16),
                        state="ahead",
                        met_at=None,
                        projected_at=None,
                        waits_for=(),
                        missing=("the container has not left the hub",),
                    ),
                )
            },
            "leave hub by",
            (
                "2026-03-02 12:00Z ahead; for FCO at 2026-03-02 16:00Z; "
                "the container has not left the hub"
            ),
        ),
        ({"departed_at": NOON, "container": "GRPU1"}, "where", "left in GRPU1"),
        ({"status": "RETURNED"}, "where", "back with the shipper"),
    ],
)
def test_lines_of_a_consignment(
    fields: dict[str, Any], label: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line says one thing in full."""
    assert lines_of(consignment(**fields), capsys)[label].strip() == text


def test_cargo_that_waits_for_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """Which plan left it out and when, whether that is old, and when the next plan comes."""
    left = LeftOut(consignment_id="CN-1", code=LeftOutCode.NO_CAPACITY, reason="FE4/1 is full")
    waiting = WaitingCargo(
        plan_id="PLN-7",
        plan_sequence=7,
        plan_decided_at=NOON,
        left_voyage_id="FE4/1",
        next=NextPlan(due_at=NOON.replace(hour=13), changes=2),
    )
    lines = lines_of(consignment(left_out=left, waiting=waiting), capsys)
    assert lines["left out"].strip() == (
        "by plan no. 7 of 2026-03-02 12:00Z; old: FE4/1 has left since; no_capacity: FE4/1 is full"
    )
    assert lines["next plan"].strip() == (
        "requested at 2026-03-02 13:00Z for 2 changes; `groupage command replan L` is sooner"
    )
    asked = msgspec.structs.replace(waiting.next, waiting_plan_id="PLN-8", waiting_sequence=8)
    undecided = msgspec.structs.replace(waiting, next=asked)
    lines = lines_of(consignment(left_out=left, waiting=undecided), capsys)
    assert lines["waits for approval"].strip() == "plan no. 8, PLN-8 (`groupage plan show PLN-8`)"
    later = consignment(available_at=NOON.replace(hour=14), waiting=waiting)
    assert lines_of(later, capsys)["container"].strip() == (
        "none; available since 2026-03-02 14:00Z; plan no. 7 of 2026-03-02 12:00Z is older"
    )
    idle = msgspec.structs.replace(waiting, plan_decided_at=None, next=NextPlan())
    lines = lines_of(consignment(available_at=NOON, waiting=idle), capsys)
    assert lines["container"].strip().endswith("no plan of its lane is in force")
    assert lines["next plan"].strip().endswith("`groupage command replan L` requests one")


def test_a_consignment_that_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """The reason stands there; no truck is expected any more."""
    ended = EndSummary(at=NOON, reason="no stock", fee_due=True, children=())
    lines = lines_of(consignment(status="CANCELLED", ended=ended), capsys)
    assert lines["ended"].strip() == "2026-03-02 12:00Z; no stock; dead freight is due"
    assert "pick-up" not in lines


def test_a_carton_in_its_container(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it stands, by whom that is known, and why it stands elsewhere than planned."""
    placement = Placement(
        unit_id="u",
        consignment_id="CN-1",
        x_mm=0,
        y_mm=0,
        z_mm=0,
        dx_mm=1,
        dy_mm=1,
        dz_mm=1,
        sequence=1,
    )
    (stowage,) = stowage_of([placement], reported={"u"})
    carton = CartonSummary(
        unit_id="u",
        status="LOADED",
        condition="wet",
        location="",
        measured=(600, 400, 300, 9_500),
        consignment_id="CN-1",
        consignment_status="STAGED",
        consolidation_id="CSL",
        container="GRPU1",
        voyage=VOYAGE,
        loaded_at=NOON,
        deviation="changed places",
        plan_id="P",
        plan_in_force=True,
        stowage=stowage,
    )
    lines = {label: text.strip() for label, text in lines_of(carton, capsys).items()}
    assert lines["state"] == "LOADED; condition: wet; 600 × 400 × 300 mm, 9.5 kg"
    assert lines["container"] == "GRPU1; CSL"
    assert lines["loaded"] == "at 2026-03-02 12:00Z; changed places"
    assert lines["stands at"].startswith("row 1, column 1, layer 1 from the far left floor corner")
    assert lines["stands at"].endswith("no. 1 of 1 in the order of loading; as reported")


def test_a_container_and_its_haul(capsys: pytest.CaptureFixture[str]) -> None:
    """Contents, seals with the last one on the doors, and which tractor comes."""
    container = ContainerSummary(
        container="GRPU1",
        container_status="SEALED",
        iso_type="22G1",
        location="hub",
        seals=("S-1", "S-2"),
        vgm_g=7_000_000,
        consolidation_id="CSL",
        status="CLEARED",
        since_at=NOON,
        ended_reason="",
        lane_id="L",
        voyage=VOYAGE,
        consignments=1,
        held=(),
        pieces=3,
        staged_pieces=3,
        loaded_pieces=2,
        volume_cm3=16_062_000,
        gross_g=20_000,
        cutoffs=(),
        plan_id="P",
        plan_in_force=True,
        haul=JOB,
        departed_at=None,
        on_board_at=None,
    )
    lines = {label: text.strip() for label, text in lines_of(container, capsys).items()}
    assert lines["contents"] == "1 consignment; 3 cartons, 2 loaded; 16.06 m³ (50%), 20 kg"
    assert lines["seals, mass"] == "S-1 ▸ S-2; VGM 7,000 kg"
    assert lines["haul"].startswith("by L/van-1 at 2026-03-02 12:00Z, route RT-1")
    assert lines["load plan"] == "P"
