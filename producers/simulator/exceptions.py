"""The assignment of exceptions to lots."""

from producers.simulator.randomness import Streams
from producers.simulator.rates import Rates

EXCEPTIONS = (
    "short",
    "over",
    "damaged",
    "wrong_marks",
    "unfit",
    "measured_deviates",
    "dangerous",
    "dangerous_undeclared",
    "late_truck",
    "no_show",
    "cancelled_before_arrival",
    "cancelled_after_receipt",
    "amended",
    "credit_hold",
    "docs_hold",
)
"""At most one of them per lot, so that each can be followed on its own.

Rates of the same names in `Rates`.
"""
AMONG: tuple[tuple[str, str], ...] = (
    ("short_waits", "short"),
    ("short_back_orders", "short"),
    ("wet", "damaged"),
    ("damaged_rejected", "damaged"),
    ("dangerous_docs_missing", "dangerous"),
    ("dangerous_rejected", "dangerous"),
)
"""What goes further with some lots of an exception; two of one exception share no lot while there
are enough."""


def draw_exceptions(rates: Rates, streams: Streams, *, lots: int) -> dict[int, frozenset[str]]:
    """Return the exceptions by lot number: at the stated rates, at least a lot each."""
    free = [str(number) for number in range(1, lots + 1)]
    drawn: dict[str, set[str]] = {}
    for name in EXCEPTIONS:
        drawn[name] = _pick(rates, streams, name, free, of=lots)
        free = [number for number in free if number not in drawn[name]]
    for name, among in AMONG:
        others = [drawn[other] for other, same in AMONG if same == among and other in drawn]
        free = sorted(drawn[among].difference(*others)) or sorted(drawn[among])
        drawn[name] = _pick(rates, streams, name, free, of=len(drawn[among]))
    numbers = {int(number) for chosen in drawn.values() for number in chosen}
    return {
        number: frozenset(name for name, chosen in drawn.items() if str(number) in chosen)
        for number in sorted(numbers)
    }


def _pick(rates: Rates, streams: Streams, name: str, free: list[str], *, of: int) -> set[str]:
    rate: float = getattr(rates, name)
    count = max(round(rate * of), 1) if rate > 0 else 0
    return streams.pick(count, free, "exception", name)
