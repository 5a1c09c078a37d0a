"""`groupage bench loading`: fill of containers, class by class, beside best known and peers."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median

import msgspec

from groupage.app.bench.loading import engine, known
from groupage.app.bench.loading.cargo import RULE_NAMES
from groupage.app.bench.loading.engine import Engine
from groupage.app.bench.loading.outcome import Limits, Outcome
from groupage.app.bench.loading.peers import Peer, installed_peers
from groupage.app.bench.loading.plan_files import write_plans
from groupage.app.bench.loading.problem import Problem
from groupage.app.bench.loading.verifier.check import check
from groupage.app.bench.loading.verifier.violation import Kind, Violation
from optimizer.loading.kernel.warm_up import warm_up


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Results of a solver on a class. Fills in per cent of the container, seconds of CPU."""

    name: str
    solver: str
    instances: int
    fill: float | None = None
    """Mean. A plan of ours that breaks a rule counts as empty."""
    median: float | None = None
    least: float | None = None
    containers: int | None = None
    """Of all problems, where all boxes are loaded; None if a plan is invalid or missing."""
    bound: int | None = None
    """Containers that the volume needs at least."""
    cpu_s: float | None = None
    """Mean for an instance."""
    boxes: int | None = None
    """Loaded, of all instances."""
    floating: int | None = None
    """Boxes whose base is not supported whole."""
    turned: int | None = None
    """Boxes that stand against their marks."""
    invalid: int | None = None
    """Plans that break a rule that holds (without those two for peers), or that are missing."""


class AnytimeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Mean fill that a solver had reached after some CPU seconds of one run."""

    name: str
    solver: str
    after_s: float
    fill: float
    median: float
    least: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A problem, what a solver made of it, and what the verifier finds."""

    problem: Problem
    outcome: Outcome
    broken: tuple[Violation, ...]
    floating: int
    turned: int

    @property
    def fill(self) -> float:
        """Fill in per cent; an invalid plan is worth nothing."""
        return 0.0 if self.broken else 100 * self.outcome.volume / self.problem.volume


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What to run."""

    limits: Limits
    at: tuple[float, ...] = ()
    with_peers: bool = True
    planners_engine: bool = False
    """Also run the engine that plans a hub's containers."""
    out: Path | None = None


_OF_PEERS = frozenset({Kind.FLOATING, Kind.PART_SUPPORTED, Kind.ORIENTATION, Kind.SEQUENCE})
"""Counted in columns of their own for peers, which do not know these rules."""


def verify(problem: Problem, outcome: Outcome, *, is_peer: bool) -> Result:
    """Check the plans of an outcome; floating boxes are counted whether the rule holds or not."""
    if outcome.failure is not None:
        missing = Violation(Kind.COUNT, None, outcome.failure)
        return Result(problem=problem, outcome=outcome, broken=(missing,), floating=0, turned=0)
    full = msgspec.structs.replace(problem.rules, support="full")
    in_sequence = outcome.in_sequence and problem.rules.support == "full"
    found = check(
        msgspec.structs.replace(problem, rules=full), outcome.plans, in_sequence=in_sequence
    )
    counts = Counter(violation.kind for violation in found)
    ignored = _OF_PEERS if is_peer else frozenset[Kind]()
    if problem.rules.support == "none":
        ignored |= {Kind.FLOATING, Kind.PART_SUPPORTED}
    return Result(
        problem=problem,
        outcome=outcome,
        broken=tuple(violation for violation in found if violation.kind not in ignored),
        floating=counts[Kind.FLOATING] + counts[Kind.PART_SUPPORTED],
        turned=counts[Kind.ORIENTATION],
    )


def run(
    families: Mapping[str, Sequence[Problem]],
    best_known: Mapping[tuple[str, int], int],
    settings: Settings,
    report: Callable[[str], None],
) -> tuple[list[Row], list[AnytimeRow]]:
    """Load every problem with ours and the peers; return the table, and that of `settings.at`."""
    engines = engine.find_engines(planners=settings.planners_engine)
    others = installed_peers() if settings.with_peers and settings.limits.seconds else []
    needed = {name for problems in families.values() for name in _rule_names(problems[0])}
    for ours in engines:
        if unknown := sorted(needed - ours.rules):
            report(f"{ours.name} does not know: {', '.join(unknown)}; what breaks them is empty")
    report("compiling the search, unless that was done before")
    report(f"ready after {warm_up():.1f} s")
    rows: list[Row] = []
    anytime: list[AnytimeRow] = []
    results_of: dict[str, list[list[Result]]] = {}
    for family, problems in families.items():
        solvers: dict[str, list[Result]] = {}
        for problem in problems:
            for name, result in _run_problem(engines, others, problem, settings, report):
                solvers.setdefault(name, []).append(result)
        for name, results in solvers.items():
            results_of.setdefault(name, []).append(results)
            rows.append(_row(family, name, results))
            if not results[0].problem.all_boxes:
                anytime += _anytime_rows(family, name, results, settings.at)
        rows += _known_rows(family, problems, best_known)
    if len(families) > 1 and not any(problems[0].all_boxes for problems in families.values()):
        rows += [_overall(name, classes) for name, classes in results_of.items()]
    return rows, anytime


