"""From a workbook to the packing list that it is: sheets, layouts, figures, one list."""

from collections.abc import Mapping, Sequence

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.blocks import spread_labels
from producers.packing_lists.choice import choose_sheets
from producers.packing_lists.copies import find_copies, settle_copied_blocks, skipped_copies
from producers.packing_lists.figures.cells import STYLES, Style
from producers.packing_lists.figures.interpret import interpret
from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.solver import Interpretation
from producers.packing_lists.figures.table import FigureTable, styles_shown
from producers.packing_lists.model import CartonLine, Finding, PackingList, Totals
from producers.packing_lists.sheet_totals import settle_sheet_totals
from producers.packing_lists.turned import name_original, turn_lists
from producers.sheets.workbook import Workbook

_ANSWERS_SHOWN = 8


def understand(
    workbook: Workbook,
    *,
    answers: Mapping[str, str] | None = None,
    limits: CartonLimits | None = None,
    sheet: str | None = None,
) -> PackingList:
    """Read a workbook as one packing list; what the figures leave open becomes a question."""
    workbook = turn_lists(workbook)
    chosen = choose_sheets(workbook, sheet=sheet)
    tables = [FigureTable(each, layout) for each, layout in chosen.lists]
    known = Answers(answers or {}, name_sheets=len({table.sheet.name for table in tables}) > 1)
    styles, findings = _styles(tables, known)

    def read_table(table: FigureTable) -> Interpretation:
        return interpret(table, styles, answers=known, limits=limits or CartonLimits())

    read = settle_sheet_totals(tables, list(map(read_table, tables)), known, read_table)
    read, copied = settle_copied_blocks(tables, read, known)
    names = tuple(table.sheet.name for table in tables)
    questions = [finding for each in read for finding in each.notes.questions]
    errors = [finding for table in tables for finding in table.layout.errors]
    errors += [finding for each in read for finding in each.notes.errors]
    questions += [*copied, *find_copies(names, read, known)]
    known_cells = {(error.sheet, error.cell) for error in errors}
    errors += [
        error
        for error in _find_repeated_ids(names, read)
        if (error.sheet, error.cell) not in known_cells
    ]
    errors += [*findings["errors"], *_unused(known, questions)]
    remarks = [finding for table in tables for finding in table.layout.remarks]
    remarks += [finding for each in read for finding in each.notes.remarks]
    turned = {table.sheet.name: table.sheet for table in tables if table.sheet.turned}
    for found in (questions, errors):
        found[:] = [
            name_original(each, turned[each.sheet]) if each.sheet in turned else each
            for each in found
        ]
    skipped = skipped_copies(names, read, known)
    declared = _declared(names, read, errors, remarks)
    layouts = [table.layout for table in tables]
    lines, labels = spread_labels(layouts, [each.lines for each in read])
    counted = [each for place, each in enumerate(lines) if place not in skipped]
    return PackingList(
        workbook=workbook.name,
        sheets=tuple(dict.fromkeys(names)),
        header_rows=tables[0].layout.header_rows if tables else (),
        columns=tuple(column for each in read for column in each.columns),
        lines=tuple(line for each in counted for line in each),
        confirmed=tuple(text for each in read for text in each.notes.confirmed),
        declared_totals=declared,
        labels=labels,
        texts=tuple(text for table in tables for text in table.layout.texts),
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


def _find_repeated_ids(names: Sequence[str], read: Sequence[Interpretation]) -> list[Finding]:
    """Find ids of units that two cartons have, and carton numbers that occur twice in a sheet.

    Carton numbers may begin again with each sheet, mark and consignment.
    """
    seen: dict[tuple[str, ...], str] = {}
    found = []
    for name, each in zip(names, read, strict=True):
        for line in each.lines:
            scope = (name, line.marks, line.shared.get("consignment_id", ""))
            keys: list[tuple[str, ...]] = [(unit_id,) for unit_id in line.unit_ids]
            keys += [(number, *scope) for number in line.numbers]
            twice = next((key for key in keys if key in seen), None)
            if twice:
                text = f"{twice[0]} is also the number of a carton in row {seen[twice]}"
                field = "unit_ids" if len(twice) == 1 else "carton_no"
                where = f"{_column_of(each, field)}{line.rows[0] + 1}"
                found.append(Finding(cell=where, code="repeated_number", text=text, sheet=name))
            seen.update(dict.fromkeys(keys, str(line.rows[0] + 1)))
    return found


def _column_of(read: Interpretation, field: str) -> str:
    """Return the name of the first column that was taken for a field: ``B``."""
    cells = (column.cell for column in read.columns if column.field == field)
    return next(cells, "A").rstrip("0123456789")


def _declared(
    names: Sequence[str],
    read: Sequence[Interpretation],
    errors: list[Finding],
    remarks: list[Finding],
) -> Totals | None:
    """Return the totals of lists without sizes; a sheet that sums the others up is a check."""
    declared = [(name, each.totals) for name, each in zip(names, read, strict=True) if each.totals]
    lines = [line for each in read for line in each.lines]
    if declared and lines:
        for name, totals in declared:
            _compare_summary(name, totals, lines, errors, remarks)
        return None
    if not declared:
        return None
    return Totals(
        cartons=sum(totals.cartons for _, totals in declared),
        volume_cm3=sum(totals.volume_cm3 for _, totals in declared),
        gross_g=sum(totals.gross_g for _, totals in declared),
    )


def _compare_summary(
    name: str,
    totals: Totals,
    lines: Sequence[CartonLine],
    errors: list[Finding],
    remarks: list[Finding],
) -> None:
    cartons = sum(line.cartons for line in lines)
    grams = sum(line.cartons * line.gross_g for line in lines)
    if totals.cartons == cartons and abs(totals.gross_g - grams) * 100 <= grams:
        text = f"sheet {name!r} has the totals of the other sheets: {cartons} cartons"
        remarks.append(Finding(cell="", code="summary_sheet", text=text, sheet=name))
        return
    text = (
        f"sheet {name!r} has totals only: {totals.cartons} cartons, {totals.gross_g / 1_000:g} kg; "
        f"the sizes in the other sheets are those of {cartons} cartons, {grams / 1_000:g} kg"
    )
    errors.append(Finding(cell="", code="size", text=text, sheet=name))


def _unused(answers: Answers, questions: Sequence[Finding]) -> list[Finding]:
    """Find answers that fit no question, and say what is asked instead."""
    open_ = [choice.answer for question in questions for choice in question.choices]
    found = []
    for key, answer in answers.unused():
        text = f"answer {key}={answer} fits no question of this list"
        if key in answers.offered:
            expected = ", ".join(dict.fromkeys(answers.offered[key][:_ANSWERS_SHOWN]))
            text = f"answer {key}={answer} is not known; expected {key}= one of {expected}"
        elif open_:
            text += f"; open are {', '.join(open_[:_ANSWERS_SHOWN])}"
        else:
            text += ": leave it out; the list has no open question about its figures"
        found.append(Finding(cell="", code="unknown_answer", text=text))
    return found


def _file_remarks(workbook: Workbook) -> tuple[Finding, ...]:
    return tuple(
        Finding(cell=remark.cell, code=remark.code, text=remark.text) for remark in workbook.remarks
    )
