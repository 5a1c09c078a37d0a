"""Figures that agree within the tolerance of a proof, and not to the last digit: remarks."""

import pytest

from producers.packing_lists.model import PackingList
from tests.producers.packing_lists.read_lists import Rows, codes, figures, read


def sized(edge: int = 60, *, inches: bool = False) -> PackingList:
    """Three lines whose volumes are those of their sizes; an edge of the last may differ."""
    rows: Rows = [
        ["Goods", "Cartons", f"Size ({'in' if inches else 'cm'})", "G.W./ctn (kg)", "CBM"]
    ]
    factor = 16.387064 if inches else 1
    for goods, count, a, b, c in (("Cups", 12, 48, 32, 36), ("Pots", 8, 60, 40, 45)):
        rows.append([goods, count, f"{a}*{b}*{c}", 9, round(count * a * b * c * factor / 1e6, 3)])
    last = round(20 * 70 * 50 * 60 * factor / 1e6, 3)
    return read([*rows, ["Bears", 20, f"70*50*{edge}", 9.6, last]])


def test_an_edge_off_by_a_centimetre_is_remarked_where_all_others_are_exact() -> None:
    """70 × 50 × 61 cm are 4.27 m³, and the list says 4.2: within the tolerance of rounded edges."""
    found = sized(61)
    assert figures(found)[-1][1] == (700, 500, 610)
    (remark,) = [each for each in found.remarks if each.code == "volume_inexact"]
    assert remark.cell == "E4"
    assert "4.27" in remark.text


@pytest.mark.parametrize("inches", [False, True])
def test_exact_volumes_are_not_remarked(inches: bool) -> None:  # noqa: FBT001 - both systems
    """Nor are inches, which are rounded up to millimetres."""
    assert "volume_inexact" not in codes(sized(inches=inches))


def test_rounded_edges_in_most_lines_are_not_remarked() -> None:
    """The list rounds its edges: nothing is unusual about one of them."""
    rows: Rows = [["Goods", "Cartons", "Size (cm)", "G.W./ctn (kg)", "CBM"]]
    rows += [["Cups", 12, "48*32*36", 9, 0.671], ["Pots", 8, "60*40*45", 9, 0.875]]
    assert "volume_inexact" not in codes(read(rows))


@pytest.mark.parametrize(("pots", "remarks"), [(144, 0), (145, 1)])
def test_a_total_that_the_rows_miss_by_their_last_digit_is_remarked(
    pots: int, remarks: int
) -> None:
    """510 kg, and the rows add up to 511: 0.2 % may be rounding."""
    rows: Rows = [["Goods", "Cartons", "Size (cm)", "Total G.W. (kg)"]]
    rows += [["Cups", 12, "48*32*36", 174], ["Pots", 8, "60*40*45", pots]]
    rows += [["Bears", 20, "70*50*60", 192], ["TOTAL", 40, None, 510]]
    assert codes(read(rows)).count("total_inexact") == remarks


@pytest.mark.parametrize(("volume", "remarks"), [(0.668, 0), (0.686, 1)])
def test_totals_of_a_list_without_sizes_are_compared_to_the_last_digit(
    volume: float, remarks: int
) -> None:
    """Two digits that changed places are 0.24 % of the whole."""
    rows: Rows = [["Goods", "Cartons", "Total CBM", "Total KGS"]]
    rows += [["Shirts", 30, 2.736, 516], ["Socks", 14, 2.047, 260.4], ["Jeans", 22, 2.144, 448.8]]
    rows += [["Dresses", 9, volume, 110.7], ["TOTAL", 75, 7.595, 1335.9]]
    assert codes(read(rows)).count("total_inexact") == remarks


def test_weights_of_a_carton_that_are_rounded_are_not_remarked() -> None:
    """8.4 kg × 7 may be 58.5 kg: 8.35 was rounded."""
    rows: Rows = [["Goods", "Cartons", "Size (cm)", "G.W./ctn (kg)"]]
    rows += [["Cups", 7, "48*32*36", 8.4], ["Pots", 11, "60*40*45", 7.2], ["TOTAL", 18, None, 138]]
    assert "total_inexact" not in codes(read(rows))
