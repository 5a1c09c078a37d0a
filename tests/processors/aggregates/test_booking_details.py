"""Bookings with totals only, and goods of which it is open whether they are dangerous."""

from collections.abc import Callable

import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events.base import Money
from groupage.domain.states import ConsignmentStatus as Status
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play

Start = Callable[..., Play]
TOTALS = cn.DeclaredTotals(pieces=2, volume_cm3=120_000, gross_g=20_001)
WORDS = ("battery: toy gun with lithium battery",)


def test_totals_are_booked_and_become_ordinary_by_measuring(play: Start) -> None:
    """The alert stands until the hub has measured each carton; then it is available."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(lines=(), totals=TOTALS), 0)
    assert story.rejections() == []
    assert story.state.status == Status.ACCEPTED
    assert story.alerts() == {"sizes_missing"}
    state = story.state
    assert (state.pieces, state.volume_cm3, state.gross_g) == (2, 120_000, 20_001)
    (line,) = state.lines
    assert line.pieces == 2
    assert line.size.length_mm**3 >= 60_000_000 > (line.size.length_mm - 1) ** 3
    assert line.gross_g == 10_001
    for minutes, event in enumerate(
        (w.received("u1"), w.received("u2"), w.measured("u1"), w.measured("u2")), 100
    ):
        assert story.alerts() == {"sizes_missing"}
        story.deliver(event, minutes)
    assert story.state.status == Status.AVAILABLE
    assert story.alerts() == set()


def test_totals_become_ordinary_by_an_amendment(play: Start) -> None:
    """Lines take the place of the totals; other totals replace totals."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(lines=(), totals=TOTALS), 0)
    fewer = cn.DeclaredTotals(pieces=1, volume_cm3=60_000, gross_g=9_000)
    story.deliver(cn.ConsignmentAmended(consignment_id=w.CN, reason="less", totals=fewer), 5)
    assert story.state.declared_pieces == 1
    assert story.alerts() == {"sizes_missing"}
    lines = w.booked(3).lines
    story.deliver(cn.ConsignmentAmended(consignment_id=w.CN, reason="sizes", lines=lines), 10)
    assert story.state.lines == lines
    assert story.state.declared_pieces == 3
    assert story.alerts() == set()


def test_totals_become_ordinary_by_a_second_booking_with_sizes(play: Start) -> None:
    """The list comes again with sizes; a third booking is rejected, as is one with totals only."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(lines=(), totals=TOTALS, consignee="first"), 0)
    sized = w.booked(3, value=Money(amount_minor=0, currency="USD"), consignee="second")
    story.deliver(sized, 10)
    assert story.rejections() == []
    assert story.alerts() == set()
    assert story.state.lines == sized.lines
    assert story.state.booking is not None
    assert story.state.booking.value == w.booked().value
    assert story.state.booking.consignee == "first"
    story.deliver(w.booked(4), 20)
    story.deliver(w.booked(lines=(), totals=TOTALS), 30)
    assert story.rejections() == ["already_booked", "already_booked"]
    assert story.state.declared_pieces == 3


def test_a_booking_needs_lines_or_totals(play: Start) -> None:
    """Without both it is rejected."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(lines=()), 0)
    assert story.rejections() == ["no_lines"]


@pytest.mark.parametrize(
    "end",
    [
        cn.ConsignmentAmended(consignment_id=w.CN, reason="no batteries inside", danger_words=()),
        cn.DgDeclared(
            consignment_id=w.CN, goods=(cn.DangerousGoods(un_number="3481", imo_class="9"),)
        ),
        cn.ConsignmentAmended(
            consignment_id=w.CN,
            reason="batteries inside",
            dangerous_goods=(cn.DangerousGoods(un_number="3481", imo_class="9", line=0),),
        ),
    ],
)
def test_a_question_about_dangerous_goods_stands_until_it_is_answered(
    play: Start, end: cn.ConsignmentEvent
) -> None:
    """It keeps nothing back; an amendment or a declaration answers it."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(danger_words=WORDS), 0)
    assert story.state.status == Status.ACCEPTED
    assert story.alerts() == {"dangerous_question"}
    story.deliver(end, 5)
    assert "dangerous_question" not in story.alerts()
