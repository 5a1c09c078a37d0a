"""Decide by CP-SAT whether pieces fit on a floor, within a work limit.

One worker and a limit in deterministic time: the same floor gives the same answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import cast

from ortools.sat.python import cp_model

from optimizer.loading.floor.kinds import Floor, Kind, Rectangle


class Decision(Enum):
    """Whether pieces fit on a floor."""

    FITS = "fits"
    DOES_NOT_FIT = "does not fit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision, with a layout if the pieces fit."""

    decision: Decision
    rectangles: tuple[Rectangle, ...] = ()
    work: float = 0.0
    """CP-SAT deterministic time."""


@dataclass(slots=True)
class _Piece:
    kind: Kind
    x: cp_model.IntVar
    y: cp_model.IntVar
    turned: cp_model.IntVar


def decide(
    floor: Floor, counts: Mapping[Kind, int], *, work: float, seconds: float | None = None
) -> Answer:
    """Return whether so many pieces of each kind fit on the floor.

    `work` is CP-SAT deterministic time, `seconds` wall time, for a deadline.
    """
    model = cp_model.CpModel()
    x_intervals, y_intervals, pieces = [], [], []
    for x, y, dx, dy in _taken(floor):
        x_intervals.append(model.new_fixed_size_interval_var(x, dx, ""))
        y_intervals.append(model.new_fixed_size_interval_var(y, dy, ""))
    edges = sorted({edge for kind, count in counts.items() if count for edge in kind[:2]})
    positions = (
        sums_from({0, *(x for _, _, x in floor.steps)}, edges, floor.length),
        sums_from({0, *(y2 for _, y2, _ in floor.steps)}, edges, floor.width),
    )
    for kind, count in counts.items():
        alike = [
            _add_piece(model, floor, kind, positions, x_intervals, y_intervals)
            for _ in range(count)
        ]
        for one, next_one in pairwise(alike):
            model.add(one.x <= next_one.x)
        pieces += alike
    model.add_no_overlap_2d(x_intervals, y_intervals)
    model.add_cumulative(x_intervals, _sizes(y_intervals), floor.width)
    model.add_cumulative(y_intervals, _sizes(x_intervals), floor.length)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = work
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    done = solver.response_proto.deterministic_time
    if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return Answer(Decision.FITS, tuple(_place(solver, piece) for piece in pieces), done)
    if status == cp_model.INFEASIBLE:
        return Answer(Decision.DOES_NOT_FIT, work=done)
    return Answer(Decision.UNKNOWN, work=done)


def sums_from(origins: Iterable[int], edges: Sequence[int], room: int) -> list[int]:
    """Return all sums of edges from an origin up to `room`, sorted.

    Pieces of a layout that are pushed towards the far left corner begin at such positions, where
    the origins are the ends of what stands there (J. C. Herz, IBM Journal of Research and
    Development 16 (1972) 462-469).
    """
    reached = 0
    for origin in origins:
        reached |= 1 << origin
    within = (1 << (room + 1)) - 1
    for edge in edges:
        step = edge
        while step <= room:
            reached |= (reached << step) & within
            step *= 2
    digits = bin(reached & within)[:1:-1]
    return [position for position, digit in enumerate(digits) if digit == "1"]


def _sizes(intervals: Sequence[cp_model.IntervalVar]) -> list[cp_model.LinearExprT]:
    return [cast("cp_model.LinearExprT", interval.size_expr()) for interval in intervals]


def _taken(floor: Floor) -> list[Rectangle]:
    return [Rectangle(0, y1, x, y2 - y1) for y1, y2, x in floor.steps if x]


def _add_piece(
    model: cp_model.CpModel,
    floor: Floor,
    kind: Kind,
    positions: tuple[list[int], list[int]],
    x_intervals: list[cp_model.IntervalVar],
    y_intervals: list[cp_model.IntervalVar],
) -> _Piece:
    turned = model.new_bool_var("") if kind.turns else model.new_constant(0)
    x, y = (
        model.new_int_var_from_domain(cp_model.Domain.from_values(values), "")
        for values in positions
    )
    x_end = model.new_int_var(0, floor.length, "")
    y_end = model.new_int_var(0, floor.width, "")
    along = kind.dx + (kind.dy - kind.dx) * turned
    across = kind.dy + (kind.dx - kind.dy) * turned
    x_intervals.append(model.new_interval_var(x, along, x_end, ""))
    y_intervals.append(model.new_interval_var(y, across, y_end, ""))
    return _Piece(kind, x, y, turned)


def _place(solver: cp_model.CpSolver, piece: _Piece) -> Rectangle:
    edges = (piece.kind.dx, piece.kind.dy)
    dx, dy = edges[::-1] if solver.value(piece.turned) else edges
    return Rectangle(solver.value(piece.x), solver.value(piece.y), dx, dy)
