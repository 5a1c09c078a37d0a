"""From a workbook to the packing list that it is: sheets, layouts, figures, one list."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.choice import choose_sheets
from producers.packing_lists.figures.cells import STYLES, Style
from producers.packing_lists.figures.interpret import Interpretation, interpret
from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.table import FigureTable, styles_shown
from producers.packing_lists.model import CartonLine, Choice, Finding, PackingList, Totals
from producers.sheets.workbook import Workbook, cell_name


def understand(
    workbook: Workbook,
    *,
    answers: Mapping[str, str] | None = None,
    limits: CartonLimits | None = None,
    sheet: str | None = None,
) -> PackingList:
    """Read a workbook as one packing list; what the figures leave open becomes a question."""
    chosen = choose_sheets(workbook, sheet=sheet)
    tables = [FigureTable(each, layout) for each, layout in chosen.lists]
    known = Answers(answers or {}, name_sheets=len(tables) > 1)
    styles, findings = _styles(tables, known)
    read = [
        interpret(table, styles, answers=known, limits=limits or CartonLimits()) for table in tables
    ]
    lines = tuple(line for each in read for line in each.lines)
    names = tuple(table.sheet.name for table in tables)
    questions = [finding for each in read for finding in each.notes.questions]
    errors = [finding for table in tables for finding in table.layout.errors]
    errors += [finding for each in read for finding in each.notes.errors]
    questions += _find_equal_sheets(names, read, known)
    errors += [*_find_repeated_ids(names, read), *findings["errors"], *_unused(known)]
    remarks = [finding for table in tables for finding in table.layout.remarks]
    remarks += [finding for each in read for finding in each.notes.remarks]
    return PackingList(
        workbook=workbook.name,
        sheets=names,
        columns=tuple(column for each in read for column in each.columns),
        lines=_without_equal_sheets(read, known) or lines,
        declared_totals=_declared(read, errors),
        labels=tuple(label for table in tables for label in table.layout.labels),
        questions=tuple(questions),
        errors=(*chosen.errors, *errors),
        remarks=(*_file_remarks(workbook), *chosen.remarks, *findings["remarks"], *remarks),
    )


def _styles(
    tables: Sequence[FigureTable], answers: Answers
) -> tuple[tuple[Style, ...], dict[str, list[Finding]]]:
    """Return how numbers may be written, by all cells of the file together or by an answer."""
    found: dict[str, list[Finding]] = {"errors": [], "remarks": []}
    answer = answers.find("numbers", "", STYLES)
    if answer is not None:
        return tuple(style for style in STYLES if style == answer), found
    allowed, decides, doubtful = styles_shown(tables)
    if not doubtful:
        return allowed[:1] or STYLES[:1], found
    if not allowed:
        text = f"both 1,234.5 and 1.234,5 occur in the list ({decides}): this number may be either"
        found["errors"].append(Finding(cell=doubtful, code="numbers", text=text))
        return STYLES[:1], found
    if len(allowed) == 1:
        name = "a point" if allowed[0] == "point" else "a comma"
        text = f"{name} separates decimals in the whole list, as {decides} shows"
        found["remarks"].append(Finding(cell=doubtful, code="numbers", text=text))
    return allowed, found


def _find_equal_sheets(
    names: Sequence[str], read: Sequence[Interpretation], answers: Answers
) -> list[Finding]:
    """Ask whether a sheet that says the same as an earlier one counts again."""
    found = []
    for index, each in enumerate(read):
        first = next((i for i in range(index) if _same(read[i], each)), None)
        if first is None or answers.find("sheets", "", ("first", "all")):
            continue
        cartons = sum(line.cartons for line in each.lines)
        found.append(
            Finding(
                cell="",
                code="equal_sheets",
                sheet=names[index],
                text=f"sheet {names[index]!r} has the same cartons as {names[first]!r}",
                choices=(
                    Choice(answer="sheets=first", text=f"it is a copy: {cartons} cartons once"),
                    Choice(answer="sheets=all", text=f"{cartons} cartons more"),
                ),
            )
        )
    return found


def _same(first: Interpretation, second: Interpretation) -> bool:
    def figures(lines: Sequence[CartonLine]) -> list[tuple[int, ...]]:
        return sorted(
            (line.cartons, line.length_mm, line.width_mm, line.height_mm, line.gross_g)
            for line in lines
        )

    return bool(first.lines) and figures(first.lines) == figures(second.lines)


def _without_equal_sheets(
    read: Sequence[Interpretation], answers: Answers
) -> tuple[CartonLine, ...]:
    if answers.find("sheets", "", ("first",)) is None:
        return ()
    kept: list[Interpretation] = []
    for each in read:
        if not any(_same(other, each) for other in kept):
            kept.append(each)
    return tuple(line for each in kept for line in each.lines)


def _find_repeated_ids(names: Sequence[str], read: Sequence[Interpretation]) -> list[Finding]:
    """Find ids of units, and carton numbers of a consignment, that two cartons have."""
    seen: dict[tuple[str, str], str] = {}
    found = []
    for name, each in zip(names, read, strict=True):
        for line in each.lines:
            where = cell_name(line.rows[0], 0)
            consignment = line.shared.get("consignment_id", "")
            keys = [("", unit_id) for unit_id in line.unit_ids]
            keys += [(f"number of {consignment or 'the list'}", n) for n in line.numbers]
            twice = [key for key in keys if key in seen]
            if twice:
                text = f"{twice[0][1]} is also the number of a carton in row {seen[twice[0]]}"
                found.append(Finding(cell=where, code="repeated_number", text=text, sheet=name))
            seen.update(dict.fromkeys(keys, str(line.rows[0] + 1)))
    return found


def _declared(read: Sequence[Interpretation], errors: list[Finding]) -> Totals | None:
    declared = [each.declared_totals for each in read if each.declared_totals]
    if not declared:
        return None
    if any(each.lines for each in read):
        text = "one sheet has sizes and another has totals only: give both or split the list"
        errors.append(Finding(cell="", code="size", text=text))
        return None
    return Totals(
        cartons=sum(each.cartons for each in declared),
        volume_cm3=sum(each.volume_cm3 for each in declared),
        gross_g=sum(each.gross_g for each in declared),
    )


def _unused(answers: Answers) -> list[Finding]:
    return [
        Finding(
            cell="",
            code="unknown_answer",
            text=f"answer {key}={answer} fits no question of this list",
        )
        for key, answer in answers.unused()
    ]


def _file_remarks(workbook: Workbook) -> tuple[Finding, ...]:
    found: list[Any] = [("", remark) for remark in workbook.remarks]
    return tuple(
        msgspec.convert(
            {"cell": remark.cell, "code": remark.code, "text": remark.text, "sheet": sheet},
            Finding,
        )
        for sheet, remark in found
    )
