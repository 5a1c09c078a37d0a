"""Who may share a container: customs modes and dangerous goods."""

from itertools import product

from groupage.domain.instance import Demand, Rules
from groupage.domain.segregation import TABLE


def sets_of(mode: str, rules: Rules) -> frozenset[int]:
    """Numbers of the sets in `mode_mix` that hold this mode; without a policy all are in one."""
    if not rules.mode_mix:
        return frozenset({0})
    return frozenset(n for n, modes in enumerate(rules.mode_mix) if mode in modes)


def declared_cents(demand: Demand, rules: Rules) -> int:
    """What a 1039 consignment takes of its declaration's cap: all of it when nobody can say."""
    cents = demand.value_usd_cents
    return rules.declaration_cap_usd_cents if cents is None else cents


def may_share(one: Demand, other: Demand) -> bool:
    """Whether no dangerous class of one must be segregated from a class of the other."""
    return not any(_segregated(*pair) for pair in product(one.dg_classes, other.dg_classes))


def _segregated(mine: str, theirs: str) -> bool:
    try:
        return TABLE.code(mine, theirs) != "X"
    except KeyError:
        return True  # unknown danger shares with nothing


def weighed_g(demand: Demand) -> int:
    """Mass of its cartons; may differ from the mass of the whole as somebody declared it."""
    return sum(group.gross_g * len(group.unit_ids) for group in demand.cartons)
