"""The reason, as code and sentence, for each consignment that is left out or moved."""

from collections.abc import Mapping, Sequence

import msgspec

from groupage.domain.codes import LeftOutCode, MoveCode
from groupage.domain.instance import Demand
from groupage.domain.plan import LeftOut
from optimizer.allocation.bins import Bin
from optimizer.allocation.making_room import (
    Displacing,
    Option,
    added_cost_text,
    price_as_is,
)
from optimizer.allocation.misfits import LOADER_CODES, misfit
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import OUT_OF_TIME, Problem, Rejection, SlotRejection
from optimizer.allocation.rules.floor_area import FloorArea
from optimizer.allocation.rules.registry import CONTENTS_RULES, find_placement_rule
from optimizer.allocation.rules.rule import SharingRule
from optimizer.allocation.sharing import conflicts, makes_way, placement_note
from optimizer.allocation.slots import Slot, usable_cm3
from optimizer.deadline import StageDeadline


class MoveReason(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why a consignment is not where the published plan has it."""

    code: LeftOutCode | MoveCode
    reason: str


class Explainer:
    """Explains a solution, which must not change any more.

    `names` are the ids of its containers by the keys of their bins. `search` is the deadline of the
    stage that made it, `deadline` that of the explanation.
    """

    def __init__(
        self,
        solution: PartialSolution,
        names: Mapping[str, str],
        *,
        search: StageDeadline,
        deadline: StageDeadline,
    ) -> None:
        self._solution = solution
        self._names = names
        self._deadline = deadline
        self._search_cut = search.has_cut
        self._left_out: dict[str, LeftOut] = {}
        self._slots: dict[str, list[Slot]] = {}
        """By voyage."""
        for slot in (*solution.problem.slots, *solution.problem.pools):
            self._slots.setdefault(slot.pool[0], []).append(slot)
        self._usable = [
            bin_
            for bin_ in solution.bins.values()
            if not bin_.slot.fixed and solution.can_use(bin_)
        ]
        self._rooms = Displacing(solution, self._usable)
        self._new = [
            (pool, solution.new_bin(pool))
            for pool in solution.problem.pools
            if solution.remaining_containers(pool.pool) > 0
        ]
        """Pools that have a container left, each with an empty one."""

    def left_out_reason(self, consignment_id: str) -> LeftOut:
        """Return the binding reason for a consignment that is in no container.

        In this order: a rule keeps it out of every container; a rule keeps it out of each single
        one; a container could take it at a higher cost than leaving it; the containers that it may
        go into cannot take it beside their contents. Of a consignment that the plan must place the
        cost is never the reason. The time limit is the reason where the search
        ended before it came to the consignment.
        """
        if consignment_id not in self._left_out:
            demand = self._solution.problem.demands[consignment_id]
            left_out = self._explain_left_out(consignment_id)
            rule = find_placement_rule(demand)
            if rule is not None:
                reason = rule.unmet_reason(demand, left_out.reason)
            else:
                way = makes_way(self._solution, demand)
                reason = f"{way.reason}; {left_out.reason}" if way else left_out.reason
            self._left_out[consignment_id] = msgspec.structs.replace(left_out, reason=reason)
        return self._left_out[consignment_id]

    def _explain_left_out(self, consignment_id: str) -> LeftOut:
        solution, problem = self._solution, self._solution.problem
        rejection = problem.rejected.get(consignment_id)
        if rejection is not None:
            return _left_out(consignment_id, rejection)
        demand = problem.free[consignment_id]
        if consignment_id in problem.unexplored:
            return _left_out(consignment_id, OUT_OF_TIME)
        if not problem.assignment_cost[consignment_id]:
            rejections = tuple(problem.rejections[consignment_id].values())
            return _left_out(consignment_id, binding_rejection(demand, rejections))
        required = find_placement_rule(demand) is not None
        if self._deadline.is_over() or (required and self._search_cut):
            return _left_out(consignment_id, OUT_OF_TIME)
        missed = _kept_off(problem, consignment_id, self._slots)
        with_room = conflicts(solution, demand, self._usable, self._names)
        option = None if required else self._cheapest_option(demand)
        if option is not None:
            return self._too_expensive(consignment_id, option, missed, with_room)
        full = _contents_rejection(solution, demand, with_room)
        option = None
        if not required and full.code not in LOADER_CODES:
            option = self._rooms.cheapest(demand, None)
        parts = (
            missed.reason if missed else "",
            full.reason,
            f"making room in {self._price(option)}" if option else "",
        )
        return LeftOut(
            consignment_id=consignment_id,
            code=missed.code if missed and missed.code in _COMMANDS else full.code,
            reason="; ".join(part for part in parts if part),
            next_voyage_id=option.slot.pool[0] if option else None,
        )

    def _too_expensive(
        self, consignment_id: str, option: Option, missed: Rejection | None, with_room: str
    ) -> LeftOut:
        if option.added_cost < 0 and self._search_cut:
            return _left_out(consignment_id, OUT_OF_TIME)
        parts = (missed.reason if missed else "", with_room, self._price(option))
        return LeftOut(
            consignment_id=consignment_id,
            code=missed.code if missed else LeftOutCode.COSTS_MORE_THAN_WAITING,
            reason="; ".join(part for part in parts if part),
            next_voyage_id=option.slot.pool[0],
        )

    def _price(self, option: Option) -> str:
        slot = option.slot
        container = self._names[slot.key] if option.in_use else f"another {slot.spec.iso_type}"
        return f"{container} on {slot.pool[0]} would cost {added_cost_text(option)}"

    def move_reason(self, demand: Demand, to_key: str | None) -> MoveReason:
        """Return why a consignment is in `to_key` and not where the published plan has it."""
        solution, problem = self._solution, self._solution.problem
        consignment_id = demand.consignment_id
        current = demand.current_consolidation_id
        if to_key is None:
            left_out = self.left_out_reason(consignment_id)
            return MoveReason(code=left_out.code, reason=left_out.reason)
        if current is None:
            free = consignment_id in problem.free
            missed = _kept_off(problem, consignment_id, self._slots) if free else None
            rule = find_placement_rule(demand)
            reason = missed.reason if missed else "room on this departure"
            if rule is not None:
                reason = self._add_note(demand, rule.met_reason(demand))
            return MoveReason(code=MoveCode.PLACED, reason=reason)
        if (consignment_id, current) in problem.no_goods.forbidden:
            found = misfit(consignment_id, problem.no_goods, "", container=current)
            return MoveReason(code=found.code, reason=found.reason)
        rejection = problem.rejections.get(consignment_id, {}).get(current)
        if rejection is not None:
            reason = rejection.reason
            if rejection.code == LeftOutCode.PINNED:
                reason = self._add_note(demand, reason)
            return MoveReason(code=rejection.code, reason=reason)
        return _contents_move_reason(solution, demand, current)

    def _add_note(self, demand: Demand, reason: str) -> str:
        note = placement_note(self._solution, demand, self._usable, self._names)
        return f"{reason}; {note}" if note else reason

    def _cheapest_option(self, demand: Demand) -> Option | None:
        """Return the cheapest container, also a new one, for a consignment that could have one.

        Cargo makes way for it only where that costs less than a container that can take it now.
        """
        solution = self._solution
        bins = (*self._usable, *(bin_ for _, bin_ in self._new))
        able = [bin_ for bin_ in bins if solution.can_assign(demand, bin_)]
        options = [price_as_is(solution, demand, bin_) for bin_ in able]
        if not options:
            return None
        cheapest = min(options, key=lambda option: (option.added_cost, option.slot.key))
        return self._rooms.cheapest(demand, cheapest)


def _left_out(consignment_id: str, rejection: Rejection) -> LeftOut:
    return LeftOut(consignment_id=consignment_id, code=rejection.code, reason=rejection.reason)


def binding_rejection(demand: Demand, rejections: Sequence[SlotRejection]) -> Rejection:
    """Return the rejection with the easiest remedy; of several the one of the last departure.

    For a pinned consignment only the rejections at its pin count: that it may not go elsewhere
    explains nothing.
    """
    pin = demand.pinned_consolidation_id or demand.pinned_voyage_id
    at_pin = [r for r in rejections if r.code != LeftOutCode.PINNED] if pin else []
    if at_pin:
        return _easiest_rejection(at_pin)
    if pin:
        return Rejection(code=LeftOutCode.NO_CAPACITY, reason=f"{pin} has no container on offer")
    if not rejections:
        reason = "no departure has a container on offer"
        return Rejection(code=LeftOutCode.NO_CAPACITY, reason=reason)
    return _easiest_rejection(rejections)


def _easiest_rejection(rejections: Sequence[SlotRejection]) -> SlotRejection:
    remedy = min(rejection.remedy for rejection in rejections)
    return [rejection for rejection in rejections if rejection.remedy == remedy][-1]


_COMMANDS = frozenset({LeftOutCode.FORBIDDEN, LeftOutCode.ROLLED})


def _kept_off(
    problem: Problem, consignment_id: str, slots_by_voyage: Mapping[str, Sequence[Slot]]
) -> Rejection | None:
    """Return what keeps it off a departure before the first that it can take.

    A dispatcher's command or the cut-off: nothing else makes it wait for that one.
    """
    possible = problem.assignment_cost[consignment_id]
    demand = problem.demands[consignment_id]
    codes = {LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF}.union(_COMMANDS if demand.forbids else ())
    rejections = problem.rejections[consignment_id]
    for voyage_id in problem.departures:
        slots = slots_by_voyage.get(voyage_id, ())
        if any(slot.cost_key in possible for slot in slots):
            return None
        for slot in slots:
            rejection = rejections.get(slot.cost_key)
            if rejection and rejection.code in codes:
                return rejection
    return None


def _contents_rejection(solution: PartialSolution, demand: Demand, with_room: str) -> Rejection:
    """Return what keeps a consignment out of the containers that it may go into.

    `with_room` says it for those with room that hold cargo beside which it may not be.
    """
    problem = solution.problem
    if any(c == demand.consignment_id for c, _ in problem.no_goods.forbidden):
        elsewhere = f"; {with_room}" if with_room else ", and nothing else has room"
        return misfit(demand.consignment_id, problem.no_goods, elsewhere)
    bins = [b for b in solution.bins.values() if problem.allows(demand.consignment_id, b.slot)]
    binding = [bin_.binding_rule(demand) for bin_ in bins]
    for rule in CONTENTS_RULES:
        if rule in binding and isinstance(rule, SharingRule):
            reason = f"{with_room}; no further container is on offer"
            return Rejection(code=rule.full_code, reason=reason)
        if rule in binding and isinstance(rule, FloorArea):
            reason = "it needs floor of its own, and that of every container that it could go with "
            return Rejection(code=rule.full_code, reason=f"{reason}is taken; none is on offer")
    if any(_was_capped(solution, bin_, demand) for bin_ in bins):
        reason = (
            "the containers with room for its volume did not load so full, and none is on offer"
        )
        return Rejection(code=LeftOutCode.DID_NOT_FIT, reason=reason)
    return Rejection(
        code=LeftOutCode.NO_CAPACITY,
        reason="every container that it could go with is full, and none is on offer",
    )


def _was_capped(solution: PartialSolution, bin_: Bin, demand: Demand) -> bool:
    """Return whether only the cap after a failed loading keeps the consignment out."""
    usable = usable_cm3(bin_.slot.spec, solution.problem.instance)
    return bin_.slot.usable_cm3 < bin_.volume_cm3 + demand.volume_cm3 <= usable


def _contents_move_reason(solution: PartialSolution, demand: Demand, current: str) -> MoveReason:
    """Return why a consignment left a container that it could have stayed in."""
    bin_ = solution.bins.get(current)
    if bin_ is None:
        return MoveReason(code=MoveCode.DISSOLVED, reason=f"{current} can be planned no more")
    if not bin_.members:
        reason = f"{current} is given up: its cargo goes with others"
        return MoveReason(code=MoveCode.DISSOLVED, reason=reason)
    rule = bin_.binding_rule(demand)
    if rule is None:
        return MoveReason(code=MoveCode.CHEAPER, reason="the lane as a whole costs less this way")
    way = makes_way(solution, demand)
    if way is None:
        reason = f"{current} has no room for it beside those that stay"
        if isinstance(rule, SharingRule):
            reason = conflicts(solution, demand, (bin_,), {current: current})
        return MoveReason(code=rule.full_code, reason=reason)
    return MoveReason(code=rule.full_code if way.pinned else MoveCode.CHEAPER, reason=way.reason)
