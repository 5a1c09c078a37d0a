"""Columns of handling marks: what a cross means, and how many layers may be stacked."""

import pytest

from producers.packing_lists.model import Handling
from producers.sheets.workbook import Cell
from tests.producers.packing_lists.made_lists import events_of, imported
from tests.producers.packing_lists.read_lists import Rows, asked, codes, figures, read

HEADER: list[Cell] = ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"]


def listed(header: str, *signs: Cell, before: bool = False) -> Rows:
    """Return a list with a column of its own for a mark, the last or the first one."""
    rows = [["Cups", 10, "60*40*35", 12.5, sign] for sign in signs]
    table: Rows = [[*HEADER, header], *rows]
    return [[row[-1], *row[:-1]] for row in table] if before else table


def marks(rows: Rows, **answers: str) -> list[Handling]:
    """Return the marks of each line of a list without questions and errors."""
    found = read(rows, answers={key.replace("_", "."): value for key, value in answers.items()})
    assert (found.questions, found.errors) == ((), ())
    return [line.handling for line in found.lines]


@pytest.mark.parametrize(
    ("header", "signs", "fragile"),
    [
        ("易碎", ("√", "×"), [True, False]),
        ("Fragile", ("✓", "x"), [True, False]),
        ("易碎 Fragile", ("Y", "X"), [True, False]),
        ("是否易碎", ("×", "是"), [False, True]),
        ("Fragile?", ("x", "no"), [True, False]),
        ("易碎", ("○", "×"), [True, False]),
        ("Fragile", ("●", "○"), [True, False]),
        ("Fragile", ("☒", "☐"), [True, False]),
        ("Fragile", ("☑", "☒"), [True, False]),
        ("易碎", ("√", "×", "N", "Y"), [True, False, False, True]),
        ("Fragile", ("x", None), [True, None]),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_the_other_signs_of_a_column_say_what_a_cross_means(
    header: str, signs: tuple[Cell, ...], fragile: list[bool | None], *, before: bool
) -> None:
    """Beside ticks it is a no, beside a no it is a yes."""
    found = marks(listed(header, *signs, before=before))
    assert [each.fragile for each in found] == fragile


@pytest.mark.parametrize(
    ("header", "signs"),
    [
        ("易碎", ("×", None)),
        ("易碎 Fragile", ("x", None)),
        ("Fragile", ("x", "x")),
        ("不可堆叠", ("✗", None)),
        ("Keep dry", ("x", "yes", "no")),
    ],
)
def test_a_cross_that_may_mean_either_is_asked_about_once(
    header: str, signs: tuple[Cell, ...]
) -> None:
    """At the column's header; a profile can remember the answer."""
    rows = listed(header, *signs)
    assert asked(read(rows)) == {"E1": ["E1.cross=yes", "E1.cross=no"]}
    for answer in ("yes", "no"):
        assert marks(rows, E1_cross=answer)


def test_a_cross_that_is_taken_for_a_yes_is_remarked() -> None:
    """In a form in English the only sign of a column is that of a crossed box."""
    assert "cross" in codes(read(listed("Fragile", "x", None)))


def test_a_cross_under_stackable_says_that_nothing_may_stand_on_it() -> None:
    """可堆叠 √ or ×, the reverse of 不可堆叠."""
    assert [each.max_top_load_g for each in marks(listed("可堆叠", "√", "×"))] == [None, 0]
    assert [each.max_top_load_g for each in marks(listed("不可堆叠", "√", "×"))] == [0, None]


def test_a_cross_about_danger_is_a_no_beside_ticks_only() -> None:
    """Alone it leaves a toy with a battery in doubt."""
    text = "品名,件数,外箱尺寸(cm),单箱毛重(kg),是否带电\n"
    rows = "玩具(锂电池),10,60*40*35,12.5,{}\n盘子,4,50*40*40,8,{}\n"
    for signs, words in ((("×", ""), 1), (("√", "×"), 1), (("×", "√"), 1), (("×", "×"), 2)):
        found = imported(text + rows.format(*signs), shipper="甲", pod="NLRTM")
        (booked, _) = events_of(found)
        assert len(booked.danger_words) == words, signs
    denied = imported(text + rows.format("×", "√"), shipper="甲", pod="NLRTM")
    assert ["盘子" in text for text in events_of(denied)[0].danger_words] == [True]


@pytest.mark.parametrize(
    ("header", "cells", "loads"),
    [
        ("堆码层数", (3, 1), [25_000, 0]),
        ("堆码层数极限", ("3层", "1层"), [25_000, 0]),
        ("最大堆高层数", ("最多3层", 2), [25_000, 12_500]),
        ("Max layers", (3, None), [25_000, None]),
        ("Stacking layers", ("max 3", "1 layer"), [25_000, 0]),
        ("Max. stack height (layers)", ("≤3", "no limit"), [25_000, None]),
        ("最大层数 Max tiers", ("3", "不限"), [25_000, None]),
        ("层数极限", (3, 2), [25_000, 12_500]),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_layers_limit_what_may_stand_on_a_carton(
    header: str, cells: tuple[Cell, ...], loads: list[int | None], *, before: bool
) -> None:
    """Three layers of 12.5 kg: two cartons, 25 kg, on the lowest; they are no count of pieces."""
    rows = listed(header, *cells, before=before)
    assert [each.max_top_load_g for each in marks(rows)] == loads
    assert codes(read(rows)).count("stacking_layers") == 1
    assert all(article.pieces is None for line in read(rows).lines for article in line.articles)


@pytest.mark.parametrize(
    "header", ["Layers per pallet", "Cartons per layer", "每层箱数", "每托层数"]
)
def test_layers_of_a_pallet_limit_nothing(header: str) -> None:
    """They are no count of cartons either."""
    rows = listed(header, 3, 4)
    assert [count for count, _, _ in figures(read(rows))] == [10, 10]
    assert {line.handling for line in read(rows).lines} == {Handling()}


def test_the_lower_of_two_limits_counts_and_an_unknown_one_is_an_error() -> None:
    """20 kg beside three layers of 12.5 kg; half a layer is none."""
    header: list[Cell] = [*HEADER, "Max load (kg)", "Max layers"]
    row: list[Cell] = ["Cups", 10, "60*40*35", 12.5]
    assert [each.max_top_load_g for each in marks([header, [*row, 20, 3], [*row, 30, 3]])] == [
        20_000,
        25_000,
    ]
    found = read([header, [*row, None, "2.5"]])
    assert [(error.cell, error.code) for error in found.errors] == [("F2", "max_layers")]
