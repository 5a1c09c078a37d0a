"""What a cell looks like before anybody knows its column: a figure, a size, a range, a text."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

import msgspec

from producers.packing_lists.cell_text import plain_figures
from producers.packing_lists.model import Unit
from producers.packing_lists.spellings import plain, unit_of
from producers.sheets.workbook import Cell, CellError, Formula

CellKind = Literal["empty", "number", "size", "range", "date", "text", "unknown"]
TEXT_LENGTH_MAX = 2000
"""Characters of a cell that are looked at."""
_FIGURE = r"[-+]?(?:\d{1,3}(?:[ ,.'’]\d{3})+|\d+)(?:[.,]\d+)?|[.,]\d+"
_NUMBER = re.compile(
    rf"(?P<before>[^\d\s.,+-]{{0,4}}) ?(?P<figure>{_FIGURE})"
    r" ?(?P<unit>[^\d\s*=:;,+-][^\d*=:;,+-]{0,14}[23]?)?"
)
_EDGE = (
    r"(?:[lwhbd长宽高]{{1,2}}[:=]? ?)?\d+(?:[.,]\d+)?"
    r" ?(?P<u{}>[^\W\d_x×х]{{1,4}}|[\"″'”]{{1,2}})?(?: ?[(（]?[lwhbd长宽高][)）]?)?"
)
_TIMES = r" ?(?:[x×х*✕✖╳∗⨯·/]|by) ?"
_SIZE = re.compile(
    r"[(（]?"
    + _TIMES.join(_EDGE.format(index) for index in "123")
    + r"[)）]?(?: ?[(（]?(?P<tail>[^\W\d_]{1,4})[)）]?)?"
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d"
)
_RANGE = re.compile(
    r"[^\d]{0,16}\d+ ?(?:-|~|—|–|―|/|to|至|到|,|、|;|\+|&)+ ?(?:[^\d]{0,16}\d+|up).{0,200}"
)
_PER_CARTON = re.compile(r"\s*/\s*(?:箱|件|ctns?|cartons?|box(?:es)?|pkgs?)\.?$")
"""Behind a unit: ``15.5 kg/ctn``."""
_CURRENCY_SIGNS = "$€£¥￥元"
EMPTY_TEXTS = frozenset(("", "-", "--", "—", "/", "\\", "_", "n/a", "na", "nil", "无", "none"))
"""Texts with which people fill a cell that has nothing to say."""


class CellLook(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of a cell, with its figure and the unit beside it."""

    kind: CellKind
    figure: Decimal | None = None
    """Of a number. None when the text has two readings (``1,250``)."""
    units: tuple[Unit, ...] = ()
    noun: str = ""
    """The word behind a figure that is not a unit: ``ctns``."""
    per_carton: bool = False
    """The cell says of what its figure is: ``15.5 kg/ctn``."""


_EMPTY = CellLook(kind="empty")
_TEXT = CellLook(kind="text")
_RANGE_LOOK = CellLook(kind="range")


def text_of(cell: Cell) -> str:
    """Return a cell's text; a number without its ``.0``, a date in ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e16:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell).strip()


def is_empty(cell: Cell) -> bool:
    """Tell whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in EMPTY_TEXTS)


def is_text(cell: Cell) -> bool:
    """Tell whether a cell holds words, not only a figure, a size or a date."""
    return look(cell).kind in ("text", "range")


def look(cell: Cell) -> CellLook:
    """Say what a cell looks like."""
    kind = type(cell)
    seen = _TEXT
    if kind is str:
        seen = _look_at_text(str(cell)[:TEXT_LENGTH_MAX])
    elif cell is None:
        seen = _EMPTY
    elif kind is int or kind is float:
        seen = _look_at_number(str(cell))
    elif isinstance(cell, datetime | date | time):
        seen = CellLook(kind="date")
    elif isinstance(cell, Formula | CellError):
        seen = CellLook(kind="unknown")  # a value that nobody knows
    return seen


@lru_cache(maxsize=8192)
def _look_at_number(text: str) -> CellLook:
    return CellLook(kind="number", figure=_decimal(text))


@lru_cache(maxsize=8192)
def _look_at_text(text: str) -> CellLook:
    text = plain_figures(plain(text))
    if text in EMPTY_TEXTS:
        return _EMPTY
    if len(text) > 80:
        return _TEXT
    if _DATE.fullmatch(text):
        return CellLook(kind="date")
    return _number(text) or _size(text) or (_RANGE_LOOK if _RANGE.fullmatch(text) else _TEXT)


def _number(text: str) -> CellLook | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    behind = (match["unit"] or "").strip()
    unit = unit_of(_PER_CARTON.sub("", behind)) if behind else None
    if behind == "%" or not _is_before(match["before"] or "") or not _is_behind(behind, unit):
        return None
    units = (unit,) if unit else ()
    return CellLook(
        kind="number",
        figure=_figure(match["figure"]),
        units=units,
        noun="" if unit else behind,
        per_carton=bool(unit and _PER_CARTON.search(behind)),
    )


def _size(text: str) -> CellLook | None:
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    named = [match["u1"], match["u2"], match["u3"], match["tail"]]
    return CellLook(kind="size", units=_units(word for word in named if word))


def _is_before(text: str) -> bool:
    """Tell whether a text before a figure is a currency or an ``@``: ``F02`` is not a figure."""
    return (
        not text
        or all(sign in _CURRENCY_SIGNS + "@约≈" for sign in text)
        or text in ("usd", "rmb", "eur", "共", "共计", "合计")
    )


def _is_behind(text: str, unit: Unit | None) -> bool:
    return (
        not text
        or unit is not None
        or bool(re.fullmatch(r"[^\W\d_]{1,10}\.?|[%$€£¥元]|[^\W\d_]+/[^\W\d_]+", text))
    )


def _units(words: Iterable[str]) -> tuple[Unit, ...]:
    return tuple(dict.fromkeys(unit for word in words if (unit := unit_of(word)) is not None))


def _figure(text: str) -> Decimal | None:
    """Return the figure of a text that has a single reading."""
    text = re.sub(r"[ '’]", "", text)
    if re.fullmatch(r"[-+]?\d{1,3}[,.]\d{3}", text) and not re.match(r"[-+]?0", text):
        # A comma or a point before three digits separates thousands or decimals.
        return _decimal(text) if "." in text else None
    if "," in text and "." in text:
        decimal_sign = max(text.rfind(","), text.rfind("."))
        whole = re.sub(r"[.,]", "", text[:decimal_sign])
        return _decimal(f"{whole}.{text[decimal_sign + 1 :]}")
    if text.count(",") == 1:
        return _decimal(text.replace(",", "."))
    return _decimal(text.replace(",", ""))


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
