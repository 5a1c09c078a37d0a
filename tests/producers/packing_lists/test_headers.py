"""Names of columns: what a header's words, units and cells mean."""

import pytest

from producers.packing_lists.layout import read_layout
from producers.packing_lists.model import Layout, Meaning
from producers.packing_lists.naming import read_name
from producers.sheets.workbook import Area, Cell, CellError, Formula, Sheet

Rows = list[list[Cell]]


def columns(rows: Rows, *merged: Area, formats: dict[tuple[int, int], str] | None = None) -> Layout:
    """Read the layout of rows; there must be one."""
    sheet = Sheet(
        name="PL",
        rows=tuple(tuple(row) for row in rows),
        merged=merged,
        number_formats=formats or {},
    )
    found = read_layout(sheet)
    assert found is not None
    return found


def across(row: int, first: int, last: int) -> Area:
    """Return an area in one row over several columns."""
    return Area(first_row=row, first_column=first, last_row=row, last_column=last)


def best(found: Layout, index: int) -> Meaning:
    """Return the best meaning of a column."""
    return next(column for column in found.columns if column.index == index).meanings[0]


def fields(found: Layout) -> list[str]:
    """Return the best fields of all columns."""
    return [column.meanings[0].field for column in found.columns]


@pytest.mark.parametrize(
    ("header", "field", "units", "per"),
    [
        ("Total Carton Quantity", "cartons", (), ("row",)),
        ("No. of Pkgs", "cartons", (), ()),
        ("件数/Cartons", "cartons", (), ()),
        ("# of master cases", "cartons", (), ()),
        ("Q'ty C/T", "cartons", (), ()),
        ("Кол-во мест", "cartons", (), ()),
        ("عدد الكراتين", "cartons", (), ()),
        ("Bultos", "cartons", (), ()),
        ("C/NO.", "carton_no", (), ()),
        ("CTN NO.", "carton_no", (), ()),
        ("箱號", "carton_no", (), ()),
        ("Qty/Ctn", "pieces_per_carton", (), ("carton",)),
        ("PCS/CTN", "pieces_per_carton", (), ("carton",)),
        ("件数/箱", "pieces_per_carton", (), ("carton",)),
        ("每箱数量", "pieces_per_carton", (), ("carton",)),
        ("QTY IN CARTON", "pieces_per_carton", (), ("carton",)),
        ("P/C per C/T", "pieces_per_carton", (), ("carton",)),
        ("入数", "pieces_per_carton", (), ()),
        ("Case pack", "pieces_per_carton", (), ()),
        ("Q'TY (PCS)", "pieces", (), ()),
        ("外箱尺寸(CM)", "size", ("cm",), ()),
        ("Carton Size (L×W×H in mm)", "size", ("mm",), ()),
        ("Dims (L x W x H) cm", "size", ("cm",), ()),
        ("Case dims L x W x H (in.)", "size", ("in",), ()),
        ("包装尺寸-长（厘米）", "length", ("cm",), ()),
        ('MEAS. L"', "length", ("in",), ()),
        ("N.W.(KGS)/CTN", "net", ("kg",), ("carton",)),
        ("毛重(斤)", "gross", ("jin",), ()),
        ("G/W", "gross", (), ()),
        ("@G.W.", "gross", (), ("carton",)),
        ("T.G.W. (KGS)", "gross", ("kg",), ("row",)),
        ("單箱毛重(公斤)", "gross", ("kg",), ("carton",)),
        ("毛重（吨）", "gross", ("t",), ()),
        ("Gorss weight/CTN (KGS)", "gross", ("kg",), ("carton",)),
        ("每箱重量(连包装)公斤", "gross", ("kg",), ("carton",)),
        ("每箱重量(不含包装)公斤", "net", ("kg",), ("carton",)),
        ("Вес брутто, кг", "gross", ("kg",), ()),
        ("Poids brut", "gross", (), ()),
        ("Вес брутто 1 места, кг", "gross", ("kg",), ("carton",)),
        ("الوزن القائم للكرتون كجم", "gross", ("kg",), ("carton",)),
        ("カートン数", "cartons", (), ()),
        ("Brüt Ağırlık", "gross", (), ()),
        ("Carton gross weight (g)", "gross", ("g",), ("carton",)),
        ("箱毛重", "gross", (), ("carton",)),
        ("Total carton weight", "gross", (), ("row",)),
        ("Gross weight of cartons", "gross", (), ()),
        ("Total CBM", "volume", ("m3",), ("row",)),
        ("CUFT/CTN", "volume", ("ft3",), ("carton",)),
        ("货值(KWD)", "amount", (), ()),
        ("海关编码", "hs", (), ()),
        ("不可堆叠", "not_stackable", (), ()),
        ("Max load on top (kg)", "max_top_load", ("kg",), ()),
        ("此面朝上", "this_side_up", (), ()),
        ("UN No.", "un_number", (), ()),
        ("产品尺寸", "ignored", (), ()),
        ("S/N", "ignored", (), ()),
        ("Cartons/Pallet", "ignored", (), ()),
        ("PCS/SET", "ignored", (), ()),
        ("计费重(KG)", "ignored", ("kg",), ()),
        ("Chargeable weight", "ignored", (), ()),
        ("G.W./PC", "ignored", (), ()),
        ("Pcs/inner", "ignored", (), ()),
    ],
)
def test_a_header_names_a_field(
    header: str, field: str, units: tuple[str, ...], per: tuple[str, ...]
) -> None:
    """Each is a kind of its own: a language, an abbreviation, a ratio, a unit, a slip."""
    name = read_name(header)
    assert (name.best(), name.units, name.per) == (field, units, per)


