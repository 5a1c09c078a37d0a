"""How sentences for people put times, numbers and what is wrong."""

from datetime import UTC, datetime
from typing import Any


def when(at: datetime | None) -> str:
    """``2026-03-02 10:00Z``, with seconds when there are some; as tables show times."""
    if at is None:
        return "no time"
    exact = "%Y-%m-%d %H:%M:%SZ" if at.second else "%Y-%m-%d %H:%MZ"
    return at.astimezone(UTC).strftime(exact)


def counted(number: int, thing: str) -> str:
    """``1 carton``, ``2 cartons``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def cubic_metres(volume_cm3: int) -> str:
    """``50.11 m³``."""
    return f"{volume_cm3 / 1_000_000:,.2f} m³"


def wrong(field: str, value: Any, *, expected: str) -> str:
    """One error: ``gross_g: 'heavy' is not right; expected a whole number``. None: not there."""
    found = "nothing found" if value is None else f"{value!r} is not right"
    return f"{field}: {found}; expected {expected}"
