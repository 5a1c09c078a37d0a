"""Which sheets of a workbook are packing lists: by their tables, their names and their titles."""

import msgspec

from producers.packing_lists.cells import text_of
from producers.packing_lists.grid import Grid
from producers.packing_lists.layout import LABEL_ROWS_MAX, read_layout
from producers.packing_lists.model import Field, Finding, Layout
from producers.packing_lists.shared_cells import fill_shared_cells
from producers.packing_lists.side_by_side import split_tables
from producers.packing_lists.spellings import plain
from producers.packing_lists.stated_totals import StatedTotals
from producers.packing_lists.two_weights import split_weights
from producers.sheets.workbook import Sheet, Workbook, cell_name

SHEETS_MAX = 60
"""Sheets of a workbook that are looked at."""
_SCORES: dict[Field, float] = {
    "cartons": 1.0,
    "carton_no": 1.0,
    "unit_ids": 1.0,
    "pieces_per_carton": 0.7,
    "size": 1.5,
    "length": 1.5,
    "volume": 1.0,
    "gross": 1.0,
    "net": 0.6,
    "unit_price": -1.2,
    "amount": -1.0,
}
_LISTS = ("packing", "pack list", "装箱", "箱单", "p/l", "pl", "明细", "送货", "入仓", "list")
_OTHERS = (
    "invoice",
    "发票",
    "inv",
    "ci",
    "合同",
    "contract",
    "报关单",
    "declaration",
    "template",
    "example",
    "sample",
    "样本",
    "示例",
    "填写说明",
    "说明",
    "quotation",
    "报价",
)
SCORE_MIN = 2.0


