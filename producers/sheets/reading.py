"""Workbooks and text files from bytes; the content tells the format, not the name."""

import codecs

from groupage.contracts.foreign_formats import name_format
from groupage.domain.errors import InvalidInput
from producers.sheets.archive import Archive
from producers.sheets.delimited import read_delimited
from producers.sheets.html_tables import read_html
from producers.sheets.limits import Budget, Limits
from producers.sheets.ods import read_flat_ods, read_ods
from producers.sheets.spreadsheet_xml import NAMESPACE, read_spreadsheet_xml
from producers.sheets.workbook import Workbook
from producers.sheets.xls import read_xls
from producers.sheets.xlsb import read_xlsb
from producers.sheets.xlsx import read_xlsx

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLDER_XLS = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
"""Excel 2 to 5 without a container around the sheet: a BOF record of 4 to 16 bytes."""
_HEAD = 65_536
_TAKEN = "a list is xlsx, xls, xlsb, ods, csv, tsv, an XML spreadsheet or an HTML table"


def read_workbook(
    name: str, data: bytes, *, limits: Limits | None = None, encoding: str | None = None
) -> Workbook:
    """Read a file's sheets as people see them. Raises InvalidInput.

    `encoding` is for text files whose encoding is in doubt; workbooks have none.
    """
    budget = Budget(name, limits or Limits())
    budget.check_file(len(data))
    if not data.strip():
        raise InvalidInput(f"{name} is empty")
    if data.startswith(_ZIP):
        return _read_archive(name, data, budget)
    if data.startswith(_OLE):
        return _read_office_container(name, data, budget)
    if data.startswith(_OLDER_XLS) and data[2:4] in (b"\x04\0", b"\x06\0", b"\x08\0", b"\x10\0"):
        return read_xls(name, data, budget)
    return _read_text(name, data, budget, encoding)


def _read_text(name: str, data: bytes, budget: Budget, encoding: str | None) -> Workbook:
    """Read a page, XML, or text with delimiters."""
    head = data[:_HEAD]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[2:].replace(b"\0", b"")  # ASCII is enough to tell a page from a list
    named = name_format(head)
    if b"urn:oasis:names:tc:opendocument:xmlns:office:1.0" in head:
        return read_flat_ods(name, data, budget)
    if named is not None and NAMESPACE in head:
        return read_spreadsheet_xml(name, data, budget)
    if named not in (None, "an HTML page"):
        raise InvalidInput(f"{name} is {named}; {_TAKEN}")
    budget.check_text(len(data))
    if named:
        return read_html(name, data, budget, encoding)
    return read_delimited(name, data, budget, encoding)


def _read_archive(name: str, data: bytes, budget: Budget) -> Workbook:
    archive = Archive(data, budget)
    names = archive.names()
    if "xl/workbook.bin" in names:
        return read_xlsb(name, archive, budget)
    if "[content_types].xml" in names:
        if not any(part.startswith(("word/", "ppt/")) for part in names):
            return read_xlsx(name, archive, budget)
        raise InvalidInput(f"{name} is a Word or PowerPoint document; {_TAKEN}")
    if "content.xml" in names:
        return read_ods(name, archive, budget)
    if "index/document.iwa" in names or any(part.endswith(".iwa") for part in names):
        raise InvalidInput(f"{name} is a Numbers document; export it as .xlsx; {_TAKEN}")
    inside = ", ".join(part[:60] for part in names[:5]) or "nothing"
    raise InvalidInput(f"{name} is a ZIP archive with {inside}; send the list in it alone")


def _read_office_container(name: str, data: bytes, budget: Budget) -> Workbook:
    """Read an OLE container by the names of its streams, which it holds in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise InvalidInput(f"{name} is protected by a password: save it without one")
    if any(
        stream.encode("utf-16-le") in data for stream in ("Workbook", "Book", "WORKBOOK", "BOOK")
    ):
        return read_xls(name, data, budget)
    raise InvalidInput(f"{name} is {name_format(data)}, but not an Excel workbook; {_TAKEN}")
