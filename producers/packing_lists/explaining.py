"""Write a list back as a workbook, with every question, error and assumption as a cell comment.

The merchant who filled the list in sees in each coloured cell what is asked or wrong. Nothing in
the workbook is a formula: texts that begin as one are written as text.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook as OutBook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.worksheet.worksheet import Worksheet

from producers.packing_lists.booking import Booking
from producers.packing_lists.model import Finding, PackingList
from producers.packing_lists.report import meaning_of
from producers.sheets.workbook import Cell, Sheet, Workbook

TITLE = "groupage"
"""Name of the sheet with all findings, and author of the comments."""
_COLOURS = {"error": "FFF4B6B6", "question": "FFFFE08A", "remark": "FFDCEBFA"}
_COMMENT_MAX = 2_000
_TEXT_MAX = 32_767
"""The most characters that a cell of Excel holds."""
_INTEGER_MAX = 10**15
"""Spreadsheets keep 15 digits: a longer number is written as text."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_ROW = re.compile(r"row ([1-9][0-9]{0,6})")
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")


def explain(workbook: Workbook, packing_list: PackingList, booking: Booking) -> bytes:
    """Return the workbook of an .xlsx file."""
    out = OutBook()
    summary = out.active
    assert isinstance(summary, Worksheet), "a new workbook has a sheet"
    summary.title = TITLE
    sheets = [sheet for sheet in workbook.sheets if not sheet.hidden]
    pages = {sheet.name: _copy(out, sheet) for sheet in sheets}
    first = next((name for name in packing_list.sheets if name in pages), next(iter(pages), ""))
    findings = [
        *(("error", each) for each in booking.errors),
        *(("question", each) for each in booking.questions),
        *(("remark", each) for each in booking.remarks),
    ]
    comments: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, finding in findings:
        sheet = finding.sheet if finding.sheet in pages else first
        comments.setdefault((sheet, _cell_of(finding)), []).append((kind, _text_of(finding)))
        for cell in finding.beside:
            text = f"see {finding.cell}: {finding.text}"
            comments.setdefault((sheet, cell), []).append((kind, text))
    for column in packing_list.columns:
        text = f"read as {meaning_of(column)}: {column.why}"
        comments.setdefault((first, column.cell), []).append(("remark", text))
    for (sheet, cell), texts in comments.items():
        if sheet and cell:
            _comment(pages[sheet], cell, texts)
    _summarize(summary, findings)
    if first:
        out.active = pages[first]
    file = BytesIO()
    out.save(file)
    return file.getvalue()


def _copy(out: OutBook, sheet: Sheet) -> Worksheet:
    page: Worksheet = out.create_sheet(
        _NO_TITLE.sub(" ", _clean(sheet.name))[:31].strip("' ") or "sheet"
    )
    for number, row in enumerate(sheet.rows, 1):
        for index, value in enumerate(row, 1):
            if value is not None:
                _write(page, number, index, value)
    for area in sheet.merged:
        page.merge_cells(
            start_row=area.first_row + 1,
            start_column=area.first_column + 1,
            end_row=area.last_row + 1,
            end_column=area.last_column + 1,
        )
    for index in sheet.hidden_columns:
        page.column_dimensions[get_column_letter(index + 1)].hidden = True
    return page


def _write(page: Worksheet, row: int, column: int, value: Cell) -> None:
    """Write a value; a text stays a text, whatever it begins with."""
    cell: Any = page.cell(row, column)
    if isinstance(value, int) and abs(value) >= _INTEGER_MAX:
        value = str(value)
    if isinstance(value, datetime) and value.tzinfo:
        value = value.replace(tzinfo=None)
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = _clean(str(value))
    cell.data_type = "s"  # openpyxl takes a text with = for a formula, and #N/A for an error
    if value.startswith(_FORMULA):
        cell.quotePrefix = True


def _clean(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:_TEXT_MAX]


def _cell_of(finding: Finding) -> str:
    if _CELL.fullmatch(finding.cell):
        return finding.cell
    match = _ROW.fullmatch(finding.cell)
    return f"A{match[1]}" if match else ""


def _text_of(finding: Finding) -> str:
    choices = "".join(f"\n• {choice.answer}: {choice.text}" for choice in finding.choices)
    return f"{finding.text}{choices}"


def _comment(page: Worksheet, name: str, texts: list[tuple[str, str]]) -> None:
    column_name, row = coordinate_from_string(name)
    column = column_index_from_string(column_name)
    for area in page.merged_cells.ranges:
        if area.min_row <= row <= area.max_row and area.min_col <= column <= area.max_col:
            row, column = area.min_row, area.min_col
    cell: Any = page.cell(row, column)
    before = [] if cell.comment is None else [cell.comment.text]
    lines = [*before, *(f"{kind}: {text}" for kind, text in texts)]
    text = _clean("\n".join(dict.fromkeys(lines)))
    cell.comment = Comment(text[:_COMMENT_MAX], TITLE, width=420, height=140)
    kinds = {kind for kind, _ in texts}
    worst = next(kind for kind in _COLOURS if kind in kinds)
    cell.fill = PatternFill("solid", fgColor=_COLOURS[worst])


def _summarize(page: Worksheet, findings: Iterable[tuple[str, Finding]]) -> None:
    """List all findings: some belong to no cell."""
    for column, text in enumerate(("", "sheet", "cell", "text"), 1):
        page.cell(1, column).value = text
    number = 1
    for number, (kind, finding) in enumerate(findings, 2):
        texts = (kind, finding.sheet, finding.cell, _text_of(finding))
        for column, text in enumerate(texts, 1):
            _write(page, number, column, text)
        page.cell(number, 1).fill = PatternFill("solid", fgColor=_COLOURS[kind])
    if number == 1:
        page.cell(2, 1).value = "no questions, no errors, no remarks"
    page.column_dimensions["D"].width = 120
