"""Totals that sum several sheets, and tables that stand side by side."""

import pytest

from producers.sheets.workbook import Cell
from tests.producers.packing_lists.made_lists import imported
from tests.producers.packing_lists.read_lists import Rows, asked, codes, figures, read

HEADER: list[Cell] = ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"]
CUPS: Rows = [HEADER, ["cups", 10, "60*40*35", 12.5], ["mugs", 4, "50*40*40", 8]]
LAMPS: Rows = [HEADER, ["lamps", 3, "40*40*40", 5]]
COUNTS = [10, 4, 3]


def counts(*tables: Rows) -> list[int]:
    """Return the counts of a list without questions and errors."""
    return [count for count, _, _ in figures(read(*tables))]


@pytest.mark.parametrize(
    "totals",
    [
        [["TOTAL", 17, None, None]],
        [["合计", 3, None, None], ["总计", 17, None, None]],
        [["TOTAL CARTONS: 17"], ["TOTAL G.W.: 172 KGS"]],
        [["共17箱 172公斤"]],
        [["SAY TOTAL SEVENTEEN (17) CARTONS ONLY"]],
    ],
)
def test_a_total_of_all_sheets_is_no_contradiction_of_its_own(totals: Rows) -> None:
    """14 cartons in one sheet and 3 in the next."""
    assert counts(CUPS, [*LAMPS, *totals]) == COUNTS
    assert any("as in 2 tables" in text for text in read(CUPS, [*LAMPS, *totals]).confirmed)


def test_each_sheet_may_state_all_of_them_or_those_so_far() -> None:
    """17 above both sheets; 10, 13 and 16 below three of them."""
    stated: Rows = [["Total cartons: 17"]]
    assert counts([*stated, *CUPS], [*stated, *LAMPS]) == COUNTS
    running: list[Rows] = [
        [*CUPS[:2], ["TOTAL", 10]],
        [*LAMPS, ["TOTAL", 13]],
        [*LAMPS, ["TOTAL", 16]],
    ]
    running[2][1] = ["shades", 3, "30*30*40", 4]
    assert counts(*running) == [10, 3, 3]


@pytest.mark.parametrize("total", [16, 18, 31])
def test_another_total_is_asked_about_as_before(total: int) -> None:
    """Neither the sheet's nor that of both."""
    found = read(CUPS, [*LAMPS, ["TOTAL", total, None, None]])
    assert asked(found) == {"B3": ["S2!B3.total=rows"]}


def test_masses_and_volumes_of_such_a_total_are_compared_too() -> None:
    """172 kg and 1.351 m³ in both sheets."""
    for text, cell in (("17 CTNS 182 KGS", "A3"), ("17 CTNS 172 KGS 1.9 CBM", "A3")):
        found = read(CUPS, [*LAMPS, [f"TOTAL {text}"]])
        assert list(asked(found)) == [cell]
    assert counts(CUPS, [*LAMPS, ["TOTAL 17 CTNS 172 KGS 1.352 CBM"]]) == COUNTS


def beside(left: Rows, right: Rows, *, gap: bool) -> Rows:
    """Put two tables side by side."""
    rows: Rows = []
    for place in range(max(len(left), len(right))):
        first = left[place] if place < len(left) else []
        second = right[place] if place < len(right) else []
        first = [*first, *[None] * (len(left[0]) - len(first))]
        rows.append([*first, *([None] if gap else []), *second])
    return rows


@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize(
    "header",
    [
        ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
        ["品名", "箱数", "外箱尺寸(cm)", "单箱毛重(kg)"],
        ["品名 Goods", "件数 Ctns", "尺寸 Size (cm)", "单箱毛重 G.W./ctn (kg)"],
    ],
)
def test_two_tables_side_by_side_are_both_read(header: list[Cell], *, gap: bool) -> None:
    """Each in its own columns, with its own total; a remark says so."""
    left: Rows = [header, *CUPS[1:], ["TOTAL", 14, None, None]]
    right: Rows = [header, *LAMPS[1:], ["TOTAL", 3, None, None]]
    rows: Rows = [["PACKING LIST"], *beside(left, right, gap=gap)]
    assert counts(rows) == COUNTS
    assert "side_by_side" in codes(read(rows))


