"""The currency of amounts: a sign in the cell, in its format, or in the sum of the column."""

import pytest

from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import read

HEADER: list[Cell] = ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)", "Amount"]


@pytest.mark.parametrize(
    ("amounts", "total", "pattern", "currencies"),
    [
        (("¥100", "￥120"), 220, "", ["¥", "¥"]),
        (("$100", "$120"), 220, "", ["$", "$"]),
        (("100円", "120円"), 220, "", ["JPY", "JPY"]),
        ((100, 120), 220, '"¥"#,##0.00', ["¥", "¥"]),
        ((100, 120), "RMB220", "", ["CNY", "CNY"]),
        ((100, 120), "¥220", "", ["¥", "¥"]),
        ((100, 120), 220, "", ["", ""]),
    ],
)
def test_where_a_currency_stands(
    amounts: tuple[Cell, Cell], total: Cell, pattern: str, currencies: list[str]
) -> None:
    """A sign of several currencies is kept as it is: the booking decides by what else is named."""
    rows: list[list[Cell]] = [HEADER]
    rows += [["Cups", 10, "60*40*35", 12.5, amount] for amount in amounts]
    rows.append(["Total", 20, None, None, total])
    formats = dict.fromkeys(((1, 4), (2, 4)), pattern) if pattern else {}
    found = read(rows, formats=formats)
    assert (found.questions, found.errors) == ((), ())
    assert [line.articles[0].currency for line in found.lines] == currencies


def test_a_sign_that_contradicts_its_header() -> None:
    """Yen or yuan under dollars."""
    rows: list[list[Cell]] = [[*HEADER[:4], "Amount (USD)"], ["Cups", 10, "60*40*35", 12.5, "¥100"]]
    assert [error.cell for error in read(rows).errors] == ["E2"]
