"""Cells as merchants write them: sizes with volumes, slashes, dittos, goods like words for sums."""

import pytest

from producers.packing_lists.figures.cells import read_edges, read_quantity
from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import Rows, codes, figures, read

HEADER: list[Cell] = ["品名", "箱数", "箱规", "单箱毛重(kg)", "总毛重(kg)", "总体积(m3)"]
CUPS: list[Cell] = ["杯子", 4, "40*30*30", 8, 32, 0.144]
TRUE_CUPS = (4, (400, 300, 300), 8_000)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("50*40*30=0.06", "cm"),
        ("50*40*30/0.06", "cm"),
        ("60*40*35cm/0.084cbm", "cm"),
        ("500x400x300 = 0.06 m3", "mm"),
        ("24x18x20/0.1416", "in"),
        ("60,5*40*35=0,0847", "cm"),
        ("0.5*0.4*0.3=0.06立方米", "m"),
    ],
)
def test_the_volume_behind_a_size_gives_its_unit(text: str, unit: str) -> None:
    """50 × 40 × 30 are 0.06 m³ in centimetres alone."""
    found = read_edges(text)
    assert found is not None
    assert {edge.unit for edge in found.edges} == {unit}


@pytest.mark.parametrize(
    "text", ["60*40*35=0.84", "50*40*30mm=0.06", "50*40*30=0", "50*40=0.06", "50*40*30*5", "=0.06"]
)
def test_a_volume_that_is_not_that_of_the_size_leaves_the_cell_unread(text: str) -> None:
    """It may be that of ten cartons: nobody knows which of the figures is wrong."""
    assert read_edges(text) is None


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("14.5/KGS", "14.5", "kg"),
        ("0.06 / CBM", "0.06", "m3"),
        ("15公斤", "15", "kg"),
        ("١٢", "12", None),
        ("٠٫٦٦٤", "0.664", None),
        ("۱۷۴", "174", None),
    ],
)
def test_slashes_before_units_and_arabic_digits(text: str, value: str, unit: str | None) -> None:
    """The figure is the same without them."""
    found = read_quantity(text)
    assert found is not None
    assert (str(found.point), found.unit) == (value, unit)


@pytest.mark.parametrize("text", ["36/ctn", "12/2026", "1/2"])
def test_other_slashes_stay(text: str) -> None:
    """Pieces in a carton, a date, carton 1 of 2."""
    found = read_quantity(text)
    assert found is None or found.words == "/ctn"


@pytest.mark.parametrize("goods", ["合页", "合金锁", "离合器总成", "总成"])
def test_goods_that_begin_like_a_sum_are_cargo(goods: str) -> None:
    """合页 is a hinge, and 总成 an assembly."""
    found = read(
        [HEADER, CUPS, [goods, 3, "35*25*20", 24, 72, 0.053], ["合计", 7, None, None, 104]]
    )
    assert figures(found) == [TRUE_CUPS, (3, (350, 250, 200), 24_000)]


@pytest.mark.parametrize("mark", ["同上品", "同上", "〃", "то же", "igual", "aynı"])
def test_words_for_the_goods_above(mark: str) -> None:
    """They were names of goods, some of them."""
    found = read([HEADER, CUPS, [mark, 3, "40*30*30", 8, 24, 0.108]])
    assert [article.goods for line in found.lines for article in line.articles] == ["杯子", "杯子"]


def test_a_ditto_mark_repeats_a_weight_whatever_it_is_of() -> None:
    """毛重 alone may be of a carton or of the row; 〃 says that the same figure stands there."""
    rows: Rows = [["品名", "箱数", "箱规(cm)", "毛重(kg)"], ["杯子", 4, "40*30*30", 8]]
    rows += [["同上", 2, "〃", "〃"], ["合计", 6, None, 48]]
    assert figures(read(rows)) == [TRUE_CUPS, (2, (400, 300, 300), 8_000)]


def test_ditto_marks_below_a_carton_number_are_of_the_same_carton() -> None:
    """Count, size and weight are those of the carton above, not once more."""
    found = read(
        [
            ["C/No.", "Goods", "Pcs", "Ctns", "GW/ctn (kg)", "Size (cm)"],
            ["1-25", "Faucet", 250, 25, 17.4, "42*33*28"],
            ["〃", "Handle", 250, "〃", "〃", "〃"],
            ["TOTAL", None, 500, 25, 435, None],
        ]
    )
    assert figures(found) == [(25, (420, 330, 280), 17_400)]
    assert [article.goods for article in found.lines[0].articles] == ["Faucet", "Handle"]


def test_a_row_of_zero_cartons_is_not_cargo_whatever_its_carton_would_weigh() -> None:
    """Out of stock: size and weight of a carton stand there, and the row's figures are 0."""
    found = read([HEADER, CUPS, ["碗", 0, "40*30*30", 9, 0, 0], ["合计", 4, None, None, 32, 0.144]])
    assert figures(found) == [TRUE_CUPS]
    assert "no_cartons" in codes(found)


def test_zero_cartons_with_figures_of_the_row_are_an_error() -> None:
    """27 kg of bowls in no carton: the count is wrong."""
    found = read([HEADER, CUPS, ["碗", 0, "40*30*30", 9, 27, 0.108]])
    assert "B3" in [error.cell for error in found.errors]


def test_labels_of_sums_below_the_table_are_not_sums_of_the_column_they_stand_under() -> None:
    """Total gross weight: 32 kgs stood under the cartons, and was compared with them."""
    below: Rows = [[], ["Total cartons:", 4], ["Total gross weight:", "32 kgs"]]
    below += [["Total volume:", "0.144 cbm"]]
    found = read([HEADER[:4], CUPS[:4], *below])
    assert figures(found) == [TRUE_CUPS]


def test_sums_in_one_cell_may_be_separated_by_slashes() -> None:
    """The slash before 32 was taken for "per", and no sum decided about the weight."""
    rows: Rows = [["Goods", "Ctns", "G.W. (kg)", "Size (cm)"], ["Cup", 4, 8, "40*30*30"]]
    rows += [["Total: 4 ctns / 32 kgs / 0.144 cbm"]]
    assert figures(read(rows)) == [TRUE_CUPS]


def test_cubic_feet_in_chinese() -> None:
    """總立方呎 were cubic metres."""
    rows: Rows = [["貨名", "件數", "呎碼(吋)", "重量(磅)", "總磅", "總立方呎"]]
    rows += [["燈", 10, "24*18*20", 42, 420, 50]]
    assert figures(read(rows)) == [(10, (610, 458, 508), 19_051)]


def test_a_dash_for_the_cartons_and_for_their_figures_is_a_line_of_no_cartons() -> None:
    """Its goods were an article in the cartons above, where the total agreed."""
    rows: Rows = [HEADER, CUPS, ["碟", "-", "40*30*30", 8, "-", "-"], ["合计", 4, None, None, 32]]
    found = read(rows)
    assert figures(found) == [TRUE_CUPS]
    assert [article.goods for article in found.lines[0].articles] == ["杯子"]
    assert "no_cartons" in codes(found)


@pytest.mark.parametrize(
    "number", ["6(尾箱)", "6 尾箱", "6（尾数箱）", "6 (last ctn)", "No.6 [last]"]
)
def test_words_for_the_last_carton_are_not_part_of_its_number(number: str) -> None:
    """It was called 6(尾."""
    rows: Rows = [["箱号", *HEADER[:4]], ["1-5", "杯", 5, "50*40*30", 13]]
    found = read([*rows, [number, "杯", 1, "50*40*30", 8]])
    assert [line.numbers[-1] for line in found.lines] == ["5", "6"]
