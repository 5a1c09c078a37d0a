"""Small stories of consignments, their units and papers, and of sailings."""

from groupage.domain.events import consignment as cn
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import unit as un
from tests.processors.aggregates import events as w
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.small_parts import (
    BOOKED,
    BOX,
    DECLARED,
    P1,
    asn_of,
    retimed,
    retracted,
    story,
)
from tests.processors.stories.story import Act, Story

CARGO: dict[str, Story] = {
    "truck.arrived": story(
        act=retracted(9, eq.TruckArrived(visit_id="T1", consignment_ids=(w.CN,)))
    ),
    "truck.arrived, time": story(
        act=retimed(9, eq.TruckArrived(visit_id="T1", consignment_ids=(w.CN,)))
    ),
    "customs.declared": story(act=retracted(60, DECLARED)),
    "customs.released, time": story(
        (60, DECLARED), act=retimed(90, cu.CustomsReleased(declaration_id="D1"))
    ),
    "sailing.published": story(P1, act=Act("x", 1, sailing(), "retracted", gaps=(0, 300))),
    "asn.received": story(BOOKED, act=retracted(9, w.asn("u1"))),
    "unit.repacked": story(
        act=retracted(9, un.UnitRepacked(unit_id="n1", inputs=("u1",), outputs=("n1",)))
    ),
    "unit.received, by both": story(
        BOOKED,
        (7, w.asn("u1")),
        (30, un.UnitReceived(unit_id="u2")),
        act=retimed(240, w.received("u2")),
    ),
    "unit.repacked, by both": story(
        BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        (30, un.UnitRepacked(unit_id="n1", inputs=("u1",), outputs=("n1",))),
        act=retimed(
            240,
            un.UnitRepacked(unit_id="n1", consignment_id=w.CN, inputs=("u1",), outputs=("n1",)),
        ),
    ),
    "unit.repacked, announced": story(
        BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        act=retracted(
            9,
            un.UnitRepacked(unit_id="n1", consignment_id=w.CN, inputs=("u1",), outputs=("n1",)),
        ),
    ),
    "asn.received, again, after a carton that none names": story(
        BOOKED,
        (7, w.asn("u1")),
        (30, un.UnitReceived(unit_id="u2")),
        (40, w.received("u2")),
        (100, w.asn("u1")),
        act=retracted(150, w.asn("u2")),
    ),
    "unit.received, late, and its consignment was cancelled since": story(
        BOOKED,
        (7, w.asn("u1")),
        (60, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        act=Act("x", 50, w.received("u1"), delays=(50,)),
    ),
    "unit.loaded, late, and both consignments of its label were cancelled": story(
        (8, w.asn("u1")),
        (65, asn_of("CN-2", "u1")),
        (137, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x")),
        (286, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        act=Act("x", 260, un.UnitLoaded(unit_id="u1", **BOX), delays=(50,)),
    ),
    "unit.received, a label on two delivery notes": story(
        BOOKED,
        (7, w.asn("u1")),
        (40, asn_of("CN-2", "u1")),
        act=Act(
            "x",
            50,
            un.UnitReceived(unit_id="u1"),
            "correction corrected",
            wrong=((30, un.UnitReceived(unit_id="u1")), (20, un.UnitReceived(unit_id="u1"))),
            gaps=(0, 10, 10),
        ),
    ),
    "asn.received, with a carton of another consignment": story(
        BOOKED,
        (7, asn_of("CN-2", "u2")),
        (8, w.asn("u1", "u2")),
        (30, w.received("u1")),
        (35, un.UnitReceived(unit_id="u2")),
        act=Act("x", 9, w.asn("u1", "u2"), "retracted", gaps=(0, 1)),
        shuffled=True,
        seed="3",
    ),
    "unit.received, after an exit that a scan of the same unit allows": story(
        BOOKED,
        (7, w.asn("u1")),
        (8, w.received("u1")),
        (20, w.measured("u1")),
        (42, un.UnitReceived(unit_id="u2")),
        (162, cn.ConsignmentRejected(consignment_id=w.CN, reason="x")),
        act=retimed(205, w.received("u2")),
    ),
    "consignment.cancelled, late, and its carton is another's": story(
        BOOKED,
        (7, w.asn("u1")),
        (8, asn_of("CN-2", "u1")),
        (80, un.UnitReceived(unit_id="u1")),
        act=Act("x", 60, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x"), delays=(50,)),
    ),
    "unit.repacked, alone, after a receipt for its consignment": story(
        BOOKED,
        (7, w.asn("u1")),
        (10, w.received("u2")),
        act=Act(
            "x", 30, un.UnitRepacked(unit_id="u2", inputs=("u2",), outputs=("n1",)), "reinstated"
        ),
    ),
    "unit.received, without a delivery note": story(
        BOOKED,
        (7, w.asn("u1")),
        (30, un.UnitReceived(unit_id="u2")),
        act=Act("x", 240, w.received("u2"), "retracted", gaps=(0, 50)),
    ),
    "unit.stored, before a repack made the unit": story(
        BOOKED,
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
    "unit.received": story(BOOKED, (7, w.asn("u1")), act=retracted(9, w.received("u2"))),
    "consignment.booked": story(
        P1,
        (5.0, sailing()),
        (10.0, w.received("u1")),
        (300.0, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        act=Act("x", 5, w.booked(1), "retracted", gaps=(0, 400)),
    ),
}
"""By the name of the event."""
