"""A minimal writer of Excel's binary workbook (.xlsb); no library writes them.

Record types and layouts: [MS-XLSB], sections 2.1.4 and 2.4.
"""

import io
import struct
import zipfile
from datetime import date

from groupage.app.bench.packing_lists.case import SheetText
from groupage.app.bench.packing_lists.grid import GridCell, cells_of

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_ROW, _CELL_REAL, _CELL_TEXT = 0, 5, 6
_BEGIN_SHEET, _END_SHEET, _BEGIN_BOOK, _END_BOOK = 129, 130, 131, 132
_BEGIN_SHEETS, _END_SHEETS, _BEGIN_ROWS, _END_ROWS = 143, 144, 145, 146
_DIMENSION, _SHEET, _MERGED, _BEGIN_MERGED, _END_MERGED = 148, 156, 176, 177, 178


def xlsb(sheets: tuple[SheetText, ...]) -> bytes:
    """Return a workbook with the sheets' texts, numbers and merged areas."""
    bundle = b"".join(
        _record(
            _SHEET,
            struct.pack("<II", int(sheet.hidden), number)
            + _text(f"rId{number}")
            + _text(sheet.name),
        )
        for number, sheet in enumerate(sheets, 1)
    )
    book = _record(_BEGIN_BOOK) + _record(_BEGIN_SHEETS) + bundle
    book += _record(_END_SHEETS) + _record(_END_BOOK)
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled'
        '.main"/></Types>',
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.bin")]),
        "xl/_rels/workbook.bin.rels": _relations(
            [(f"rId{number}", "worksheet", f"worksheets/sheet{number}.bin") for number in numbers]
        ),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in parts.items():
            target.writestr(name, text)
        target.writestr("xl/workbook.bin", book)
        for number, sheet in enumerate(sheets, 1):
            target.writestr(f"xl/worksheets/sheet{number}.bin", _sheet(sheet))
    return buffer.getvalue()


def _sheet(sheet: SheetText) -> bytes:
    cells = cells_of(sheet.rows, sheet.at)
    last_row, last_column = max(cell.row for cell in cells), max(cell.column for cell in cells)
    dimension = _record(_DIMENSION, struct.pack("<IIII", 0, last_row, 0, last_column))
    content = _record(_BEGIN_SHEET) + dimension + _record(_BEGIN_ROWS)
    merged = []
    row = -1
    for cell in cells:
        if cell.row != row:
            row = cell.row
            content += _record(_ROW, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        content += _cell(cell)
        if (cell.last_row, cell.last_column) != (cell.row, cell.column):
            area = (cell.row, cell.last_row, cell.column, cell.last_column)
            merged.append(_record(_MERGED, struct.pack("<IIII", *area)))
    content += _record(_END_ROWS)
    if merged:
        content += _record(_BEGIN_MERGED, struct.pack("<I", len(merged)))
        content += b"".join(merged) + _record(_END_MERGED)
    return content + _record(_END_SHEET)


def _cell(cell: GridCell) -> bytes:
    place = struct.pack("<II", cell.column, 0)
    if isinstance(cell.value, int | float):
        return _record(_CELL_REAL, place + struct.pack("<d", cell.value))
    assert not isinstance(cell.value, date), "a date needs a style"
    return _record(_CELL_TEXT, place + _text(cell.text))


def _record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = bytearray()
    rest = len(data)
    while rest >= 128:
        size.append(rest & 0x7F | 0x80)
        rest >>= 7
    size.append(rest)
    return head + bytes(size) + data


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded) // 2) + encoded


def _relations(relations: list[tuple[str, str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, kind, target in relations
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
