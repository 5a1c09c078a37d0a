"""Customs modes share a container only as the policy allows (`Rules.mode_mix`).

All modes in a container lie in one of the policy's sets. Without sets every mode may share.
"""

from collections.abc import Sequence

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance, Rules
from optimizer.allocation.problem import Problem, Rejection
from optimizer.allocation.rules.rule import ConsignmentRule, SharingRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class ModeMix(ConsignmentRule, SharingRule):
    """The customs modes in a container lie in one set of the policy."""

    codes = frozenset({LeftOutCode.MODE_MIX})
    full_code = LeftOutCode.MODE_MIX

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject a mode that is in no set."""
        if _sets_with(demand.mode, instance.rules):
            return None
        reason = f"customs mode {demand.mode} is in no set of the mode policy"
        return Rejection(code=LeftOutCode.MODE_MIX, reason=reason)

    def conflicting_cargo(self, demand: Demand, members: Sequence[Demand], rules: Rules) -> str:
        """Name the modes that share no set with the consignment's, else all of them."""
        own = _sets_with(demand.mode, rules)
        modes = sorted({member.mode for member in members} - {demand.mode})
        apart = [mode for mode in modes if own.isdisjoint(_sets_with(mode, rules))] or modes
        return (
            f"cargo of customs mode {' and '.join(apart)}, which may not share a container with "
            f"mode {demand.mode}"
        )

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Choose one set for each single container.

        Counted containers are left alone: which of them a consignment is in is not known.
        """
        rules = problem.instance.rules
        if not rules.mode_mix:
            return
        for slot in variables.slots:
            candidates = variables.candidates(slot)
            fixed_modes = {demand.mode for demand in variables.fixed_in(slot)}
            modes = {demand.mode for demand, _ in candidates} | fixed_modes
            allowed = [n for n, group in enumerate(rules.mode_mix) if fixed_modes <= set(group)]
            if slot.copies_max > 1 or any(modes <= set(rules.mode_mix[n]) for n in allowed):
                continue
            chosen = {n: model.new_bool_var(f"{slot.key} carries set {n}") for n in allowed}
            model.add_at_most_one(chosen.values())
            for demand, variable in candidates:
                sets = sorted(_sets_with(demand.mode, rules))
                model.add_bool_or([*(chosen[n] for n in sets if n in chosen), variable.negated()])

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        _ = slot
        return _Check(problem.instance.rules)


class _Check:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sets = frozenset(range(max(1, len(rules.mode_mix))))

    def admits(self, demand: Demand) -> bool:
        return not self._sets.isdisjoint(_sets_with(demand.mode, self._rules))

    def add(self, demand: Demand) -> None:
        self._sets &= _sets_with(demand.mode, self._rules)


def _sets_with(mode: str, rules: Rules) -> frozenset[int]:
    """Return the numbers of the sets that contain the mode; without sets all modes are in one."""
    if not rules.mode_mix:
        return frozenset({0})
    return frozenset(n for n, modes in enumerate(rules.mode_mix) if mode in modes)
