"""Small stories of containers and consolidations."""

from groupage.domain import commands
from groupage.domain.events import consolidation as csl
from groupage.domain.events import equipment as eq
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.test_container import released
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.small_parts import (
    BOOKED,
    BOX,
    FROZEN,
    FROZEN_TOO,
    GATED_OUT,
    LANE,
    LEAVES,
    P1,
    P2,
    retracted,
    story,
)
from tests.processors.stories.story import Act, Story

CONTAINERS: dict[str, Story] = {
    "consolidation.frozen, with a container that left with another": story(
        *LEAVES,
        GATED_OUT,
        (140.0, plan(2, {"CN-1": w.CSL, "CN-2": "CSL-2"})),
        act=Act("x", 340, FROZEN_TOO, "reinstated"),
    ),
    "container.released": story(act=retracted(9, released(consolidation_id=w.CSL))),
    "container.sealed": story(
        act=retracted(9, eq.ContainerSealed(**BOX, seal_no="S1", consolidation_id=w.CSL))
    ),
    "vgm.verified": story(
        act=retracted(
            9, eq.VgmVerified(**BOX, gross_g=4_000_000, method="SM1", consolidation_id=w.CSL)
        )
    ),
    "container.gated_out": story(*LEAVES, act=retracted(*GATED_OUT)),
    "container.gated_out, late": story(
        *LEAVES, (400, eq.ContainerOnBoard(**BOX)), act=Act("x", *GATED_OUT, delays=(100,))
    ),
    "container.gated_out, late, and a consignment was pinned since": story(
        *(each for each in LEAVES if each not in (P1, FROZEN)),
        (4.0, sailing()),
        (5.0, w.booked(1, consignment_id="CN-2")),
        (P1[0], plan(1, {w.CN: w.CSL, "CN-2": w.CSL})),
        (FROZEN[0], w.frozen(w.CN)),  # CN-2 is shut out
        (335, commands.PinConsignment(**LANE, consignment_id="CN-2", voyage_id=w.VOYAGE)),
        act=Act("x", *GATED_OUT, delays=(50,)),
    ),
    "consolidation.opened": story(act=retracted(9, w.opened())),
    "consolidation.opened, for another lane, and cancelled": story(
        (150, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
        act=Act(
            "x", 9, w.opened(), "corrected", wrong=((9, w.opened(lane_id="L2")),), gaps=(0, 200)
        ),
    ),
    "consolidation.frozen": story(BOOKED, P1, act=retracted(*FROZEN)),
    "consolidation.frozen, late, before a plan, on another voyage than the plan's": story(
        BOOKED,
        (6, sailing()),
        (6, sailing(voyage_id="V2")),
        (100, plan(1, {"CN-2": w.CSL})),
        (150, csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="V2", reason="x")),
        (220, plan(2, {"CN-1": w.CSL, "CN-2": w.CSL})),
        act=Act("x", *FROZEN, delays=(100,)),
    ),
    "consolidation.frozen, before a plan": story(
        BOOKED,
        P1,
        (180.0, plan(2, {"CN-1": "CSL-2"})),
        act=Act("x", 175, w.frozen(), "retracted", gaps=(0, 100)),
    ),
    "consolidation.rolled": story(
        BOOKED,
        (6, sailing()),
        (6, sailing(voyage_id="V2")),
        P1,
        act=retracted(
            150, csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="V2", reason="x")
        ),
    ),
    "consolidation.cancelled": story(
        BOOKED,
        P1,
        act=retracted(150, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
    ),
    "consolidation.cancelled, late, before a plan": story(
        P1,
        P2,
        act=Act(
            "x",
            120,
            csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x"),
            delays=(50,),
        ),
    ),
    "consolidation.broken_up": story(
        BOOKED,
        P1,
        act=retracted(150, csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x")),
    ),
    "consolidation.opened, for an unknown lane, and its manifest was withdrawn": story(
        P1,
        FROZEN,
        (210.0, csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="x", by="desk")),
        act=Act("x", 88, w.opened(lane_id="CNNGB-DEHAM"), "retracted", gaps=(0, 200)),
    ),
}
"""By the name of the event."""
