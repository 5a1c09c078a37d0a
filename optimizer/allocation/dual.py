"""A lower bound without CP-SAT, for problems whose model would be too large.

It is a Lagrangian bound of the linear relaxation (M. L. Fisher, The Lagrangian Relaxation Method
for Solving Integer Programming Problems, Management Science 27, 1981). A container that holds cargo
of the volume v pays at least the share v / usable volume of what it costs when it is full: freight,
handling, and the dead freight that is left then. The same holds for mass and payload. So each
consignment costs at least the least of leaving it out and, over its slots, of its own cost there
plus its share. Prices on the numbers of containers on offer raise that bound by subgradient steps.
It is a bound at any prices, and the last step computes it in integers.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from optimizer.allocation.bins import Bin
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.pricing import dead_freight
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot
from optimizer.allocation.tables import Floats, Ints, cost_table
from optimizer.deadline import StageDeadline

STEPS_MAX = 150
"""Subgradient steps for a small problem."""
STEP_PAIRS = 200_000_000
"""Pairs of consignment and slot that all steps together may look at: a second or two."""
_SHARE_BITS = 20
"""Shares of a container are counted in 1 / 2^20 and rounded down."""
_TARGET = 1.02
"""The steps aim at this multiple of the best bound so far."""
_PATIENCE = 6
"""Steps without gain after which the step length is halved."""

_Array = npt.NDArray[Any]


class DualBound(msgspec.Struct, frozen=True, kw_only=True):
    """A lower bound, and the choices behind it."""

    bound: int
    """No allocation costs less on what the model prices, US cents."""
    choices: dict[str, str]
    """Consignment → slot that costs it least; absent: leaving it out costs least."""


def find_bound(problem: Problem, slots: Sequence[Slot], deadline: StageDeadline) -> DualBound:
    """Return a lower bound of the free consignments in these slots, which are not fixed ones."""
    dual = _Dual(problem, slots)
    steps = min(STEPS_MAX, max(1, STEP_PAIRS // max(1, dual.cost.size)))
    prices: Floats = np.zeros(len(problem.on_offer) + len(slots))
    tried, best, length, idle = prices, -np.inf, 1.0, 0
    for _ in range(steps):
        value, gradient = dual.evaluate(tried)
        idle = 0 if value > best else idle + 1
        if value > best:
            prices, best = tried, value
        if idle == _PATIENCE:
            tried, length, idle = prices, length / 2, 0
            continue
        norm = float(np.square(gradient[(tried > 0) | (gradient > 0)]).sum())
        if norm == 0 or deadline.is_over():
            break
        aim = max(abs(best) * _TARGET, best + 1) - value
        tried = np.maximum(0, tried + gradient * (length * aim / norm))
    return dual.bound_at(prices.astype(np.int64))


class _Dual:
    """Costs as a table with a row for each consignment and a column for each slot.

    Prices are those of the offers, by pool, and then those of the open containers, by slot.
    """

    def __init__(self, problem: Problem, slots: Sequence[Slot]) -> None:
        bins = PartialSolution(problem, extra=slots).bins
        contents = [bins[slot.key] for slot in slots]
        self.ids = tuple(problem.free)
        self.keys = tuple(slot.key for slot in slots)
        demands = tuple(problem.free.values())
        self.left_out = _ints(problem.unassigned_cost[c] for c in self.ids)
        self.cost = cost_table(problem, self.ids, slots)
        self.proven = np.array([c not in problem.unexplored for c in self.ids], dtype=bool)
        """Whether all slots of the consignment were looked at."""
        self.in_use = np.array([bool(bin_.members) for bin_ in contents], dtype=bool)
        self.full = _ints(_full_cost(bin_, problem) for bin_ in contents)
        self.volume = _ints(demand.volume_cm3 for demand in demands)
        self.mass = _ints(demand.gross_g for demand in demands)
        free_cm3 = _ints(max(1, b.slot.usable_cm3 - b.volume_cm3) for b in contents)
        loaded_g = _ints(sum(d.gross_g for d in b.members.values()) for b in contents)
        free_g = np.maximum(1, _ints(slot.payload_g for slot in slots) - loaded_g)
        # Whichever of volume and mass would run short first if all cargo went into such containers.
        self.by_mass = float(self.mass.sum()) * free_cm3 > float(self.volume.sum()) * free_g
        self.capacity = np.where(self.by_mass, free_g, free_cm3)
        self.on_offer = _ints(problem.on_offer.values())
        number = {pool: index for index, pool in enumerate(problem.on_offer)}
        self.pool = _ints(number.get(slot.pool, len(number)) for slot in slots)
        """Number of the pool, or one more than there are for a slot whose type is not on offer."""
        self.is_open = np.array([slot.existing is not None for slot in slots], dtype=bool)

    def split(self, prices: _Array) -> tuple[_Array, _Array]:
        """Return the price of each slot's offer, and that of each slot alone."""
        offers = np.append(prices[: len(self.on_offer)], 0)
        return offers[self.pool], prices[len(self.on_offer) :]

    def constant(self, prices: _Array) -> float:
        """Return what the bound has in it whatever the consignments choose."""
        by_offer, alone = self.split(prices)
        used = ((self.full + by_offer) * self.in_use).sum()
        offers = (prices[: len(self.on_offer)] * self.on_offer).sum()
        return float(used - offers - (alone * self.is_open).sum())

    def slot_prices(self, prices: _Array) -> _Array:
        """Return what a full container of each slot costs; one in use costs nothing more."""
        by_offer, alone = self.split(prices)
        full: _Array = self.full + by_offer
        full[self.in_use] = 0
        full += alone * self.is_open
        return full

    def evaluate(self, prices: Floats) -> tuple[float, Floats]:
        """Return the bound at these prices, and its direction of ascent."""
        rate = self.slot_prices(prices) / self.capacity
        table = self.cost + np.outer(self.volume, np.where(self.by_mass, 0, rate))
        if self.by_mass.any():
            table += np.outer(self.mass, np.where(self.by_mass, rate, 0))
        best = table.argmin(axis=1)
        least = np.take_along_axis(table, best[:, None], axis=1)[:, 0]
        goes = least < self.left_out
        value = np.minimum(least, self.left_out).sum() + self.constant(prices)
        chosen = best[goes]
        amount = np.where(self.by_mass[chosen], self.mass[goes], self.volume[goes])
        usage = np.bincount(
            chosen, weights=amount / self.capacity[chosen], minlength=len(self.keys)
        )
        containers = np.where(self.in_use, 1.0, usage)
        by_pool = np.bincount(self.pool, weights=containers, minlength=len(self.on_offer))
        offers = by_pool[: len(self.on_offer)] - self.on_offer
        return float(value), np.concatenate((offers, np.where(self.is_open, usage - 1, 0.0)))

    def bound_at(self, prices: Ints) -> DualBound:
        """Return the bound at whole prices, each share of a container rounded down."""
        price = self.slot_prices(prices)
        total = int(self.constant(prices))
        choices = {}
        for row, consignment_id in enumerate(self.ids):
            amount = np.where(self.by_mass, self.mass[row], self.volume[row])
            share = (amount << _SHARE_BITS) // self.capacity
            costs = self.cost[row] + (price * share >> _SHARE_BITS)
            column = int(costs.argmin())
            if self.proven[row]:
                total += min(int(costs[column]), int(self.left_out[row]))
            if costs[column] < self.left_out[row]:
                choices[consignment_id] = self.keys[column]
        return DualBound(bound=max(0, total), choices=choices)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _full_cost(bin_: Bin, problem: Problem) -> int:
    """Return freight, handling and the dead freight that even a full container has."""
    slot = bin_.slot
    cargo_cm3 = max(slot.usable_cm3, bin_.volume_cm3)
    return slot.open_cost + dead_freight(slot.spec.iso_type, cargo_cm3, problem.instance.weights)
