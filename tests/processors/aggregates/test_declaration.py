"""Declarations: customs decides once, for all consignments of a declaration."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from groupage.domain.events import customs as cu
from groupage.domain.events.base import Money
from groupage.domain.states import CustomsStatus
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


def declared(amount_minor: int = 1_000) -> cu.CustomsDeclared:
    """Declare two consignments."""
    return cu.CustomsDeclared(
        declaration_id="D1",
        mode="1039",
        consignment_ids=("CN-1", "CN-2"),
        value=Money(amount_minor=amount_minor, currency="USD"),
    )


def test_a_declaration_takes_all_its_consignments_along(play: Start) -> None:
    """Each consignment gets a snapshot of each step."""
    story = play("declaration", "D1")
    story.deliver(declared(), 10)
    story.deliver(cu.CustomsSelected(declaration_id="D1", selection="SCAN"), 20)
    story.deliver(cu.CustomsSelected(declaration_id="D1", selection="INSPECTION"), 30)
    story.deliver(cu.CustomsReleased(declaration_id="D1"), 40)
    sent = story.sent("consignment.customs_changed")
    assert [each.status for each in sent if each.consignment_id == "CN-2"] == [
        "DECLARED",
        "SELECTED_SCAN",
        "SELECTED_INSPECTION",
        "RELEASED",
    ]
    assert {each.declared_at for each in sent} == {at(10)}
    assert [each.revision for each in sent] == [1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        ([cu.CustomsReleased(declaration_id="D1")], ["not_declared"]),
        ([declared(), declared()], ["already_declared"]),
        (
            [
                declared(),
                cu.CustomsReleased(declaration_id="D1"),
                cu.CustomsRejected(declaration_id="D1", reason="x"),
                cu.CustomsSelected(declaration_id="D1", selection="SCAN"),
            ],
            ["final", "final"],
        ),
    ],
)
def test_customs_decides_once(play: Start, events: list[Any], codes: list[str]) -> None:
    """Nothing before the declaration, nothing after the decision."""
    story = play("declaration", "D1")
    for minutes, event in enumerate(events):
        story.deliver(event, minutes)
    assert story.rejections() == codes


def test_a_retracted_release_is_published(play: Start) -> None:
    """The log without the release: declared again, under a higher revision."""
    story = play("declaration", "D1")
    story.deliver(declared(), 10)
    gone = story.deliver(cu.CustomsReleased(declaration_id="D1"), 40)
    story.deliver(
        cu.CustomsReleased(declaration_id="D1"),
        40,
        correction_of=gone.fact.event_id,
        retracted=True,
    )
    assert story.state.status == CustomsStatus.DECLARED
    sent = story.sent("consignment.customs_changed")
    assert [(each.status, each.revision) for each in sent][-2:] == [("DECLARED", 3)] * 2


def test_a_consignment_taken_out_of_a_declaration_gets_none(play: Start) -> None:
    """A correction names other consignments: the one that is gone gets status NONE."""
    story = play("declaration", "D1")
    first = story.deliver(declared(), 10)
    other = cu.CustomsDeclared(
        declaration_id="D1",
        mode="1039",
        consignment_ids=("CN-1",),
        value=Money(amount_minor=1, currency="USD"),
    )
    story.deliver(other, 10, correction_of=first.fact.event_id)
    last = story.sent("consignment.customs_changed")[-1]
    assert (last.consignment_id, last.status) == ("CN-2", "NONE")


@pytest.mark.parametrize(("amount_minor", "over"), [(15_000_000, False), (15_000_001, True)])
def test_the_cap_of_market_procurement(play: Start, amount_minor: int, over: bool) -> None:  # noqa: FBT001
    """More than 150,000 US dollars under 1039 needs attention."""
    story = play("declaration", "D1")
    story.deliver(declared(amount_minor), 10)
    assert ("over_cap" in story.alerts()) is over


@pytest.mark.parametrize(
    ("currency", "amount_minor", "alerts", "words"),
    [
        ("CNY", 106_000_000, set(), ""),
        (
            "CNY",
            107_000_000,
            {"over_cap"},
            ("1,070,000.00 CNY declared under 1039, about 150,870.00 USD: 870.00 USD over the cap"),
        ),
        (
            "XTS",
            1,
            {"cap_not_judged"},
            (
                "1 XTS declared under 1039: the cap is 150,000.00 USD, and there is no rate for "
                "XTS. Compare by hand"
            ),
        ),
        (
            "JPY",
            30_000_000,
            {"cap_not_judged"},
            (
                "30,000,000 JPY declared under 1039: the cap is 150,000.00 USD, and there is no "
                "rate for JPY. Compare by hand"
            ),
        ),
    ],
)
def test_the_cap_in_other_currencies(
    play: Start, currency: str, amount_minor: int, alerts: set[str], words: str
) -> None:
    """The planner's rate counts; without one an alert asks a person to compare."""
    story = play("declaration", "D1")
    value = Money(amount_minor=amount_minor, currency=currency)
    story.deliver(msgspec.structs.replace(declared(), value=value), 10)
    assert story.alerts() == alerts
    assert [each.message for each in story.outputs("alert.raised")] == [words] * len(alerts)
