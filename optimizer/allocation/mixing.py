"""Who may share a container: customs modes and dangerous goods."""

from groupage.domain.plans import Demand, Rules


def sets_of(mode: str, rules: Rules) -> frozenset[int]:
    """Numbers of the sets in `mode_mix` that hold this mode; without a policy every mode is in one."""
    if not rules.mode_mix:
        return frozenset({0})
    return frozenset(n for n, modes in enumerate(rules.mode_mix) if mode in modes)


def may_share(one: Demand, other: Demand) -> bool:
    """Whether no dangerous class of one must be segregated from a class of the other."""
    return not any(
        segregated(mine, theirs) for mine in one.dg_classes for theirs in other.dg_classes
    )
