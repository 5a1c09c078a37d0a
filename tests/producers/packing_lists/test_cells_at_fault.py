"""The cells that a finding names: where two figures contradict each other, both."""

import pytest

from producers.packing_lists.report import finding_json
from tests.producers.packing_lists.read_lists import Rows, read


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        (  # 90 kg in 8 litres: either may be wrong
            [
                ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "Total G.W. (kg)"],
                ["Cups", 10, "60*40*35", 12.5, 125],
                ["Jugs", 10, "60*40*35", 12.5, 125],
                ["Lead", 10, "20*20*20", 90, 900],
            ],
            ("D4", "C4"),
        ),
        (  # two weights of one row
            [
                ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "Total G.W. (kg)"],
                ["Cups", 10, "60*40*35", 12.5, 125],
                ["Jugs", 10, "60*40*35", 12.5, 125],
                ["Mugs", 4, "50*40*40", 8, 42],
            ],
            ("D4", "E4"),
        ),
        (  # a volume against edges
            [
                ["Volume (CBM)", "Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)"],
                [0.84, "Cups", 10, "60*40*35", 12.5],
                [0.84, "Jugs", 10, "60*40*35", 12.5],
                [0.55, "Mugs", 4, "50*40*40", 8],
            ],
            ("A4", "D4"),
        ),
        (  # carton numbers against a count
            [
                ["箱号", "品名", "外箱尺寸(cm)", "单箱毛重(kg)", "箱数"],
                ["1-10", "杯子", "60*40*35", 12.5, 12],
            ],
            ("A2", "E2"),
        ),
        (  # net above gross
            [
                ["Goods", "Ctns", "Size (cm)", "N.W./ctn (kg)", "G.W./ctn (kg)"],
                ["Cups", 10, "60*40*35", 11.5, 12.5],
                ["Jugs", 10, "60*40*35", 11.5, 12.5],
                ["Mugs", 4, "50*40*40", 11, 8],
            ],
            ("D4", "E4"),
        ),
    ],
)
def test_a_question_names_each_cell_that_may_be_at_fault(
    rows: Rows, cells: tuple[str, ...]
) -> None:
    """The first is that of the answer's key."""
    (asked,) = read(rows).questions
    assert (asked.cell, *asked.beside) == cells
    assert finding_json(asked).get("beside", []) == list(cells[1:])


def test_a_remark_about_density_names_weight_and_size() -> None:
    """125 kg instead of 12.5 kg."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 125],
        ["Mugs", 4, "50*40*40", 9],
        ["Feathers", 4, "60*40*40", 4],
    ]
    (remark,) = [each for each in read(rows).remarks if each.code == "density_unlike_others"]
    assert (remark.cell, remark.beside) == ("D2", ("C2",))
