"""Number formats: which make a number a date, and which show a unit or a currency."""

import re
from datetime import datetime

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from producers.sheets.workbook import Cell

_CODE_MAX = 500
_DATES_OF_CHINESE_EXCEL = frozenset((*range(27, 37), *range(50, 59)))
"""Numbers without a code in the file: dates and times where Excel is Chinese, Japanese or Korean
(ISO/IEC 29500-1, 18.8.30)."""
_COLOUR_OR_CONDITION = re.compile(r"\[(?!\$)[^\]]*\]")
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]\-]*)[^\]]*\]|([$€£¥¥])')
_SAYS_SOMETHING = re.compile(r"[^\W\d_]|[\u20a0-\u20bf$€£¥¥㎏㎡㎥℃]")


def _shows_unit(code: str) -> bool:
    positive = _COLOUR_OR_CONDITION.sub("", code)
    return any(
        _SAYS_SOMETHING.search("".join(filter(None, match.groups())))
        for match in _LITERAL.finditer(positive)
    )


class NumberFormat:
    """What a number format says about the numbers under it."""

    __slots__ = ("is_date", "unit_code")

    def __init__(self, code: str, number: int = 0) -> None:
        code = code[:_CODE_MAX]
        duration = bool(is_timedelta_format(code))
        self.is_date = not duration and (
            (not code and number in _DATES_OF_CHINESE_EXCEL) or bool(is_date_format(code))
        )
        self.unit_code = "" if self.is_date or duration or not _shows_unit(code) else code
        """The code when it shows a unit or a currency, else an empty text."""


GENERAL = NumberFormat("General")


def builtin_format(number: int) -> NumberFormat:
    """Return one of the formats that files name by number only."""
    return NumberFormat(BUILTIN_FORMATS.get(number, ""), number)


def date_of(value: float, *, since_1904: bool) -> Cell:
    """Return the day or time that a number under a date format shows; the number if none."""
    try:
        moment = from_excel(value, MAC_EPOCH if since_1904 else WINDOWS_EPOCH)
    except (OverflowError, ValueError):
        return value
    return moment if value >= 0 else value


def parse_number(text: str) -> Cell:
    """Return the number as written: digits alone are an exact integer."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 40:
        return int(text)
    try:
        value = float(text)
    except ValueError:
        return text
    return value if abs(value) != float("inf") and value == value else text  # noqa: PLR0124 (NaN)


def parse_moment(text: str) -> Cell:
    """Return an ISO 8601 date and time as a datetime without a zone; other texts as they are."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return text
