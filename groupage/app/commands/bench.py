"""``groupage bench``: measure stream, planner, gateway, packing lists or container loading."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, Column, print_json, print_table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

_TEXTS = ("name", "solver")
"""Columns of text; all others hold figures."""
Repeats = Annotated[int, typer.Option(min=1, help="Number of runs; the median is reported.")]


@app.callback()
def _root() -> None:
    """Measure the stream, the gateway, the planner, the packing lists or container loading."""
    quiet_logs("bench")


@app.command()
def stream(
    *,
    events: Annotated[int, typer.Option(min=50_000, help="Events per throughput run.")] = 300_000,
    repeats: Repeats = 3,
    rate: Annotated[int, typer.Option(min=1, help="Events per second in the latency run.")] = 3_000,
    seconds: Annotated[int, typer.Option(min=1, help="Length of the latency run in seconds.")] = 20,
    rivals: Annotated[
        bool, typer.Option(help="Also measure Quix Streams and a Faust topic agent.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Measure a worker from event to committed state: its throughput, and its latency."""
    from groupage.app.bench.stream import run  # noqa: PLC0415 - imports every client

    _report(_machine())
    rows = run(
        events=events,
        repeats=repeats,
        latency_rate_per_s=rate,
        latency_s=seconds,
        rivals=rivals,
        report=_report,
    )
    _show(rows, as_json=as_json)