class ChosenSheets(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets to read, in their order, and what to tell of the others."""

    lists: tuple[tuple[Sheet, Layout], ...]
    remarks: tuple[Finding, ...] = ()
    errors: tuple[Finding, ...] = ()


def choose_sheets(workbook: Workbook, *, sheet: str | None = None) -> ChosenSheets:
    """Return the packing lists of a workbook: all visible ones, or the named sheet.

    Raises no error: without a list, `errors` names all sheets.
    """
    remarks: list[Finding] = []
    if sheet is not None:
        return _named(workbook, sheet)
    scored: list[Scored] = []
    for candidate in workbook.sheets[:SHEETS_MAX]:
        if candidate.hidden:
            remarks.append(_remark("hidden_sheet", candidate, "is hidden and is not read"))
            continue
        tables = _read(candidate)
        if not tables:
            if any(any(text_of(cell) for cell in row) for row in candidate.rows):
                remarks.append(_remark("other_sheet", candidate, "has no table of cartons"))
            continue
        scored += [(_score(prepared, layout), prepared, layout) for prepared, layout in tables]
    best = max((score for score, _, _ in scored), default=0.0)
    lists = [found for found in scored if found[0] >= min(best, SCORE_MIN)]
    remarks.extend(
        _remark("other_sheet", found[1], "is not read: another sheet is the packing list")
        for found in scored
        if found not in lists
    )
    lists, summaries = _split_summaries(lists)
    remarks.extend(
        _remark("summary_sheet", found[1], "repeats the other sheets' cartons: it is not read")
        for found in summaries
    )
    errors = [] if lists else [_no_list(workbook)]
    return ChosenSheets(
        lists=tuple(
            (fill_shared_cells(candidate, layout), layout) for _, candidate, layout in lists
        ),
        remarks=tuple(remarks),
        errors=tuple(errors),
    )


def _read(sheet: Sheet) -> list[tuple[Sheet, Layout]]:
    """Return a sheet as it is read, with its layout; once for each table beside another one."""
    parts = split_tables(sheet)
    read = [found for part in parts if (found := _read_part(part)) is not None]
    if len(read) > 1:
        first, layout = read[0]
        cell = _first_cell(layout)
        text = f"{len(read)} tables stand side by side: each is read"
        remark = Finding(cell=cell, code="side_by_side", text=text, sheet=sheet.name)
        read[0] = (first, msgspec.structs.replace(layout, remarks=(*layout.remarks, remark)))
    return read


def _first_cell(layout: Layout) -> str:
    """Name the first cell of a table's header."""
    return cell_name(layout.header_rows[0], min(column.index for column in layout.columns))


def _read_part(sheet: Sheet) -> tuple[Sheet, Layout] | None:
    split = split_weights(sheet)
    layout = read_layout(split.sheet, split.columns)
    if layout is None:
        return None
    cargo = {row for group in layout.groups for row in group.rows}
    errors = (finding for row, finding in split.singles if row in cargo)
    layout = msgspec.structs.replace(
        layout,
        errors=(*layout.errors, *errors),
        remarks=(*layout.remarks, *split.remarks),
    )
    return split.sheet, layout


Scored = tuple[float, Sheet, Layout]


def _split_summaries(lists: list[Scored]) -> tuple[list[Scored], list[Scored]]:
    """Set sheets aside that have no sizes and as many cartons as the others together."""
    sized = [found for found in lists if _has_sizes(found[2])]
    counted = sum(_count(found) for found in sized)
    summaries = [
        found
        for found in lists
        if sized and not _has_sizes(found[2]) and counted and _count(found) == counted
    ]
    return [found for found in lists if found not in summaries], summaries


def _has_sizes(layout: Layout) -> bool:
    fields = {column.meanings[0].field for column in layout.columns}
    return bool(fields & {"size", "length"})


def _count(found: Scored) -> int:
    _, sheet, layout = found
    grid = Grid(sheet, layout.columns)
    return sum(int(grid.count(group.rows[0]) or 0) for group in layout.groups)


def _named(workbook: Workbook, name: str) -> ChosenSheets:
    for place, candidate in enumerate(workbook.sheets, start=1):
        if name in (candidate.name, str(place)):
            tables = _read(candidate)
            if not tables:
                break
            return ChosenSheets(
                lists=tuple(
                    (fill_shared_cells(prepared, layout), layout) for prepared, layout in tables
                )
            )
    return ChosenSheets(lists=(), errors=(_no_list(workbook, name),))


def _score(sheet: Sheet, layout: Layout) -> float:
    fields = {column.meanings[0].field for column in layout.columns}
    score = sum(_SCORES.get(field, 0.0) for field in fields)
    title = " ".join(
        plain(text_of(cell))
        for row in sheet.rows[: layout.header_rows[0]]
        for cell in row
        if isinstance(cell, str)
    )
    name = plain(sheet.name)
    score += 1.5 * _mentions(name, _LISTS) - 1.5 * _mentions(name, _OTHERS)
    lists, others = _mentions(title, ("packing", "装箱", "箱单")), _mentions(title, _OTHERS[:2])
    return score + (1.0 if lists else 0.0) - (1.0 if others and not lists else 0.0)


def _mentions(text: str, words: tuple[str, ...]) -> bool:
    parts = set(text.replace("-", " ").replace("_", " ").split())
    return any(
        word in text if len(word) > 3 or not word.isascii() else word in parts for word in words
    )


def _remark(code: str, sheet: Sheet, text: str) -> Finding:
    return Finding(cell="", code=code, text=f'sheet "{sheet.name}" {text}', sheet=sheet.name)


def _no_list(workbook: Workbook, name: str = "") -> Finding:
    names = ", ".join(
        f'"{sheet.name}"{" (hidden)" if sheet.hidden else ""}' for sheet in workbook.sheets[:20]
    )
    wanted = f'sheet "{name}" with' if name else "sheet with"
    stated = _stated_totals(workbook)
    if stated and not name:
        return stated
    return Finding(
        cell="",
        code="no_packing_list",
        text=(
            f"there is no {wanted} a table of cartons; the sheets are {names or 'none'}. A table "
            "has a header such as 箱号, 品名, 件数 / Cartons, 外箱尺寸 / Carton size (cm), 毛重 / "
            "G.W. (kg)"
        ),
    )


def _stated_totals(workbook: Workbook) -> Finding | None:
    """Say what to do with a file that has totals beside labels, and no table."""
    for sheet in workbook.sheets[:SHEETS_MAX]:
        stated = StatedTotals(sheet)
        if not sheet.hidden:
            stated.read(range(min(len(sheet.rows), LABEL_ROWS_MAX)))
        if stated.labels:
            shown = ", ".join(f"{label.text} {text_of(label.value)}" for label in stated.labels[:4])
            return Finding(
                cell=cell_name(stated.labels[0].row, stated.labels[0].column),
                code="no_packing_list",
                text=(
                    f"the list has totals ({shown}), but no table: write them as a row under a "
                    "header 品名, 件数, 总毛重(kg), 总体积(m3) / Goods, Cartons, Total G.W. (kg), "
                    "Total CBM to declare them before the sizes are known"
                ),
                sheet=sheet.name,
            )
    return None
