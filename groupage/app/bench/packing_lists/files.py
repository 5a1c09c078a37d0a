"""Writers of the corpus's files: with the programs' own libraries, and with their habits."""

import csv
import html
import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

from groupage.app.bench.packing_lists.binary_xlsx import xlsb
from groupage.app.bench.packing_lists.case import Case, SheetText
from groupage.app.bench.packing_lists.grid import GridCell, cells_of

_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def write_case(case: Case, folder: Path) -> Path:
    """Write the list's file into the folder, and return its path."""
    assert not case.file, f"{case.name} is kept apart"
    path = folder / f"{case.name}.{case.suffix or case.format}"
    sheets = case.sheets or (SheetText(rows=case.rows),)
    if case.quirk == "html":
        path.write_bytes(_html(sheets[0]).encode(case.encoding))
    elif case.format == "xlsx":
        path.write_bytes(_with_quirk(_xlsx(sheets, case.quirk), case.quirk))
    elif case.format == "xlsb":
        path.write_bytes(xlsb(sheets))
    elif case.format == "xls":
        _write_xls(sheets, path)
    elif case.format == "ods":
        _write_ods(sheets, path, indented=case.quirk == "indented_ods")
    else:
        path.write_bytes(_csv(sheets[0], case))
    return path


def _xlsx(sheets: tuple[SheetText, ...], quirk: str) -> bytes:
    import xlsxwriter  # noqa: PLC0415 - not among what runs the hub

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "constant_memory": quirk == "inline_strings",
        "date_1904": quirk == "date_1904",
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            cells = cells_of(sheet.rows, sheet.at)
            if quirk == "no_cell_references":
                _write_blanks(book, page, cells)
            for cell in cells:
                _write_xlsx_cell(book, page, cell)
            for row in sheet.hide_rows:
                page.set_row(row - 1, None, None, {"hidden": True})
            for column in sheet.hide_columns:
                page.set_column(f"{column}:{column}", None, None, {"hidden": True})
            for name in sheet.pictures:
                page.insert_image(name, "picture.png", {"image_data": io.BytesIO(_PICTURE)})
            if quirk == "long_empty_tail":
                style = book.add_format({"bold": True})
                for row in range(200, 60_000):
                    page.write_blank(row, 0, None, style)
            if sheet.hidden:
                page.hide()
        visible = next((at for at, sheet in enumerate(sheets) if not sheet.hidden), 0)
        book.worksheets()[visible].activate()
        book.worksheets()[visible].set_first_sheet()
    return buffer.getvalue()


def _write_blanks(book: Any, page: Any, cells: tuple[GridCell, ...]) -> None:
    style = book.add_format({"border": 1})
    for row in range(max(cell.last_row for cell in cells) + 1):
        for column in range(max(cell.last_column for cell in cells) + 1):
            page.write_blank(row, column, None, style)


def _write_xlsx_cell(book: Any, page: Any, cell: GridCell) -> None:
    style = None
    if isinstance(cell.value, date):
        style = book.add_format({"num_format": "yyyy/m/d"})
    elif cell.number_format:
        style = book.add_format({"num_format": cell.number_format})
    if (cell.last_row, cell.last_column) != (cell.row, cell.column):
        page.merge_range(cell.row, cell.column, cell.last_row, cell.last_column, "", style)
    if cell.formula:
        saved = "" if cell.value is None else cell.value
        page.write_formula(cell.row, cell.column, cell.formula, style, saved)
    elif isinstance(cell.value, date):
        page.write_datetime(cell.row, cell.column, cell.value, style)
    elif isinstance(cell.value, str):
        page.write_string(cell.row, cell.column, cell.value, style)
    else:
        page.write_number(cell.row, cell.column, cell.value, style)


def _with_quirk(content: bytes, quirk: str) -> bytes:
    """Rewrite the sheets' XML as the program in question would have written it."""
    source = zipfile.ZipFile(io.BytesIO(content))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                xml = data.decode()
                # XlsxWriter saves an empty result where nothing was calculated; programs save none.
                xml = re.sub(r"(</f>)<v></v>", r"\1", xml)
                if quirk == "wrong_dimension":
                    xml = re.sub(r'<dimension ref="[^"]*"/>', '<dimension ref="A1"/>', xml)
                elif quirk == "no_cell_references":
                    xml = re.sub(r'(<(?:c|row)) r="[A-Z]*\d+"', r"\1", xml)
                elif quirk == "shared_formulas":
                    xml = _share_formulas(xml)
                data = xml.encode()
            target.writestr(name, data)
    return buffer.getvalue()


