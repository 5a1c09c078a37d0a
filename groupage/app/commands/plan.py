"""``groupage plan``: plans of lanes, in files and in the database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from groupage.app.commands import plan_reading
from groupage.app.commands.plan_files import read_file
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Solve, verify, show and compare plans.",
)
app.command()(plan_reading.show)
app.command()(plan_reading.diff)

RequestFile = Annotated[
    Path,
    typer.Argument(
        metavar="REQUEST.json",
        help="A planning instance: everything that the plan of a lane depends on.",
    ),
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="File to write; default: standard output, unless that is a terminal."
    ),
]


@app.command()
def solve(
    request: RequestFile,
    out: OutFile = None,
    *,
    timings: Annotated[
        bool, typer.Option("--timings", help="Print the time of each stage.")
    ] = False,
) -> None:
    """Plan a lane from a file, without servers. The same request gives the same plan.

    The command writes a plan only if the verifier passes it; otherwise it prints the violations and
    ends with status 1.
    """
    from optimizer.canonical import canonical_json  # noqa: PLC0415 - the solvers are heavy
    from optimizer.solve import solve_certified  # noqa: PLC0415
    from optimizer.stages import Stages  # noqa: PLC0415

    stages = Stages()
    solved = solve_certified(read_file(request, Instance), stages)
    if solved.violations:
        for violation in solved.violations:
            typer.echo(f"{violation.code}: {violation.where}: {violation.message}", err=True)
        typer.echo("no plan written: the verifier found violations", err=True)
        raise typer.Exit(1)
    _write(out, canonical_json(solved.plan))
    typer.echo(_summary(solved.plan), err=True)
    for container in solved.plan.unloadable:
        typer.echo(f"{container.code}: {container.reason}", err=True)
    if timings:
        spent = ", ".join(f"{name} {s:.2f} s" for name, s in stages.seconds.items())
        typer.echo(spent, err=True)


@app.command()
def verify(
    request: RequestFile,
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan for the request.")],
) -> None:
    """Check every rule and every cost of a plan; status 1 and a list if there are violations."""
    from optimizer.check_instance import check_instance  # noqa: PLC0415 - not for `--help`
    from optimizer.verification.api import CHECKS  # noqa: PLC0415
    from optimizer.verification.api import verify as check  # noqa: PLC0415

    instance = read_file(request, Instance)
    check_instance(instance)
    violations = check(instance, read_file(plan, Plan))
    for violation in violations:
        typer.echo(f"{violation.code}: {violation.where}: {violation.message}")
    if violations:
        typer.echo(f"{len(violations)} violations")
        raise typer.Exit(1)
    typer.echo(f"valid: {', '.join(CHECKS)}")


@app.command()
def sample(
    out: OutFile = None,
    *,
    consignments: Annotated[
        int, typer.Option(min=1, max=100_000, help="Number of consignments.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same lane.")] = 1,
) -> None:
    """Write a generated lane of realistic size, to try `solve` with."""
    from optimizer.canonical import canonical_json  # noqa: PLC0415 - not for `--help`
    from optimizer.sample import sample as make  # noqa: PLC0415

    _write(out, canonical_json(make(consignments=consignments, seed=seed)))


def _write(out: Path | None, content: bytes) -> None:
    if out is None and sys.stdout.isatty():
        size = f"{len(content) / 1_000:,.0f} kB"
        typer.echo(f"{size} of JSON; write them with -o FILE, or into a pipe", err=True)
        return
    if out is None:
        typer.echo(content.decode())
        return
    try:
        out.write_bytes(content + b"\n")
    except OSError as error:
        raise InvalidInput(f"{out}: {error.strerror}") from error


def _summary(plan: Plan) -> str:
    cut_short = ", ".join(plan.stats.cut_short)
    placed = sum(len(container.consignment_ids) for container in plan.containers)
    return (
        f"{plan.plan_id}: {placed} consignments in {len(plan.containers)} containers, "
        f"{len(plan.left_out)} left out; {plan.cost.total / 100:,.0f} USD, "
        f"gap {plan.gap_ratio:.1%}, {plan.stats.status}, {plan.stats.rounds} rounds"
        + (f"; the time limit cut short: {cut_short}" if cut_short else "")
    )
