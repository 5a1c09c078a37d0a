"""Counts that carton numbers contradict, and names that say of what a figure is."""

import pytest

from producers.packing_lists.naming import read_name
from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import Rows, asked, codes, figures, read

SIZES = ("50*40*30", "60*40*30", "45*35*25")


def numbered(
    name: str, *totals: list[Cell], counts: tuple[int, ...] = (24, 20, 18), number: str = "箱号"
) -> Rows:
    """Return three rows with the carton numbers 1 to 3, and a column of counts."""
    rows: Rows = [[number, "品名", name, "尺寸(cm)", "单箱毛重(kg)"]]
    weights = (11, 10, 9)
    for place, count in enumerate(counts):
        rows.append([place + 1, "衣", count, SIZES[place], weights[place]])
    return [*rows, *totals]


def counts_of(rows: Rows, **answers: str) -> list[int]:
    """Return the cartons of each line; empty after a question."""
    given = {key.replace("_", "."): value for key, value in answers.items()}
    return [count for count, _, _ in figures(read(rows, answers=given))]


@pytest.mark.parametrize(
    "name", ["件数", "件", "发货件数", "Bags", "Rolls", "包数", "CTNS", "箱数"]
)
def test_numbered_cartons_contradict_the_count(name: str) -> None:
    """A question with both readings; each answer is accepted."""
    rows = numbered(name)
    assert asked(read(rows)) == {"C1": ["C1.field=cartons", "C1.field=pieces_per_carton"]}
    assert counts_of(rows, C1_field="cartons") == [24, 20, 18]
    assert counts_of(rows, C1_field="pieces_per_carton") == [1, 1, 1]
    texts = [choice.text for choice in read(rows).questions[0].choices]
    assert texts[0].startswith("62 cartons")
    assert texts[1].startswith("3 cartons")


@pytest.mark.parametrize(
    "name",
    [
        "箱内数量",
        "箱内数",
        "箱容量",
        "箱内件数",
        "Boxed Qty",
        "Case Qty",
        "Box quantity",
        "件数(PCS)",
    ],
)
def test_names_of_pieces_in_a_carton(name: str) -> None:
    """The inside of a carton is never a count of cartons."""
    assert counts_of(numbered(name)) == [1, 1, 1]


def test_a_total_in_cartons_proves_the_numbers() -> None:
    """共3箱 beside 62 件."""
    rows = numbered("件数", ["共3箱", None, 62, None, 30])
    assert counts_of(rows) == [1, 1, 1]
    assert "pieces_by_figures" in codes(read(rows))


def test_volumes_prove_either_reading() -> None:
    """Volumes of one carton with their total, or of the cartons of the row."""
    edges = (0.06, 0.072, 0.039)
    for factor, expected in ((0, [1, 1, 1]), (1, [24, 20, 18])):
        rows = numbered("件数")
        rows[0].append("体积(m³)")
        for row, volume, count in zip(rows[1:], edges, (24, 20, 18), strict=True):
            row.append(round(volume * (count if factor else 1), 3))
        total = round(sum(row[5] for row in rows[1:]), 3)  # type: ignore[misc]
        rows.append(["合计", None, 62, None, None, total])
        assert counts_of(rows) == expected


def test_weights_of_cartons_and_rows_prove_the_counts() -> None:
    """11 kg × 24 = 264 kg: the numbers are those of rows."""
    rows = numbered("件数")
    rows[0].append("总毛重(kg)")
    for row, weight in zip(rows[1:], (264, 200, 162), strict=True):
        row.append(weight)
    assert counts_of(rows) == [24, 20, 18]
    assert "row_numbers" in codes(read(rows))


def test_first_numbers_of_ranges_contradict_nothing() -> None:
    """1, 25 and 45 with 24, 20 and 18 cartons."""
    rows = numbered("件数")
    for row, first in zip(rows[1:], (1, 25, 45), strict=True):
        row[0] = first
    assert counts_of(rows) == [24, 20, 18]


def test_sizes_of_garments_add_up_to_pieces() -> None:
    """S + M + L in each row."""
    rows: Rows = [["箱号", "款号", "S", "M", "L", "件数", "尺寸(cm)", "单箱毛重(kg)"]]
    for number, parts in enumerate([(6, 8, 10), (5, 5, 10), (4, 4, 10)], start=1):
        rows.append([number, "衣", *parts, sum(parts), "50*40*30", 11])
    assert counts_of(rows) == [1, 1, 1]


