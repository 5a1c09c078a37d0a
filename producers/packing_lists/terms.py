"""Parsers of what a list says about its consignment: ports, modes, currencies, dates, codes.

Each takes a cell and returns None for one that it cannot read.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from groupage.contracts.instants import in_calendar, read_instant
from groupage.domain.currencies import DECIMALS
from groupage.domain.events.consignment import Incoterm
from producers.packing_lists.ports import find_port
from producers.sheets.workbook import Cell

HUB_ZONE = ZoneInfo("Asia/Shanghai")
"""Dates in a packing list are dates at the hub."""
PORT_EXPECTED = (
    "one port: a UN/LOCODE such as NLRTM, or a port's usual name, with its own country or none"
)
MODE_EXPECTED = "1039 市场采购, 0110 一般贸易, 9610, 9710, 9810 or 1210"
INCOTERM_EXPECTED = "an Incoterm (2020) such as FOB, CIF or FCA"
DATE_EXPECTED = "a date like 2026-03-01"
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
_MODE_CODES = frozenset(("1039", "0110", "9610", "9710", "9810", "1210"))
_CURRENCIES: dict[str, str] = {
    **{code.lower(): code for code in DECIMALS},
    "rmb": "CNY",
    "cnh": "CNY",
    "人民币": "CNY",
    "元": "CNY",
    "美元": "USD",
    "美金": "USD",
    "欧元": "EUR",
    "日元": "JPY",
    "港币": "HKD",
    "港元": "HKD",
    "英镑": "GBP",
    "韩元": "KRW",
    "卢布": "RUB",
}
"""Currencies by their code of ISO 4217, and by the names that lists use."""
_INCOTERMS = frozenset(get_args(Incoterm))
_DATE_FORMATS = ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M")
_IMO_CLASS = re.compile(r"[1-9](\.[1-6])?[A-S]?")


def plain_text(cell: Cell) -> str:
    """Return a cell's text in narrow (NFKC) forms, with single spaces and none at its ends."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    text = str(cell)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def port(cell: Cell) -> str | None:
    """Parse a UN/LOCODE, a port's name, or both (``Rotterdam NLRTM``)."""
    return find_port(plain_text(cell))


def mode(cell: Cell) -> str | None:
    """Parse a customs supervision mode by code or by name."""
    text = plain_text(cell).lower()
    if text in _MODE_CODES:
        return text
    digits = re.search(r"\d{4}", text)
    if digits and digits[0] in _MODE_CODES:
        return digits[0]
    return _MODES.get(text)


def incoterm(cell: Cell) -> str | None:
    """Parse an Incoterm, with or without its place; C&F and CNF are old names of CFR."""
    word = re.split(r"[\s,(/:]", plain_text(cell).upper(), maxsplit=1)[0].strip(".")
    word = {"C&F": "CFR", "CNF": "CFR", "CANDF": "CFR"}.get(word, word)
    return word if word in _INCOTERMS else None


SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "HKD", "AUD", "CAD", "SGD", "NZD", "TWD", "MXN", "CLP", "COP", "ARS"),
    "¥": ("CNY", "JPY"),
}
"""Signs of several currencies; the first is the usual one in a list from China."""


def currency(cell: Cell) -> str | None:
    """Parse a currency: its code of ISO 4217, or its usual name."""
    return _CURRENCIES.get(plain_text(cell).lower())


def hs6(cell: Cell) -> str | None:
    """Return the first six digits of an HS code of 6, 8, 10 or 13 digits."""
    digits = re.sub(r"[.\s]", "", plain_text(cell))
    is_code = digits.isascii() and digits.isdigit() and len(digits) in (6, 8, 10, 13)
    return digits[:6] if is_code else None


def un_number(cell: Cell) -> str | None:
    """Parse four digits, with or without UN before them."""
    match = re.fullmatch(r"(?:UN)?\s*(\d{4})", plain_text(cell).upper())
    return match[1] if match else None


def imo_class(cell: Cell) -> str | None:
    """Parse a class or division of the IMDG Code; other words in such a column are none."""
    text = plain_text(cell).upper().removeprefix("CLASS").strip()
    return text if _IMO_CLASS.fullmatch(text) else None


def instant(cell: Cell) -> datetime | None:
    """Parse a date or time. Without an offset it is hub time; a date means its first minute.

    None for other text and for times outside the calendar that events may use.
    """
    at: datetime | None
    if isinstance(cell, datetime):
        at = cell
    elif isinstance(cell, date):
        at = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - its zone comes below
    else:
        text, days = _without_hour_24(plain_text(cell))
        at = read_instant(text) or _parse_iso(text)
        for form in _DATE_FORMATS:
            at = at or _parse_date(text, form)
        at = at and at + days
    if at is None:
        return None
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
