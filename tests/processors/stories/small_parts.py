"""Parts of small stories: a short day of one consignment, and mistakes about it."""

from typing import Any

from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events.base import Event, Money
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.stories.story import Act, Story

P1 = (100.0, plan(1, {"CN-1": w.CSL}))
P2 = (140.0, plan(2, {"CN-1": "CSL-2"}))
BOOKED = (5.0, w.booked(1))
FROZEN = (200.0, w.frozen())
FILED = (BOOKED, P1, FROZEN)
LANE: dict[str, Any] = {"command_id": "K1", "by": "desk", "lane_id": w.LANE}
BOX: dict[str, Any] = {"equipment_ref": w.CONTAINER}
DECLARED = cu.CustomsDeclared(
    declaration_id="D1",
    mode="1039",
    consignment_ids=(w.CN,),
    value=Money(amount_minor=1, currency="USD"),
)
LEAVES = (
    BOOKED,
    (10.0, w.received("u1")),
    (20.0, w.measured("u1")),
    (60.0, DECLARED),
    (90.0, cu.CustomsReleased(declaration_id="D1")),
    (95.0, eq.ContainerInspected(**BOX, result="fit")),
    P1,
    FROZEN,
    (250.0, csl.StuffingStarted(consolidation_id=w.CSL, **BOX)),
    (260.0, w.loaded("u1")),
    (290.0, csl.StuffingCompleted(consolidation_id=w.CSL)),
    (300.0, eq.ContainerSealed(**BOX, seal_no="S1")),
    (310.0, eq.VgmVerified(**BOX, gross_g=4_000_000, method="SM1")),
)
GATED_OUT = (330.0, eq.ContainerGatedOut(**BOX))


def story(*before: tuple[float, Event], act: Act | None = None, **more: Any) -> Story:
    """Make a story whose last act has the mistake; messages arrive at once."""
    acts = [Act(f"a{number}", *dated) for number, dated in enumerate(before)]
    more = {"seed": "", "shuffled": False, **more}
    return Story(acts=(*acts, *([act] if act else [])), end=450.0, **more)


FROZEN_TOO = csl.ConsolidationFrozen(
    consolidation_id="CSL-2", manifest_ref="M2", equipment_ref=w.CONTAINER, seal_no="S2"
)


def asn_of(name: str, *unit_ids: str) -> Event:
    """Make a delivery note of another consignment."""
    units = tuple(cn.AnnouncedUnit(unit_id=unit_id) for unit_id in unit_ids)
    return cn.AsnReceived(consignment_id=name, units=units)


def asked(sequence: int) -> Event:
    """Make the note of a lane that it sent that request."""
    request_id = f"REQ-{w.LANE}-{sequence:06d}"
    return pl.PlanAsked(lane_id=w.LANE, request_id=request_id, sequence=sequence, wish_ids=())


def retracted(minute: float, event: Event) -> Act:
    """Make an act whose only fact is retracted."""
    return Act("x", minute, event, "retracted")


def retimed(minute: float, event: Event) -> Act:
    """Make an act that is first stated two minutes too early."""
    return Act("x", minute, event, "corrected", wrong=((minute - 2, event),))