def test_ranges_decide_between_two_counts() -> None:
    """件数 240 and 箱数 6 beside 1-6; without 箱数 it is a question about the column."""
    rows: Rows = [
        ["箱号", "品名", "件数", "箱数", "尺寸(cm)", "单箱毛重(kg)"],
        ["1-6", "衣", 240, 6, "50*40*30", 11],
        ["7-9", "裤", 90, 3, "60*40*30", 10],
    ]
    assert counts_of(rows) == [6, 3]
    without = [[cell for place, cell in enumerate(row) if place != 3] for row in rows]
    assert asked(read(without)) == {"C1": ["C1.field=cartons", "C1.field=pieces"]}
    assert counts_of(without, C1_field="pieces") == [6, 3]


def test_a_row_without_a_number_may_be_a_carton() -> None:
    """Case Qty and nothing else: an answer says that each row is one carton."""
    rows: Rows = [
        ["Item", "Case Qty", "Size (cm)", "GW/case (kg)"],
        ["Mug", 36, "50*40*30", 12],
        ["Bowl", 24, "60*40*30", 10],
    ]
    choices = ["B1.field=cartons", "B1.field=pieces_per_carton", "B1.rows=cartons"]
    assert asked(read(rows)) == {"B1": choices}
    assert counts_of(rows, B1_rows="cartons") == [1, 1]
    assert counts_of(rows, B1_field="cartons") == [36, 24]


@pytest.mark.parametrize(
    "name",
    [
        *("Vol. weight (KG)", "V.W.(KG)/CTN", "Volume weight", "Dim weight", "Chg.Wt", "体积重"),
        *("单重(g)", "克重", "Unit weight", "Weight/pc", "单品重量", "Billing weight"),
        *("Gift box size", "Color box size", "鞋盒尺寸", "展示盒尺寸(cm)", "单个尺寸", "中箱尺寸"),
        *("Unit size (cm)", "内盒规格", "箱/托", "中包数", "Display box qty", "Pouch size"),
    ],
)
def test_names_of_something_else_than_a_carton(name: str) -> None:
    """Volumetric weights, weights of a piece, sizes of boxes in a carton."""
    assert read_name(name).best() == "ignored"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("外包装尺寸cm", "size"),
        ("Packing dimension (cm)", "size"),
        ("Weight (KG)", "gross"),
        ("单箱重", "gross"),
        ("容积", "volume"),
        ("Carton Qty", "cartons"),
    ],
)
def test_names_of_cartons_stay(name: str, field: str) -> None:
    """Words for packing and contents do not hide a carton's own figures."""
    assert read_name(name).best() == field


def per_carton(first: float, second: float, total: float | None) -> Rows:
    """Return fifteen cartons of 60 and 72 litres under ``G.W./CTN``."""
    rows: Rows = [
        ["C/NO", "Goods", "CTNS", "Size (cm)", "G.W./CTN (KG)"],
        ["1-10", "Tray", 10, "50*40*30", first],
        ["11-15", "Rack", 5, "60*40*30", second],
    ]
    return [*rows, ["TOTAL", None, 15, None, total]] if total else rows


def test_a_sum_without_counts_contradicts_dense_cartons() -> None:
    """120 kg in 60 litres, and a total of 170: weights of rows under a header of cartons."""
    rows = per_carton(120, 50, 170)
    assert asked(read(rows)) == {"E1": ["E1.per=carton", "E1.per=row"]}
    by_row = figures(read(rows, answers={"E1.per": "row"}))
    assert [grams for _, _, grams in by_row] == [12_000, 10_000]
    by_carton = figures(read(rows, answers={"E1.per": "carton"}))
    assert [grams for _, _, grams in by_carton] == [120_000, 50_000]


def test_net_weights_of_rows_do_not_hide_the_question() -> None:
    """Gross and net weights were both filled in for the row."""
    rows = per_carton(120, 50, 170)
    nets: list[Cell] = ["N.W./CTN (KG)", 110, 45, 155]
    for row, net in zip(rows, nets, strict=True):
        row.append(net)
    assert list(asked(read(rows))) == ["E1"]
    by_row = figures(read(rows, answers={"E1.per": "row"}))
    assert [grams for _, _, grams in by_row] == [12_000, 10_000]


