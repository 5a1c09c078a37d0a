"""Read rows as a packing list, and look at what was understood."""

from collections.abc import Mapping

from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Cell, Sheet, Workbook

Rows = list[list[Cell]]


ANSWERS: Mapping[str, str] = {}


def read(
    *tables: Rows,
    answers: Mapping[str, str] = ANSWERS,
    formats: dict[tuple[int, int], str] | None = None,
) -> PackingList:
    """Read sheets with these rows."""
    sheets = tuple(
        Sheet(name=f"S{number}", rows=tuple(map(tuple, rows)), number_formats=formats or {})
        for number, rows in enumerate(tables, 1)
    )
    return understand(Workbook(name="l.xlsx", sheets=sheets, format="xlsx"), answers=answers)


def asked(found: PackingList) -> dict[str, list[str]]:
    """Return the answers that each question offers, by cell."""
    return {q.cell: [choice.answer for choice in q.choices] for q in found.questions}


def figures(found: PackingList) -> list[tuple[int, tuple[int, int, int], int]]:
    """Return count, edges and mass of each line of a list without questions and errors."""
    assert (found.questions, found.errors) == ((), ())
    return [
        (line.cartons, (line.length_mm, line.width_mm, line.height_mm), line.gross_g)
        for line in found.lines
    ]


def codes(found: PackingList) -> list[str]:
    """Return the codes of the remarks."""
    return [remark.code for remark in found.remarks]


CUPS = (10, (600, 400, 350), 12_500)


HEADER: list[Cell] = ["Goods", "Cartons", "Size (cm)"]
