"""Workbooks and text files from bytes; the content tells the format, not the name."""

from groupage.domain.errors import InvalidInput
from producers.sheets.archive import Archive
from producers.sheets.delimited import read_delimited
from producers.sheets.limits import Budget, Limits
from producers.sheets.workbook import Workbook
from producers.sheets.xlsx import read_xlsx

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


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
        return read_xlsx(name, Archive(data, budget), budget)
    return read_delimited(name, data, budget, encoding)
