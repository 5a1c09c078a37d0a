"""Workbooks of Excel, WPS, Google Sheets and LibreOffice in Office Open XML (xlsx, xlsm).

The parts are read here and not by openpyxl's `load_workbook`: that one needs two passes to tell a
formula without a saved value, reads neither merged areas nor hidden rows in its read-only mode,
trusts the stated dimension, refuses workbooks for faults in fonts and filters that no packing
list needs, and finds no sheets in the strict form. Its rules for dates and names of cells are used.
"""

import msgspec

from groupage.domain.errors import InvalidInput
from producers.sheets.archive import Archive
from producers.sheets.limits import Budget
from producers.sheets.markup import BrokenMarkup, attribute, parse_markup
from producers.sheets.number_formats import GENERAL, NumberFormat, builtin_format
from producers.sheets.relations import Relation, main_part, relations
from producers.sheets.workbook import Remark, Sheet, Workbook
from producers.sheets.xlsx_cells import SharedStrings, SheetCells, Styles

_TRUE = ("1", "true", "on")
_STYLE_SECTIONS = ("numFmts", "fonts", "cellXfs", "dxfs", "cellStyleXfs")


class _SheetEntry(msgspec.Struct, frozen=True):
    name: str
    relation: str
    hidden: bool


def read_xlsx(name: str, archive: Archive, budget: Budget) -> Workbook:
    """Read all worksheets. Raises InvalidInput."""
    try:
        return _read(name, archive, budget)
    except BrokenMarkup as error:
        raise InvalidInput(
            f"{name} is not a readable Excel workbook ({error}): save it as .xlsx again, or as CSV"
        ) from error


def _read(name: str, archive: Archive, budget: Budget) -> Workbook:
    main = main_part(archive, "xl/workbook.xml")
    parts = relations(archive, main)
    entries, since_1904, calculated = _workbook_part(archive, main)
    budget.check_sheets(len(entries))
    strings, formats = SharedStrings(budget), [GENERAL]
    struck: frozenset[int] = frozenset()
    for relation in parts.values():
        if relation.kind == "sharedStrings" and relation.target in archive:
            chunks = archive.chunks(relation.target)
            parse_markup(chunks, strings.start, strings.end, strings.text)
        elif relation.kind == "styles" and relation.target in archive:
            formats, struck = _read_styles(archive, relation.target)
    styles = Styles(formats, since_1904=since_1904, calculated=calculated, struck=struck)
    sheets, remarks = [], []
    for entry in entries:
        relation = parts.get(entry.relation, Relation("", ""))
        if relation.kind != "worksheet":
            remarks.append(
                Remark(code="no_cells", text=f"sheet {entry.name!r} is a chart or macro sheet")
            )
            continue
        cells = SheetCells(budget, strings.strings, styles)
        parse_markup(archive.chunks(relation.target), cells.start, cells.end, cells.text)
        pictures = cells.pictures | _anchors(archive, relation.target, cells, budget)
        remarks += cells.grid.finish(entry.name)
        rows = cells.grid.take_rows()
        sheets.append(
            Sheet(
                name=entry.name,
                rows=rows,
                hidden=entry.hidden,
                merged=cells.grid.take_merged(),
                number_formats=cells.number_formats,
                hidden_rows=frozenset(cells.hidden_rows),
                hidden_columns=frozenset(cells.hidden_columns),
                pictures=tuple(sorted(pictures)),
            )
        )
    return Workbook(name=name, sheets=tuple(sheets), format="xlsx", remarks=tuple(remarks))


def _workbook_part(archive: Archive, part: str) -> tuple[list[_SheetEntry], bool, bool]:
    """Return the sheets, whether days count from 1904, and whether saved values are results."""
    entries: list[_SheetEntry] = []
    since_1904, calculated = False, True

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal since_1904, calculated
        if name == "sheet":
            hidden = attributes.get("state", "visible") != "visible"
            title = attributes.get("name", "")
            entries.append(_SheetEntry(title, attribute(attributes, "id"), hidden))
        elif name == "workbookPr":
            since_1904 = attributes.get("date1904") in _TRUE
        elif name == "calcPr":
            calculated = attributes.get("fullCalcOnLoad") not in _TRUE

    parse_markup(archive.chunks(part), start)
    return entries, since_1904, calculated


def _read_styles(archive: Archive, part: str) -> tuple[list[NumberFormat], frozenset[int]]:
    """Return the number format of each cell style, and the styles whose text is struck out."""
    codes: dict[str, str] = {}
    styles: list[tuple[str, str]] = []
    struck_fonts: set[str] = set()
    fonts = -1
    section = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal fonts, section
        if name in _STYLE_SECTIONS:
            section = name
        elif name == "numFmt" and section == "numFmts":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "font" and section == "fonts":
            fonts += 1
        elif name == "strike" and section == "fonts" and attributes.get("val", "1") in _TRUE:
            struck_fonts.add(str(fonts))
        elif name == "xf" and section == "cellXfs":
            styles.append((attributes.get("numFmtId", "0"), attributes.get("fontId", "0")))

    def end(name: str) -> None:
        nonlocal section
        if name == section:
            section = ""

    parse_markup(archive.chunks(part), start, end)
    formats = {number: _format(number, codes) for number, _ in set(styles)}
    struck = frozenset(index for index, (_, font) in enumerate(styles) if font in struck_fonts)
    return [formats[number] for number, _ in styles] or [GENERAL], struck


def _format(number: str, codes: dict[str, str]) -> NumberFormat:
    if number in codes:
        return NumberFormat(codes[number])
    return builtin_format(int(number) if number.isdigit() and len(number) < 7 else 0)


def _anchors(
    archive: Archive, sheet: str, cells: SheetCells, budget: Budget
) -> set[tuple[int, int]]:
    """Return the cells at whose top left the sheet's pictures are anchored."""
    relation = relations(archive, sheet).get(cells.drawing)
    if not cells.drawing or relation is None or relation.target not in archive:
        return set()
    anchors: set[tuple[int, int]] = set()
    path: list[str] = []
    digits: list[str] = []
    place: dict[str, int] = {}

    def start(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        digits.clear()
        if name.endswith("Anchor"):
            place.clear()
        elif name == "pic" and len(place) == 2:
            budget.count_cells(1)
            anchors.add((place["row"], place["col"]))

    def end(name: str) -> None:
        path.pop()
        number = "".join(digits).strip()
        if name in ("row", "col") and path[-1:] == ["from"] and number.isdecimal():
            place[name] = min(int(number[:9]), 2**20)

    parse_markup(archive.chunks(relation.target), start, end, digits.append)
    return anchors
