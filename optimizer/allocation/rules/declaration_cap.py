"""The value of one declaration under customs mode 1039 is capped.

All mode-1039 cargo of one consignee in one container is one declaration (market procurement,
docs/trade.md). Its value must be within `Rules.declaration_cap_usd_cents`. A value without a rate
to US dollars cannot be compared: such cargo counts as much as the cap.
"""

from collections.abc import Sequence

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance, Rules
from groupage.domain.words import us_dollars
from optimizer.allocation.problem import Problem, Rejection
from optimizer.allocation.rules.rule import ConsignmentRule, SharingRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables

_CAPPED_MODE = "1039"


class DeclarationCap(ConsignmentRule, SharingRule):
    """The mode-1039 cargo of each consignee in a container is within the cap."""

    codes = frozenset({LeftOutCode.DECLARATION_CAP, LeftOutCode.CAP_NOT_JUDGED})
    full_code = LeftOutCode.DECLARATION_CAP

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject a consignment that is above the cap alone, or has no value in US dollars."""
        if demand.mode != _CAPPED_MODE:
            return None
        cap_usd_cents = instance.rules.declaration_cap_usd_cents
        cap = f"the cap of one 1039 declaration ({us_dollars(cap_usd_cents)})"
        if demand.value_usd_cents is None:
            missing = f"there is no rate for its value in {demand.value_currency}"
            reason = f"{missing}: {cap} needs it in USD; amend it"
            return Rejection(code=LeftOutCode.CAP_NOT_JUDGED, reason=reason)
        if demand.value_usd_cents > cap_usd_cents:
            value = f"value {demand.value_usd_cents / 100:,.2f} USD"
            reason = f"{value} is above {cap}; split it"
            return Rejection(code=LeftOutCode.DECLARATION_CAP, reason=reason)
        return None

    def conflicting_cargo(self, demand: Demand, members: Sequence[Demand], rules: Rules) -> str:
        """Name the value of the consignee's cargo, beside which this one exceeds the cap."""
        check = _Check(rules)
        for member in members:
            check.add(member)
        declared = us_dollars(check.declared_usd_cents.get(demand.consignee, 0))
        cap = us_dollars(rules.declaration_cap_usd_cents)
        own = us_dollars(_declared_usd_cents(demand, rules))
        return (
            f"1039 cargo of its consignee for {declared}, with which its {own} would exceed the "
            f"cap of one declaration ({cap})"
        )

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add one row for each consignee and slot where the candidates could exceed the cap."""
        rules = problem.instance.rules
        cap = rules.declaration_cap_usd_cents
        for slot in variables.slots:
            fixed_check = _Check(rules)
            for demand in variables.fixed_in(slot):
                fixed_check.add(demand)
            terms_of: dict[str, list[tuple[int, cp_model.IntVar]]] = {}
            for demand, variable in variables.candidates(slot):
                if demand.mode == _CAPPED_MODE:
                    term = (_declared_usd_cents(demand, rules), variable)
                    terms_of.setdefault(demand.consignee, []).append(term)
            for consignee, terms in terms_of.items():
                fixed = fixed_check.declared_usd_cents.get(consignee, 0)
                total = fixed + sum(value * variable for value, variable in terms)
                if fixed + sum(value for value, _ in terms) > cap:
                    model.add(total <= max(cap, fixed) * variables.used[slot.key])

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        _ = slot
        return _Check(problem.instance.rules)


class _Check:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.declared_usd_cents: dict[str, int] = {}
        """By consignee."""

    def admits(self, demand: Demand) -> bool:
        if demand.mode != _CAPPED_MODE:
            return True
        declared = self.declared_usd_cents.get(demand.consignee, 0)
        total = declared + _declared_usd_cents(demand, self._rules)
        return total <= self._rules.declaration_cap_usd_cents

    def add(self, demand: Demand) -> None:
        if demand.mode == _CAPPED_MODE:
            declared = self.declared_usd_cents.get(demand.consignee, 0)
            total = declared + _declared_usd_cents(demand, self._rules)
            self.declared_usd_cents[demand.consignee] = total


def _declared_usd_cents(demand: Demand, rules: Rules) -> int:
    value = demand.value_usd_cents
    return rules.declaration_cap_usd_cents if value is None else value