def test_a_currency_in_brackets_is_kept() -> None:
    """Any code of ISO 4217 counts, in brackets only: TOP is a currency, too."""
    assert read_name("Amount (KWD)").currency == "KWD"
    assert read_name("Max load on top (kg)").currency == ""


def test_a_group_over_columns_lends_its_unit() -> None:
    """``Carton size (cm)`` over L, W and H gives each of them centimetres."""
    found = columns(
        [
            ["Goods", "Ctns", "Carton size (cm)", None, None, "G.W. (kg)", None],
            [None, None, "L", "W", "H", "ctn", "total"],
            ["Cup", 10, 60, 40, 35, 12.5, 125],
        ],
        across(0, 2, 4),
        across(0, 5, 6),
    )
    assert fields(found) == ["goods", "cartons", "length", "width", "height", "gross", "gross"]
    assert [best(found, index).unit for index in (2, 3, 4, 5)] == ["cm", "cm", "cm", "kg"]
    assert [best(found, index).per for index in (5, 6)] == ["carton", "row"]


def test_one_header_over_three_columns_of_edges() -> None:
    """Columns without names of their own are length, width and height, in this order."""
    merged = columns(
        [["Goods", "Ctns", "Carton size (cm)", None, None], ["Cup", 10, 60, 40, 35]],
        across(0, 2, 4),
    )
    assert fields(merged) == ["goods", "cartons", "length", "width", "height"]
    text = columns([["Goods", "Ctns", "尺寸cm", None, None], ["Cup", "10", "60", "40", "35"]])
    assert fields(text) == ["goods", "cartons", "length", "width", "height"]


def test_signs_between_the_edges_are_no_columns() -> None:
    """60 × 40 × 35 in five cells."""
    found = columns(
        [
            ["Goods", "Ctns", "Size (cm)", None, None, None, None],
            ["Cup", 10, 60, "×", 40, "×", 35],
            ["Pan", 4, 50, "×", 40, "×", 30],
        ],
        across(0, 2, 6),
    )
    assert [(c.index, c.meanings[0].field) for c in found.columns][2:] == [
        (2, "length"),
        (3, "ignored"),
        (4, "width"),
        (5, "ignored"),
        (6, "height"),
    ]


def test_a_row_of_units_belongs_to_the_header() -> None:
    """The third header row says centimetres and kilograms."""
    found = columns(
        [
            ["品名", "箱数", "长", "宽", "高", "毛重"],
            [None, "CTNS", "CM", "CM", "CM", "KG"],
            ["保温杯", 30, 56, 39, 28, 10.8],
        ]
    )
    assert found.header_rows == (0, 1)
    assert [best(found, index).unit for index in (2, 5)] == ["cm", "kg"]


def test_two_columns_for_one_field_are_both_kept() -> None:
    """The figures decide between planned and loaded cartons, not the order."""
    found = columns([["Goods", "Ctns", "Actual ctns", "Size (cm)"], ["Rug", 20, 18, "90*40*40"]])
    assert fields(found).count("cartons") == 2


def test_a_measurement_is_a_size_or_a_volume_by_unit_and_cells() -> None:
    """``Measurement`` alone says neither."""
    size = columns([["Goods", "Ctns", "Measurement", "G.W."], ["Rug", 20, "90*40*40", 12]])
    volume = columns([["Goods", "Ctns", "Measurement", "G.W."], ["Rug", 20, 2.88, 12]])
    assert (best(size, 2).field, best(volume, 2).field) == ("size", "volume")
    assert read_name("Measurement (CM)").units == ("cm",)


def test_units_beside_the_figures_and_in_number_formats() -> None:
    """A cell ``0.6m`` or a format ``0"kg"`` names the unit that the header does not."""
    found = columns(
        [["Goods", "Ctns", "Carton size", "Gross"], ["Rug", 20, "0.9*0.4*0.4m", 12]],
        formats={(1, 3): '0.0"kg"'},
    )
    assert (best(found, 2).unit, best(found, 3).unit) == ("m", "kg")


