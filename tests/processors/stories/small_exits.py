"""Small stories of consignments that end around the departure of their container.

All cartons are unloaded, perhaps at the destination, and the consignment is cancelled. Whether that
is legal depends on which came first, the departure or the exit, and not on which the hub learned
first.
"""

from groupage.domain.events import consignment as cn
from groupage.domain.events import equipment as eq
from groupage.domain.events import unit as un
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.small_parts import BOOKED, BOX, GATED_OUT, LEAVES, P1, P2, story
from tests.processors.stories.story import Act, Story
from tests.processors.stories.things import cutoffs

_GATE_OUT = GATED_OUT[1]
_CANCELLED = cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")
_RETURNED = cn.ConsignmentReturned(consignment_id=w.CN, reason="x")
_UNLOADED = un.UnitUnloaded(unit_id="u1", consignment_id=w.CN, **BOX)
_LATE = Act("x", 330, _GATE_OUT, delays=(60,))
_EXIT = ((340.0, _UNLOADED), (350.0, _CANCELLED))


def _retimed(minute: float, wrong: float) -> Act:
    """Correct the time of the gate-out at last."""
    return Act("x", minute, _GATE_OUT, "corrected", wrong=((wrong, _GATE_OUT),), gaps=(0, 60))


EXITS: dict[str, Story] = {
    "container.gated_out, late, after a cancellation": story(*LEAVES, *_EXIT, act=_LATE),
    "container.gated_out, late, after a return": story(
        *LEAVES, *_EXIT, (360.0, _RETURNED), act=_LATE
    ),
    "container.gated_out, late, between a cancellation and a return": story(
        *LEAVES, (320.0, _UNLOADED), (325.0, _CANCELLED), (360.0, _RETURNED), act=_LATE
    ),
    "container.gated_out, after an unloading, late": story(
        *LEAVES, (326.0, _UNLOADED), (328.0, _CANCELLED), (340.0, _UNLOADED), act=_LATE
    ),
    "container.gated_out, before a cancellation, retracted": story(
        *LEAVES, *_EXIT, act=Act("x", 330, _GATE_OUT, "retracted", gaps=(0, 60))
    ),
    "container.gated_out, after a cancellation in truth": story(
        *LEAVES, *_EXIT, act=_retimed(360, 330)
    ),
    "container.gated_out, before a cancellation in truth": story(
        *LEAVES, *_EXIT, act=_retimed(330, 360)
    ),
    "consignment.cancelled, after the departure in truth": story(
        *LEAVES,
        (322.0, _UNLOADED),
        GATED_OUT,
        act=Act("x", 350, _CANCELLED, "corrected", wrong=((325, _CANCELLED),), gaps=(0, 60)),
    ),
    "consignment.cancelled, late, after the departure": story(
        *LEAVES, GATED_OUT, (340.0, _UNLOADED), act=Act("x", 350, _CANCELLED, delays=(60,))
    ),
    "unit.unloaded, before the departure, retracted": story(
        *LEAVES,
        GATED_OUT,
        (350.0, _CANCELLED),
        act=Act("x", 320, _UNLOADED, "retracted", gaps=(0, 60)),
    ),
    "unit.unloaded, after the departure in truth": story(
        *LEAVES,
        GATED_OUT,
        (350.0, _CANCELLED),
        act=Act("x", 340, _UNLOADED, "corrected", wrong=((320, _UNLOADED),), gaps=(0, 60)),
    ),
    "vgm.verified, late, after departure and cancellation": story(
        *LEAVES[:-1],
        GATED_OUT,
        *_EXIT,
        act=Act("x", 310, eq.VgmVerified(**BOX, gross_g=4_000_000, method="SM1"), delays=(60,)),
    ),
    "container.gated_out, late, and a plan moved the consignment after it was cancelled": story(
        *LEAVES, *_EXIT, (370.0, P2[1]), act=_LATE
    ),
    "plan.proposed, late, and the next one left the consignment out": story(
        (0.0, sailing(cutoffs=cutoffs())),
        BOOKED,
        (140.0, plan(2, {})),
        (250.0, _CANCELLED),
        act=Act("x", 100, P1[1], delays=(60,)),
        shuffled=True,
        seed="1",
    ),
}
"""By the name of the event."""