def _share_formulas(xml: str) -> str:
    """Let the formulas of a column below the first refer to it, as Excel does after a fill down."""
    groups: dict[str, int] = {}

    def replace(found: re.Match[str]) -> str:
        column = found[2]
        if column in groups:
            return f'{found[1]}<f t="shared" si="{groups[column]}"/>'
        groups[column] = len(groups)
        area = f"{column}{found[3]}:{column}{int(found[3]) + 99}"
        return f'{found[1]}<f t="shared" ref="{area}" si="{groups[column]}">{found[4]}</f>'

    return re.sub(r'(<c r="([A-Z]+)(\d+)"[^>]*>)<f>([^<]*)</f>', replace, xml)


def _write_xls(sheets: tuple[SheetText, ...], path: Path) -> None:
    import xlwt  # noqa: PLC0415 - not among what runs the hub

    book = xlwt.Workbook(encoding="utf-8")
    dates = xlwt.easyxf(num_format_str="YYYY/M/D")
    for sheet in sheets:
        page = book.add_sheet(sheet.name)
        for cell in cells_of(sheet.rows, sheet.at):
            style = dates if isinstance(cell.value, date) else xlwt.Style.default_style
            if (cell.last_row, cell.last_column) == (cell.row, cell.column):
                page.write(cell.row, cell.column, cell.value, style)
            else:
                page.write_merge(
                    cell.row, cell.last_row, cell.column, cell.last_column, cell.value, style
                )
        for row in sheet.hide_rows:
            page.row(row - 1).hidden = True
        page.visibility = int(sheet.hidden)
    book.active_sheet = next((at for at, sheet in enumerate(sheets) if not sheet.hidden), 0)
    book.save(str(path))


def _write_ods(sheets: tuple[SheetText, ...], path: Path, *, indented: bool) -> None:
    from odf.opendocument import OpenDocumentSpreadsheet  # noqa: PLC0415 - the same

    document = OpenDocumentSpreadsheet()
    for sheet in sheets:
        document.spreadsheet.addElement(_ods_table(sheet))
    document.save(str(path))
    if not indented:
        return
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "content.xml":
                data = re.sub(rb"(<table:table-(?:row|cell)\b)", rb"\n  \1", data)
            target.writestr(name, data)


def _ods_table(sheet: SheetText) -> Any:
    from odf.table import CoveredTableCell, Table, TableCell, TableRow  # noqa: PLC0415 - the same
    from odf.text import P  # noqa: PLC0415 - the same

    cells = {(cell.row, cell.column): cell for cell in cells_of(sheet.rows, sheet.at)}
    covered = {
        (row, column)
        for cell in cells.values()
        for row in range(cell.row, cell.last_row + 1)
        for column in range(cell.column, cell.last_column + 1)
    } - cells.keys()
    table = Table(name=sheet.name)
    width = max(column for _, column in cells) + 1
    for row in range(max(row for row, _ in cells) + 1):
        line = TableRow()
        for column in range(width):
            cell = cells.get((row, column))
            if (row, column) in covered:
                line.addElement(CoveredTableCell())
            elif cell is None:
                line.addElement(TableCell())
            else:
                written = TableCell(**_ods_attributes(cell))
                for text in cell.text.split("\n"):
                    written.addElement(P(text=text))
                line.addElement(written)
        # A sheet ends in a million repeated empty rows, as LibreOffice writes them.
        table.addElement(line)
    tail = TableRow(numberrowsrepeated=1_048_576 - len(table.childNodes))
    tail.addElement(TableCell(numbercolumnsrepeated=16_384))
    table.addElement(tail)
    return table


def _ods_attributes(cell: GridCell) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if isinstance(cell.value, date):
        attributes = {"valuetype": "date", "datevalue": cell.value.isoformat()}
    elif isinstance(cell.value, str):
        attributes = {"valuetype": "string"}
    elif cell.value is not None:
        attributes = {"valuetype": "float", "value": cell.value}
    if cell.formula:
        attributes["formula"] = f"of:{cell.formula}"
    if (cell.last_row, cell.last_column) != (cell.row, cell.column):
        attributes["numberrowsspanned"] = cell.last_row - cell.row + 1
        attributes["numbercolumnsspanned"] = cell.last_column - cell.column + 1
    return attributes


def _csv(sheet: SheetText, case: Case) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=case.delimiter, lineterminator="\r\n")
    writer.writerows(_texts(sheet))
    return buffer.getvalue().encode(case.encoding)


def _html(sheet: SheetText) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>\r\n"
        for row in _texts(sheet)
    )
    return (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"></head>'
        f"<body><table border=1>\r\n{rows}</table></body></html>"
    )


def _texts(sheet: SheetText) -> list[list[str]]:
    cells = cells_of(sheet.rows, sheet.at)
    width = max(cell.column for cell in cells) + 1
    table = [[""] * width for _ in range(max(cell.row for cell in cells) + 1)]
    for cell in cells:
        table[cell.row][cell.column] = cell.text
    return table