def test_a_contradiction_in_the_second_table_is_at_its_cell() -> None:
    """The total of the right table, and that of both below the left one."""
    rows = beside(CUPS, [*LAMPS, ["TOTAL", 4, None, None]], gap=False)
    assert asked(read(rows)) == {"F3": ["F3.total=rows"]}
    rows = beside(CUPS, LAMPS, gap=True)
    assert counts([*rows, ["TOTAL CARTONS: 17"]]) == COUNTS
    assert list(asked(read([*rows, ["TOTAL CARTONS: 18"]]))) == ["A4"]


def test_the_same_goods_on_both_sides_are_asked_about() -> None:
    """Planned and packed, perhaps."""
    found = read(beside(CUPS, CUPS, gap=True))
    assert asked(found) == {"": ["sheets=S1", "sheets=all"]}
    rows = beside(CUPS, CUPS, gap=True)
    assert [line.cartons for line in read(rows, answers={"sheets": "S1"}).lines] == [10, 4]
    assert [line.cartons for line in read(rows, answers={"sheets": "all"}).lines] == [10, 4] * 2


def test_the_same_figures_under_other_names_are_asked_about() -> None:
    """The right table may translate the left one; numbers that go on are other cartons."""
    chinese: Rows = [HEADER, ["杯子", 10, "60*40*35", 12.5], ["盘子", 4, "50*40*40", 8]]
    found = read(beside(CUPS, chinese, gap=True))
    assert asked(found) == {"": ["sheets=S1", "sheets=all"]}
    answered = read(beside(CUPS, chinese, gap=True), answers={"sheets": "S1"})
    assert [line.cartons for line in answered.lines] == [10, 4]
    left: Rows = [["C/No.", *row] for row in CUPS]
    right: Rows = [["C/No.", *row] for row in chinese]
    left[1][0], left[2][0], right[1][0], right[2][0] = "1-10", "11-14", "15-24", "25-28"
    left[0][0] = right[0][0] = "C/No."
    assert counts(beside(left, right, gap=True)) == [10, 4, 10, 4]


def test_edges_of_product_and_carton_are_one_table() -> None:
    """The names come twice, under two groups."""
    rows: Rows = [
        ["Goods", "Product", None, None, "Carton", None, None, "Ctns", "G.W. per carton (kg)"],
        [None, "L", "W", "H", "L", "W", "H", None, None],
        ["cups", 9, 9, 12, 60, 40, 35, 10, 12.5],
    ]
    assert all("side_by_side" not in code for code in codes(read(rows)))


INVOICE = (
    "COMMERCIAL INVOICE",
    "Item,Qty PCS,Unit price USD,Amount USD",
    "toys,500,1.2,600",
    "TOTAL,500,,600",
)
LIST = ("C/NO,Goods,CTNS,SIZE CM,GW/CTN(KG)", "1-5,toys,5,50*40*30,10", "TOTAL,,5,,")


def test_an_invoice_below_the_list_is_remarked_and_not_read() -> None:
    """It has prices, and neither sizes nor weights: as an invoice on a sheet of its own."""
    found = imported("\n".join((*LIST, *INVOICE)), shipper="star", pod="ESVLC").booking
    assert (found.errors, found.questions) == ((), ())
    assert [each.cell for each in found.remarks if each.code == "other_table"] == ["A5"]
    assert [each.cartons for each in found.consignments] == [5]


def test_an_invoice_above_the_list_is_not_read() -> None:
    """Also one that names a number of its rows."""
    invoice = (INVOICE[0], f"No,{INVOICE[1]}", f"1,{INVOICE[2]}", ",TOTAL,500,,600", "")
    found = imported("\n".join((*invoice, *LIST)), shipper="star", pod="ESVLC").booking
    assert (found.errors, found.questions) == ((), ())
    assert [each.cartons for each in found.consignments] == [5]


def test_cartons_below_an_invoice_are_not_lost() -> None:
    """Another list stands there, with other columns."""
    other = ("Goods,Size cm,GW kg,C/NO,Ctns", "pans,60*40*30,8,6-8,3")
    found = imported("\n".join((*LIST, *INVOICE, "", *other)), shipper="star", pod="ESVLC").booking
    assert [(each.cell, each.code) for each in found.errors] == [("A9", "further_table")]


def test_the_same_columns_below_an_invoice_are_an_error_too() -> None:
    """Lines 6 to 8 go on there."""
    more = (LIST[0], "6-8,pans,3,60*40*30,8")
    found = imported("\n".join((*LIST, *INVOICE, *more)), shipper="star", pod="ESVLC").booking
    assert [(each.cell, each.code) for each in found.errors] == [("A8", "further_table")]
