"""Text files with delimiters: comma, semicolon, tab or vertical bar, by evidence.

Cells stay text. Whether `1.234` is a thousand or a fraction is for the figures to decide.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from groupage.domain.errors import InvalidInput
from producers.sheets.encodings import decode_text
from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.workbook import Remark, Sheet, Workbook

_DELIMITERS = "\t;|,"
_NAMES = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_RECORDS_JUDGED = 300
_LINES_IN_A_CELL = 100
_LINE_MAX = 200_000
_DECIMAL = re.compile(r"[-+]?\d[\d.,' ]*")
_STATED = re.compile(r'^"?sep=(.)"?\s*$')
"""Excel's own first line that states the delimiter."""


def read_delimited(name: str, data: bytes, budget: Budget, encoding: str | None = None) -> Workbook:
    """Read a text file as one sheet. Raises InvalidInput."""
    decoded = decode_text(name, data, encoding)
    text = decoded.text
    _check_lines(name, text)
    stated = _STATED.match(text[:20].split("\n", 1)[0])
    if stated is not None and "\n" in text:
        delimiter, text = stated[1], text.split("\n", 1)[1]
    else:
        delimiter = choose_delimiter(text)
    grid = Grid(budget)
    for row, cells in enumerate(_records(name, text, delimiter)):
        if row % 100 == 0:
            budget.check_time()
        for column, cell in enumerate(cells):
            if cell.count("\n") > _LINES_IN_A_CELL:
                raise InvalidInput(
                    f"{name}: a quotation mark that opens near row {row + 1} is never closed"
                )
            grid.put(row, column, cell)
    rows = grid.take_rows()
    if not rows:
        raise InvalidInput(f"{name} is empty")
    return Workbook(
        name=name,
        sheets=(Sheet(name=name.rpartition(".")[0] or name, rows=rows),),
        format="tsv" if delimiter == "\t" else "csv",
        encoding=decoded.encoding,
        remarks=(
            Remark(code="encoding", text=f"read as {decoded.encoding}: {decoded.why}"),
            Remark(code="delimiter", text=f"cells are divided by {_name(delimiter)}"),
        ),
    )


def _check_lines(name: str, text: str) -> None:
    """Refuse lines that would become millions of cells before anything counts them."""
    longest = max(map(len, text.splitlines()), default=0)
    if longest > _LINE_MAX:
        raise InvalidInput(f"{name} has a line of {longest} characters; {_LINE_MAX} are the most")


def choose_delimiter(text: str) -> str:
    """Return the delimiter that gives the most columns in the most rows with whole cells."""
    scores = {delimiter: _score(text, delimiter) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ","


def _score(text: str, delimiter: str) -> float:
    """Score a delimiter: columns beyond the first × share of rows that have as many × whole cells.

    A cell is whole unless another delimiter is in it; a decimal comma in a number is none.
    """
    counts: Counter[int] = Counter()
    whole = cells = 0
    try:
        for _, record in zip(
            range(_RECORDS_JUDGED),
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter),
            strict=False,
        ):
            filled = [cell for cell in record if cell.strip()]
            if not filled:
                continue
            counts[len(record)] += 1
            cells += len(filled)
            whole += sum(_is_whole(cell, delimiter) for cell in filled)
    except csv.Error:
        return 0.0
    if not counts:
        return 0.0
    columns, rows = max(counts.items(), key=lambda item: (item[0] - 1) * item[1])
    return (columns - 1) * rows / counts.total() * (whole / cells) ** 2


def _is_whole(cell: str, delimiter: str) -> bool:
    if _DECIMAL.fullmatch(cell.strip()):
        return True
    return not any(other in cell for other in _DELIMITERS if other != delimiter)


def _records(name: str, text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise InvalidInput(f"{name} is not a text file with delimiters: {error}") from error


def _name(delimiter: str) -> str:
    return _NAMES.get(delimiter, repr(delimiter))
