"""Edges and volumes of a packing list prove one another, or are asked about."""

from tests.producers.packing_lists.read_lists import CUPS, Rows, asked, codes, figures, read


def test_the_volume_of_a_row_proves_the_unit_of_its_edges() -> None:
    """60 × 40 × 35 without a unit, ten cartons of 0.84 m³: centimetres."""
    found = read(
        [
            ["Goods", "Cartons", "Size", "CBM", "G.W. per carton (kg)"],
            ["Cups", 10, "60*40*35", 0.84, 12.5],
        ]
    )
    assert figures(found) == [CUPS]
    assert "D2 is 0.84" in next(c.why for c in found.columns if c.field == "size")


def test_the_volume_overrules_the_unit_in_the_header_and_a_remark_says_so() -> None:
    """The header says mm, and only centimetres give the volume."""
    found = read(
        [
            ["Goods", "Cartons", "Size (mm)", "Total CBM", "G.W. per carton (kg)"],
            ["Cups", 10, "60*40*35", 0.84, 12.5],
        ]
    )
    assert figures(found) == [CUPS]
    assert "unit_by_figures" in codes(found)


def test_the_volume_in_the_row_of_totals_is_enough() -> None:
    """No row has a volume of its own."""
    found = read(
        [
            ["Goods", "Cartons", "Size", "CBM", "G.W. per carton (kg)"],
            ["Cups", 10, "24*16*14", None, 12.5],
            ["Jugs", 5, "20*16*12", None, 9],
            ["TOTAL", 15, None, 1.195, None],
        ]
    )
    assert [edges for _, edges, _ in figures(found)] == [(610, 407, 356), (508, 407, 305)]


def test_edges_without_unit_and_volume_are_asked_about_with_what_follows() -> None:
    """Centimetres and inches both give possible cartons."""
    rows: Rows = [
        ["Goods", "Cartons", "Size", "G.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 25],
    ]
    found = read(rows)
    assert asked(found) == {"C1": ["C1.unit=cm", "C1.unit=in"]}
    assert found.questions[0].choices[0].text == "60 × 40 × 35 cm: 10 cartons, 0.840 m³"
    assert figures(read(rows, answers={"C1.unit": "cm"})) == [(10, (600, 400, 350), 25_000)]


def test_limits_decide_alone_if_they_leave_one_unit() -> None:
    """600 × 400 × 350 of anything but millimetres does not pass a container's door."""
    found = read(
        [["品名", "件数", "长宽高", "单箱毛重(kg)"], ["雨伞", 10, "600*400*350", 12.5]],
    )
    assert figures(found) == [CUPS]
    assert "unit_by_limits" in codes(found)


def test_a_volume_that_one_row_contradicts_is_asked_about_by_its_cell() -> None:
    """Two rows prove centimetres; the third has another volume than its edges."""
    rows: Rows = [
        ["Goods", "Cartons", "Size (cm)", "CBM", "G.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 0.84, 12.5],
        ["Jugs", 5, "50*40*40", 0.4, 8],
        ["Pots", 4, "50*50*40", 0.9, 9],
    ]
    assert asked(read(rows)) == {"D4": ["D4.volume=size"]}
    assert len(figures(read(rows, answers={"D4.volume": "size"}))) == 3


def test_a_unit_in_the_cell_counts_before_the_header() -> None:
    """``0.6m`` in a column that says cm."""
    found = read(
        [
            ["Goods", "Cartons", "L (cm)", "W (cm)", "H (cm)", "G.W. per carton (kg)"],
            ["Cups", 10, "0.6m", 40, 35, "12500 g"],
        ]
    )
    assert figures(found) == [CUPS]


def test_edges_in_the_order_of_the_header() -> None:
    """Height × width × length."""
    found = read(
        [
            ["Goods", "Cartons", "Carton size (H*W*L cm)", "G.W. per carton (kg)"],
            ["Cups", 10, "35*40*60", 12.5],
        ]
    )
    assert figures(found) == [CUPS]


def test_of_two_columns_of_sizes_that_agree_the_rounder_is_taken() -> None:
    """The inches are converted from centimetres."""
    found = read(
        [
            ["Goods", "Cartons", "Carton size (inch)", "Carton size (cm)", "G.W. per carton (kg)"],
            ["Cups", 10, "23.6*15.7*13.8", "60*40*35", 12.5],
        ]
    )
    assert figures(found) == [CUPS]


def test_edges_are_rounded_up_to_millimetres_and_masses_to_the_nearest_gram() -> None:
    """24 in is 609.6 mm, and 27.5 lb are 12,473.8 g."""
    found = read(
        [["Goods", "Cartons", "Size (in)", "G.W. per carton (lbs)"], ["Toys", 3, "24x16x14", 27.5]]
    )
    assert figures(found) == [(3, (610, 407, 356), 12_474)]


def test_a_rough_volume_of_a_carton_does_not_prove_edges_in_feet() -> None:
    """0.006 m³ fits 12 cm roughly; that it also is 32 cartons of edges in feet proves nothing."""
    found = read(
        [
            ["Description", "Cartons", "L", "W", "H", "G.W.", "CBM/CTN"],
            ["Cups", 32, 0.12, 0.12, 0.44, 2, 0.006],
        ]
    )
    assert "C1" in asked(found)


def test_a_cell_with_a_unit_of_its_own_says_nothing_of_the_column() -> None:
    """600*400*500mm under cm: the other cells in mm would be cartons of 6 × 4 × 5 cm and 12 kg."""
    rows: Rows = [
        ["Goods", "Cartons", "Size (cm)", "G.W. per carton (kg)"],
        ["cups", 5, "60*40*50", 12],
        ["cups", 5, "600*400*500mm", 12],
        ["mugs", 5, "50*40*30", 12],
    ]
    assert figures(read(rows))[:2] == [(5, (600, 400, 500), 12_000)] * 2
    rows[1] = ["cups", 5, "200*150*100", 1.5]
    rows[3] = ["mugs", 5, "220*160*110", 1.5]
    found = read(rows)
    assert figures(found)[0] == (5, (200, 150, 100), 1_500)
    assert "unit_by_limits" in codes(found)
