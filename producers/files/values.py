"""Parsers of cells: numbers, sizes, ports, customs modes, dates. None for an unreadable cell."""

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from groupage.contracts.instants import in_calendar, read_instant
from groupage.domain.places import canonical_place
from groupage.domain.units import cm3_from_m3, g_from_kg, mm_from_cm
from producers.files.columns import CURRENCIES
from producers.files.table import Cell, plain_text

CARTONS_MAX = 100_000
"""Limit per list: more than a large operator sends in a day."""
HUB_ZONE = ZoneInfo("Asia/Shanghai")
"""Dates in a packing list are dates at the hub."""
_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?|[-+]?\.\d+", re.ASCII)
"""A comma separates thousands. ``12,5`` is rejected: it must not become 125."""
_UNIT_TAIL = re.compile(r"\s*(mm|cm|m|kgs?|g|cbm|m3|ctns?|pcs|件|箱|公斤|千克|克|厘米|毫米)$")
_AMOUNT = re.compile(r"([a-z]{3}|[\u4e00-\u9fff]+)?\s*([-+.,\d]+)\s*([a-z]{3}|[\u4e00-\u9fff]+)?")
_SIZE_SPLIT = re.compile(r"\s*[x×*✕]\s*|\s+by\s+", re.IGNORECASE)
_MODES = {
    "市场采购": "1039",
    "市场采购贸易": "1039",
    "market procurement": "1039",
    "mpt": "1039",
    "一般贸易": "0110",
    "general trade": "0110",
    "general": "0110",
    "跨境电商b2b直接出口": "9710",
    "跨境电商出口海外仓": "9810",
    "海外仓": "9810",
    "保税电商": "1210",
    "110": "0110",
}
_CODES = frozenset(("1039", "0110", "9610", "9710", "9810", "1210"))
_PORTS = {
    "宁波": "CNNGB",
    "宁波港": "CNNGB",
    "ningbo": "CNNGB",
    "上海": "CNSHA",
    "上海港": "CNSHA",
    "shanghai": "CNSHA",
    "义乌": "CNYIU",
    "yiwu": "CNYIU",
    "深圳": "CNSZX",
    "shenzhen": "CNSZX",
    "鹿特丹": "NLRTM",
    "rotterdam": "NLRTM",
    "汉堡": "DEHAM",
    "hamburg": "DEHAM",
    "马德里": "ESMAD",
    "madrid": "ESMAD",
    "安特卫普": "BEANR",
    "antwerp": "BEANR",
    "费利克斯托": "GBFXT",
    "felixstowe": "GBFXT",
    "洛杉矶": "USLAX",
    "los angeles": "USLAX",
    "纽约": "USNYC",
    "new york": "USNYC",
    "迪拜": "AEDXB",
    "dubai": "AEDXB",
    "杰贝阿里": "AEJEA",
    "jebel ali": "AEJEA",
}
"""Ports by the names that lists of this hub use; other ports need their UN/LOCODE."""
_LOCODE = re.compile(r"([A-Z]{2})\s?([A-Z2-9]{3})")
_YES = frozenset(("y", "yes", "true", "1", "是", "√", "x", "↑"))
_NO = frozenset(("", "n", "no", "false", "0", "否", "-"))
_DATE_FORMATS = ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M")


def number(cell: Cell) -> Decimal | None:
    """Parse a finite number, with or without commas at the thousands and a unit at the end."""
    if isinstance(cell, bool):
        return None
    text = _UNIT_TAIL.sub("", plain_text(cell).lower())
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def amount(cell: Cell) -> tuple[Decimal, str] | None:
    """Parse an amount, 0 or more, with the currency beside it in the cell, if any."""
    text = "" if isinstance(cell, bool) else plain_text(cell).lower()
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    names = [name for name in (match[1], match[3]) if name]
    codes = {CURRENCIES.get(name, "") for name in names}
    found = number(match[2])
    if found is None or found < 0 or "" in codes or len(codes) > 1:
        return None
    return found, next(iter(codes), "")


def currency(cell: Cell) -> str | None:
    """Parse a currency: its code of ISO 4217, or its usual name."""
    return CURRENCIES.get(plain_text(cell).lower())