@app.command()
def plan(
    *,
    consignments: Annotated[int, typer.Option(min=1, help="Consignments per lane.")] = 200,
    lanes: Annotated[int, typer.Option(min=1, help="Number of generated lanes.")] = 3,
    first: Annotated[int, typer.Option(min=1, help="Seed of the first lane.")] = 1,
    repeats: Repeats = 3,
    large: Annotated[
        bool,
        typer.Option(
            "--large",
            help="Plan four very large lanes within the hub's time limit instead (seed: --first).",
        ),
    ] = False,
    hub: Annotated[
        bool,
        typer.Option(
            "--hub",
            help="With --large: through Kafka, a worker, a planner and the database, until the "
            "lane asks for no more plans. Takes minutes.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure from plan request to certified plan: a new lane, and the same lane an hour later."""
    from groupage.app.bench import large as large_lanes  # noqa: PLC0415 - imports the solvers
    from groupage.app.bench.plan import run  # noqa: PLC0415

    _report(_machine())
    if large and hub:
        from groupage.app.bench import large_hub  # noqa: PLC0415

        lanes_by_name = large_lanes.large_instances(first)
        _show(large_hub.run(lanes_by_name, report=_report), as_json=as_json)
        return
    if large:
        _show(large_lanes.run(seed=first, report=_report), as_json=as_json)
        return
    rows = run(
        consignments=consignments,
        seeds=range(first, first + lanes),
        repeats=repeats,
        report=_report,
    )
    _show(rows, as_json=as_json)


@app.command()
def gateway(
    *,
    seconds: Annotated[int, typer.Option(min=1, help="Length of a run in seconds.")] = 10,
    in_flight: Annotated[int, typer.Option(min=1, max=1_000, help="Concurrent requests.")] = 64,
    repeats: Repeats = 3,
    as_json: AsJson = False,
) -> None:
    """Measure events through the HTTP gateway into Kafka: single events, and batches."""
    from groupage.app.bench.gateway import run  # noqa: PLC0415 - imports every client

    _report(_machine())
    rows = run(
        seconds=seconds,
        in_flight=in_flight,
        repeats=repeats,
        report=_report,
    )
    _show(rows, as_json=as_json)


@app.command()
def packing_lists(
    *,
    files: Annotated[
        Path | None, typer.Option(help="Folder of the reported lists, which are kept apart.")
    ] = None,
    speed: Annotated[
        bool, typer.Option(help="Also measure a list of 5,000 rows, beside pandas alone.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Read packing lists whose truth is known; ends with status 1 if a figure is wrong silently."""
    from groupage.app.bench.packing_lists import large  # noqa: PLC0415 - not among what runs the hub
    from groupage.app.bench.packing_lists.run import run  # noqa: PLC0415 - imports the readers

    rows = run(files=files, report=_report)
    measured = large.run() if speed else ()
    if as_json:
        print_json({"rows": [msgspec.to_builtins(row) for row in (*rows, *measured)]})
    else:
        _show(rows, as_json=False)
        if measured:
            typer.echo()
            _report(_machine())
            _show(measured, as_json=False)
    if rows[-1].wrong_silently:
        raise typer.Exit(1)


@app.command()
def loading(  # noqa: PLR0913 - one option for each
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files in the OR-Library's format, or classes to generate: BR3, BR1-7, or hub: "
            "1,100 cartons of 300 kinds for a 40' high cube, with all rules.",
        ),
    ],
    instances: Annotated[
        str | None,
        typer.Option(help="Problems of each: 1-20, or 1,4,7-9. Default: all; 1-20 of a class."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.01, help="CPU seconds for a problem. Default: 10, without --work."),
    ] = None,
    work: Annotated[
        int | None,
        typer.Option(min=1, help="Work limit: the same plans on each machine. Without peers."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the engine.")] = 0,
    support: Annotated[
        Literal["none", "full"],
        typer.Option(help="Whether the whole base of each box must rest on something."),
    ] = "full",
    rules: Annotated[
        str | None,
        typer.Option(
            help="Add masses, strengths and stops, and these rules: stops,bearing,balance, or all."
        ),
    ] = None,
    stops: Annotated[int, typer.Option(min=1, max=50, help="With --rules: number of stops.")] = 4,
    all_boxes: Annotated[
        bool,
        typer.Option(
            "--all-boxes",
            help="Load all boxes into as few containers as possible, as thpack9 always does.",
        ),
    ] = False,
    seed_base: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=2_000_000_000,
            help="Make other instances of the classes: this seed, and 100 more for each.",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Also print the fill after these CPU seconds: 0.5,2,10.")
    ] = None,
    best_known: Annotated[
        Path | None, typer.Option(help="Best known volumes. Default: best_known.csv beside FILE.")
    ] = None,
    peers: Annotated[bool, typer.Option(help="Also run the peers that are installed.")] = True,
    planners_engine: Annotated[
        bool,
        typer.Option("--planners-engine", help="Also run the engine that plans hubs' containers."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a JSON file with each problem's load plan.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fill containers with cargo of the literature; ends with status 1 if a plan breaks a rule."""
    from groupage.app.bench.loading import command  # noqa: PLC0415 - imports the solvers

    options = command.Options(
        names=names,
        instances=instances,
        seconds=seconds,
        work=work,
        seed=seed,
        support=support,
        rules=rules,
        stops=stops,
        all_boxes=all_boxes,
        seed_base=seed_base,
        at=at,
        best_known=best_known,
        peers=peers,
        planners_engine=planners_engine,
        out=out,
    )
    _report(_machine())
    rows, anytime = command.run(options, report=_report)
    if as_json:
        print_json({"rows": rows, "anytime": anytime})
    else:
        _show(rows, as_json=False)
        if anytime:
            typer.echo()
            _show(anytime, as_json=False)
    if any(row.invalid for row in rows if row.solver.startswith(command.OURS)):
        raise typer.Exit(1)


@app.command()
def floor(
    *,
    floors: Annotated[
        int, typer.Option(min=0, max=100_000, help="Number of floors of random pieces.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random floors.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Load pallets on which nothing may stand, and compare their number with proven bounds."""
    from groupage.app.bench.floor import run  # noqa: PLC0415 - imports the solvers

    _report(_machine())
    _show(run(floors=floors, seed=seed, report=_report), as_json=as_json)


def _machine() -> str:
    """Describe the machine; builds of the same Python version differ by a third in speed."""
    version, build = platform.python_version(), " ".join(platform.python_build())
    return f"Python {version} ({build}, {platform.python_compiler()}), {os.cpu_count()} cores"


def _report(text: str) -> None:
    typer.echo(text, err=True)


def _show(measured: Sequence[msgspec.Struct], *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [msgspec.to_builtins(row) for row in measured]
    if as_json:
        print_json({"rows": rows})
        return
    names = dict.fromkeys(name for row in rows for name in row if name != "note")
    columns = [
        Column(name, lambda row, name=name: _text(row.get(name)), right=name not in _TEXTS)  # type: ignore[misc]
        for name in names
    ]
    print_table(rows, columns, nothing="no results")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
