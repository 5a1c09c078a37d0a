"""Texts of cells before they are looked at: fractions, Arabic digits, slashes before a unit."""

import re
from decimal import Decimal

_FRACTION = re.compile(r"(?<![0-9/.,])([0-9]{1,3})[ -]([0-9]{1,2})/(2|4|8|16|32)(?![0-9/])")
_ARABIC = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.,")
"""Digits of Arabic and Persian, and their signs of decimals and thousands (Unicode U+0660)."""
_SLASH = re.compile(
    r"(?<=[0-9])\s*/\s*(?=(?:kgs?|lbs?|cbm|m3|公斤|千克|斤|立方米?|方)\.?(?:\s*/\s*\S+)?$)"
)
"""A slash that merely stands between a figure and its unit: ``14.5/KGS``, ``0.06/CBM``."""


def plain_figures(text: str) -> str:
    """Write the figures of a text (in narrow lower case) in one way.

    Fractions of a half to a thirty-second become decimals (``24 1/2``: ``24.50``).
    """
    return _FRACTION.sub(_decimal, _SLASH.sub(" ", text.translate(_ARABIC)))


def _decimal(match: re.Match[str]) -> str:
    whole, numerator, denominator = map(int, match.groups())
    if not 0 < numerator < denominator:
        return match[0]
    # A point before three digits might separate thousands: 24 5/8 is 24.6250.
    return f"{whole + Decimal(numerator) / denominator}0"