def test_a_noun_beside_the_count_decides_what_is_counted() -> None:
    """``Qty`` with ``6 ctns`` counts cartons."""
    found = columns(
        [["Goods", "Qty", "Size (cm)", "Weight/ctn"], ["Rug", "6 ctns", "90*40*40", "12kg"]]
    )
    assert best(found, 1).field == "cartons"


def test_sizes_of_garments_are_no_edges() -> None:
    """S, M, L and XL count pieces; L is a length beside W and H only."""
    found = columns(
        [
            ["CTN NO.", "Style", "S", "M", "L", "XL", "CTNS", "Meas (cm)", "G.W."],
            ["1-14", "Jacket", 4, 6, 6, 4, 14, "60*40*40", 12.9],
        ]
    )
    assert {best(found, index).field for index in (2, 3, 4, 5)} == {"ignored"}
    found = columns(
        [
            ["CTN NO.", "Style", "S", "M", "L", "XL", "CTNS", "L", "W", "H", "G.W."],
            ["1-14", "Jacket", 4, 6, 6, 4, 14, 60, 40, 40, 12.9],
        ]
    )
    assert fields(found)[2:6] == ["ignored"] * 4
    assert fields(found)[7:10] == ["length", "width", "height"]


def test_columns_about_pallets_step_back_and_are_told() -> None:
    """Number and size of the pallet are not those of the carton."""
    found = columns(
        [
            ["品名", "件数", "外箱尺寸(CM)", "单箱毛重(KG)", "栈板号", "Pallet size (mm)"],
            ["阀门", 24, "40*30*25", 16.2, "P1", "1200*1000*1150"],
        ]
    )
    assert fields(found)[4:] == ["ignored", "ignored"]
    assert [remark.cell for remark in found.remarks] == ["E1", "F1"]


def test_a_serial_number_is_no_carton_number_beside_a_count() -> None:
    """``No.`` with 1, 2, 3; without a count the same column numbers the cartons."""
    counted = columns(
        [["No.", "Goods", "Ctns", "Size"], [1, "Cup", 5, "6*4*3"], [2, "Pan", 9, "6*4*3"]]
    )
    numbered = columns([["No.", "Goods", "Size (cm)", "G.W."], [1, "Cup", "60*40*30", 9]])
    assert (best(counted, 0).field, best(numbered, 0).field) == ("ignored", "carton_no")


def test_errors_in_cells_do_not_change_what_a_column_means() -> None:
    """A look-up that failed is an unknown figure, not a text."""
    found = columns(
        [
            ["Goods", "Ctns", "Size (cm)", "G.W. (kg)"],
            ["Cup", Formula("=B9"), "60*40*30", CellError("#N/A")],
        ]
    )
    assert fields(found) == ["goods", "cartons", "size", "gross"]


def test_edges_share_the_unit_that_one_of_them_names() -> None:
    """``L | W | H (cm)``."""
    found = columns([["Goods", "Ctns", "L", "W", "H (cm)"], ["Cup", 10, 60, 40, 35]])
    assert [best(found, index).unit for index in (2, 3, 4)] == ["cm", "cm", "cm"]
    assert 'the unit of "H (cm)"' in best(found, 2).why


@pytest.mark.parametrize(
    "note",
    [
        "All measurements in centimetres, all weights in kilograms",
        "尺寸单位：厘米  重量单位：公斤",
        "Unit: cm / kg",
    ],
)
def test_units_that_stand_once_above_the_table(note: str) -> None:
    """They hold for the columns that name none; a column's own unit goes first."""
    found = columns(
        [[note], ["Goods", "Ctns", "L", "W", "H", "Gross", "Net (g)"], ["Cup", 9, 6, 4, 3, 9, 8]]
    )
    assert [best(found, index).unit for index in (2, 5, 6)] == ["cm", "kg", "g"]


def test_sizes_of_shoes_are_names_of_columns() -> None:
    """36, 37, 38 in the header are no figures of cargo."""
    found = columns(
        [
            ["CTN NO.", "Style", 36, 37, 38, 39, "CTNS", "Meas (cm)", "G.W."],
            ["1-14", "Boot", 1, 2, 3, 2, 14, "60*40*40", 12.9],
        ]
    )
    assert found.header_rows == (0,)
    assert best(found, 6).field == "cartons"


@pytest.mark.parametrize(
    ("unit", "field"), [("箱", "cartons"), ("ctn", "cartons"), ("个", "pieces"), ("件", None)]
)
def test_a_column_of_units_says_what_is_counted(unit: str, field: str | None) -> None:
    """件 counts cartons at a forwarder's and pieces of clothing: it does not decide."""
    rows: Rows = [
        ["品名", "数量", "单位", "尺寸(cm)", "毛重(kg)/箱"],
        ["拖鞋", 18, unit, "60*40*35", 12],
        ["鞋垫", 3, unit, "50*40*35", 11],
    ]
    quantity = columns(rows).columns[1]
    meant = {meaning.field for meaning in quantity.meanings}
    assert meant == {field} if field else {"cartons", "pieces"} <= meant


