"""Small stories of commands and plans."""

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import planning as pl
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.small_parts import (
    BOOKED,
    FILED,
    GATED_OUT,
    LANE,
    LEAVES,
    P1,
    P2,
    asked,
    retimed,
    retracted,
    story,
)
from tests.processors.stories.story import Act, Story

SAILING = (4.0, sailing())
PLANS: dict[str, Story] = {
    "command.pin": story(
        BOOKED,
        SAILING,
        act=retracted(9, commands.PinConsignment(**LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)),
    ),
    "command.forbid": story(
        BOOKED,
        SAILING,
        act=retracted(
            9, commands.ForbidConsignment(**LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)
        ),
    ),
    "command.roll": story(
        BOOKED,
        SAILING,
        act=retracted(
            9, commands.RollConsignment(**LANE, consignment_id=w.CN, from_voyage_id=w.VOYAGE)
        ),
    ),
    "command.pin, time": story(
        BOOKED,
        SAILING,
        act=retimed(9, commands.PinConsignment(**LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)),
    ),
    "command.forbid, stated in place of command.replan": story(
        BOOKED,
        SAILING,
        act=Act(
            "x",
            9,
            commands.ReplanLane(**LANE),
            "correction retracted",
            wrong=(
                (9, commands.ForbidConsignment(**LANE, consignment_id=w.CN, voyage_id=w.VOYAGE)),
            ),
        ),
    ),
    "command.hold": story(
        BOOKED,
        act=retracted(9, commands.HoldConsignment(command_id="K1", by="desk", consignment_id=w.CN)),
    ),
    "command.release": story(
        BOOKED,
        (7, cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DOCS", by="desk")),
        act=retracted(
            9,
            commands.ReleaseConsignment(
                command_id="K1", by="desk", consignment_id=w.CN, hold_id="H1"
            ),
        ),
    ),
    "command.unfreeze": story(
        *FILED,
        act=retracted(
            210,
            commands.UnfreezeConsolidation(command_id="K1", by="desk", consolidation_id=w.CSL),
        ),
    ),
    "command.accept_plan": story(
        P1, act=retracted(150, commands.AcceptPlan(**LANE, plan_id="P1")), auto_approve=False
    ),
    "command.reject_plan": story(
        P1, act=retracted(150, commands.RejectPlan(**LANE, plan_id="P1")), auto_approve=False
    ),
    "plan.approved, first": story(
        P1,
        act=retracted(150, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        auto_approve=False,
    ),
    "plan.approved, second": story(
        P1,
        (110, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        P2,
        act=retracted(150, pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="desk")),
        auto_approve=False,
    ),
    "plan.approved, time": story(
        P1,
        act=retimed(150, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        auto_approve=False,
    ),
    "plan.approved, after the next, and a manifest was withdrawn": story(
        BOOKED,
        (1.0, sailing()),
        P1,
        P2,
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
    "plan.proposed, late": story((140, plan(2, {"CN-1": w.CSL})), act=Act("x", *P1, delays=(50,))),
    "plan.proposed, late, and the one before it was approved since": story(
        P1,
        (150, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        act=Act("x", *P2, delays=(50,)),
    ),
    "plan.proposed, late, after its approval": story(
        (130, pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="desk")),
        act=Act("x", *P1, delays=(50,)),
        auto_approve=False,
    ),
    "plan.proposed, late, after the next, and both were requested": story(
        (80, asked(1)), (90, asked(2)), P2, act=Act("x", *P1, delays=(50,))
    ),
    "plan.proposed, late, before its request": story(
        (150, asked(1)), act=Act("x", *P2, delays=(50,))
    ),
    "plan.asked, late, before the request that precedes it": story(
        (150, asked(1)), act=Act("x", 140, asked(2), delays=(50,))
    ),
    "plan.proposed, late, after its consignment was loaded elsewhere": story(
        *LEAVES, GATED_OUT, act=Act("x", 270, plan(2, {"CN-1": "CSL-2"}), delays=(100,))
    ),
    "plan.proposed, after its consolidation was cancelled": story(
        BOOKED,
        P1,
        (150, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
        act=Act("x", 140, plan(2, {"CN-1": w.CSL, "CN-2": w.CSL}), delays=(50,)),
    ),
    "plan.proposed, after the next": story(
        (10.0, w.received("u1")),
        (20.0, w.measured("u1")),
        (120.0, w.loaded("u1")),
        P2,
        act=Act("x", *P1, delays=(50,)),
        shuffled=True,
        seed="0",
    ),
}
"""By the name of the event."""
