"""Find the problems that the command line names: files, and classes to generate."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from groupage.app.bench.loading import generator
from groupage.app.bench.loading.cargo import hub_cargo
from groupage.app.bench.loading.literature import read_file, with_all_boxes
from groupage.app.bench.loading.problem import Problem
from groupage.domain.errors import InvalidInput

_CLASSES = re.compile(r"BR(\d{1,2})(?:-(?:BR)?(\d{1,2}))?")
HUB = "hub"
GENERATED = range(1, 21)
"""Instances of a class that are made unless others are named."""
NUMBER_MAX = 10_000


def parse_numbers(text: str) -> list[int]:
    """Return the numbers of a text such as `1-20` or `1,4,7-9`, in order."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= NUMBER_MAX:
            raise InvalidInput(
                f"--instances is {text!r}: {part!r} must be a number or a range such as 1-20, "
                f"from 1 to {NUMBER_MAX}"
            )
        numbers.update(range(first, last + 1))
    return sorted(numbers)


def find_problems(
    names: Sequence[str],
    *,
    instances: str | None,
    seed_base: int | None,
    all_boxes: bool,
    report: Callable[[str], None],
) -> dict[str, list[Problem]]:
    """Return the problems by class, in the order in which they are named.

    Args:
        names: files, classes such as `BR3`, ranges of classes such as `BR1-7`, and `hub`.
        instances: numbers of the problems of each; None: all of a file, 1 to 20 of a class.
        seed_base: seed of problem 1 of the classes, not of the files; None: the published one.
        all_boxes: load all boxes into as few containers as possible.
        report: called with a line for each oddity of a file.
    """
    numbers = None if instances is None else parse_numbers(instances)
    problems: dict[str, list[Problem]] = {}
    for name in names:
        match = None if Path(name).exists() else _CLASSES.fullmatch(name)
        if match:
            first, last = int(match[1]), int(match[2] or match[1])
            if not first <= last < len(generator.TYPES):
                raise InvalidInput(f"{name} must be a class from BR0 to BR15, or a range of them")
            for br in range(first, last + 1):
                base = generator.SEED_BASE if seed_base is None else seed_base
                made = [
                    generator.generate(br, number, seed_base=base)
                    for number in numbers or GENERATED
                ]
                problems[made[0].family] = _choose_kind(made, all_boxes=all_boxes)
        elif name == HUB and not Path(name).exists():
            made = [hub_cargo(number, seed_base=seed_base or 0) for number in numbers or GENERATED]
            problems[made[0].family] = _choose_kind(made, all_boxes=all_boxes)
        else:
            read = read_file(Path(name), all_boxes=all_boxes, report=report)
            problems[read[0].family] = _select(name, read, numbers)
    if seed_base is not None and all(Path(name).exists() for name in names):
        raise InvalidInput("--seed-base makes instances of classes such as BR3, and none is named")
    return problems


def _choose_kind(problems: list[Problem], *, all_boxes: bool) -> list[Problem]:
    return [with_all_boxes(problem) for problem in problems] if all_boxes else problems


def _select(name: str, problems: list[Problem], numbers: list[int] | None) -> list[Problem]:
    if numbers is None:
        return problems
    if numbers[-1] > len(problems):
        raise InvalidInput(f"--instances names problem {numbers[-1]}; {name} has {len(problems)}")
    return [problems[number - 1] for number in numbers]
