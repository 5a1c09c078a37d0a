"""Carton numbers in two columns, from and to."""

import pytest

from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import Rows, asked, figures, read

HEADER: list[Cell] = ["Goods", "Size (cm)", "G.W. per carton (kg)"]
NAMES = [
    ("From", "To"),
    ("起", "止"),
    ("箱号从", "到"),
    ("起始箱号", "结束箱号"),
    ("Ctn From", "Ctn To"),
    ("Start Ctn", "End Ctn"),
    ("First carton", "Last carton"),
    ("起 From", "止 To"),
]


def listed(names: tuple[str, str], *ranges: tuple[Cell, Cell], counts: tuple[int, ...]) -> Rows:
    """Return a list whose rows have the first and the last number, and counts if there are any."""
    rows: Rows = [[*names, *HEADER, "Cartons"]]
    for place, ends in enumerate(ranges):
        count = counts[place] if counts else None
        rows.append([*ends, "Cups", "60*40*35", 12.5, count])
    return rows if counts else [row[:-1] for row in rows]


@pytest.mark.parametrize("names", NAMES)
def test_they_count_the_cartons_where_nothing_else_does(names: tuple[str, str]) -> None:
    """1 to 10 and 11 to 22."""
    rows = listed(names, (1, 10), (11, 22), counts=())
    assert [count for count, _, _ in figures(read(rows))] == [10, 12]
    assert read(rows).lines[1].numbers[:2] == ("11", "12")


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("last", [False, True])
def test_they_confirm_or_contradict_a_column_of_counts(
    names: tuple[str, str], *, last: bool
) -> None:
    """11 to 20 are ten cartons, not twelve."""

    def ordered(rows: Rows) -> Rows:
        return [[*row[2:], *row[:2]] for row in rows] if last else rows

    right = read(ordered(listed(names, (1, 10), (11, 20), counts=(10, 10))))
    assert [count for count, _, _ in figures(right)] == [10, 10]
    assert right.lines[0].numbers == tuple(map(str, range(1, 11)))
    wrong = read(ordered(listed(names, (1, 10), (11, 20), counts=(10, 12))))
    cell = "E3" if last else "A3"
    assert asked(wrong) == {cell: [f"{cell}.count=cartons", f"{cell}.count=numbers"]}


def test_a_dash_may_stand_between_them_and_a_single_carton_needs_no_end() -> None:
    """1 - 10, then carton 11, each with an A before it."""
    rows: Rows = [["From", None, "To", *HEADER]]
    rows += [["A1", "-", "A10", "Cups", "60*40*35", 12.5]]
    rows += [["A11", None, None, "Mugs", "60*40*35", 12.5], ["A12", "-", "A13", "M", "9*40*35", 2]]
    assert [count for count, _, _ in figures(read(rows))] == [10, 1, 2]


def test_ports_under_such_names_are_no_carton_numbers() -> None:
    """From NINGBO to ROTTERDAM, ten cartons."""
    rows = listed(("From", "To"), ("NINGBO", "ROTTERDAM"), counts=(10,))
    assert [count for count, _, _ in figures(read(rows))] == [10]
    assert read(rows).lines[0].numbers == ()


@pytest.mark.parametrize("name", ["Start Ctn", "End carton", "起始箱号", "箱号到"])
def test_one_end_alone_is_no_count(name: str) -> None:
    """1 and 7 are the first numbers of ranges whose ends nobody knows, or cartons: asked."""
    rows: Rows = [[name, *HEADER], [1, "Cups", "60*40*35", 12.5], [7, "Mugs", "60*40*35", 12.5]]
    assert asked(read(rows)) == {"A1": ["A1.rows=cartons"]}
