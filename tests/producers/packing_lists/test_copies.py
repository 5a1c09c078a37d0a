"""The same cartons twice: asked about, and not asked where they are others."""

import pytest

from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Cell, Sheet, Workbook
from tests.producers.packing_lists.read_lists import Rows, asked, read

ENGLISH: list[Cell] = ["C/NO", "Goods", "CTNS", "SIZE(CM)", "G.W.(KG)/CTN"]
CHINESE: list[Cell] = ["箱号", "品名", "箱数", "尺寸(CM)", "单箱毛重(KG)"]
CUPS: Rows = [["1-5", "cups", 5, "50*40*30", 12], ["6-8", "dolls", 3, "60*40*30", 10]]
PAPERS: Rows = [["1-5", "玻璃杯", 5, "50*40*30", 12], ["6-8", "娃娃", 3, "60*40*30", 10]]
LABELS: Rows = [[number, "50*40*30", 12] for number in range(1, 6)]
LABELS += [[number, "60*40*30", 10] for number in range(6, 9)]
LATER: Rows = [["9-13", "cups", 5, "50*40*30", 12], ["14-16", "pans", 3, "60*40*30", 10]]


def unnumbered(*rows: list[Cell]) -> Rows:
    """Return rows without their first column."""
    return [row[1:] for row in rows]


def cartons(found: PackingList) -> int:
    """Return the cartons of a list without questions and errors."""
    assert (found.questions, found.errors) == ((), ())
    return sum(line.cartons for line in found.lines)


@pytest.mark.parametrize(
    "other",
    [
        [CHINESE, *PAPERS],
        [["箱号", "外箱尺寸(CM)", "毛重(KG)"], *LABELS],
        [ENGLISH, *([*row[:4], row[4] + 0.2] for row in PAPERS)],  # type: ignore[operator]
        [CHINESE, *reversed(PAPERS)],
    ],
)
def test_a_sheet_of_the_same_cartons(other: Rows) -> None:
    """A translation, labels to print, another version: each answer counts what it says."""
    found = read([ENGLISH, *CUPS], other)
    assert asked(found) == {"": ["sheets=S1", "sheets=S2", "sheets=all"]}
    for answer, count in (("S1", 8), ("S2", 8), ("all", 16)):
        assert cartons(read([ENGLISH, *CUPS], other, answers={"sheets": answer})) == count


def test_a_sheet_whose_name_says_that_it_is_old() -> None:
    """Whatever its figures are."""
    rows = tuple(map(tuple, [ENGLISH, *CUPS]))
    for name in ("旧版作废", "Copy of PL", "old"):
        old = Sheet(name=name, rows=(rows[0], ("1-4", "x", 4, "30*30*30", 4)))
        book = Workbook(name="l", sheets=(old, Sheet(name="PL", rows=rows)), format="xlsx")
        assert [each.code for each in understand(book).questions] == ["copied_sheet"]


@pytest.mark.parametrize(
    "rows",
    [
        unnumbered(ENGLISH, *CUPS, ["", "TOTAL", 8], [], CHINESE, *PAPERS, ["", "合计", 8]),
        [ENGLISH, *CUPS, ["TOTAL", None, 8], [], CHINESE, *PAPERS],
        unnumbered(ENGLISH, *CUPS[:1], [], CHINESE, *PAPERS[:1]),
    ],
)
def test_a_copy_below_in_another_language(rows: Rows) -> None:
    """Asked at its first row; once answered, its carton numbers are no repeated ones."""
    (question,) = read(rows).questions
    assert question.code == "copied_rows"
    once, both = (choice.answer.split("=") for choice in question.choices)
    half = 5 if len(rows) == 5 else 8
    assert cartons(read(rows, answers=dict([once]))) == half
    if not any("repeated" in error.code for error in read(rows).errors):
        assert cartons(read(rows, answers=dict([both]))) == 2 * half


@pytest.mark.parametrize(
    "tables",
    [
        ([ENGLISH, *CUPS], [ENGLISH, *LATER]),
        ([ENGLISH[1:], CUPS[0][1:]], [ENGLISH[1:], ["plates", *CUPS[0][2:]]]),
        ([*unnumbered(ENGLISH, *CUPS), [], ["plates", *CUPS[0][2:]], ["pans", *CUPS[1][2:4], 9]],),
        ([*unnumbered(ENGLISH, CUPS[0]), ["plates", *CUPS[0][2:]]],),
    ],
)
def test_other_cartons_are_not_asked_about(tables: tuple[Rows, ...]) -> None:
    """Numbers that go on, one usual size, other weights, two equal lines without a gap."""
    assert cartons(read(*tables))