def test_a_sum_without_counts_of_light_cartons_is_a_remark() -> None:
    """12 kg in 60 litres: the header is right, and the sum is mechanical."""
    rows = per_carton(12, 10, 22)
    assert [grams for _, _, grams in figures(read(rows))] == [12_000, 10_000]
    assert "uncounted_sum" in codes(read(rows))
    assert "uncounted_sum" not in codes(read(per_carton(12, 10, None)))


def test_without_carton_numbers_volumes_or_garments_ask() -> None:
    """件数 beside volumes of one carton and their total: the rows may be cartons."""
    rows = numbered("件数")
    rows[0].append("体积(m³)")
    for row, volume in zip(rows[1:], (0.06, 0.072, 0.039), strict=True):
        row.append(volume)
    rows.append(["合计", None, 62, None, None, 0.171])
    without: Rows = [row[1:] for row in rows]
    without[-1][0] = "合计"
    assert asked(read(without)) == {"B1": ["B1.field=cartons", "B1.rows=cartons"]}
    assert counts_of(without, B1_rows="cartons") == [1, 1, 1]
    assert counts_of(without, B1_field="cartons") == [24, 20, 18]


def test_carton_may_number_or_count() -> None:
    """1, 2 and 3 under ``Carton``; the plural counts."""
    rows: Rows = [["Carton", "Item", "Pcs", "Size (cm)", "GW/ctn (kg)"]]
    for place, size in enumerate(SIZES):
        rows.append([place + 1, "Tray", 12, size, 11 - place])
    assert asked(read(rows)) == {"A1": ["A1.field=cartons", "A1.field=carton_no"]}
    assert counts_of(rows, A1_field="carton_no") == [1, 1, 1]
    assert counts_of(rows, A1_field="cartons") == [1, 2, 3]
    rows[0][0] = "Cartons"
    assert counts_of(rows) == [1, 2, 3]


def of_unknown_size(name: str) -> Rows:
    """Return a list whose only sizes stand under this name."""
    return [
        ["C/NO", "Goods", "CTNS", name, "G.W.(KG)/CTN"],
        ["1-5", "Mug", 5, "50*40*30", 12],
        ["6-8", "Bowl", 3, "60*40*30", 10],
    ]


def test_an_unknown_word_before_a_size_asks_unless_volumes_prove_it() -> None:
    """``Clamshell size`` may not be the carton's; ``Approx. size`` is."""
    rows = of_unknown_size("Clamshell size (cm)")
    assert asked(read(rows)) == {"D1": ["D1.field=size", "D1.field=ignored"]}
    assert counts_of(rows, D1_field="size") == [5, 3]
    rows[0].append("CBM")
    rows[1].append(0.3)
    rows[2].append(0.216)
    assert counts_of(rows) == [5, 3]
    assert counts_of(of_unknown_size("Approx. size (cm)")) == [5, 3]


def test_an_unknown_word_before_a_weight_asks() -> None:
    """``Wobble weight`` may be of anything."""
    rows = of_unknown_size("Size (cm)")
    rows[0][4] = "Wobble weight (KG) per ctn"
    assert asked(read(rows)) == {"E1": ["E1.field=gross", "E1.field=ignored"]}
    assert counts_of(rows, E1_field="gross") == [5, 3]


def test_a_total_without_sizes_offers_the_reading_against_the_header() -> None:
    """``CBM/CTN`` and ``G.W./CTN`` were filled in for rows, and no size proves it."""
    rows: Rows = [
        ["C/NO", "Goods", "CTNS", "CBM/CTN", "G.W./CTN (KG)"],
        ["1-5", "Mug", 5, 0.3, 60],
        ["6-8", "Bowl", 3, 0.216, 30],
        ["TOTAL", None, 8, 0.516, 90],
    ]
    assert asked(read(rows)) == {
        "D4": ["D4.total=rows", "D1.per=row"],
        "E4": ["E4.total=rows", "E1.per=row"],
    }
    found = read(rows, answers={"D1.per": "row", "E1.per": "row"})
    assert (found.questions, found.errors) == ((), ())
    assert found.declared_totals is not None
    assert found.declared_totals.gross_g == 90_000
    assert found.declared_totals.volume_cm3 == 516_000
