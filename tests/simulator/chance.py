"""Whether a count can be chance: exact binomial tails."""

from math import exp, lgamma, log

_FAR = 40
"""So many standard deviations from the mean nothing is left that adds up."""


def tail(times: int, *, of: int, rate: float) -> float:
    """How probable a count so far from `rate` × `of`, on its side, is."""
    if not 0 < rate < 1:
        return float(times == rate * of)
    spread = int(_FAR * (of * rate * (1 - rate)) ** 0.5) + 10
    if times <= rate * of:
        counts = range(max(times - spread, 0), times + 1)
    else:
        counts = range(times, min(times + spread, of) + 1)
    return sum(_probability(count, of=of, rate=rate) for count in counts)


def _probability(count: int, *, of: int, rate: float) -> float:
    ways = lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
    return exp(ways + count * log(rate) + (of - count) * log(1 - rate))