def count(cell: Cell) -> int | None:
    """Parse a whole number from 1 to `CARTONS_MAX`."""
    found = number(cell)
    if found is None or found != found.to_integral_value() or not 1 <= found <= CARTONS_MAX:
        return None
    return int(found)


def size(cell: Cell) -> tuple[Decimal, Decimal, Decimal] | None:
    """Parse three edges in a cell: ``60*40*35``, ``60×40×35cm``, ``60 x 40 x 35``."""
    parts = [number(part) for part in _SIZE_SPLIT.split(plain_text(cell).lower())]
    if len(parts) != 3:
        return None
    length, width, height = parts
    if length is None or width is None or height is None:
        return None
    return length, width, height


def unit_in(cell: Cell) -> str:
    """Return the length unit at the end of a cell: ``600x400x350 mm``."""
    found = re.search(r"(mm|cm|毫米|厘米)$", plain_text(cell).lower())
    return {"毫米": "mm", "厘米": "cm"}.get(found[1], found[1]) if found else ""


def millimetres(value: Decimal, unit: str) -> int:
    """Convert from mm, m, or cm (also when no unit is given)."""
    if unit == "mm":
        return int(value.to_integral_value())
    return mm_from_cm(value * 100 if unit == "m" else value)


def grams(value: Decimal, unit: str) -> int:
    """Convert from g, or from kg (also when no unit is given)."""
    return int(value.to_integral_value()) if unit == "g" else g_from_kg(value)


def cubic_centimetres(value: Decimal) -> int:
    """Convert from m³."""
    return cm3_from_m3(value)


def port(cell: Cell) -> str | None:
    """Parse a UN/LOCODE, a port's name, or both (``Rotterdam NLRTM``)."""
    text = plain_text(cell)
    if found := _PORTS.get(text.lower()):
        return found
    for word in (text, *re.split(r"[\s,;()/]+", text)):
        if match := _LOCODE.fullmatch(word):
            return canonical_place(match[1] + match[2])
        if found := _PORTS.get(word.lower()):
            return found
    return None


def mode(cell: Cell) -> str | None:
    """Parse a customs supervision mode by code or by name."""
    text = plain_text(cell).lower()
    if text in _CODES:
        return text
    digits = re.search(r"\d{4}", text)
    if digits and digits[0] in _CODES:
        return digits[0]
    return _MODES.get(text)


def hs6(cell: Cell) -> str | None:
    """Return the first six digits of an HS code of 6, 8, 10 or 13 digits."""
    digits = re.sub(r"[.\s]", "", plain_text(cell))
    return (
        digits[:6]
        if digits.isascii() and digits.isdigit() and len(digits) in (6, 8, 10, 13)
        else None
    )


def un_number(cell: Cell) -> str | None:
    """Parse four digits, with or without UN before them."""
    match = re.fullmatch(r"(?:UN)?\s*(\d{4})", plain_text(cell).upper())
    return match[1] if match else None


def flag(cell: Cell) -> bool | None:
    """Parse yes or no."""
    text = plain_text(cell).lower()
    return True if text in _YES else False if text in _NO else None


def instant(cell: Cell) -> datetime | None:
    """Parse a date or time. Without an offset it is hub time; a date means its first minute.

    None for other text and for times outside the calendar that events may use.
    """
    if isinstance(cell, datetime):
        at = cell
    else:
        text, days = _without_hour_24(plain_text(cell))
        found = read_instant(text) or _parse_iso(text)
        for form in _DATE_FORMATS:
            found = found or _parse_date(text, form)
        if found is None:
            return None
        at = found + days
    return in_calendar(at if at.tzinfo else at.replace(tzinfo=HUB_ZONE))


def _without_hour_24(text: str) -> tuple[str, timedelta]:
    """Write 24:00, the end of a day, as the beginning of the next day: the days to add."""
    if match := re.fullmatch(r"(.+[ T])24(:00(?::00)?.*)", text):
        return f"{match[1]}00{match[2]}", timedelta(days=1)
    return text, timedelta(0)


def _parse_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parse_date(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=HUB_ZONE)
    except ValueError:
        return None
