"""Play many random stories: `python -m tests.processors.stories --count 10000`."""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.processors.stories.describing import report
from tests.processors.stories.generator import random_story
from tests.processors.stories.playing import problems

_RUN = 100


def _first_failing(seed: str, numbers: range) -> int | None:
    """Return the number of the first of these stories that fails."""
    return next((each for each in numbers if problems(random_story(f"{seed}:{each}"))), None)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Play stories; print the first that fails, minimised, and return 1."""
    parser = argparse.ArgumentParser(prog="stories", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many (10,000)")
    parser.add_argument("--seed", default="1", help="another seed plays other stories (1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first story (0)")
    parser.add_argument("--processes", type=int, default=1, help="how many at a time (1)")
    options = parser.parse_args(arguments)
    last = options.first + options.count
    runs = [range(at, min(at + _RUN, last)) for at in range(options.first, last, _RUN)]
    began = time.monotonic()
    with ProcessPoolExecutor(options.processes) as pool:
        results = pool.map(_first_failing, [options.seed] * len(runs), runs)
        for run, failing in zip(runs, results, strict=True):
            spent = time.monotonic() - began
            if failing is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                _write(f"\n{failing - options.first + 1:,} stories, {spent:.0f} s\n")
                _write(f"{report(random_story(f'{options.seed}:{failing}'))}\n")
                return 1
            _write(f"\r{run.stop - options.first:,} stories, {spent:.0f} s")
    _write(": all end as without mistakes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
