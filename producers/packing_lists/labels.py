"""Labels above and below a table, with their values: ``From: NINGBO To: ROTTERDAM``.

The value stands behind the label in its cell, in the next filled cell of the row, or below.
"""

import re
from collections.abc import Iterable, Iterator

from producers.packing_lists.cells import is_empty, text_of
from producers.packing_lists.model import Field, Label
from producers.packing_lists.naming import read_name
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell, Sheet

LABELS_MAX = 200
_LABEL_SCORE = 0.7
_LABEL_LENGTH_MAX = 48
_TEXT_LENGTH_MAX = 1000
_NEXT_CELLS = 4
_COMPANY = re.compile(
    r"\b(?:co|ltd|limited|gmbh|inc|llc|corp|company|trading|s\.?l|s\.?a|s\.?r\.?l|b\.?v|pty|kg|ag|oy|ab)\b\.?"
    r"|公司|厂|商行|商贸|贸易|ооо",
    re.IGNORECASE,
)
_PORT_OF_DISCHARGE = re.compile(r"\bp\.?o\.?d\b|discharge|[卸目]\w{0,2}港", re.IGNORECASE)
_PLACE_BEHIND = re.compile(
    r"place\s+of\s+delivery|final\s+destination|[交目]\w{0,2}地", re.IGNORECASE
)
_SEPARATOR = re.compile(r"\s*[:：]\s*|\s*=\s*")
_PART_SIGN = re.compile(r"\s[/|]\s|[,;，；]")
_WORD = re.compile(r"[^\s:：,;，；]+")


def read_labels(sheet: Sheet, rows: Iterable[int]) -> tuple[Label, ...]:
    """Return the labels in some rows with their values, in reading order."""
    labels: list[Label] = []
    readable = list(rows)
    for row in readable:
        if row in sheet.hidden_rows:
            continue
        # A label right above the table has no value below it: the header is there.
        labels.extend(_row_labels(sheet, row, has_below=row + 1 in readable))
        if len(labels) >= LABELS_MAX:
            break
    return tuple(labels[:LABELS_MAX])


def is_place_behind_port(label: Label, labels: Iterable[Label]) -> bool:
    """Tell whether a label names where the goods go from the port of discharge of another label.

    A bill of lading has both: Port of Discharge VALENCIA, Place of Delivery MADRID.
    """
    if label.field != "pod" or not _PLACE_BEHIND.search(label.text):
        return False
    return not _PORT_OF_DISCHARGE.search(label.text) and any(
        other.field == "pod" and _PORT_OF_DISCHARGE.search(other.text) for other in labels
    )


def _row_labels(sheet: Sheet, row: int, *, has_below: bool) -> Iterator[Label]:
    used: set[int] = set()
    for column, cell in enumerate(sheet.rows[row]):
        if column in used or column in sheet.hidden_columns or not isinstance(cell, str):
            continue
        for line in cell[:_TEXT_LENGTH_MAX].splitlines():
            for field, text, value in _split(line):
                if value:
                    field = _party_or_port(field, text, value)  # noqa: PLW2901 - seen again
                    yield Label(field=field, value=value, row=row, column=column, text=text)
                    continue
                place = _value_beside(sheet, row, column, has_below=has_below)
                if place is not None:
                    used.add(place[1])
                    found = sheet.cell(*place)
                    field = _party_or_port(field, text, found)  # noqa: PLW2901 - the same
                    yield Label(
                        field=field, value=_clean(found), row=place[0], column=place[1], text=text
                    )


def _party_or_port(field: Field, label: str, value: Cell) -> Field:
    """Take ``To: ABC TRADING CO.`` for the buyer: a company is not a port."""
    bare = words_of(label).tokens
    if field not in ("pol", "pod") or not isinstance(value, str) or len(bare) != 1:
        return field
    if not bare[0] & {"from", "to"} or not _COMPANY.search(value):
        return field
    return "shipper" if field == "pol" else "buyer"


def _clean(cell: Cell) -> Cell:
    return cell.strip(" :：") if isinstance(cell, str) and type(cell) is str else cell


def _split(line: str) -> Iterator[tuple[Field, str, str]]:
    """Yield the labels of a line with their values; a label at the end has an empty value."""
    marks = list(_SEPARATOR.finditer(line))
    if not marks:
        field = _label_field(line)
        if field is not None:
            yield field, line.strip(), ""
        else:
            yield from _split_words(line)
        return
    start = 0
    pending: tuple[Field, str] | None = None
    for mark in marks:
        before = line[start : mark.start()]
        value, label = _label_at_end(before, whole=pending is None)
        if pending is not None and label:
            yield pending[0], pending[1], value
            pending = None
        if label and (field := _label_field(label)) is not None:
            pending = (field, label)
            start = mark.end()
        elif pending is None:
            start = mark.end()
    if pending is not None:
        yield pending[0], pending[1], line[start:].strip()


def _label_at_end(text: str, *, whole: bool) -> tuple[str, str]:
    """Split ``NINGBO To`` into a value and the longest label at its end."""
    words = list(_WORD.finditer(text))
    if whole:
        stripped = text.strip()
        if _label_field(stripped) is not None:
            return "", stripped
    tail = _PART_SIGN.split(text)[-1].strip()
    ends_in_label = not whole and tail != text.strip() and _label_field(tail) is not None
    for word in words[-5:]:
        label = text[word.start() :].strip(" /|")
        if ends_in_label and _PART_SIGN.search(label):
            continue  # Los Angeles / Final destination: the value goes to the sign
        if _label_field(label) is not None:
            return text[: word.start()].strip(" ,;，；/|"), label
    return text, ""


def _split_words(line: str) -> Iterator[tuple[Field, str, str]]:
    """Read ``FROM NINGBO TO ROTTERDAM``, which has no colons."""
    match = re.fullmatch(
        r"\s*(?:shipped\s+|shipment\s+)?(from)\s+(.{2,60}?)\s+(to)\s+(.{2,60}?)(?:\s+(?:by|via|per)\s.{1,40})?\s*",
        line,
        re.IGNORECASE,
    )
    if match:
        yield "pol", match[1], match[2]
        yield "pod", match[3], match[4]
        return
    match = re.fullmatch(r"\s*[自由从]\s*(\S{2,20}?)\s*(?:至|到|运往)\s*(\S{2,20})\s*", line)
    if match:
        yield "pol", "自", match[1]
        yield "pod", "至", match[2]


def _label_field(text: str) -> Field | None:
    text = text.strip(" .-*·•、()（）")
    if not text or len(text) > _LABEL_LENGTH_MAX or re.search(r"\d{2}", text):
        return None
    tokens = words_of(text).tokens
    if not tokens:
        return None
    name = read_name(text, "labels")
    field = name.best()
    lone = len(tokens) == 1 and name.score() >= 0.6
    return field if field and (name.score() >= _LABEL_SCORE or lone) else None


def _value_beside(
    sheet: Sheet, row: int, column: int, *, has_below: bool
) -> tuple[int, int] | None:
    """Return where a label's value stands: in the next filled cell, or below the label."""
    for place in range(column + 1, column + 1 + _NEXT_CELLS * 3):
        cell = sheet.cell(row, place)
        if is_empty(cell):
            continue
        if isinstance(cell, str) and cell.strip() in (":", "："):
            continue
        if not _is_label_cell(cell):
            return row, place
        break
    below = sheet.cell(row + 1, column) if has_below else None
    if not is_empty(below) and not _is_label_cell(below):
        return row + 1, column
    return None


def _is_label_cell(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    return any(True for line in text_of(cell).splitlines()[:1] for _ in _split(line))
