"""The rules that concern several consignments at once; one class each.

What a consignment and a container decide between the two of them (cut-off, hold, pin, fence, size)
is in `options`: such pairs get no unknown.
"""

from itertools import combinations, pairwise
from typing import Protocol

from ortools.sat.python import cp_model

from groupage.domain.containers import PLANNING_STANDARD_CM3
from groupage.domain.units import CM3_PER_M3
from optimizer.allocation.mixing import declared_cents, may_share, sets_of, weighed_g
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class Constraint(Protocol):
    """Adds its rows to the model."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """Constrain the unknowns."""


class OnePlaceEach:
    """Each consignment is in one container or stays behind, whole."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """One equation for each consignment."""
        _ = problem
        for consignment_id, places in unknown.places():
            model.add_exactly_one([*places, unknown.behind[consignment_id]])


class InUse:
    """A container with cargo is paid for; one without is not used."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """Links contents and use; the tight form also lifts the bound."""
        _ = problem
        for slot in unknown.slots:
            inside = [variable for _, variable in unknown.candidates(slot)]
            used = unknown.used[slot.key]
            for variable in inside:
                if slot.copies_max == 1:
                    model.add_implication(variable, used)
                else:
                    model.add(variable <= used)
            if not unknown.given[slot.key].members:
                model.add(used <= sum(inside))


class Volume:
    """Contents stay within the share of the volume that a plan may fill."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """One row for each container."""
        _ = problem
        for slot in unknown.slots:
            given = sum(d.volume_cm3 for d in unknown.given[slot.key].members.values())
            free = sum(d.volume_cm3 * variable for d, variable in unknown.candidates(slot))
            model.add(given + free <= max(slot.usable_cm3, given) * unknown.used[slot.key])


class Bulk:
    """Contents stay within what the loader will probably get in. A guess, so no part of a proof."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """One row for each container; what is too bulky by itself may go alone."""
        for slot in unknown.slots:
            bulk = problem.bulk[slot.spec.height_mm]
            given = sum(bulk[one] for one in unknown.given[slot.key].members)
            limit = max(slot.bulk_max_cm3, given)
            free = sum(
                min(bulk[demand.consignment_id], limit) * variable
                for demand, variable in unknown.candidates(slot)
            )
            model.add(given + free <= limit * unknown.used[slot.key])


class Payload:
    """Contents stay within the payload, by the consignments' masses and by their cartons'."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """Two rows for each container, one where the masses agree."""
        _ = problem
        for slot in unknown.slots:
            members = unknown.given[slot.key].members.values()
            candidates = unknown.candidates(slot)
            said = [demand.gross_g for demand, _ in candidates]
            weighed = [weighed_g(demand) for demand, _ in candidates]
            rows = [(sum(d.gross_g for d in members), said)]
            if weighed != said:
                rows.append((sum(weighed_g(d) for d in members), weighed))
            for given, masses in rows:
                free = sum(g * v for g, (_, v) in zip(masses, candidates, strict=True))
                model.add(given + free <= max(slot.payload_g, given) * unknown.used[slot.key])


class Offers:
    """A departure gives no more containers of a type than it offers."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """One row for each departure and type."""
        for pool, room in problem.room.items():
            used = [unknown.used[slot.key] for slot in unknown.slots if slot.pool == pool]
            if used:
                model.add(sum(used) <= room)


class DeclarationCap:
    """1039 cargo of one consignee in one container is one declaration, whose value is capped."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """One row for each consignee and container."""
        rules = problem.instance.rules
        cap = rules.declaration_cap_usd_cents
        for slot in unknown.slots:
            given: dict[str, int] = {}
            for demand in unknown.given[slot.key].members.values():
                if demand.mode == "1039":
                    there = given.get(demand.consignee, 0)
                    given[demand.consignee] = there + declared_cents(demand, rules)
            values: dict[str, list[tuple[int, cp_model.IntVar]]] = {}
            for demand, variable in unknown.candidates(slot):
                if demand.mode == "1039":
                    term = (declared_cents(demand, rules), variable)
                    values.setdefault(demand.consignee, []).append(term)
            for consignee, terms in values.items():
                there = given.get(consignee, 0)
                total = there + sum(value * variable for value, variable in terms)
                if there + sum(value for value, _ in terms) > cap:
                    model.add(total <= max(cap, there) * unknown.used[slot.key])


class ModeMix:
    """Customs modes in a container lie in one set of the policy. Counted ones are spared."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """Chooses a set for each container."""
        rules = problem.instance.rules
        if not rules.mode_mix:
            return
        for slot in unknown.slots:
            candidates = unknown.candidates(slot)
            there = {d.mode for d in unknown.given[slot.key].members.values()}
            modes = {d.mode for d, _ in candidates} | there
            allowed = [n for n, group in enumerate(rules.mode_mix) if there <= set(group)]
            if slot.copies_max > 1 or any(modes <= set(rules.mode_mix[n]) for n in allowed):
                continue
            chosen = {n: model.new_bool_var(f"{slot.key} carries set {n}") for n in allowed}
            model.add_at_most_one(chosen.values())
            for demand, variable in candidates:
                fitting = [chosen[n] for n in sorted(sets_of(demand.mode, rules)) if n in chosen]
                model.add_bool_or([*fitting, variable.negated()])


class Segregation:
    """Dangerous goods that must be apart do not share a container. Counted ones are spared."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """One clause for each pair and container."""
        _ = problem
        for slot in unknown.slots:
            if slot.copies_max > 1:
                continue
            dangerous = [(d, v) for d, v in unknown.candidates(slot) if d.dg_classes]
            for (one, here), (other, there) in combinations(dangerous, 2):
                if not may_share(one, other):
                    model.add_at_most_one([here, there])
            for demand, variable in dangerous:
                members = unknown.given[slot.key].members.values()
                if not all(may_share(demand, member) for member in members):
                    model.add(variable == 0)


class DeadFreight:
    """What is unused of a container's planning standard costs money."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """Rounded so that the model's cost is at most the exact one: the bound stays a bound."""
        weights = problem.instance.weights
        for slot in unknown.slots:
            standard = credit_below(slot, weights.dead_freight_per_m3)
            given = sum(
                credit_above(d.volume_cm3, weights.dead_freight_per_m3)
                for d in unknown.given[slot.key].members.values()
            )
            free = sum(
                credit_above(d.volume_cm3, weights.dead_freight_per_m3) * variable
                for d, variable in unknown.candidates(slot)
            )
            model.add(unknown.dead[slot.key] >= standard * unknown.used[slot.key] - given - free)


class Symmetry:
    """Of alike new containers the first are used first, and hold more."""

    def add(self, model: cp_model.CpModel, unknown: Variables, problem: Problem) -> None:
        """Orders the new single containers of each pool."""
        old = {slot.key for slot in problem.slots}
        pools: dict[tuple[str, str], list[Slot]] = {}
        for slot in unknown.slots:
            if slot.key not in old and slot.copies_max == 1:
                pools.setdefault(slot.pool, []).append(slot)
        for alike in pools.values():
            for first, second in pairwise(alike):
                model.add(unknown.used[first.key] >= unknown.used[second.key])
                loads = [
                    sum(d.volume_cm3 * v for d, v in unknown.candidates(slot))
                    for slot in (first, second)
                ]
                model.add(loads[0] >= loads[1])


def credit_below(slot: Slot, price_per_m3: int) -> int:
    """Dead freight of an empty container, rounded down."""
    return PLANNING_STANDARD_CM3.get(slot.spec.iso_type, 0) * price_per_m3 // CM3_PER_M3


def credit_above(volume_cm3: int, price_per_m3: int) -> int:
    """What a consignment takes off the dead freight, rounded up."""
    return -(-volume_cm3 * price_per_m3 // CM3_PER_M3)


ALL: tuple[Constraint, ...] = (
    OnePlaceEach(),
    InUse(),
    Volume(),
    Payload(),
    Offers(),
    DeclarationCap(),
    ModeMix(),
    Segregation(),
    DeadFreight(),
    Symmetry(),
)
"""Every rule; the order does not matter."""
WITH_GUESSES: tuple[Constraint, ...] = (*ALL, Bulk())
"""For a search that proves nothing."""
