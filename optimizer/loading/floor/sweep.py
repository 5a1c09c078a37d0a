"""Prove that a number of pieces does not fit, by a sweep along or across the floor.

A layout is cut into lines; the pieces that a line crosses are a pattern. With the prices of the
pattern bound each line loses what its pattern costs less than the dearest pattern, and a layout of
`target` pieces may lose no more than the bound exceeds them: less than a piece, where `target` is
the bound rounded down. The sweep follows all sequences of patterns that lose no more. If none of
them has `target` pieces, no layout has: push the pieces of a layout towards the origin, and each
begins where another one ends. The sweep does not ask where the pieces stand on their lines.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.loading.floor.kinds import Kind
from optimizer.loading.floor.pattern_bound import SCALE, PatternBound, pattern_bound, price_lines

TRANSITIONS_MAX = 40_000
"""About 0.2 s."""

State = tuple[tuple[tuple[int, int], ...], int, int]
"""(mm left, way) of each piece on the line, sorted; lengthwise and crosswise pieces so far."""


@dataclass(frozen=True, slots=True)
class _Direction:
    """A sweep along one edge of the floor. Index 0 is for lengthwise pieces, 1 for crosswise."""

    end: int
    room: int
    """Length of a line."""
    lasts: tuple[int, int]
    """Edge of a piece along the sweep."""
    takes: tuple[int, int]
    """Edge on the line."""
    prices: tuple[int, int]
    line: int
    """Price of the dearest pattern."""

    def begin(self, position: int, state: State, *, turns: bool) -> Iterator[tuple[int, State]]:
        """Yield each next position, where pieces end, with the state there."""
        on_line, lengthwise, crosswise = state
        used = sum(self.takes[way] for _, way in on_line)
        most = [
            (self.room - used) // self.takes[way] if position + self.lasts[way] <= self.end else 0
            for way in (0, 1)
        ]
        for first in range(most[0] + 1):
            free = (self.room - used - first * self.takes[0]) // self.takes[1]
            for second in range(min(most[1], free) + 1 if turns else 1):
                new = ((self.lasts[0], 0),) * first + ((self.lasts[1], 1),) * second
                line = sorted(on_line + new)
                if line:
                    step = line[0][0]
                    left = tuple((mm - step, way) for mm, way in line if mm > step)
                    yield position + step, (left, lengthwise + first, crosswise + second)

    def loss(self, position: int, state: State) -> int:
        """Return what the lines before the position cost less than the dearest pattern."""
        on_line, *begun = state
        paid = sum(self.prices[way] * self.lasts[way] * begun[way] for way in (0, 1))
        return position * self.line - paid + sum(self.prices[way] * mm for mm, way in on_line)


def refutes(length: int, width: int, kind: Kind, target: int) -> bool:
    """Return whether a sweep proves that `target` pieces do not fit.

    False says nothing: they may fit, or neither sweep can tell.
    """
    return any(
        _refutes_with(bound, length, width, kind, target)
        for bound in (
            pattern_bound(length, width, kind),
            price_lines(length, width, kind, (1 / kind.dx, 1 / kind.dy)),
        )
    )


def _refutes_with(bound: PatternBound, length: int, width: int, kind: Kind, target: int) -> bool:
    slack = bound.worth - target * SCALE
    lengthwise, crosswise = (kind.dx, kind.dy), (kind.dy, kind.dx)
    return (
        slack < 0
        or _exhausts(
            _Direction(length, width, lengthwise, crosswise, bound.across, bound.line_across),
            slack, target, turns=kind.turns,
        )
        or _exhausts(
            _Direction(width, length, crosswise, lengthwise, bound.along, bound.line_along),
            slack, target, turns=kind.turns,
        )
    )  # fmt: skip


def _exhausts(direction: _Direction, slack: int, target: int, *, turns: bool) -> bool:
    """Return whether the sweep ends without `target` pieces, within its transitions."""
    states: dict[int, set[State]] = {0: {((), 0, 0)}}
    positions = [0]
    transitions = 0
    while positions:
        position = heapq.heappop(positions)
        for state in sorted(states.pop(position)):
            for after, following in direction.begin(position, state, turns=turns):
                transitions += 1
                if transitions > TRANSITIONS_MAX or following[1] + following[2] >= target:
                    return False
                if direction.loss(after, following) > slack:
                    continue
                if after not in states:
                    states[after] = set()
                    heapq.heappush(positions, after)
                states[after].add(following)
    return True
