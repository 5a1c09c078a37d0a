"""Parsers of what a list says about its consignment: ports, modes, currencies, dates, codes.

Each takes a cell and returns None for one that it cannot read.
"""

import re
import tomllib
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from groupage.contracts.instants import in_calendar, read_instant
from groupage.domain.currencies import DECIMALS
from groupage.domain.events.consignment import Incoterm
from groupage.domain.places import PLACES, canonical_place
from producers.sheets.workbook import Cell

HUB_ZONE = ZoneInfo("Asia/Shanghai")
"""Dates in a packing list are dates at the hub."""
PORT_EXPECTED = "a UN/LOCODE such as NLRTM, or a port's usual name"
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
_LOCODE = re.compile(r"([A-Z]{2})\s?([A-Z2-9]{3})")
_COUNTRY_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS XK XZ YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset(_COUNTRY_CODES.split())
"""Country codes of ISO 3166-1, and UN/LOCODE's XK (Kosovo) and XZ (international waters)."""
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


@cache
def _port_names() -> dict[str, Any]:
    text = Path(__file__).with_name("port_names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _ports() -> dict[str, str]:
    names = {_key(name): code for code, name in PLACES.items()}
    for code, others in _port_names().items():
        if code != "not_codes":
            names |= {_key(name): code for name in others}
    return names


@cache
def _not_codes() -> frozenset[str]:
    return frozenset(_port_names()["not_codes"].split())


def _key(name: str) -> str:
    return name.lower().removesuffix("港").removesuffix(" port").removeprefix("port of ").strip()


def port(cell: Cell) -> str | None:
    """Parse a UN/LOCODE, a port's name, or both (``Rotterdam NLRTM``).

    A code that the hub does not know must stand alone, in brackets or behind a comma: many words
    have the form of one.
    """
    text = plain_text(cell)
    parts = [part for part in re.split(r"\s*[,;()/\-–]\s*", text) if part]
    words = text.split()
    for part in (text, *parts, *words):
        # A name goes first: LAGOS and GENOA have the form of codes of Laos and Georgia.
        if found := _ports().get(_key(part)):
            return found
    codes = dict.fromkeys(_code(part) for part in (text, *parts, *words))
    known = [code for code in codes if code in PLACES]
    alone = [code for part in (text, *parts) if (code := _code(part))]
    return next(iter((*known, *alone)), None)


def _code(text: str) -> str:
    """Return the code that a text may be; empty for other texts."""
    match = _LOCODE.fullmatch(text)
    if match is None or match[1] not in _COUNTRIES or text in _not_codes():
        return ""
    return canonical_place(match[1] + match[2])


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
