"""Cargo whose declaration customs rejected does not leave."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Rejection
from optimizer.allocation.rules.rule import ConsignmentRule


class Customs(ConsignmentRule):
    """No container for a consignment with a rejected declaration."""

    codes = frozenset({LeftOutCode.CUSTOMS_REJECTED})

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Look at the status of the declaration."""
        _ = instance
        if demand.customs != "REJECTED":
            return None
        return Rejection(
            code=LeftOutCode.CUSTOMS_REJECTED, reason="customs rejected its declaration"
        )
