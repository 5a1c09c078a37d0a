"""Numbers and sizes in cells, as exact decimals, under both ways to write a decimal point.

``1.234`` is one and a quarter in Shanghai and more than a thousand in Hamburg. A cell therefore has
a value under each `Style`; the figures of the whole list decide between the styles.
"""

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import msgspec

from producers.packing_lists.cell_text import plain_figures
from producers.packing_lists.figures.sized_volumes import split_volume, unit_by_volume
from producers.packing_lists.figures.units import LENGTHS, MASSES, unit_named
from producers.packing_lists.model import Unit
from producers.sheets.workbook import Cell, CellError, Formula

Style = Literal["point", "comma"]
"""The character before the decimals."""
STYLES: tuple[Style, Style] = ("point", "comma")
TEXT_MAX = 200
"""A longer text is not a number."""
_DIGITS_MAX = 15
"""Spreadsheets keep 15 digits of a number."""
_VALUE_MAX = Decimal(10) ** 12
_NUMBER = r"[-+]?(?:[0-9][0-9.,' ]*|[.,][0-9]+)"
_QUANTITY = re.compile(
    rf"(?P<before>[^0-9.,+-]*)(?P<number>{_NUMBER})(?P<after>[^0-9]*?(?:(?:m|ft|in)\^?3)?[^0-9]*)"
)
_EMPTY = frozenset(
    ("", "-", "--", "---", "—", "——", "–", "/", "\\", "无", "無", "n/a", "na", "nil")
)
_CHINESE_DIGITS = dict(
    zip("零〇一二两三四五六七八九兩", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True)
)
_CHINESE_POWERS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000}
_CHINESE = re.compile(f"[{''.join(_CHINESE_DIGITS)}{''.join(_CHINESE_POWERS)}]{{1,12}}")
_CHINESE_QUANTITY = re.compile(rf"({_CHINESE.pattern})([^0-9]*)")
_ASIDE = re.compile(
    r"^@ ?|(?: ?(?:ttl|in total|total|合计|共)\.?)$"
    r"|(?<=[a-z箱件]) ?[(/] ?[0-9]+ ?(?:pcs|pc|pieces|个|個|只|支|套)\.?\)?$"
)
"""Words around a figure of which its column says the same: ``@12KGS``, ``60KGS TTL``; and pieces
behind a count of cartons: ``5 CTNS (100PCS)``."""
_SEPARATED_EDGES = re.compile(
    r"(?P<edges>[1-9][0-9]{1,3}(?P<sign>[- ,，]) ?[1-9][0-9]{1,3}(?P=sign) ?[1-9][0-9]{1,3})"
    r"(?P<unit> ?[a-z]{1,4})?"
)
"""Edges that no sign of a product separates: ``60-40-30``, ``50 40 30 cm``."""
_TIMES = re.compile(r"\s*[xх×*✕✖╳⨯∗・·]\s*|\s+by\s+")
_LABELLED_EDGE = re.compile(
    r"(?P<label>[长長宽寬阔闊高厚深]|length|width|height|depth|len|l|w|h|d)\s*[:=]?\s*"
    rf"(?P<number>{_NUMBER})\s*(?P<unit>[^0-9.,xх×*]*?)\s*"
    r"(?=$|[xх×*,;/ ]*(?:[长長宽寬阔闊高厚深]|[lwhd]))"
)
_EDGE_LETTER = re.compile(r"(?<=[0-9])\s*[lwh长宽高](?=\s|$)()")
"""An initial behind the number of an edge: ``60L*40W*35H``."""
_EDGE_OF_LABEL = {
    "长": 0,
    "長": 0,
    "l": 0,
    "宽": 1,
    "寬": 1,
    "阔": 1,
    "闊": 1,
    "w": 1,
} | dict.fromkeys(("高", "厚", "深", "h", "d"), 2)


class Quantity(msgspec.Struct, frozen=True):
    """The number of a cell under both styles (None: not a number in this style), and its unit."""

    point: Decimal | None
    comma: Decimal | None
    unit: Unit | None = None
    words: str = ""
    """Words around the number that are not a unit: ``ctns``, ``us$``."""

    def value(self, style: Style) -> Decimal | None:
        """Return the value under a style."""
        return self.point if style == "point" else self.comma

    @property
    def is_ambiguous(self) -> bool:
        """Whether the styles give different values."""
        return self.point != self.comma


