"""HTML tables: web exports of shop and warehouse systems, often named .xls."""

from html.parser import HTMLParser

from groupage.domain.errors import InvalidInput
from producers.sheets.encodings import decode_text
from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.workbook import Area, Remark, Sheet, Workbook

_CHUNK = 2**18
_UNFINISHED_MAX = 2**19
"""Characters of a tag that has not ended: HTMLParser reads them again with each chunk."""
_SPAN_MAX = 10_000
_META_HEAD = 4_096


def read_html(name: str, data: bytes, budget: Budget, encoding: str | None = None) -> Workbook:
    """Read each table of a page as a sheet. Raises InvalidInput."""
    stated = None if encoding else _stated_encoding(data)
    decoded = decode_text(name, data, encoding or stated)
    why = "the page's head names it" if stated else decoded.why
    tables = _Tables(budget)
    for start in range(0, len(decoded.text), _CHUNK):
        budget.check_time()
        tables.feed(decoded.text[start : start + _CHUNK])
        if len(tables.rawdata) > _UNFINISHED_MAX:
            raise InvalidInput(f"{name} is not a readable HTML page: a tag in it never ends")
    sheets = tables.finish()
    if not sheets:
        raise InvalidInput(f"{name} is an HTML page without a table")
    return Workbook(
        name=name,
        sheets=sheets,
        format="html",
        encoding=decoded.encoding,
        remarks=(
            Remark(code="encoding", text=f"read as {decoded.encoding}: {why}"),
            Remark(code="html", text="it is an HTML page with tables, not a workbook"),
        ),
    )


def _stated_encoding(data: bytes) -> str | None:
    """Return the encoding that the page's head states, unless its first bytes state another."""
    head = data[:_META_HEAD].lower()
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"charset=" not in head:
        return None
    stated = head.split(b"charset=", 1)[1].lstrip(b"\"' ")[:20]
    name = "".join(chr(byte) for byte in _until_end(stated))
    return {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}.get(name, name) or None


def _until_end(stated: bytes) -> bytes:
    for index, byte in enumerate(stated):
        if not (chr(byte).isalnum() or byte in b"-_"):
            return stated[:index]
    return stated


class _Tables(HTMLParser):
    """Takes the page in pieces; tables inside a cell are text of the cell.

    Never closed: closing makes HTMLParser look at each unfinished tag again, which takes time in
    the square of the page.
    """

    def __init__(self, budget: Budget) -> None:
        super().__init__(convert_charrefs=True)
        self._budget = budget
        self._sheets: list[Sheet] = []
        self._depth = 0
        self._start_table()

    def _start_table(self) -> None:
        self._grid = Grid(self._budget)
        self._row = -1
        self._column = 0
        self._below: dict[int, int] = {}
        self._hidden_rows: set[int] = set()
        self._pictures: list[tuple[int, int]] = []
        self._cell: list[str] | None = None
        self._spans = (1, 1)

    def finish(self) -> tuple[Sheet, ...]:
        """Return the sheets, with a table that the page does not end."""
        if self._depth:
            self._end_table()
        return tuple(self._sheets)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the start of an element."""
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._start_table()
        elif self._depth != 1:
            return
        elif tag == "tr":
            self._start_row(dict(attrs))
        elif tag in ("td", "th"):
            self._start_cell(dict(attrs))
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")
        elif tag == "img" and self._cell is not None:
            self._pictures.append((max(self._row, 0), self._column))
            self._budget.count_cells(1)

    def handle_data(self, data: str) -> None:
        """Take text; line ends of the page's source are spaces."""
        if self._cell is not None:
            self._cell.append(data.replace("\r", " ").replace("\n", " "))

    def handle_endtag(self, tag: str) -> None:
        """Take the end of an element."""
        if tag == "table" and self._depth:
            if self._depth == 1:
                self._end_table()
            self._depth -= 1
        elif tag in ("td", "th", "tr") and self._depth == 1:
            self._end_cell()

    def _start_row(self, attributes: dict[str, str | None]) -> None:
        self._end_cell()
        self._row += 1
        self._column = 0
        self._budget.count_cells(1)
        self._below = {column: left - 1 for column, left in self._below.items() if left > 1}
        if "display:none" in (attributes.get("style") or "").replace(" ", "").lower():
            self._hidden_rows.add(self._row)

    def _start_cell(self, attributes: dict[str, str | None]) -> None:
        self._end_cell()
        if self._row < 0:
            self._start_row({})
        while self._below.get(self._column, 0) > 0:
            self._column += 1
        self._spans = (_span(attributes.get("rowspan")), _span(attributes.get("colspan")))
        self._cell = []

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        rows, columns = self._spans
        lines = "".join(self._cell).split("\n")
        self._grid.put(
            self._row, self._column, "\n".join(" ".join(line.split()) for line in lines).strip()
        )
        self._budget.check_cell(self._row, self._column + columns - 1)
        if rows * columns > 1:
            self._budget.count_cells(columns)
            self._grid.merge(
                Area(
                    first_row=self._row,
                    first_column=self._column,
                    last_row=self._row + rows - 1,
                    last_column=self._column + columns - 1,
                )
            )
            if rows > 1:
                covered = range(self._column, self._column + columns)
                self._below.update(dict.fromkeys(covered, rows))
        self._column += columns
        self._cell = None

    def _end_table(self) -> None:
        self._end_cell()
        self._budget.check_sheets(len(self._sheets) + 1)
        name = f"table {len(self._sheets) + 1}"
        self._grid.finish(name)
        rows = self._grid.take_rows()
        if rows:
            self._sheets.append(
                Sheet(
                    name=name,
                    rows=rows,
                    merged=self._grid.take_merged(),
                    hidden_rows=frozenset(self._hidden_rows),
                    pictures=tuple(self._pictures),
                )
            )


def _span(text: str | None) -> int:
    digits = (text or "1").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 7):
        return 1
    return min(max(int(digits), 1), _SPAN_MAX)
