"""Turn the options of `groupage bench loading` into a run."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from groupage.app.bench.loading.cargo import STOPS, add_rules, parse_rules
from groupage.app.bench.loading.generator import SEED_BASE
from groupage.app.bench.loading.instances import find_problems
from groupage.app.bench.loading.known import find_best_known
from groupage.app.bench.loading.outcome import Limits
from groupage.app.bench.loading.problem import Problem, Support
from groupage.app.bench.loading.run import AnytimeRow, Row, Settings
from groupage.app.bench.loading.run import run as run_all
from groupage.domain.errors import InvalidInput

OURS = "groupage"
"""How the names of our engines begin."""
SECONDS = 10.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as it was given."""

    names: Sequence[str]
    instances: str | None = None
    seconds: float | None = None
    work: int | None = None
    seed: int = 0
    support: Support = "full"
    rules: str | None = None
    stops: int = STOPS
    all_boxes: bool = False
    seed_base: int | None = None
    at: str | None = None
    best_known: Path | None = None
    peers: bool = True
    planners_engine: bool = False
    out: Path | None = None


def parse_seconds(text: str) -> tuple[float, ...]:
    """Return the times of a text such as `0.5,2,10`, sorted."""
    try:
        times = sorted({float(part) for part in text.split(",")})
    except ValueError:
        times = [0.0]
    if not all(0 < seconds < 1e6 for seconds in times):
        raise InvalidInput(f"--at is {text!r}, must be seconds above 0 such as 0.5,2,10")
    return tuple(times)


def run(options: Options, *, report: Callable[[str], None]) -> tuple[list[Row], list[AnytimeRow]]:
    """Find the problems and run them."""
    if options.all_boxes and options.rules is not None:
        raise InvalidInput("--rules is for single containers, not with --all-boxes")
    at = () if options.at is None else parse_seconds(options.at)
    found = find_problems(
        options.names,
        instances=options.instances,
        seed_base=options.seed_base,
        all_boxes=options.all_boxes,
        report=report,
    )
    names = frozenset[str]() if options.rules is None else parse_rules(options.rules)
    families = {
        family: [_with_rules(problem, options, names) for problem in problems]
        for family, problems in found.items()
    }
    paths = [Path(name) for name in options.names]
    seconds = options.seconds
    if seconds is None and options.work is None:
        seconds = SECONDS
    settings = Settings(
        limits=Limits(seconds=seconds, work=options.work, seed=options.seed),
        at=at,
        with_peers=options.peers,
        planners_engine=options.planners_engine,
        out=options.out,
    )
    return run_all(families, find_best_known(options.best_known, paths), settings, report)


def _with_rules(problem: Problem, options: Options, names: frozenset[str]) -> Problem:
    """Return the problem under the rules that the options name; a hub's cargo brings its own."""
    rules = msgspec.structs.replace(problem.rules, support=options.support)
    problem = msgspec.structs.replace(problem, rules=rules)
    if not names or any(box_type.gross_g for box_type in problem.types):
        return problem
    seed_base = SEED_BASE if options.seed_base is None else options.seed_base
    return add_rules(problem, names, stops=options.stops, seed_base=seed_base)
