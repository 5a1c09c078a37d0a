"""The smallest stories with a mistake: one event that is retracted, corrected or late.

Each has the name of that event, and ends in another state if a message about it is not taken back.
"""

from typing import Any

import pytest

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import unit as un
from groupage.domain.events.base import Event, Money
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.test_container import released
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.playing import problems
from tests.processors.stories.story import Act, Story

_P1 = (100.0, plan(1, {"CN-1": w.CSL}))
_P2 = (140.0, plan(2, {"CN-1": "CSL-2"}))
_BOOKED = (5.0, w.booked(1))
_FROZEN = (200.0, w.frozen())
_FILED = (_BOOKED, _P1, _FROZEN)
_LANE: dict[str, Any] = {"command_id": "K1", "by": "desk", "lane_id": w.LANE}
_BOX: dict[str, Any] = {"equipment_ref": w.CONTAINER}
_DECLARED = cu.CustomsDeclared(
    declaration_id="D1",
    mode="1039",
    consignment_ids=(w.CN,),
    value=Money(amount_minor=1, currency="USD"),
)
_LEAVES = (
    _BOOKED,
    (10.0, w.received("u1")),
    (20.0, w.measured("u1")),
    (60.0, _DECLARED),
    (90.0, cu.CustomsReleased(declaration_id="D1")),
    (95.0, eq.ContainerInspected(**_BOX, result="fit")),
    _P1,
    _FROZEN,
    (250.0, csl.StuffingStarted(consolidation_id=w.CSL, **_BOX)),
    (260.0, w.loaded("u1")),
    (290.0, csl.StuffingCompleted(consolidation_id=w.CSL)),
    (300.0, eq.ContainerSealed(**_BOX, seal_no="S1")),
    (310.0, eq.VgmVerified(**_BOX, gross_g=4_000_000, method="SM1")),
)
_GATED_OUT = (330.0, eq.ContainerGatedOut(**_BOX))


def _story(*before: tuple[float, Event], act: Act | None = None, **more: Any) -> Story:
    acts = [Act(f"a{number}", *dated) for number, dated in enumerate(before)]
    more = {"seed": "", "shuffled": False, **more}
    return Story(acts=(*acts, *([act] if act else [])), end=450.0, **more)


_frozen_too = csl.ConsolidationFrozen(
    consolidation_id="CSL-2", manifest_ref="M2", equipment_ref=w.CONTAINER, seal_no="S2"
)


def _asn_of(name: str, *unit_ids: str) -> Event:
    units = tuple(cn.AnnouncedUnit(unit_id=unit_id) for unit_id in unit_ids)
    return cn.AsnReceived(consignment_id=name, units=units)


def _asked(sequence: int) -> Event:
    request_id = f"REQ-{w.LANE}-{sequence:06d}"
    return pl.PlanAsked(lane_id=w.LANE, request_id=request_id, sequence=sequence, wish_ids=())


def _retracted(minute: float, event: Event) -> Act:
    return Act("x", minute, event, "retracted")


def _retimed(minute: float, event: Event) -> Act:
    return Act("x", minute, event, "corrected", wrong=((minute - 2, event),))


