"""Play many random stories: `python -m tests.processors.stories --count 10000`.

With `--rules`, take out each rule that takes messages back, and count the stories until one fails.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.processors.stories.describing import report
from tests.processors.stories.generator import random_story
from tests.processors.stories.playing import problems
from tests.processors.stories.rules import RULES, without

_RUN = 100


def main(arguments: Sequence[str]) -> int:
    """Play stories; print the first that fails, minimised, and return 1."""
    parser = argparse.ArgumentParser(prog="stories", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many (10,000)")
    parser.add_argument("--seed", default="1", help="another seed plays other stories (1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first story (0)")
    parser.add_argument("--processes", type=int, default=1, help="how many at a time (1)")
    parser.add_argument("--rules", action="store_true", help="take out one rule after the other")
    options = parser.parse_args(arguments)
    numbers = range(options.first, options.first + options.count)
    with ProcessPoolExecutor(options.processes) as pool:
        play = _without_rules if options.rules else _all_rules
        return play(pool, options.seed, numbers)


def _all_rules(pool: ProcessPoolExecutor, seed: str, numbers: range) -> int:
    runs = [numbers[at : at + _RUN] for at in range(0, len(numbers), _RUN)]
    began = time.monotonic()
    for run, failing in zip(runs, pool.map(_first_failing, [seed] * len(runs), runs), strict=True):
        spent = time.monotonic() - began
        if failing is not None:
            pool.shutdown(wait=False, cancel_futures=True)
            _write(f"\n{failing - numbers.start + 1:,} stories, {spent:.0f} s\n")
            _write(f"{report(random_story(f'{seed}:{failing}'))}\n")
            return 1
        _write(f"\r{run.stop - numbers.start:,} stories, {spent:.0f} s")
    _write(": all end as without mistakes\n")
    return 0


def _without_rules(pool: ProcessPoolExecutor, seed: str, numbers: range) -> int:
    names = list(RULES)
    each = pool.map(_first_failing_without, names, [seed] * len(names), [numbers] * len(names))
    missed = 0
    for name, failing in zip(names, each, strict=True):
        missed += failing is None
        count = "none" if failing is None else f"{failing - numbers.start + 1:,}"
        _write(f"{count:>6}  {name}\n")
    return min(missed, 1)


def _first_failing(seed: str, numbers: range) -> int | None:
    """Return the number of the first of these stories that fails."""
    return next((each for each in numbers if problems(random_story(f"{seed}:{each}"))), None)


def _first_failing_without(name: str, seed: str, numbers: range) -> int | None:
    """Return the number of the first of these stories that fails without that rule."""
    with without(RULES[name]):
        return _first_failing(seed, numbers)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
