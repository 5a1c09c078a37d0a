"""Small stories of claims: labels of several consignments, repacks of repacks, claims that end.

Most have no mistake at all: a later event must not take away what a consignment had by its claim.
"""

from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from tests.processors.aggregates import events as w
from tests.processors.stories.small_parts import BOOKED, asn_of, story
from tests.processors.stories.story import Act, Story


def _made_of(inputs: str, *outputs: str) -> un.UnitRepacked:
    """Repack units, whose ids have one character each, into others."""
    return un.UnitRepacked(unit_id=outputs[0], inputs=tuple(inputs), outputs=outputs)


def _received(unit_id: str, consignment_id: str | None = None) -> un.UnitReceived:
    return un.UnitReceived(unit_id=unit_id, consignment_id=consignment_id)


_MEASURED_AND_REJECTED = (
    (30.0, _received("a", "CN-1")),
    (40.0, w.measured("a")),
    (82.0, cn.ConsignmentRejected(consignment_id="CN-1", reason="x")),
)
CLAIMS: dict[str, Story] = {
    "unit.received, of a unit made of two, and another claim to the second": story(
        (8, asn_of("CN-1", "a")),
        (47, _made_of("ax", "n")),
        (87, asn_of("CN-2", "a")),
        (136, _received("n")),
        (167, _received("x", "CN-1")),
    ),
    "asn.received, of a unit that was repacked before": story(
        (8, asn_of("CN-1", "a")),
        (47, _made_of("a", "n")),
        (60, _received("n")),
        (87, asn_of("CN-2", "a")),
    ),
    "asn.received, of a unit that was repacked twice before": story(
        (8, asn_of("CN-1", "a")),
        (47, _made_of("a", "n")),
        (50, _made_of("n", "m")),
        (60, _received("m")),
        (87, asn_of("CN-2", "a")),
    ),
    "asn.received, of one of two units that were repacked twice before": story(
        (8, asn_of("CN-1", "a")),
        (9, asn_of("CN-2", "b")),
        (47, _made_of("a", "n")),
        (48, _made_of("b", "k")),
        (51, _received("k")),
        (55, _made_of("nk", "m")),
        (60, _received("m")),
        (70, asn_of("CN-1", "b")),
    ),
    "unit.repacked, into a unit that a repack made": story(
        (10, asn_of("CN-3", "y")),
        (20, _made_of("y", "n")),
        (30, _received("n")),
        (40, asn_of("CN-1", "z")),
        (47, _made_of("z", "n")),
    ),
    "unit.repacked, of a unit that was repacked": story(
        (8, asn_of("CN-1", "a")),
        (20, _made_of("a", "n")),
        (30, _received("n")),
        (40, _made_of("a", "m")),
    ),
    "consignment.cancelled, and an older claim to a carton was repacked": story(
        (8, asn_of("CN-1", "a")),
        (9, asn_of("CN-2", "a")),
        (47, _made_of("a", "n")),
        (60, _received("n")),
        (70, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x")),
        (80, un.UnitStored(unit_id="n", location="x")),
        (90, asn_of("CN-3", "n")),
    ),
    "asn.received, by a third after the second was cancelled": story(
        (8, asn_of("CN-1", "u1")),
        (87, asn_of("CN-2", "u1")),
        (95, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x")),
        (96, _received("u1")),
        (200, asn_of("CN-3", "u1")),
    ),
    "asn.received, of a unit that was made after its consignment was rejected": story(
        (53, asn_of("CN-1", "n")),
        (62, _received("k")),
        (84, cn.ConsignmentRejected(consignment_id="CN-1", reason="x")),
        (105, _made_of("n", "k")),
        (228, asn_of("CN-2", "k")),
    ),
    "asn.received, after a scan of a unit that the note does not name": story(
        (80, asn_of("CN-1", "u1")),
        (166, _received("u1", "CN-2")),
        (196, _received("u1")),
        (225, asn_of("CN-2", "u2")),
    ),
    "asn.received, and a clock that runs behind scanned a unit before its repack": story(
        (8, _received("a", "CN-1")),
        (20, un.UnitStored(unit_id="n", location="x")),
        (30, un.UnitRepacked(unit_id="n", consignment_id="CN-1", inputs=("a",), outputs=("n",))),
        (40, asn_of("CN-1", "a")),
    ),
    "asn.received, and a unit was scanned alone before its repack": story(
        (8, _received("a", "CN-1")),
        (20, _received("n")),
        (
            30,
            un.UnitRepacked(unit_id="n", consignment_id="CN-1", inputs=("a",), outputs=("n", "m")),
        ),
        (40, asn_of("CN-1", "a")),
    ),
    "unit.received, of an input, and the output was scanned before the repack": story(
        (27, _received("n")),
        (30, _received("a", "CN-1")),
        (45, _received("x")),
        (
            60,
            un.UnitRepacked(
                unit_id="n", consignment_id="CN-1", inputs=("a", "x"), outputs=("n", "m")
            ),
        ),
        (101, asn_of("CN-1", "a")),
        (194, _received("x", "CN-1")),
    ),
    "unit.repacked, back into the unit that it was made of": story(
        (27, _received("b")),
        (46, _made_of("b", "a", "x")),
        (138, _received("x")),
        (
            168,
            un.UnitRepacked(unit_id="b", consignment_id="CN-1", inputs=("x",), outputs=("b", "a")),
        ),
        (184, asn_of("CN-1", "x")),
    ),
    "asn.received, of units made of one another": story(
        (8, _made_of("x", "b")),
        (117, _made_of("b", "x")),
        act=Act("x", 20, asn_of("CN-1", "b"), "retracted", gaps=(0, 200)),
    ),
    "asn.received, after a rejection that its units make legal": story(
        BOOKED,
        (8, asn_of("CN-1", "a")),
        (17, _received("x")),
        *_MEASURED_AND_REJECTED,
        (95, asn_of("CN-1", "a", "x")),
    ),
    "asn.received, the first, after a rejection that its units make legal": story(
        BOOKED, (17, _received("x")), *_MEASURED_AND_REJECTED, (95, asn_of("CN-1", "x"))
    ),
    "asn.received, after a cancellation": story(
        BOOKED,
        (17, _received("x")),
        (82, cn.ConsignmentCancelled(consignment_id="CN-1", reason="x")),
        (95, asn_of("CN-1", "a", "x")),
    ),
}
"""By the name of the last event."""
