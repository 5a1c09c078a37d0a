"""A small writer of xlsb workbooks, as [MS-XLSB] describes them; calamine checks it."""

import io
import struct
import zipfile

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.'
    'macroEnabled.main"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
    'package.relationships+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind: int, body: bytes = b"") -> bytes:
    """Return a record: its number and its length in groups of 7 bits, and the body."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(body)
    while size >= 0x80:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + body


def wide(text: str) -> bytes:
    """Return a text with its length in front."""
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw) // 2) + raw


def cell(kind: int, column: int, body: bytes, style: int = 0) -> bytes:
    """Return a cell's record."""
    return record(kind, struct.pack("<II", column, style) + body)


def short_cell(kind: int, body: bytes, style: int = 0) -> bytes:
    """Return the record of a cell that follows the last one, as SheetJS and Aspose write it."""
    return record(kind + 11, struct.pack("<I", style) + body)


def row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    """Return the records of a row, which counts from 0."""
    flags = bytes([0, 0x10 if hidden else 0])
    head = struct.pack("<IIH", number, 0, 300) + flags + b"\0" + struct.pack("<I", 0)
    return record(0, head) + b"".join(cells)


def workbook(sheets: dict[str, bytes], strings: list[str], formats: dict[int, str]) -> bytes:
    """Return a workbook of sheets' rows; a name that begins with `.` is hidden.

    Style 0 is General; the others take the number formats in their order.
    """
    names = list(sheets)
    bundle = b"".join(
        record(
            156,
            struct.pack("<II", int(name.startswith(".")), index) + wide(f"rId{index}") + wide(name),
        )
        for index, name in enumerate(names, 1)
    )
    main = record(131) + record(153, bytes(8) + wide("")) + record(143) + bundle + record(144)
    styles = record(278) + record(615, struct.pack("<I", len(formats)))
    styles += b"".join(
        record(44, struct.pack("<H", number) + wide(code)) for number, code in formats.items()
    )
    styles += record(616) + record(617, struct.pack("<I", len(formats) + 1))
    styles += b"".join(
        record(47, struct.pack("<HHHHHBBBBH", 0, number, 0, 0, 0, 0, 0, 0, 0, 0))
        for number in (0, *formats)
    )
    styles += record(618) + record(279)
    shared = record(159, struct.pack("<II", len(strings), len(strings)))
    shared += b"".join(record(19, b"\0" + wide(text)) for text in strings) + record(160)
    parts = {
        "xl/workbook.bin": main + record(132),
        "xl/styles.bin": styles,
        "xl/sharedStrings.bin": shared,
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.bin")}),
    }
    targets = {"s": ("styles", "styles.bin"), "t": ("sharedStrings", "sharedStrings.bin")}
    for index, body in enumerate(sheets.values(), 1):
        size = struct.pack("<4I", 0, 99, 0, 99)
        parts[f"xl/worksheets/sheet{index}.bin"] = record(129) + record(148, size) + body
        targets[f"rId{index}"] = ("worksheet", f"worksheets/sheet{index}.bin")
    parts["xl/_rels/workbook.bin.rels"] = _relations(targets)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return data.getvalue()


def _relations(targets: dict[str, tuple[str, str]]) -> bytes:
    entries = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{namespace}">{entries}</Relationships>'.encode()
