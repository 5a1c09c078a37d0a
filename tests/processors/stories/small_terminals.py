"""Small stories of what terminals and carriers change after a container was stuffed or has left."""

from groupage.domain.events import consolidation as csl
from groupage.domain.events import equipment as eq
from groupage.domain.events import schedule as sc
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
}
"""By the name of the event."""
