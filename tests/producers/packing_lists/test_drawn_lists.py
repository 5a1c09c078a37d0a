"""No list is read wrongly in silence: forms drawn at random, whole and with a cell taken out."""

import random

import msgspec
import pytest

from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Cell, Sheet, Workbook
from tests.producers.packing_lists.drawn_lists import DrawnList, draw_list

SEEDS = range(250)
_OF_CARTONS = ("number", "count", "size", "length", "width", "height", "gross_each", "gross_row")


def read(sheet: Sheet) -> PackingList:
    """Read a sheet as a list."""
    return understand(Workbook(name="list.xlsx", sheets=(sheet,), format="xlsx"))


def agrees(found: PackingList, drawn: DrawnList) -> bool:
    """Tell whether the lines are the truth; a row's rounded weight leaves a few grams."""
    if len(found.lines) != len(drawn.truth):
        return False
    return all(
        line.cartons == cartons
        and (line.length_mm, line.width_mm, line.height_mm) == edges
        and abs(line.gross_g - grams) <= 10
        and tuple(article.goods for article in line.articles) == goods
        for line, (cartons, edges, grams, goods) in zip(found.lines, drawn.truth, strict=True)
    )


def is_to_follow(found: PackingList, drawn: DrawnList) -> bool:
    """Tell whether the list's totals are booked, because its only size is missing."""
    totals = found.declared_totals
    return totals is not None and totals.cartons == sum(line[0] for line in drawn.truth)


def is_open(found: PackingList) -> bool:
    """Tell whether the reader asks or refuses."""
    return bool(found.questions or found.errors)


@pytest.mark.slow
def test_drawn_lists_are_read_right_or_asked_about() -> None:
    """Nine in ten without a question, and none wrong."""
    wrong, asked = [], []
    for seed in SEEDS:
        drawn = draw_list(seed)
        found = read(drawn.sheet)
        if is_open(found):
            asked.append(seed)
        elif not agrees(found, drawn):
            wrong.append(seed)
    assert not wrong
    assert len(asked) * 10 <= len(SEEDS), asked


@pytest.mark.slow
def test_a_cell_that_is_missing_is_not_made_up() -> None:
    """The list is as it was, because another column says the same, or somebody is asked."""
    wrong = []
    for seed in SEEDS:
        drawn = draw_list(seed)
        if is_open(read(drawn.sheet)):
            continue
        dice = random.Random(seed)
        column = dice.choice([i for i, kind in enumerate(drawn.kinds) if kind in _OF_CARTONS])
        rows = [list(row) for row in drawn.sheet.rows]
        row = dice.choice(
            [i for i in range(drawn.header_row, len(rows)) if _is_line(drawn, i, column)]
        )
        rows[row][column] = None
        found = read(msgspec.structs.replace(drawn.sheet, rows=tuple(map(tuple, rows))))
        noticed = is_open(found) or is_to_follow(found, drawn)
        if not noticed and not agrees(found, drawn):
            wrong.append((seed, drawn.kinds[column]))
    assert not wrong


def _is_line(drawn: DrawnList, row: int, column: int) -> bool:
    cells = drawn.sheet.rows[row]
    goods = drawn.kinds.index("goods")
    return (
        len(cells) == len(drawn.kinds)
        and cells[column] is not None
        and str(cells[goods]).startswith("Thing")
    )


def test_a_count_that_contradicts_the_numbers_is_not_taken_for_pieces() -> None:
    """Volumes of one carton prove the edges, and nothing about the count."""
    rows: tuple[tuple[Cell, ...], ...] = (
        ("箱号", "Goods", "件数", "Size (cm)", "Total G.W. (kg)", "CBM per ctn"),
        ("1-5", "Cup", 6, "60*40*35", 60, 0.084),
        ("6-17", "Pan", 12, "50*40*30", 108, 0.06),
        ("Total", None, 18, None, 168, None),
    )
    found = read(Sheet(name="PL", rows=rows))
    assert is_open(found)
