"""Read container loading files in the format of the OR-Library.

Format (https://people.brunel.ac.uk/~mastjjb/jeb/orlib/thpackinfo.html), in lines of numbers: the
count of problems; for each its number and mostly a seed; length, width and height of the container;
the count of box types; for each its number, three edges, each with 1 if it may stand vertical or
else 0, and the quantity. Three lines of thpack9 lack the mark of the second edge: it is 1.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from groupage.app.bench.loading.problem import BoxType, Edges, Problem
from groupage.domain.errors import InvalidInput

BYTES_MAX = 20_000_000
PROBLEMS_MAX = 10_000
TYPES_MAX = 20_000
LENGTH_MAX = 1_000_000
"""Longest edge, in the unit of the file."""
QUANTITY_MAX = 100_000
_EDGES = ("edge 1", "edge 2", "edge 3")
_MARKS = ("mark of edge 1", "mark of edge 2", "mark of edge 3")
ALL_BOXES = ("thpack9",)
"""Files whose boxes go into as few containers as possible; those of all others fill one."""


class _Lines:
    """The lines of a file that hold numbers."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = [
            (number, line.split())
            for number, line in enumerate(text.splitlines(), start=1)
            if line.strip()
        ]
        self._next = 0
        self.number = 0
        """Of the line that was read last."""

    def error(self, text: str) -> InvalidInput:
        """Return an error that names the line read last."""
        return InvalidInput(f"{self._path}, line {self.number}: {text}")

    def read(self, content: str) -> list[str]:
        """Return the fields of the next line, which should hold `content`."""
        if self._next == len(self._lines):
            raise InvalidInput(f"{self._path} ends where a line with {content} should follow")
        self.number, fields = self._lines[self._next]
        self._next += 1
        return fields

    def expect_end(self) -> None:
        """Raise an error if lines are left."""
        if self._next < len(self._lines):
            self.number, fields = self._lines[self._next]
            text = " ".join(fields)[:40]
            raise self.error(f"{text!r} follows the last problem that line 1 announces")

    def integer(self, text: str, field: str, low: int, high: int) -> int:
        """Return the number in a field."""
        # A longer text is out of every range, and `int` takes quadratic time for it.
        if text.isascii() and text.isdigit() and len(text) <= 12 and low <= int(text) <= high:
            return int(text)
        raise self.error(f"{field} is {text[:40]!r}, must be an integer from {low} to {high}")

    def integers(self, content: str, fields: Sequence[str], high: int) -> list[int]:
        """Return the numbers of the next line, one for each of `fields`."""
        texts = self.read(content)
        if len(texts) != len(fields):
            expected = ", ".join(fields)
            raise self.error(f"{content} has {len(texts)} fields, must have {expected}")
        return [
            self.integer(text, field, 1, high) for text, field in zip(texts, fields, strict=True)
        ]


def read_file(path: Path, *, all_boxes: bool, report: Callable[[str], None]) -> list[Problem]:
    """Return the problems of a file; report each line that is read with a correction.

    Raises:
        InvalidInput: the file cannot be read, or a line is wrong; names the line and the field.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise InvalidInput(f"{path} is longer than {BYTES_MAX:,} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not a text in UTF-8 (byte {error.start})") from error
    lines = _Lines(path, text)
    family = path.stem.split("_")[0]
    (count,) = lines.integers("the count of problems", ("problems",), PROBLEMS_MAX)
    problems = [_read_problem(lines, family, number, report) for number in range(1, count + 1)]
    lines.expect_end()
    if all_boxes or family in ALL_BOXES:
        problems = [with_all_boxes(problem) for problem in problems]
    return problems


def with_all_boxes(problem: Problem) -> Problem:
    """Return the problem of loading all boxes; each must fit into the container."""
    for box_type in problem.types:
        fits = any(
            all(edge <= inner for edge, inner in zip(edges, problem.container, strict=True))
            for edges in box_type.orientations()
        )
        if not fits:
            raise InvalidInput(
                f"{problem.name}: box type {box_type.number} ({box_type.edges}) does not fit into "
                f"the container {problem.container} in an orientation that its marks allow"
            )
    return msgspec.structs.replace(problem, all_boxes=True)


def _read_problem(
    lines: _Lines, family: str, number: int, report: Callable[[str], None]
) -> Problem:
    head = lines.read("the number of a problem")
    if len(head) not in (1, 2):
        raise lines.error(f"the problem's line has {len(head)} fields, must have number and seed")
    if lines.integer(head[0], "the problem's number", 1, PROBLEMS_MAX) != number:
        raise lines.error(f"the problem's number is {head[0]}, must be {number}")
    length, width, height = lines.integers(
        "the container", ("length", "width", "height"), LENGTH_MAX
    )
    (count,) = lines.integers("the count of box types", ("box types",), TYPES_MAX)
    types = tuple(_read_type(lines, index, report) for index in range(1, count + 1))
    return Problem(family=family, number=number, container=(length, width, height), types=types)


def _read_type(lines: _Lines, number: int, report: Callable[[str], None]) -> BoxType:
    texts = lines.read("a box type")
    if len(texts) == 7 and texts[2] in {"0", "1"} and texts[5] in {"0", "1"}:
        texts.insert(4, "1")
        report(f"line {lines.number} has no mark after the second edge: read as 1")
    if len(texts) != 8:
        raise lines.error(
            f"the box type has {len(texts)} fields, must have number, edge 1, mark, edge 2, mark, "
            f"edge 3, mark, quantity"
        )
    if lines.integer(texts[0], "the box type's number", 1, TYPES_MAX) != number:
        raise lines.error(f"the box type's number is {texts[0]}, must be {number}")
    first, second, third = (
        lines.integer(text, field, 1, LENGTH_MAX)
        for text, field in zip(texts[1:7:2], _EDGES, strict=True)
    )
    marks = [
        lines.integer(text, field, 0, 1) == 1
        for text, field in zip(texts[2:8:2], _MARKS, strict=True)
    ]
    if not any(marks):
        raise lines.error("no edge of the box type may stand vertical; one mark must be 1")
    edges: Edges = (first, second, third)
    return BoxType(
        number=number,
        edges=edges,
        vertical=(marks[0], marks[1], marks[2]),
        quantity=lines.integer(texts[7], "the quantity", 1, QUANTITY_MAX),
    )
