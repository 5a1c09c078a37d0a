"""Totals in words, above and below a table: ``TOTAL CARTONS: 36``, ``共36箱``, ``SAY TOTAL …``.

A total becomes a label of its field, and the figures of the table are compared with it.
"""

import re
from collections.abc import Container, Iterable

from producers.packing_lists.cells import is_empty, look, text_of
from producers.packing_lists.model import Field, Finding, Label, Unit
from producers.packing_lists.naming import DIMENSIONS, read_name
from producers.packing_lists.numerals import write_numerals
from producers.packing_lists.spellings import plain, spellings, unit_of
from producers.packing_lists.totals import shorten
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell, CellError, Formula, Sheet, cell_name

TEXT_LENGTH_MAX = 300
STATED_MAX = 500
"""Totals of a sheet, and those that nobody can read: more are not compared."""
_STATED: tuple[Field, ...] = ("cartons", "gross", "net", "volume")
_DIMENSIONS: dict[Field, str] = {"gross": "mass", "net": "mass", "volume": "volume"}
_NAME_SCORE = 0.6
_NEXT_CELLS = 12
_FIRST_WORDS = 4
_SAY = re.compile(r"\W*(?:say\b|大写|packed in\b|in total\b)")
_TOTAL = re.compile(r"\W*(?:总|共|合)")
_NUMBER = re.compile(r"(?<![0-9a-zа-я.,*×/#-])[0-9](?:[0-9.,']*[0-9])?(?![0-9*×%-])")
_NOUN = re.compile(r"[\s)(\[\]]*(cu\.?\s?(?:m|ft)\b\.?|m3\b|m³|ft3\b|[^\W\d_]+'?s?³?)")
_SINGLE = re.compile(r"(?<![0-9.,])1(?![0-9.,])")
_CJK = re.compile(r"[\u3400-\u9fff]")
_BARE_TOTAL = re.compile(r"([^0-9:=]{2,20}?)[\s:=]*([0-9][0-9,']{0,9})\W{0,3}")
_EACH = re.compile(r"\W{0,3}(?:/(?!\s*[0-9])|per\b|each\b|每)")
_OTHER = frozenset(
    ("maximum", "load", "stack", "tare", "chargeable", "perpallet", "percarton", "perpiece")
) | {"price", "amount"}
"""Concepts of figures that are no total of cartons."""
_PARTS = frozenset(("subtotal", "carried"))


class StatedTotals:
    """Collects the totals that texts of a sheet state; those that nobody can read are remarks."""

    def __init__(self, sheet: Sheet, numbers: Container[int] = ()) -> None:
        """`numbers` are the table's columns of carton numbers."""
        self._sheet = sheet
        self._numbers = numbers
        self.labels: list[Label] = []
        self.remarks: list[Finding] = []

    def read(self, rows: Iterable[int], summed: Container[int] | None = None) -> None:
        """Read rows of texts, or of sums, whose columns `summed` are figures of the table."""
        for row in rows:
            if row in self._sheet.hidden_rows:
                continue
            if max(len(self.labels), len(self.remarks)) >= STATED_MAX:
                self._remark(row, 0, f"row {row + 1} and those below")
                return
            for column, cell in enumerate(self._sheet.rows[row]):
                if column in self._sheet.hidden_columns:
                    continue
                if isinstance(cell, str):
                    self._read_cell(row, column, cell, summed)
                if column in self._numbers and (count := _bare_total(cell)):
                    self._add_label("cartons", count, row, column, "Total")

    def _read_cell(self, row: int, column: int, cell: str, summed: Container[int] | None) -> None:
        if isinstance(cell, Formula | CellError) or len(cell) > TEXT_LENGTH_MAX:
            return
        for line in cell.splitlines():
            text = plain(line)
            in_sum = summed is not None and column not in summed
            if not states_total(text, part=in_sum) and not (in_sum and _NUMBER.match(text)):
                continue
            found = _figures(write_numerals(text))
            taken = {field: value for field, value, _ in found}
            for field, value in taken.items():
                if _differ(found, field):
                    self._remark(row, column, line)
                    continue
                name = next(name for other, _, name in found if other == field)
                self._add_label(field, value, row, column, name)
            if not found:
                self._read_beside(row, column, line, summed or ())

    def _add_label(self, field: Field, value: str, row: int, column: int, text: str) -> None:
        self.labels.append(Label(field=field, value=value, row=row, column=column, text=text))

    def _read_beside(self, row: int, column: int, line: str, summed: Container[int]) -> None:
        """Read the value of ``Total cartons`` in the next filled cell, or in the one below."""
        name, _, behind = line.replace("：", ":").partition(":")
        field = _field_of(name)
        if field is None:
            if _SAY.match(plain(line)) and _names_cartons(line):
                self._remark(row, column, line)
            return
        if behind.strip():
            self._remark(row, column, line)
            return
        place = self._value_place(row, column, summed)
        if place is None:
            return
        value = self._sheet.cell(*place)
        if look(value).kind == "text" and "：" not in line and ":" not in line:
            return  # the name of a column, and that of the next
        if isinstance(value, Formula | CellError) or look(value).kind != "number":
            self._remark(*place, text_of(value))
            return
        text = name.strip()
        self.labels.append(
            Label(field=field, value=value, row=place[0], column=place[1], text=text)
        )

    def _value_place(self, row: int, column: int, summed: Container[int]) -> tuple[int, int] | None:
        sheet = self._sheet
        for place in range(column + 1, column + 1 + _NEXT_CELLS):
            cell = sheet.cell(row, place)
            if is_empty(cell) or (isinstance(cell, str) and cell.strip() in (":", "：")):
                continue
            if place in summed:
                return None
            if look(cell).kind == "number" or isinstance(cell, Formula | CellError):
                return row, place
            if not (isinstance(cell, str) and states_total(plain(cell))):
                return row, place
            break
        figures = [look(sheet.cell(row + below, column)).kind == "number" for below in (1, 2)]
        return (row + 1, column) if figures == [True, False] else None

    def _remark(self, row: int, column: int, text: str) -> None:
        self.remarks.append(
            Finding(
                cell=cell_name(row, column),
                code="stated_total_unread",
                text=f'"{shorten(text)}" seems to state a total, but has no single figure: it is '
                "not compared with the rows",
                sheet=self._sheet.name,
            )
        )


