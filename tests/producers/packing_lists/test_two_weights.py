"""Gross and net weight in one cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.packing_lists.two_weights import split_weights
from producers.sheets.workbook import Cell, Sheet
from tests.producers.packing_lists.read_lists import Rows, asked, codes, figures, read


def listed(header: str, *cells: Cell, first: bool = False) -> Rows:
    """Return a list with a column of two weights, the last or the first one."""
    rows: Rows = [["Goods", "Ctns", "Size (cm)", header]]
    sizes = [(10, "60*40*35"), (4, "50*40*40"), (2, "40*40*30")]
    rows += [["Cups", *size, cell] for size, cell in zip(sizes, cells, strict=False)]
    return [[row[-1], *row[:-1]] for row in rows] if first else rows


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("G.W./N.W. per ctn (kg)", ("12.5/11.8", "8/7.2")),
        ("N.W./G.W. per ctn (kg)", ("11.8/12.5", "7.2 / 8")),
        ("单箱毛/净重(kg)", ("12.5/11.8", "8/7.2")),
        ("单箱净重/毛重 N.W./G.W.(KGS)", ("11.8/12.5", "7.2/8.0")),
        ("Weight (kg/ctn)", ("G.W 12.5 N.W 11.8", "GW:8 NW:7.2")),
        ("Weight per carton", ("12.5kgs(G.W.) / 11.8kgs(N.W.)", "8kgs (gross), 7.2kgs (net)")),
        ("每箱重量", ("毛12.5kg/净11.8kg", "净7.2公斤 毛8公斤")),
        ("G.W. (N.W.) kg per carton", ("12.5 (11.8)", "8\n7.2")),
        ("Brutto/Netto kg per carton", ("12,5/11,8", "8,0/7,2")),
        ("G.W./N.W. per carton", ("12.5/11.8 kg", "8/7.2 kg")),
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_the_gross_weight_is_read(header: str, cells: tuple[str, ...], *, first: bool) -> None:
    """12.5 and 8 kg gross, with a remark."""
    found = read(listed(header, *cells, first=first))
    assert [grams for _, _, grams in figures(found)] == [12_500, 8_000]
    assert "two_weights" in codes(found)


def test_the_larger_is_the_gross_weight_whatever_the_header_says() -> None:
    """12.5/11.8 under N.W./G.W., in every row."""
    found = read(listed("N.W./G.W. per ctn (kg)", "12.5/11.8", "8/7.2"))
    assert [grams for _, _, grams in figures(found)] == [12_500, 8_000]
    assert any("the other way round" in remark.text for remark in found.remarks)


def test_weights_in_both_orders_are_an_error_at_their_column() -> None:
    """Nobody knows whether the first row or the second is wrong."""
    found = read(listed("N.W./G.W. per ctn (kg)", "12.5/11.8", "7.2/8"))
    assert [error.cell for error in found.errors] == ["D1"]
    found = read(listed("Weight per ctn (kg)", "12.5/11.8", "8/7.2"))
    assert [error.cell for error in found.errors] == ["D2", "D3"]


def test_one_weight_where_others_are_two_is_an_error_at_its_cell() -> None:
    """8 kg gross, or net?"""
    for single in ("8kg", 8):
        found = read(listed("G.W./N.W. per ctn", "12.5kg/11.8kg", single))
        assert [error.cell for error in found.errors] == ["D3"]


def test_the_total_has_both_weights_too_and_is_compared() -> None:
    """157 kg are the rows of 125 and 32 kg, so these are of the rows: 12.5 and 8 kg a carton."""
    rows = listed("毛重/净重 G.W./N.W.(KGS)", "125/118", "32/28.8")
    right = read([*rows, ["合计", 14, None, "157/146.8"]])
    assert [grams for _, _, grams in figures(right)] == [12_500, 8_000]
    wrong: Rows = [*rows, ["合计", 14, None, "167/146.8"]]
    assert asked(read(wrong)) == {"D1": ["D1.per=carton", "D1.per=row"]}
    assert asked(read(wrong, answers={"D1.per": "row"})) == {"D4": ["D4.total=rows"]}


@given(st.lists(st.text("0123456789.,/ GWNgwnetros毛净重k()\n-", max_size=90), max_size=4))
def test_any_cells_are_split_or_left(cells: list[str]) -> None:
    """No text raises an error, and no other column changes."""
    rows = listed("G.W./N.W. (kg)", *cells)
    found = split_weights(Sheet(name="PL", rows=tuple(map(tuple, rows)))).sheet.rows
    assert [row[:3] for row in found] == [tuple(row[:3]) for row in rows]
