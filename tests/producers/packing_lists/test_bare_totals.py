"""Columns named TTL alone, right of a weight or a volume."""

import pytest

from tests.producers.packing_lists.read_lists import Rows, asked, figures, read


def rows(name: str, first: float = 8, total: float = 56) -> Rows:
    """Three lines with a weight of a carton and its total."""
    return [
        ["Goods", "Cartons", "Size (cm)", "G.W./ctn (kg)", name],
        ["Cups", 7, "40*30*30", first, total],
        ["Pots", 11, "40*30*30", 7, 77],
        ["Pans", 2, "40*30*30", 9, 18],
    ]


@pytest.mark.parametrize("name", ["TTL", "Total", "合计"])
def test_a_lost_decimal_point_beside_a_bare_total_is_asked_about(name: str) -> None:
    """0.8 for 8 beside a total of 56: the column was not read, and 0.8 kg was taken."""
    assert figures(read(rows(name)))[0] == (7, (400, 300, 300), 8_000)
    assert list(asked(read(rows(name, first=0.8)))) == ["D2"]


def test_a_bare_total_of_something_else_is_not_read() -> None:
    """840 pieces or dollars are no weight."""
    table = rows("TTL")
    for row, whole in zip(table[1:], (840, 1320, 96), strict=True):
        row[-1] = whole
    assert figures(read(table))[0] == (7, (400, 300, 300), 8_000)
