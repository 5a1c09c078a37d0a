"""``groupage bench``: measure the stream, the gateway or the planner on this machine."""

import os
import platform
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, Column, print_json, print_table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Repeats = Annotated[int, typer.Option(min=1, help="Runs; medians are told.")]


@app.callback()
def _root() -> None:
    """Measure the stream, the gateway or the planner on this machine."""
    quiet_logs("bench")


@app.command()
def stream(
    *,
    events: Annotated[
        int, typer.Option(min=50_000, help="Events of each throughput run.")
    ] = 300_000,
    repeats: Repeats = 3,
    rate: Annotated[int, typer.Option(min=1, help="Events a second of the latency run.")] = 3_000,
    seconds: Annotated[int, typer.Option(min=1, help="Length of the latency run.")] = 20,
    rivals: Annotated[bool, typer.Option(help="Also Quix Streams and a Faust topic agent.")] = True,
    as_json: AsJson = False,
) -> None:
    """Events to durable state: a worker's throughput beside others', and its latency."""
    from groupage.app.bench.stream import run  # noqa: PLC0415 - brings every client there is

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
    consignments: Annotated[int, typer.Option(min=1, help="On the lane.")] = 200,
    lanes: Annotated[int, typer.Option(min=1, help="Made-up lanes to plan.")] = 3,
    first: Annotated[int, typer.Option(min=1, help="Number of the first one.")] = 1,
    repeats: Repeats = 3,
    as_json: AsJson = False,
) -> None:
    """From a plan request to the certified plan: a fresh lane, and the same one an hour later."""
    from groupage.app.bench.plan import run  # noqa: PLC0415 - brings the solvers

    _report(_machine())
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
    seconds: Annotated[int, typer.Option(min=1, help="Length of each run.")] = 10,
    in_flight: Annotated[int, typer.Option(min=1, max=1_000, help="Requests at once.")] = 64,
    repeats: Repeats = 3,
    as_json: AsJson = False,
) -> None:
    """Events through the HTTP gateway into Kafka: one by one, and in batches."""
    from groupage.app.bench.gateway import run  # noqa: PLC0415 - brings every client there is

    _report(_machine())
    rows = run(
        seconds=seconds,
        in_flight=in_flight,
        repeats=repeats,
        report=_report,
    )
    _show(rows, as_json=as_json)


def _machine() -> str:
    """One Python takes a third longer than another of the same version, built otherwise."""
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
        Column(name, lambda row, name=name: _text(row.get(name)), right=name != "name")  # type: ignore[misc]
        for name in names
    ]
    print_table(rows, columns, nothing="nothing was measured")


def _text(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