def _rule_names(problem: Problem) -> list[str]:
    """Return the names of the rules that hold besides geometry."""
    rules = problem.rules
    holds = {"stops": rules.stops, "bearing": rules.bearing, "balance": rules.balance is not None}
    return [name for name in RULE_NAMES if holds[name]]


def _run_problem(
    engines: Sequence[Engine],
    others: Sequence[Peer],
    problem: Problem,
    settings: Settings,
    report: Callable[[str], None],
) -> list[tuple[str, Result]]:
    results: list[tuple[str, Result]] = []
    for ours in engines:
        outcome = engine.solve(ours, problem, settings.limits)
        result = verify(problem, outcome, is_peer=False)
        _describe(ours.name, result, report)
        if settings.out is not None and not results:
            write_plans(settings.out, problem, outcome.plans)
        results.append((ours.name, result))
    for peer in others:
        outcome = peer.solve(problem, settings.limits)
        result = verify(problem, outcome, is_peer=True)
        _describe(peer.name, result, report)
        results.append((peer.title, result))
    return results


def _describe(solver: str, result: Result, report: Callable[[str], None]) -> None:
    problem, outcome = result.problem, result.outcome
    if outcome.failure is not None:
        report(f"{problem.name}  {solver}: {outcome.failure}")
        return
    reached = (
        f"{len(outcome.plans)} containers, at least {problem.containers_min}"
        if problem.all_boxes
        else f"{100 * outcome.volume / problem.volume:.2f} %"
    )
    report(f"{problem.name}  {solver}: {reached}, {outcome.cpu_s:.1f} s")
    for violation in result.broken[:3]:
        where = "" if violation.box is None else f" box {violation.box}"
        report(f"  {violation.kind}{where}: {violation.text}")
    if len(result.broken) > 3:
        report(f"  and {len(result.broken) - 3} more violations")


def _row(family: str, solver: str, results: Sequence[Result]) -> Row:
    many = results[0].problem.all_boxes
    fills = [result.fill for result in results]
    invalid = sum(bool(result.broken) for result in results)
    return Row(
        name=family,
        solver=solver,
        instances=len(results),
        fill=None if many else round(mean(fills), 2),
        median=None if many else round(median(fills), 2),
        least=None if many else round(min(fills), 2),
        containers=None if invalid or not many else sum(len(r.outcome.plans) for r in results),
        bound=sum(result.problem.containers_min for result in results) if many else None,
        cpu_s=round(mean(result.outcome.cpu_s for result in results), 2),
        boxes=sum(len(plan) for result in results for plan in result.outcome.plans),
        floating=sum(result.floating for result in results),
        turned=sum(result.turned for result in results),
        invalid=invalid,
    )


def _anytime_rows(
    family: str, solver: str, results: Sequence[Result], at: Sequence[float]
) -> list[AnytimeRow]:
    if not any(result.outcome.improvements for result in results):
        return []
    rows = []
    for after_s in at:
        fills = [
            100
            * max((i.volume for i in result.outcome.improvements if i.cpu_s <= after_s), default=0)
            / result.problem.volume
            for result in results
        ]
        rows.append(
            AnytimeRow(
                name=family, solver=solver, after_s=after_s, fill=round(mean(fills), 2),
                median=round(median(fills), 2), least=round(min(fills), 2),
            )
        )  # fmt: skip
    return rows


def _known_rows(
    family: str, problems: Sequence[Problem], best_known: Mapping[tuple[str, int], int]
) -> list[Row]:
    """Return what the literature has for a class, without rules."""
    if _rule_names(problems[0]):
        return []
    percent = known.mean_percent(problems, best_known)
    if family in known.TOTALS and len(problems) == known.TOTALS[family].instances:
        total = known.TOTALS[family]
        return [
            Row(
                name=family,
                solver=total.source,
                instances=len(problems),
                containers=total.containers,
            )
        ]
    rows = []
    if problems[0].rules.support == "full" and family in known.FULL_SUPPORT:
        average = known.FULL_SUPPORT[family]
        rows.append(Row(name=family, solver=average.source, instances=100, fill=average.percent))
    if percent is not None:
        solver = "best known, without support"
        rows.append(
            Row(name=family, solver=solver, instances=len(problems), fill=round(percent, 2))
        )
    return rows


def _overall(solver: str, classes: Sequence[Sequence[Result]]) -> Row:
    """Return the mean of the classes' means."""
    row = _row("all", solver, [result for family in classes for result in family])
    fill = mean(mean(result.fill for result in family) for family in classes)
    return msgspec.structs.replace(row, fill=round(fill, 2))
