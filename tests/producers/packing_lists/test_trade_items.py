"""Check digits of trade items in a list."""

import pytest

from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import read


@pytest.mark.parametrize(
    ("header", "number", "cells"),
    [
        ("EAN", "4006381333931", []),
        ("EAN", "4006381333932", ["A2"]),
        ("EAN code", 4006381333932, ["A2"]),
        ("条码", "4006381333932", ["A2"]),
        ("UPC", "036000291452", []),
        ("UPC", "036000291453", ["A2"]),
        ("EAN", "P-100", []),
        ("Item no.", "4006381333932", []),
    ],
)
def test_a_wrong_check_digit_is_a_remark(header: str, number: Cell, cells: list[str]) -> None:
    """The hub keeps no trade items, so that the list is read all the same."""
    found = read(
        [
            [header, "Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
            [number, "pens", 6, "40*30*25", 9],
        ]
    )
    assert (found.questions, found.errors) == ((), ())
    assert [each.cell for each in found.remarks if each.code == "check_digit"] == cells
