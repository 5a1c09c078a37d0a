"""Reasons across the rounds of a solve: the first word about a place holds as long as it does."""

from groupage.domain.instance import Instance
from groupage.domain.plan import LeftOut, Move
from optimizer.allocation.api import Allocation
from optimizer.allocation.reasons import MoveReason


class Reasons:
    """Collects what each round said."""

    def __init__(self) -> None:
        self._moved: dict[tuple[str, str | None], MoveReason] = {}
        self._left: dict[str, LeftOut] = {}

    def note(self, allocation: Allocation) -> None:
        """Keep the first word about each place; what the loader refused overrules."""
        for one, moved in allocation.moves.items():
            key = (one, allocation.assignment.get(one))
            if key not in self._moved or moved.code == "did_not_fit":
                self._moved[key] = moved
        for left in allocation.left_out:
            if left.consignment_id not in self._left or left.code == "did_not_fit":
                self._left[left.consignment_id] = left

    def left_out(self, allocation: Allocation) -> tuple[LeftOut, ...]:
        """The reasons of those that the last allocation leaves out."""
        return tuple(self._left[left.consignment_id] for left in allocation.left_out)

    def moves(self, instance: Instance, allocation: Allocation) -> tuple[Move, ...]:
        """All differences from the published plan, in the order of the consignments' ids."""
        current = {d.consignment_id: d.current_consolidation_id for d in instance.demands}
        found = []
        for one in sorted(allocation.moves):
            to = allocation.assignment.get(one)
            said = self._left[one] if to is None else self._moved[one, to]
            found.append(
                Move(
                    consignment_id=one,
                    from_consolidation_id=current[one],
                    to_consolidation_id=to,
                    code=said.code,
                    reason=said.reason,
                )
            )
        return tuple(found)
