"""Cells that say the same of several lines."""

import pytest

from producers.packing_lists.choice import choose_sheets
from producers.sheets.workbook import Area, Cell, Sheet, Workbook

HEADER: list[Cell] = ["C/NO.", "Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "Total G.W. (kg)"]


def down(column: int, first: int, last: int) -> Area:
    """Return an area in one column over several rows."""
    return Area(first_row=first, first_column=column, last_row=last, last_column=column)


def chosen(rows: list[list[Cell]], *merged: Area) -> Sheet:
    """Return the only list's sheet, as the figures see it."""
    sheet = Sheet(name="PL", rows=tuple(tuple(row) for row in [HEADER, *rows]), merged=merged)
    ((found, _),) = choose_sheets(Workbook(name="x", sheets=(sheet,), format="xlsx")).lists
    return found


def test_a_size_merged_over_two_lines_is_the_size_of_both() -> None:
    """Each line has a number and a count of its own; the sum of the weights is of both."""
    found = chosen(
        [["1-10", "Cup", 10, "60*40*35", 12, 190], ["11-15", "Mug", 5, None, None, None]],
        down(3, 1, 2),
        down(4, 1, 2),
        down(5, 1, 2),
    )
    assert found.rows[2] == ("11-15", "Mug", 5, "60*40*35", 12, None)


def test_a_ditto_mark_stands_for_the_cell_above() -> None:
    """Also twice, and for goods."""
    found = chosen(
        [
            ["1-10", "Cup", 10, "60*40*35", 12, None],
            ["11-15", "同上", 5, "〃", 13, None],
            ["16", "ditto", 1, '"', 9, None],
        ]
    )
    assert [row[1] for row in found.rows[1:]] == ["Cup"] * 3
    assert [row[3] for row in found.rows[1:]] == ["60*40*35"] * 3


@pytest.mark.parametrize(
    "mark", ["do", "-do-", "Do.", "同前", "same as above", '-"-', "//", "〃〃", "″″", "idem", "“"]
)
def test_marks_for_the_same_as_above(mark: str) -> None:
    """As people write them; none is the name of goods."""
    found = chosen([["1-10", "Cup", 10, "60*40*35", 12, None], ["11-15", mark, 5, mark, 13, None]])
    assert found.rows[2][1:4] == ("Cup", 5, "60*40*35")


@pytest.mark.parametrize("goods", ["Dolls", "do-it-yourself", "idem kit", "/", "Same Sky lamp"])
def test_names_that_are_no_such_mark(goods: str) -> None:
    """They stay."""
    found = chosen(
        [["1-10", "Cup", 10, "60*40*35", 12, None], ["11-15", goods, 5, "60*40*35", 13, None]]
    )
    assert found.rows[2][1] == goods


def test_articles_in_one_carton_are_not_filled() -> None:
    """Their rows stay empty: the figures are the carton's."""
    found = chosen(
        [["1", "Cup", 1, "60*40*35", 12, None], [None, "Mug", None, None, None, None]],
        down(3, 1, 2),
    )
    assert found.rows[2][3] is None


def test_lines_that_share_a_range_of_numbers_share_the_goods() -> None:
    """Three sizes of one article."""
    found = chosen(
        [
            ["F1-F2", "Shelf", 2, "180*25*12", 30, None],
            [None, None, None, "175*20*12", 14, None],
        ],
        down(0, 1, 2),
        down(2, 1, 2),
    )
    assert found.rows[2][1] == "Shelf"
