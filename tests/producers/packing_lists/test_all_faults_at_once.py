"""What is wrong with a list is shown at once, as far as one fault does not hide another."""

import pytest

from producers.sheets.workbook import Cell
from tests.producers.packing_lists.made_lists import errors as errors_of
from tests.producers.packing_lists.made_lists import imported
from tests.producers.packing_lists.read_lists import Rows, asked, read

HEADERS: list[list[Cell]] = [
    ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
    ["品名", "箱数", "外箱尺寸(cm)", "单箱毛重(kg)"],
]
ROWS: Rows = [
    ["Steel", 3, "60*40", 14.5],
    ["Cups", 0.5, "60*40*35", 12],
    ["Bowls", 3, "60*40*35", None],
    ["Jars", 4, "50*40*40", -8],
    ["Pans", 2, None, 9],
    ["Pots", "2 pcs", "50*40*40", "heavy"],
]


def errors(rows: Rows) -> list[str]:
    """Return the cells of the errors."""
    return sorted(error.cell for error in read(rows).errors)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 0, 1)])
def test_faults_of_counts_sizes_and_weights_come_together(
    header: list[Cell], order: tuple[int, ...]
) -> None:
    """One in each row: the counts hide neither sizes nor weights."""
    rows: Rows = [[row[place] for place in order] for row in [header, *ROWS]]
    names = [chr(65 + order.index(column)) for column in range(4)]
    faults = [(2, 2), (1, 3), (3, 4), (3, 5), (2, 6), (1, 7), (3, 7)]
    assert errors(rows) == sorted(f"{names[column]}{row}" for column, row in faults)


def test_each_wrong_edge_of_a_carton_is_named() -> None:
    """Two of three."""
    rows: Rows = [
        ["Goods", "Ctns", "L (cm)", "W (cm)", "H (cm)", "G.W. per carton (kg)"],
        ["Cups", 10, -60, 0, 35, None],
        ["Jars", 10, 60, 40, 35, 12],
    ]
    assert errors(rows) == ["C2", "D2", "F2"]


def test_a_question_about_the_counts_does_not_hide_errors() -> None:
    """Ten numbers for twelve cartons, and no weight in the next row."""
    rows: Rows = [
        ["C/No.", "Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
        ["1-10", "Cups", 12, "60*40*35", 12],
        ["11-12", "Jars", 2, "60*40*35", None],
    ]
    assert asked(read(rows)) == {"A2": ["A2.count=cartons", "A2.count=numbers"]}
    assert errors(rows) == ["E3"]


def test_a_row_without_size_and_weight_has_one_error() -> None:
    """It may be no cargo at all."""
    rows: Rows = [HEADERS[0], ["Cups", 10, "60*40*35", 12], ["Jars", "5 pcs", None, None]]
    assert errors(rows) == ["B3"]


@pytest.mark.parametrize(
    "header",
    [
        "Goods,Ctns,Size (cm),G.W. (kg),UN No,Class,POD,Handling marks",
        "品名,箱数,外箱尺寸(cm),毛重(kg),UN编号,危险类别,目的港,储运标志",
        "品名 Goods,箱数 Ctns,尺寸 Size (cm),毛重 G.W. (kg),UN号,IMO class,POD 目的港,储运标志",
    ],
)
def test_an_open_question_hides_no_error_of_ports_dangers_and_marks(header: str) -> None:
    """Of what the weights are is asked; the rest is wrong whatever the answer is."""
    text = (
        f"{header}\npaint,3,60*40*35,14.5,99,3,Atlantis,FRAGILE\n"
        "batteries,4,60*40*35,12,UN3480,3,Rotterdam,BEWARE OF DOG\n"
        "cups,2,60*40*35,12,,,Rotterdam,\n"
    )
    found = imported(text, shipper="S").booking
    assert [each.code for each in found.questions] == ["mass_per", "handling"]
    wrong = [("E2", "bad_un_number"), ("F3", "bad_imo_class"), ("G2", "bad_pod")]
    assert sorted(errors_of(found)) == wrong
