"""Conversion to and from base units, which are integers: mm, g, cm³, cents.

Files and people use metres, kilograms and cubic metres; nothing in between does.
"""

from decimal import ROUND_HALF_UP, Decimal

MM3_PER_CM3 = 1_000
CM3_PER_M3 = 1_000_000
G_PER_KG = 1_000
_US_CENTS_PER_1000_MINOR = {"USD": 1_000, "CNY": 141, "EUR": 1_100}
"""Assumption (docs/trade.md): rates of 2025, for planning and warnings, not for invoices."""


def _round(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def mm_from_cm(value_cm: Decimal) -> int:
    """Convert to millimetres, half up."""
    return _round(value_cm * 10)


def g_from_kg(value_kg: Decimal) -> int:
    """Convert to grams, half up."""
    return _round(value_kg * G_PER_KG)


def cm3_from_m3(value_m3: Decimal) -> int:
    """Convert to cubic centimetres, half up."""
    return _round(value_m3 * CM3_PER_M3)


def volume_cm3(*, length_mm: int, width_mm: int, height_mm: int) -> int:
    """Compute a volume in cm³, rounded up: a plan must not take a carton for smaller than it is."""
    return -(-length_mm * width_mm * height_mm // MM3_PER_CM3)


def us_cents(amount_minor: int, currency: str) -> int | None:
    """Convert an amount to US cents; None for a currency without a rate."""
    rate = _US_CENTS_PER_1000_MINOR.get(currency)
    return None if rate is None else amount_minor * rate // 1_000


def m3(value_cm3: int) -> float:
    """Convert to cubic metres, for people."""
    return value_cm3 / CM3_PER_M3


def kg(value_g: int) -> float:
    """Convert to kilograms, for people."""
    return value_g / G_PER_KG