def test_cartons_on_a_pallet_are_a_ratio() -> None:
    """Where pallets have the sizes and weights, they are the packages."""
    rows: Rows = [
        ["Pallet No.", "Goods", "Cartons on pallet", "Pallet size (cm)", "Pallet G.W. (kg)"],
        ["P1", "Mugs", 40, "120*80*150", 512],
    ]
    assert fields(columns(rows)) == ["carton_no", "goods", "ignored", "size", "gross"]


def test_the_tare_is_no_weight_of_goods() -> None:
    """Net, tare and gross stand side by side."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "Net/ctn (kg)", "Tare/ctn (kg)", "Total gross (kg)"],
        ["Bolts", 16, "30*20*15", 17, 0.6, 281.6],
    ]
    assert fields(columns(rows))[3:] == ["net", "ignored", "gross"]


def test_labels_beside_the_table_are_no_columns() -> None:
    """A box of totals to its right repeats the sums."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", None, "Total cartons:", 22],
        ["Drill", 12, "44*34*30", 14.5, None, "Total G.W.:", 314],
        ["Bits", 10, "30*25*20", 14, None, None, None],
    ]
    found = columns(rows)
    assert [column.header for column in found.columns[:4]] == rows[0][:4]
    assert all(column.meanings[0].field == "ignored" for column in found.columns[4:])


def test_cells_may_say_that_a_weight_is_of_a_carton() -> None:
    """``15.5 kg/ctn`` under a header that says nothing."""
    rows: Rows = [["品名", "箱数", "尺寸(cm)", "毛重"], ["瓷盘", 20, "46*36*30", "15.5公斤/箱"]]
    weight = best(columns(rows), 3)
    assert (weight.field, weight.unit, weight.per) == ("gross", "kg", "carton")


def test_a_group_says_of_what_its_columns_are() -> None:
    """Size and weight of the product stand beside those of the carton."""
    rows: Rows = [
        ["Item", "Product", None, "Carton", None, None],
        [None, "Size (cm)", "Weight (kg)", "Qty", "Size (cm)", "Weight (kg)"],
        ["Mug", "8*8*10", 0.32, 15, "54*36*34", 13.1],
    ]
    found = columns(rows, across(0, 1, 2), across(0, 3, 5))
    assert fields(found)[1:] == ["ignored", "ignored", "cartons", "size", "gross"]


def test_a_table_may_begin_far_down() -> None:
    """Empty rows above it do not count."""
    rows: Rows = [[]] * 400
    rows += [["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)"], ["Cups", 10, "60*40*35", 12]]
    assert columns(rows).header_rows == (400,)


@pytest.mark.parametrize(
    ("edges", "depth"), [(("L", "D", "H"), "width"), (("W", "Depth (cm)", "H"), "length")]
)
def test_a_depth_is_the_edge_that_is_missing(edges: tuple[str, ...], depth: str) -> None:
    """Furniture has a depth."""
    found = columns([["Goods", "Ctns", *edges, "G.W."], ["Cupboard", 5, 60, 40, 35, 12]])
    assert best(found, 3).field == depth


def test_ranges_under_a_plain_word_for_cartons_are_their_numbers() -> None:
    """``CTNS`` with 1-5; under 箱数 a ``10+1`` is a count that nobody can read."""
    plain = columns([["CTNS", "Goods", "Size (cm)"], ["1-5", "Cup", "6*4*3"]])
    count = columns([["箱数", "品名", "尺寸"], ["10+1", "杯", "6*4*3"]])
    assert (best(plain, 0).field, best(count, 0).field) == ("carton_no", "cartons")


def test_totals_above_the_header_are_not_part_of_it() -> None:
    """``Total CBM: 1.14`` names no column."""
    found = columns(
        [
            ["Total cartons: 15", "Total G.W.: 185 KGS", "Total CBM: 1.14"],
            ["C/NO.", "Goods", "Ctns", "Size (cm)"],
            ["1-10", "Cup", 10, "60*40*35"],
        ]
    )
    assert found.header_rows == (1,)
    assert best(found, 2).field == "cartons"


def test_packages_in_pieces_may_be_either() -> None:
    """件数(PCS) are pieces beside 箱数; alone, air freight's packages are called pieces, too."""
    rows: Rows = [["品名", "件数(PCS)", "尺寸(cm)", "毛重(kg)/箱"], ["外套", 400, "60*40*40", 12.9]]
    meant = [meaning.field for meaning in columns(rows).columns[1].meanings]
    assert meant[:2] == ["pieces", "cartons"]