STORIES: dict[str, Story] = {
    "command.pin": _story(
        act=_retracted(9, commands.PinConsignment(**_LANE, consignment_id=w.CN, voyage_id=w.VOYAGE))
    ),
    "command.forbid": _story(
        act=_retracted(
            9, commands.ForbidConsignment(**_LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)
        )
    ),
    "command.roll": _story(
        act=_retracted(
            9, commands.RollConsignment(**_LANE, consignment_id=w.CN, from_voyage_id=w.VOYAGE)
        )
    ),
    "command.pin, time": _story(
        act=_retimed(9, commands.PinConsignment(**_LANE, consignment_id=w.CN, voyage_id=w.VOYAGE))
    ),
    "command.forbid, stated in place of command.replan": _story(
        act=Act(
            "x",
            9,
            commands.ReplanLane(**_LANE),
            "correction retracted",
            wrong=(
                (9, commands.ForbidConsignment(**_LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)),
            ),
        )
    ),
    "command.hold": _story(
        _BOOKED,
        act=_retracted(
            9, commands.HoldConsignment(command_id="K1", by="desk", consignment_id=w.CN)
        ),
    ),
    "command.release": _story(
        _BOOKED,
        (7, cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DOCS", by="desk")),
        act=_retracted(
            9,
            commands.ReleaseConsignment(
                command_id="K1", by="desk", consignment_id=w.CN, hold_id="H1"
            ),
        ),
    ),
    "command.unfreeze": _story(
        *_FILED,
        act=_retracted(
            210,
            commands.UnfreezeConsolidation(command_id="K1", by="desk", consolidation_id=w.CSL),
        ),
    ),
    "command.accept_plan": _story(
        _P1, act=_retracted(150, commands.AcceptPlan(**_LANE, plan_id="P1")), auto_approve=False
    ),
    "command.reject_plan": _story(
        _P1, act=_retracted(150, commands.RejectPlan(**_LANE, plan_id="P1")), auto_approve=False
    ),
    "plan.approved, first": _story(
        _P1,
        act=_retracted(150, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        auto_approve=False,
    ),
    "plan.approved, second": _story(
        _P1,
        (110, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        _P2,
        act=_retracted(150, pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="desk")),
        auto_approve=False,
    ),
    "plan.approved, time": _story(
        _P1,
        act=_retimed(150, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        auto_approve=False,
    ),
    "plan.approved, after the next, and a manifest was withdrawn": _story(
        _BOOKED,
        (1.0, sailing()),
        _P1,
        _P2,
        (120, w.frozen()),
        (145, pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="desk")),
        (160, csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="x", by="desk")),
        (170, w.frozen()),
        act=Act(
            "x",
            105,
            pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk"),
            delays=(100,),
        ),
        auto_approve=False,
    ),
    "plan.proposed, late": _story(
        (140, plan(2, {"CN-1": w.CSL})), act=Act("x", *_P1, delays=(50,))
    ),
    "plan.proposed, late, and the one before it was approved since": _story(
        _P1,
        (150, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        act=Act("x", *_P2, delays=(50,)),
    ),
    "plan.proposed, late, after its approval": _story(
        (130, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        act=Act("x", *_P1, delays=(50,)),
        auto_approve=False,
    ),
    "plan.proposed, late, after the next, and both were requested": _story(
        (80, _asked(1)), (90, _asked(2)), _P2, act=Act("x", *_P1, delays=(50,))
    ),
    "plan.proposed, late, before its request": _story(
        (150, _asked(1)), act=Act("x", *_P2, delays=(50,))
    ),
    "plan.asked, late, before the request that precedes it": _story(
        (150, _asked(1)), act=Act("x", 140, _asked(2), delays=(50,))
    ),
    "plan.proposed, late, after its consignment was loaded elsewhere": _story(
        *_LEAVES, _GATED_OUT, act=Act("x", 270, plan(2, {"CN-1": "CSL-2"}), delays=(100,))
    ),
    "plan.proposed, after its consolidation was cancelled": _story(
        _BOOKED,
        _P1,
        (150, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
        act=Act("x", 140, plan(2, {"CN-1": w.CSL, "CN-2": w.CSL}), delays=(50,)),
    ),
    "plan.proposed, after the next": _story(
        (10.0, w.received("u1")),
        (20.0, w.measured("u1")),
        (120.0, w.loaded("u1")),
        _P2,
        act=Act("x", *_P1, delays=(50,)),
        shuffled=True,
        seed="0",
    ),
    "truck.arrived": _story(
        act=_retracted(9, eq.TruckArrived(visit_id="T1", consignment_ids=(w.CN,)))
    ),
    "truck.arrived, time": _story(
        act=_retimed(9, eq.TruckArrived(visit_id="T1", consignment_ids=(w.CN,)))
    ),
    "customs.declared": _story(act=_retracted(60, _DECLARED)),
    "customs.released, time": _story(
        (60, _DECLARED), act=_retimed(90, cu.CustomsReleased(declaration_id="D1"))
    ),
    "sailing.published": _story(_P1, act=Act("x", 1, sailing(), "retracted", gaps=(0, 300))),
    "asn.received": _story(_BOOKED, act=_retracted(9, w.asn("u1"))),
    "unit.repacked": _story(
        act=_retracted(9, un.UnitRepacked(unit_id="n1", inputs=("u1",), outputs=("n1",)))
    ),
    "unit.received, by both": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (30, un.UnitReceived(unit_id="u2")),
        act=_retimed(240, w.received("u2")),
    ),
    "unit.repacked, by both": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        (30, un.UnitRepacked(unit_id="n1", inputs=("u1",), outputs=("n1",))),
        act=_retimed(
            240,
            un.UnitRepacked(unit_id="n1", consignment_id=w.CN, inputs=("u1",), outputs=("n1",)),
        ),
    ),
    "unit.repacked, announced": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        act=_retracted(
            9,
            un.UnitRepacked(unit_id="n1", consignment_id=w.CN, inputs=("u1",), outputs=("n1",)),
        ),
    ),
    "asn.received, again, after a carton that none names": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (30, un.UnitReceived(unit_id="u2")),
        (40, w.received("u2")),
        (100, w.asn("u1")),
        act=_retracted(150, w.asn("u2")),
    ),
    "consolidation.frozen, with a container that left with another": _story(
        *_LEAVES,
        _GATED_OUT,
        (140.0, plan(2, {"CN-1": w.CSL, "CN-2": "CSL-2"})),
        act=Act("x", 340, _frozen_too, "reinstated"),
    ),
    "unit.received, late, and its consignment was cancelled since": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (60, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        act=Act("x", 50, w.received("u1"), delays=(50,)),
    ),
    "unit.loaded, late, and both consignments of its label were cancelled": _story(
        (8, w.asn("u1")),
        (65, _asn_of("CN-2", "u1")),
        (137, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x")),
        (286, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        act=Act("x", 260, un.UnitLoaded(unit_id="u1", **_BOX), delays=(50,)),
    ),
    "unit.received, a label on two delivery notes": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (40, _asn_of("CN-2", "u1")),
        act=Act(
            "x",
            50,
            un.UnitReceived(unit_id="u1"),
            "correction corrected",
            wrong=((30, un.UnitReceived(unit_id="u1")), (20, un.UnitReceived(unit_id="u1"))),
            gaps=(0, 10, 10),
        ),
    ),
    "asn.received, with a carton of another consignment": _story(
        _BOOKED,
        (7, _asn_of("CN-2", "u2")),
        (8, w.asn("u1", "u2")),
        (30, w.received("u1")),
        (35, un.UnitReceived(unit_id="u2")),
        act=Act("x", 9, w.asn("u1", "u2"), "retracted", gaps=(0, 1)),
        shuffled=True,
        seed="3",
    ),
    "unit.received, after an exit that a scan of the same unit allows": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        (20, w.measured("u1")),
        (42, un.UnitReceived(unit_id="u2")),
        (162, cn.ConsignmentRejected(consignment_id=w.CN, reason="x")),
        act=_retimed(205, w.received("u2")),
    ),
    "consignment.cancelled, late, and its carton is another's": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (8, _asn_of("CN-2", "u1")),
        (80, un.UnitReceived(unit_id="u1")),
        act=Act("x", 60, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x"), delays=(50,)),
    ),
    "unit.repacked, alone, after a receipt for its consignment": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (10, w.received("u2")),
        act=Act(
            "x", 30, un.UnitRepacked(unit_id="u2", inputs=("u2",), outputs=("n1",)), "reinstated"
        ),
    ),
    "unit.received, without a delivery note": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (30, un.UnitReceived(unit_id="u2")),
        act=Act("x", 240, w.received("u2"), "retracted", gaps=(0, 50)),
    ),
    "unit.stored, before a repack made the unit": _story(
        _BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        (
            30,
            un.UnitRepacked(unit_id="n1", consignment_id=w.CN, inputs=("u1",), outputs=("n1",)),
        ),
        act=Act(
            "x",
            50,
            un.UnitStored(unit_id="n1", location="A"),
            "corrected",
            wrong=((20, un.UnitStored(unit_id="n1", location="A")),),
        ),
    ),
    "unit.received": _story(_BOOKED, (7, w.asn("u1")), act=_retracted(9, w.received("u2"))),
    "container.released": _story(act=_retracted(9, released(consolidation_id=w.CSL))),
    "container.sealed": _story(
        act=_retracted(9, eq.ContainerSealed(**_BOX, seal_no="S1", consolidation_id=w.CSL))
    ),
    "vgm.verified": _story(
        act=_retracted(
            9, eq.VgmVerified(**_BOX, gross_g=4_000_000, method="SM1", consolidation_id=w.CSL)
        )
    ),
    "container.gated_out": _story(*_LEAVES, act=_retracted(*_GATED_OUT)),
    "container.gated_out, late": _story(
        *_LEAVES, (400, eq.ContainerOnBoard(**_BOX)), act=Act("x", *_GATED_OUT, delays=(100,))
    ),
    "container.gated_out, late, and a consignment was pinned since": _story(
        *_LEAVES,
        (335, commands.PinConsignment(**_LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)),
        act=Act("x", *_GATED_OUT, delays=(50,)),
    ),
    "consolidation.opened": _story(act=_retracted(9, w.opened())),
    "consolidation.opened, for another lane, and cancelled": _story(
        (150, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
        act=Act(
            "x", 9, w.opened(), "corrected", wrong=((9, w.opened(lane_id="L2")),), gaps=(0, 200)
        ),
    ),
    "consolidation.frozen": _story(_BOOKED, _P1, act=_retracted(*_FROZEN)),
    "consolidation.frozen, late, before a plan, on another voyage than the plan's": _story(
        _BOOKED,
        (6, sailing()),
        (6, sailing(voyage_id="V2")),
        (100, plan(1, {"CN-2": w.CSL})),
        (150, csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="V2", reason="x")),
        (220, plan(2, {"CN-1": w.CSL, "CN-2": w.CSL})),
        act=Act("x", *_FROZEN, delays=(100,)),
    ),
    "consolidation.frozen, before a plan": _story(
        _BOOKED,
        _P1,
        (180.0, plan(2, {"CN-1": "CSL-2"})),
        act=Act("x", 175, w.frozen(), "retracted", gaps=(0, 100)),
    ),
    "consolidation.rolled": _story(
        _BOOKED,
        (6, sailing()),
        (6, sailing(voyage_id="V2")),
        _P1,
        act=_retracted(
            150, csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="V2", reason="x")
        ),
    ),
    "consolidation.cancelled": _story(
        _BOOKED,
        _P1,
        act=_retracted(150, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
    ),
    "consolidation.cancelled, late, before a plan": _story(
        _P1,
        _P2,
        act=Act(
            "x",
            120,
            csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x"),
            delays=(50,),
        ),
    ),
    "consolidation.broken_up": _story(
        _BOOKED,
        _P1,
        act=_retracted(150, csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x")),
    ),
    "consignment.booked": _story(
        _P1,
        (5.0, sailing()),
        (10.0, w.received("u1")),
        (300.0, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        act=Act("x", 5, w.booked(1), "retracted", gaps=(0, 400)),
    ),
}
"""By the name of the event."""


def test_without_its_mistake_a_story_ends_right() -> None:
    """Nothing but the mistake can make it end in another state."""
    for name, story in STORIES.items():
        *others, last = story.acts
        plain = last._replace(treatment="plain", wrong=(), gaps=(), delays=())
        plain_story = Story(
            seed="",
            acts=(*others, plain),
            end=story.end,
            auto_approve=story.auto_approve,
            shuffled=False,
        )
        assert problems(plain_story) == [], name


@pytest.mark.parametrize("name", STORIES)
def test_a_mistake_leaves_no_trace(name: str) -> None:
    """The hub ends as if the event had never been stated so."""
    assert problems(STORIES[name]) == []
