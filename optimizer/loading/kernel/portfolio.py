"""The variants of the search: how full blocks are, and the rule that chooses spaces and blocks.

No variant is best for all cargo. The search runs a narrow beam with each, drops those that load
least, and gives the rest of its time to the others in beams of growing width.
"""

from typing import NamedTuple

from optimizer.loading.kernel.arrays import Rule


class Variant(NamedTuple):
    """One way of searching."""

    fill_permille: int
    """Unions of blocks fill the cuboid around them to this share at least."""
    rule: Rule


def _full(fill_permille: int, tolerance_permille: int, contact_power: int) -> Variant:
    return Variant(fill_permille, Rule((1, 1, 2), 1, contact_power, tolerance_permille, 0))


def _none(fill_permille: int, tolerance_permille: int, contact_power: int) -> Variant:
    return Variant(fill_permille, Rule((1, 1, 1), 1, contact_power, tolerance_permille, 0))


# With full support a low space is filled first, so that the tops around it can become level.
FULL_SUPPORT = (_full(990, 10, 2), _full(1000, 10, 2), _full(990, 10, 3))
NO_SUPPORT = (_none(980, 10, 3), _none(980, 5, 3))
