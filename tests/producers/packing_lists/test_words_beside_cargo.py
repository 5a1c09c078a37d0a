"""Remarks, models, materials, and texts around the table: handling marks and dangerous goods."""

from typing import Any

import pytest

from groupage.domain.events.consignment import ConsignmentBooked
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Area, Sheet, Workbook
from tests.producers.packing_lists.made_lists import OPTIONS, booked, imported

HEADER = "C/NO,Goods,CTNS,Size (cm),G.W. per carton (kg)"
LINES = ("1-5,toy car,5,60*40*30,12", "6-8,doll,3,60*40*30,10")
PARTIES: dict[str, Any] = {"shipper": "star", "pod": "ESVLC", "consignment_id": "CN-1"}


def booking_of(
    *above: str, below: str = "", column: str = "", words: tuple[str, str] = ("", "")
) -> ConsignmentBooked:
    """Return the booking of two lines, with a further column and texts around the table."""
    rows = [f"{line},{word}" for line, word in zip(LINES, words, strict=True)] if column else LINES
    header = f"{HEADER},{column}" if column else HEADER
    found = imported("\n".join((*above, header, *rows, "", below)), **PARTIES)
    assert (found.booking.questions, found.booking.errors) == ((), ())
    event = found.booking.facts[0].data
    assert isinstance(event, ConsignmentBooked)
    return event


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"column": "备注", "words": ("内含锂电池", "")}, ("battery (锂电): toy car",)),
        ({"column": "规格", "words": ("", "带锂电池 3.7V")}, ("battery (锂电): doll",)),
        ({"column": "Material", "words": ("lithium battery", "")}, ("battery (lithium): toy car",)),
        ({"column": "Remark", "words": ("UN3481 Class 9", "")}, ("UN 3481: toy car",)),
        ({"below": "Note: power bank inside"}, ("battery (power bank): Note: power bank inside",)),
        ({"column": "Remark", "words": ("不含电池", "no battery")}, ()),
    ],
)
def test_danger_words_beside_the_goods_reach_the_booking(
    made: dict[str, Any], words: tuple[str, ...]
) -> None:
    """In any column without figures, and below the table."""
    assert booking_of(**made).danger_words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DANGEROUS GOODS: YES; UN3481; CLASS 9", 1),
        ("本批货物含锂电池", 1),
        ("Shenzhen Lithium Battery Co. Ltd", 0),
        ("深圳某某电池有限公司", 0),
        ("Packing list no. RUN3481", 0),
    ],
)
def test_danger_words_above_the_table(text: str, words: int) -> None:
    """They hold for the whole list; a letterhead says nothing of the cargo."""
    assert len(booking_of(text).danger_words) == words


@pytest.mark.parametrize(
    ("remark", "mark"),
    [
        *(
            (text, "max_top_load_g")
            for text in ("怕压", "勿压", "不可压货", "NO HEAVY LOAD ON TOP")
        ),
        *((text, "fragile") for text in ("Handle with care", "小心搬运", "FRAGILE")),
        *((text, "keep_dry") for text in ("Keep away from water", "怕水", "protect from moisture")),
        *(
            (text, "")
            for text in ("no need to keep dry", "not fragile", "无怕水要求", "glass look")
        ),
    ],
)
def test_handling_marks_among_remarks(remark: str, mark: str) -> None:
    """The line has the mark, the other line has none."""
    marked, other = booking_of(column="Remarks", words=(remark, "")).lines
    names = ("max_top_load_g", "fragile", "keep_dry")
    given = [name for name in names if getattr(marked, name) != getattr(other, name)]
    assert given == ([mark] if mark else [])


def test_a_remark_that_is_merged_over_lines_holds_for_each() -> None:
    """With one remark for both, at the cell where it stands."""
    rows = tuple(
        tuple(row.split(",")) for row in (f"{HEADER},Remark", f"{LINES[0]},FRAGILE", LINES[1])
    )
    area = Area(first_row=1, first_column=5, last_row=2, last_column=5)
    sheet = Sheet(name="S", rows=rows, merged=(area,))
    found = understood(sheet)
    assert [line.fragile for line in found.facts[0].data.lines] == [True, True]
    assert [each.cell for each in found.remarks if each.code == "handling_in_remarks"] == ["F2"]


def understood(sheet: Sheet) -> Any:
    """Book a sheet."""
    workbook = Workbook(name="l.xlsx", sheets=(sheet,), format="xlsx")
    return booked(understand(workbook), OPTIONS, workbook=workbook)


def test_a_mark_above_the_table_holds_if_it_says_so() -> None:
    """For all cartons, or a remark says that it is not read."""
    marked = booking_of('"ALL CARTONS FRAGILE, THIS SIDE UP, DO NOT STACK"').lines
    assert {(line.fragile, line.this_side_up, line.max_top_load_g) for line in marked} == {
        (True, True, 0)
    }
    found = imported("\n".join(("Fragile", HEADER, *LINES)), **PARTIES)
    assert [
        each.cell for each in found.booking.remarks if each.code == "handling_beside_table"
    ] == ["A1"]
    assert not any(line.fragile for line in found.booking.facts[0].data.lines)  # type: ignore[attr-defined]


@pytest.mark.parametrize("remark", ["取消，不出货", "CANCELLED - NOT SHIPPED", "void"])
def test_cargo_that_does_not_ship(remark: str) -> None:
    """It is asked about at the remark; an answer books it, or the row is taken out."""
    text = "\n".join((f"{HEADER},Remark", f"{LINES[0]},", f'{LINES[1]},"{remark}"'))
    found = imported(text, **PARTIES).booking
    assert [(each.cell, each.code) for each in found.questions] == [("F3", "cancelled")]
    answered = imported(text, answers={"F3.ships": "yes"}, **PARTIES).booking
    assert sum(line.pieces for line in answered.facts[0].data.lines) == 8  # type: ignore[attr-defined]


@pytest.mark.parametrize("remark", ["avoid sun", "发货", "ship with CN-2", ""])
def test_other_remarks_ship(remark: str) -> None:
    """Words that only look like it."""
    assert len(booking_of(column="Remark", words=("", remark)).lines) == 2
