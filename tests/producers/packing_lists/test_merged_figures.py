"""Weights and volumes that are merged over several lines."""

import pytest

from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Area, Cell, Sheet, Workbook
from tests.producers.packing_lists.read_lists import Rows, asked, codes, figures


def read(rows: Rows, *merged: str, **answers: str) -> PackingList:
    """Read a sheet with merged cells such as ``E2:E3``."""
    areas = []
    for text in merged:
        column, first, last = text[0], text[1], text[-1]
        index = ord(column) - 65
        areas.append(
            Area(
                first_row=int(first) - 1,
                last_row=int(last) - 1,
                first_column=index,
                last_column=index,
            )
        )
    sheet = Sheet(name="PL", rows=tuple(map(tuple, rows)), merged=tuple(areas))
    given = {key.replace("_", "."): value for key, value in answers.items()}
    return understand(Workbook(name="l.xlsx", sheets=(sheet,), format="xlsx"), answers=given)


def listed(header: str, heights: tuple[int, int], total: Cell) -> Rows:
    """Return five and five cartons that weigh 110 kg together, and two of 22 kg."""
    rows: Rows = [
        ["C/No.", "Goods", "Ctns", "Size (cm)", header],
        ["1-5", "Cups", 5, f"60*40*{heights[0]}", 110],
        ["6-10", "Mugs", 5, f"60*40*{heights[1]}", None],
        ["11-12", "Jars", 2, "50*40*30", 22],
    ]
    return [*rows, ["Total", None, 12, None, total]] if total else rows


@pytest.mark.parametrize("header", ["Total G.W. (kg)", "总毛重(KG)", "毛重合计 Total G.W. KGS"])
def test_the_total_proves_that_it_is_the_weight_of_the_lines_together(header: str) -> None:
    """132 kg in all: 11 kg for each of ten cartons of one size, with a remark."""
    found = read(listed(header, (35, 35), 132), "E2:E3")
    assert [(count, grams) for count, _, grams in figures(found)] == [
        (5, 11_000),
        (5, 11_000),
        (2, 11_000),
    ]
    assert "merged_mass" in codes(found)


def test_cartons_of_two_sizes_may_share_it_in_two_ways() -> None:
    """35 and 30 cm high: the same for each carton, or by their volume."""
    rows = listed("Total G.W. (kg)", (35, 30), 132)
    assert asked(read(rows, "E2:E3")) == {"E2": ["E2.merged=cartons", "E2.merged=volume"]}
    equal = figures(read(rows, "E2:E3", E2_merged="cartons"))
    assert [grams for _, _, grams in equal] == [11_000, 11_000, 11_000]
    by_volume = figures(read(rows, "E2:E3", E2_merged="volume"))
    assert [grams for _, _, grams in by_volume] == [11_846, 10_154, 11_000]


def test_without_a_total_it_may_be_the_weight_of_each_line() -> None:
    """Nothing proves that 110 kg are those of ten cartons, not of five and five."""
    rows = listed("Total G.W. (kg)", (35, 35), None)
    assert asked(read(rows, "E2:E3")) == {"E2": ["E2.merged=cartons", "E2.merged=lines"]}
    each = figures(read(rows, "E2:E3", E2_merged="lines"))
    assert [grams for _, _, grams in each] == [22_000, 22_000, 11_000]


def test_a_header_that_does_not_say_of_what_it_is_is_asked_about_first() -> None:
    """110 kg a carton, or of the rows; the answer leads to the next question."""
    rows = listed("毛重(kg)", (35, 35), None)
    assert asked(read(rows, "E2:E3")) == {"E1": ["E1.per=carton", "E1.per=row"]}
    assert list(asked(read(rows, "E2:E3", E1_per="row"))) == ["E2"]
    found = read(rows, "E2:E3", E1_per="carton")
    assert [grams for _, _, grams in figures(found)] == [110_000, 110_000, 22_000]


def test_the_weight_of_a_carton_holds_for_each_line() -> None:
    """As the header says."""
    found = read(listed("G.W. per carton (kg)", (35, 30), None), "E2:E3")
    assert [grams for _, _, grams in figures(found)] == [110_000, 110_000, 22_000]


@pytest.mark.parametrize("stated", [115, 125])
def test_weights_of_a_carton_prove_or_contradict_a_merged_sum(stated: int) -> None:
    """Five of 11 kg and five of 12 kg are 115 kg."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "Total G.W. (kg)"],
        ["Cups", 5, "60*40*35", 11, stated],
        ["Mugs", 5, "60*40*30", 12, None],
        ["Jars", 2, "50*40*30", 11, 22],
    ]
    found = read(rows, "E2:E3")
    if stated == 115:
        assert [grams for _, _, grams in figures(found)] == [11_000, 12_000, 11_000]
    else:
        assert list(asked(found)) == ["E2"]


def test_net_weights_and_volumes_may_be_merged_too() -> None:
    """100 kg net of ten cartons are not above the gross weight; 0.78 m³ are those of both sizes."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "N.W. (kg)", "CBM"],
        ["Cups", 5, "60*40*35", 11, 100, 0.78],
        ["Mugs", 5, "60*40*30", 12, None, None],
        ["Jars", 2, "50*40*30", 11, 20, 0.12],
    ]
    found = read(rows, "E2:E3", "F2:F3")
    assert [grams for _, _, grams in figures(found)] == [11_000, 12_000, 11_000]
    assert any("F2 is 0.78" in text for text in found.confirmed)


def test_a_merged_weight_over_articles_of_one_line_is_that_line_s() -> None:
    """One carton with two articles."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "Total G.W. (kg)"],
        ["Cups", 5, "60*40*35", 55],
        ["Mugs", None, None, None],
        ["Jars", 2, "50*40*30", 22],
        ["Total", 7, None, 77],
    ]
    found = read(rows, "B2:B3", "C2:C3", "D2:D3")
    assert [(count, grams) for count, _, grams in figures(found)] == [(5, 11_000), (2, 11_000)]
