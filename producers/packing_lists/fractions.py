"""Inches with fractions: ``24 1/2``."""

import re
from decimal import Decimal

_FRACTION = re.compile(r"(?<![0-9/.,])([0-9]{1,3})[ -]([0-9]{1,2})/(2|4|8|16|32)(?![0-9/])")


def write_decimals(text: str) -> str:
    """Write numbers with a fraction of a half to a thirty-second as decimals: ``24.50``."""
    return _FRACTION.sub(_decimal, text)


def _decimal(match: re.Match[str]) -> str:
    whole, numerator, denominator = map(int, match.groups())
    if not 0 < numerator < denominator:
        return match[0]
    # A point before three digits might separate thousands: 24 5/8 is 24.6250.
    return f"{whole + Decimal(numerator) / denominator}0"
