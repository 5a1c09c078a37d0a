"""Phrases for people: times, numbers, lists and errors."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from groupage.domain.events.quantities import TEXT_LENGTH_MAX


def when(at: datetime | None) -> str:
    """``2026-03-02 10:00Z``, with seconds when there are some; as tables show times."""
    if at is None:
        return "no time"
    exact = "%Y-%m-%d %H:%M:%SZ" if at.second else "%Y-%m-%d %H:%MZ"
    return at.astimezone(UTC).strftime(exact)


def number_of(number: int, thing: str) -> str:
    """``1 carton``, ``2 cartons``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def cubic_metres(volume_cm3: int) -> str:
    """``50.11 m³``."""
    return f"{volume_cm3 / 1_000_000:,.2f} m³"


def square_metres(area_mm2: int) -> str:
    """``13.67 m²``."""
    return f"{area_mm2 / 1_000_000:,.2f} m²"


def kilograms(mass_g: int) -> str:
    """``12,500 kg``."""
    return f"{mass_g / 1_000:,.0f} kg"


def join_names(names: Sequence[str], most: int) -> str:
    """``CN-1, CN-2 and 3 more``: at most `most` names."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def cut(text: str) -> str:
    """Shorten a text to what a field of type `Text` may hold."""
    return text if len(text) <= TEXT_LENGTH_MAX else text[: TEXT_LENGTH_MAX - 1] + "…"


def us_dollars(usd_cents: int) -> str:
    """``150,000 USD``, rounded to whole dollars."""
    return f"{usd_cents / 100:,.0f} USD"


def error_text(field: str, value: Any, *, expected: str) -> str:
    """``gross_g: 'heavy' is not right; expected a whole number``; None: the field is missing."""
    found = "nothing found" if value is None else f"{value!r} is not right"
    return f"{field}: {found}; expected {expected}"
