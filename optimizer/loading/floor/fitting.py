"""Find a layout of given pieces on a floor, or the proof that there is none.

Bounds first, then the layouts of one kind, the search over steps, and CP-SAT.
"""

from collections.abc import Mapping, Sequence

from optimizer.deadline import StageDeadline
from optimizer.loading.floor.bounds import Row
from optimizer.loading.floor.exact import Answer, Decision, decide
from optimizer.loading.floor.kinds import Floor, Kind, Rectangle
from optimizer.loading.floor.one_kind import lay_out
from optimizer.loading.floor.skyline import find_layout

EXACT_PIECES_MAX = 40
"""CP-SAT decides about no more pieces than this: of more it finds neither layout nor proof."""


class Fitting:
    """Answers for one floor, each kept; CP-SAT has `work` for all of them together."""

    def __init__(
        self, floor: Floor, rows: Sequence[Row], deadline: StageDeadline, *, work: float
    ) -> None:
        self._floor = floor
        self._rows = rows
        self._deadline = deadline
        self._work = work
        self._answers: dict[tuple[tuple[Kind, int], ...], Answer] = {}

    def find(self, counts: Mapping[Kind, int]) -> Answer:
        """Return a layout of so many pieces of each kind, a refutation, or that it is unknown."""
        key = tuple(sorted((kind, count) for kind, count in counts.items() if count))
        if key not in self._answers:
            self._answers[key] = self._search(dict(key))
        return self._answers[key]

    def _search(self, counts: Mapping[Kind, int]) -> Answer:
        if not counts:
            return Answer(Decision.FITS)
        if any(row.is_broken(counts) for row in self._rows):
            return Answer(Decision.DOES_NOT_FIT)
        if len(counts) == 1 and self._floor.is_rectangle:
            return self._lay_out_one_kind(*next(iter(counts.items())))
        rectangles = find_layout(self._floor, counts, self._deadline.is_over)
        if rectangles is not None:
            return Answer(Decision.FITS, rectangles)
        if self._work <= 0 or sum(counts.values()) > EXACT_PIECES_MAX or self._deadline.is_over():
            return Answer(Decision.UNKNOWN)
        answer = decide(self._floor, counts, work=self._work, seconds=self._deadline.left_s())
        self._work -= answer.work
        return answer

    def _lay_out_one_kind(self, kind: Kind, count: int) -> Answer:
        begin = self._floor.steps[0][2]
        layout = lay_out(self._floor.length - begin, self._floor.width, kind)
        if count > layout.bound:
            return Answer(Decision.DOES_NOT_FIT)
        if count > len(layout.rectangles):
            return Answer(Decision.UNKNOWN)
        farthest = sorted(layout.rectangles)[:count]
        return Answer(Decision.FITS, tuple(place._replace(x=place.x + begin) for place in farthest))


def push_back(floor: Floor, rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """Return the layout with each piece as far from the door as it goes, in loading sequence.

    A piece then comes straight from the door to its place: those before it begin farther in.
    """
    taken = [Rectangle(0, y1, x, y2 - y1) for y1, y2, x in floor.steps]
    pushed: list[Rectangle] = []
    for place in sorted(rectangles):
        beside = [
            other.x + other.dx
            for other in (*taken, *pushed)
            if other.y < place.y + place.dy and place.y < other.y + other.dy
        ]
        pushed.append(place._replace(x=max(beside, default=0)))
    return sorted(pushed)