class Edges(msgspec.Struct, frozen=True):
    """Three edges in a cell, with the unit of each that the cell names."""

    edges: tuple[Quantity, Quantity, Quantity]


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell says nothing: it is empty, or a dash stands in it."""
    return cell is None or (
        isinstance(cell, str)
        and not isinstance(cell, Formula | CellError)
        and (not cell or plain(cell) in _EMPTY)
    )


def plain(cell: Cell) -> str:
    """Return a cell's text in narrow lower case, with single spaces."""
    if isinstance(cell, str):
        return " ".join(unicodedata.normalize("NFKC", cell).lower().split())
    return text_of(cell).lower()


def text_of(cell: Cell) -> str:
    """Return a cell's text as people see it, in narrow (NFKC) characters."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**_DIGITS_MAX:
        return str(int(cell))
    if isinstance(cell, float):
        return f"{cell:.{_DIGITS_MAX}g}"
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return " ".join(unicodedata.normalize("NFKC", str(cell)).split())


def read_quantity(cell: Cell) -> Quantity | None:
    """Read a number with its unit. None for anything else: a date, NaN, two numbers, a word."""
    if isinstance(cell, bool | Formula | CellError):
        return None
    if isinstance(cell, int):
        return _of_exact(Decimal(cell))
    if isinstance(cell, float):
        # 0.1 + 0.2 is 0.30000000000000004 in a double and 0.3 in 15 digits.
        return _of_exact(Decimal(f"{cell:.{_DIGITS_MAX}g}")) if cell - cell == 0 else None
    if not isinstance(cell, str) or len(cell) > TEXT_MAX:
        return None
    return _read_text(plain(cell))


def _of_exact(value: Decimal) -> Quantity | None:
    return Quantity(value, value) if abs(value) <= _VALUE_MAX else None


@lru_cache(maxsize=16_384)
def _read_text(text: str) -> Quantity | None:
    text = _ASIDE.sub("", plain_figures(text.replace("''", '"').replace("′′", '"')))
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return _read_chinese(text) or _read_two_masses(text)
    if text.startswith("("):
        return None  # accountants write (12) for a negative number
    number = match["number"].rstrip(" '.,")
    point, comma = _parse(number, "point"), _parse(number, "comma")
    before = match["before"].strip(" :")
    after = (match["number"][len(number) :] + match["after"]).strip(" ()[]:;.,")
    unit = unit_named(after) if after else None
    words = " ".join(word for word in (before, "" if unit else after) if word)
    if point is None and comma is None:
        return None
    return Quantity(point, comma, unit, words)


def _read_two_masses(text: str) -> Quantity | None:
    """Read a mass that stands in two units, and is the same in both: ``12 kgs / 26.5 lbs``."""
    parts = text.split("/") if text.count("/") == 1 else text.split("=")
    if len(parts) != 2:
        return None
    first, second = (_read_text(part.strip()) for part in parts)
    if first is None or second is None:
        return None
    if first.unit not in MASSES or second.unit not in MASSES or first.unit == second.unit:
        return None
    for style in STYLES:
        one, other = first.value(style), second.value(style)
        if one is not None and other is not None:
            grams = one * MASSES[first.unit], other * MASSES[second.unit]
            if abs(grams[0] - grams[1]) * 100 <= max(grams):
                return first
    return None


def _read_chinese(text: str) -> Quantity | None:
    """Read a numeral such as 一百二十, with a unit or counting word behind it."""
    match = _CHINESE_QUANTITY.fullmatch(text)
    if match is None:
        return None
    total = section = digit = 0
    for sign in match[1]:
        if sign in _CHINESE_DIGITS:
            digit = digit * 10 + _CHINESE_DIGITS[sign]
        elif (power := _CHINESE_POWERS[sign]) == 10_000:
            total, section, digit = (total + section + digit) * power, 0, 0
        else:
            section, digit = section + (digit or 1) * power, 0
    value = Decimal(total + section + digit)
    unit = unit_named(match[2].strip())
    return Quantity(value, value, unit, "" if unit else match[2].strip())


def _parse(number: str, style: Style) -> Decimal | None:
    """Parse under a style; thousands may be separated by the other character, space or '."""
    decimal, other = (".", ",") if style == "point" else (",", ".")
    whole, mark, decimals = number.partition(decimal)
    if mark and not (decimals.isascii() and decimals.isdigit()):
        return None
    for separator in (other, " ", "'"):
        if separator in whole:
            sign = whole[0] if whole[0] in "+-" else ""
            first, *groups = whole.removeprefix(sign).split(separator)
            is_grouped = 1 <= len(first) <= 3 and first[0] != "0"
            if not is_grouped or any(len(group) != 3 for group in groups):
                return None
            whole = sign + first + "".join(groups)
    digits = whole.lstrip("+-")
    if not (digits or decimals) or not (digits + decimals).isdigit() or len(digits) > _DIGITS_MAX:
        return None
    value = Decimal(f"{whole or '0'}.{decimals or '0'}") if mark else Decimal(whole)
    return value if abs(value) <= _VALUE_MAX else None