def _bare_total(cell: Cell) -> str:
    """Return the figure of ``Total 14``, which under carton numbers counts cartons; or nothing."""
    if not isinstance(cell, str) or isinstance(cell, Formula | CellError):
        return ""
    match = _BARE_TOTAL.fullmatch(plain(cell[:TEXT_LENGTH_MAX]))
    tokens = words_of(match[1]).tokens if match else ()
    is_total = bool(tokens) and all("total" in token and not token & _PARTS for token in tokens)
    return match[2] if match and is_total else ""


def states_total(text: str, *, part: bool = False) -> bool:
    """Tell whether a text of `plain` begins as a total of cartons; `part`: or as a sub-total."""
    # "1 carton" in a name means "per carton"; here it is a count.
    tokens = words_of(_SINGLE.sub("2", text)).tokens
    if any(token & (_OTHER if part else _OTHER | _PARTS) for token in tokens):
        return False
    is_total = any(token & ({"total"} | _PARTS) for token in tokens[:_FIRST_WORDS])
    return is_total or bool(_SAY.match(text) or _TOTAL.match(text))


def has_figures(text: str) -> bool:
    """Tell whether a text states a total with its figure: ``TOTAL 36 CTNS``."""
    if len(text) > TEXT_LENGTH_MAX:
        return False
    text = plain(text)
    return states_total(text, part=True) and bool(_figures(write_numerals(text)))


def field_of_total(cell: Cell) -> Field | None:
    """Return the field of which a text names the total: ``Total gross weight:``."""
    if not isinstance(cell, str) or len(cell) > TEXT_LENGTH_MAX:
        return None
    name = plain(cell).rstrip(" :")
    return _field_of(name) if states_total(name) else None


def _figures(text: str) -> list[tuple[Field, str, str]]:
    """Return field, value with its unit, and name of each figure in a text."""
    found: list[tuple[Field, str, str]] = []
    start = 0
    for match in _NUMBER.finditer(text):
        name = text[start : match.start()].strip(" :,;()=/|&")
        start = match.end()
        named = _field_of(name)
        noun, end, unit = _noun_at(text, match.end())
        field = _field_of_noun(noun, unit, name)
        if (
            named is not None
            and field != named
            and DIMENSIONS.get(unit or "m") != (_DIMENSIONS.get(named))
        ):
            field, unit, end = (
                (named, None, start) if not _counts_others(noun) else (None, None, end)
            )
        elif named is not None:
            field = named
        start = max(start, end)
        if field is not None and not _EACH.match(text[start:]):
            found.append((field, f"{match[0]} {unit or ''}".strip(), name))
    return found


def _field_of(name: str) -> Field | None:
    scored = read_name(name, "fields") if name.strip() else None
    best = scored.best() if scored else None
    return best if scored and best in _STATED and scored.score() >= _NAME_SCORE else None


def _field_of_noun(noun: str, unit: Unit | None, name: str) -> Field | None:
    if unit is not None:
        meant = frozenset().union(*words_of(name).tokens)
        fields: dict[str, Field] = {
            "mass": "net" if "net" in meant else "gross",
            "volume": "volume",
        }
        return fields.get(DIMENSIONS[unit])
    return "cartons" if _is_package(noun) else None


def _is_package(noun: str) -> bool:
    concepts = spellings().get(noun, frozenset())
    return bool(concepts & {"carton", "packages"}) and "pallet" not in concepts


def _counts_others(noun: str) -> bool:
    """Tell whether a noun counts pallets or pieces."""
    return bool(spellings().get(noun, frozenset()) & {"pallet", "piece"})


def _names_cartons(text: str) -> bool:
    return any(token & {"carton", "packages"} for token in words_of(text).tokens)


def _noun_at(text: str, start: int) -> tuple[str, int, Unit | None]:
    """Return the noun behind a figure, where it ends, and its unit; not the next figure's name."""
    match = _NOUN.match(text, start)
    if match is None or re.match(r"\.\w|\s*[:=]", text[match.end() :]):
        return "", start, None
    word = match[1]
    if not _CJK.match(word):
        return word, match.end(), unit_of(word)
    for length in range(min(4, len(word)), 0, -1):
        part = word[:length]
        if unit_of(part) or spellings().get(part, frozenset()) & {"carton", "packages", "piece"}:
            return part, match.start(1) + length, unit_of(part)
    return "", start, None


def _differ(found: list[tuple[Field, str, str]], field: Field) -> bool:
    return len({value for other, value, _ in found if other == field}) > 1
