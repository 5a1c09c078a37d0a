"""Small stories of what terminals and carriers change after a container was stuffed or has left."""

from groupage.domain.events import consolidation as csl
from groupage.domain.events import equipment as eq
from groupage.domain.events import schedule as sc
from groupage.domain.events import unit as un
from tests.processors.aggregates import events as w
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.small_parts import BOX, GATED_OUT, LEAVES, story
from tests.processors.stories.story import Act, Story
from tests.processors.stories.things import cutoffs

_SAILING = (0.0, sailing(cutoffs=cutoffs()))
_NEXT = (0.0, sailing(voyage_id="V2", cutoffs=cutoffs(-900)))
_EARLIER = sc.SailingChanged(voyage_id=w.VOYAGE, reason="x", cutoffs=cutoffs(-1_000))
_ROLLED = csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="V2", reason="x")
_WEIGHED = eq.VgmVerified(**BOX, gross_g=9_000_000, method="SM1")
_LATE = Act("x", 330, GATED_OUT[1], delays=(60,))
_UNLOADED = (340.0, w.unloaded("u1"))
_REOPENED = (342.0, csl.StuffingStarted(consolidation_id=w.CSL, **BOX))


def _heavy(unit_id: str) -> un.UnitMeasured:
    return w.measured(unit_id, gross_g=9_000_000)


TERMINALS: dict[str, Story] = {
    "vgm.verified, again, at the terminal": story(*LEAVES, GATED_OUT, (350.0, _WEIGHED)),
    "container.gated_out, late, after another verification": story(
        *LEAVES, (350.0, _WEIGHED), act=_LATE
    ),
    "sailing.changed, to cut-offs before a loading": story(_SAILING, *LEAVES, (270.0, _EARLIER)),
    "sailing.changed, to cut-offs before the departure": story(
        _SAILING, *LEAVES, GATED_OUT, (350.0, _EARLIER)
    ),
    "container.gated_out, late, after the cut-offs were moved": story(
        _SAILING, *LEAVES, (350.0, _EARLIER), act=_LATE
    ),
    "consolidation.rolled, after the departure, to a voyage with earlier cut-offs": story(
        _SAILING, _NEXT, *LEAVES, GATED_OUT, (350.0, _ROLLED)
    ),
    "sailing.changed, after a loading, retracted": story(
        _SAILING, *LEAVES, GATED_OUT, act=Act("x", 270, _EARLIER, "retracted", gaps=(0, 100))
    ),
    "sailing.changed, before a loading in truth": story(
        _SAILING,
        *LEAVES,
        GATED_OUT,
        act=Act("x", 240, _EARLIER, "corrected", wrong=((270, _EARLIER),), gaps=(0, 100)),
    ),
    "unit.measured, of another carton, after the departure": story(
        *LEAVES, GATED_OUT, (345.0, w.received("u2")), (350.0, _heavy("u2"))
    ),
    "unit.received, of another carton, after the departure": story(
        (5.0, w.booked(1)),
        *(each for each in LEAVES if each[0] not in (5.0, 20.0, 310.0)),
        (20.0, w.measured("u1", gross_g=3_000_000)),
        (310.0, eq.VgmVerified(**BOX, gross_g=7_000_000, method="SM1")),
        GATED_OUT,
        (345.0, w.received("u2")),
    ),
    "unit.measured, again, after the departure": story(
        *LEAVES, GATED_OUT, _UNLOADED, (350.0, _heavy("u1"))
    ),
    "container.gated_out, late, after a carton was weighed": story(
        *LEAVES, _UNLOADED, (350.0, _heavy("u1")), act=_LATE
    ),
    "container.gated_out, late, after a carton was repacked": story(
        *LEAVES,
        _UNLOADED,
        (
            350.0,
            un.UnitRepacked(
                unit_id="n",
                consignment_id=w.CN,
                inputs=("u1",),
                outputs=("n",),
                size=w.SIZE,
                gross_g=9_000_000,
            ),
        ),
        act=_LATE,
    ),
    "container.gated_out, late, after a carton was loaded again": story(
        *LEAVES, _UNLOADED, _REOPENED, (345.0, w.loaded("u1")), act=_LATE
    ),
    "container.gated_out, late, after another carton was loaded": story(
        *LEAVES,
        _REOPENED,
        (343.0, w.received("u2")),
        (344.0, w.measured("u2")),
        (346.0, w.loaded("u2")),
        act=_LATE,
    ),
    "stuffing.completed, again, after the departure": story(
        *LEAVES,
        GATED_OUT,
        _REOPENED,
        (350.0, csl.StuffingCompleted(consolidation_id=w.CSL, dunnage_g=9_000_000)),
    ),
}
"""By the name of the event."""