def read_edges(cell: Cell) -> Edges | None:
    """Read length, width and height: ``60*40*35``, ``14 x 12 x 10 in``, 长60宽40高35."""
    if not isinstance(cell, str) or isinstance(cell, Formula | CellError) or len(cell) > TEXT_MAX:
        return None
    text = plain_figures(plain(cell)).replace("(", " ").replace(")", " ")
    return _read_edges(text) or _read_edges_and_volume(text)


@lru_cache(maxsize=4_096)
def _read_edges_and_volume(text: str) -> Edges | None:
    """Read edges with their volume, which gives their unit."""
    parts = split_volume(text)
    found = _read_edges(parts[0]) if parts else None
    if parts is None or found is None:
        return None
    values = [edge.point if edge.comma is None else edge.comma for edge in found.edges]
    known = [value for value in values if value is not None]
    unit = unit_by_volume(known, parts[1], parts[2], LENGTHS)
    named = {edge.unit for edge in found.edges} - {None}
    if unit is None or len(known) < 3 or not named <= {unit}:
        return None
    first, second, third = (msgspec.structs.replace(edge, unit=unit) for edge in found.edges)
    return Edges((first, second, third))


@lru_cache(maxsize=16_384)
def _read_edges(text: str) -> Edges | None:
    text = text.strip().removeprefix("@").strip()
    parts = _split_labelled(text) or _TIMES.split(text)
    if len(parts) == 1:
        parts = text.split("/")
    if len(parts) == 1 and (match := _SEPARATED_EDGES.fullmatch(text)):
        parts = re.split(r"[- ,，] ?", match["edges"])
        parts[2] += match["unit"] or ""
    if len(parts) != 3:
        return None
    edges = [_read_text(_EDGE_LETTER.sub(r"\1", part.strip())) for part in parts]
    if any(edge is None or edge.words or edge.unit not in (None, *LENGTHS) for edge in edges):
        return None
    first, second, third = (edge for edge in edges if edge is not None)
    if third.unit and not first.unit and not second.unit:
        first, second = (msgspec.structs.replace(edge, unit=third.unit) for edge in (first, second))
    if len({bool(edge.unit) for edge in (first, second, third)}) > 1:
        return None
    return Edges((first, second, third))


def _split_labelled(text: str) -> list[str] | None:
    """Sort edges that initials name (``L60 W40 H35``) into length, width, height."""
    found = list(_LABELLED_EDGE.finditer(text))
    if len(found) != 3:
        return None
    parts = {
        _EDGE_OF_LABEL[match["label"][0]]: f"{match['number']} {match['unit']}" for match in found
    }
    return [parts[index] for index in range(3)] if len(parts) == 3 else None


def decimals_shown(values: list[Decimal]) -> Decimal:
    """Return the step of the last decimal that any of the values has: 0.01 for 0.84 and 1.2."""
    exponents = [value.normalize().as_tuple().exponent for value in values if value]
    least = min((exponent for exponent in exponents if isinstance(exponent, int)), default=0)
    return Decimal(1).scaleb(min(least, 0))
