"""``groupage export``: what the hub knows, as files in the formats of others."""

import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import asyncpg
import msgspec
import typer

from groupage.app.commands.reading import query
from groupage.contracts.instants import in_calendar, read_instant

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Write what the hub knows as files in the formats of others.",
)

_COUNTED_MAX = 100_000
_TIMES = "a day (its beginning in UTC) or a time with offset, like 2026-03-02T08:00:00+08:00"
From = Annotated[
    str | None,
    typer.Option("--from", help=f"Only what was recorded from this time on: {_TIMES}."),
]
To = Annotated[
    str | None, typer.Option("--to", help="Only what was recorded before this time, written alike.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; default: standard output.")
]
OutputFile = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="File to write; replaced if there.")
]
Since = Annotated[
    str | None,
    typer.Option("--from", help=f"Only what happened from this time on: {_TIMES}."),
]
Until = Annotated[
    str | None, typer.Option("--to", help="Only what happened before this time, written alike.")
]


@app.callback()
def export() -> None:
    """Write what the hub knows as files in the formats of others."""


@app.command("dcsa")
def export_dcsa(from_: From = None, to: To = None, output: Output = None) -> None:
    """Write what the hub did and what carriers reported as DCSA Track & Trace 3.0.0 events.

    `GET /v3/events` of the read API has the same events. `groupage import dcsa` reads the file.
    """
    from groupage.app.dcsa_events import EventFilter, all_events  # noqa: PLC0415 - not for `--help`

    before_at = read_time("--to", to)
    until_at = None if before_at is None else before_at - timedelta(microseconds=1)
    wanted = EventFilter(since_at=read_time("--from", from_), until_at=until_at)

    async def write(pool: "asyncpg.Pool[asyncpg.Record]") -> int:
        return await _write(output, lambda file: _write_events(file, all_events(pool, wanted)))

    number = query(write)
    typer.echo(f"{number:,} events{f' in {output}' if output else ''}", err=True)


@app.command("ocel")
def export_ocel(
    output: OutputFile,
    *,
    format_: Annotated[
        Literal["json", "xml", "sqlite"], typer.Option("--format", help="Notation of the log.")
    ] = "json",
    since: Since = None,
    until: Until = None,
) -> None:
    """Write an object-centric event log (OCEL 2.0): what happened to which things.

    The log has the facts that count: corrected ones as corrected, no retracted ones. It has what
    came from outside and what the hub decided, not the messages between its own aggregates.
    """
    from groupage.app.exports.files import write_ocel  # noqa: PLC0415 - not for `--help`

    period = _read_period(since, until)
    number = query(lambda pool: write_ocel(pool, output, format_, period), older_forms=True)
    typer.echo(f"{number:,} events in {output}", err=True)


@app.command("epcis")
def export_epcis(output: OutputFile, *, since: Since = None, until: Until = None) -> None:
    """Write EPCIS events as one EPCIS 2.0 document: those of the hub, and those that came in.

    Those that came in stand in it as they came. `groupage import epcis` reads the file.
    """
    from groupage.app.exports.files import write_epcis  # noqa: PLC0415 - not for `--help`
    from groupage.domain.words import number_of  # noqa: PLC0415
    from groupage.store.own_events import count_facts_left  # noqa: PLC0415

    period = _read_period(since, until)

    async def write(pool: "asyncpg.Pool[asyncpg.Record]") -> tuple[int, int]:
        left = await count_facts_left(pool, limit=_COUNTED_MAX)
        return await write_epcis(pool, output, period), left

    number, left = query(write, older_forms=True)
    typer.echo(f"{number:,} events in {output}", err=True)
    if left:
        more = " or more" if left == _COUNTED_MAX else ""
        typer.echo(
            f"{number_of(left, 'fact')}{more} of the hub may be missing: the read API has not made "
            "them into EPCIS events yet; `groupage status` says when it has",
            err=True,
        )


@app.command("parquet")
def export_parquet(output: OutputFile, *, since: Since = None, until: Until = None) -> None:
    """Write an archive of all stored facts as Parquet, with the columns of table `fact`.

    `effective` says whether a fact counts; `day` is the day at the hub. Needs the extra `parquet`.
    """
    from groupage.app.exports.files import write_archive  # noqa: PLC0415 - not for `--help`

    period = _read_period(since, until)
    number = query(lambda pool: write_archive(pool, output, period), older_forms=True)
    typer.echo(f"{number:,} facts in {output}", err=True)


def _read_period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    begin, end = read_time("--from", since), read_time("--to", until)
    if begin and end and begin >= end:
        raise typer.BadParameter(f"--from {since} is not before --to {until}")
    return begin, end


async def _write_events(file: BinaryIO, events: AsyncIterator[dict[str, Any]]) -> int:
    number = 0
    file.write(b'{"events":[')
    async for event in events:
        file.write((b",\n" if number else b"\n") + msgspec.json.encode(event))
        number += 1
    file.write(b"\n]}\n")
    return number


async def _write(output: Path | None, write: Callable[[BinaryIO], Any]) -> int:
    """Call `write` with the file; a file that was there stays until the new one is complete."""
    if output is None:
        number: int = await write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return number
    from groupage.app.exports.files import replacing  # noqa: PLC0415 - not for `--help`

    with replacing(output) as part, part.open("wb") as file:
        return int(await write(file))


def read_time(option: str, text: str | None) -> datetime | None:
    """Read the time of an option. Raises typer.BadParameter."""
    if text is None:
        return None
    at = read_instant(f"{text}T00:00:00Z" if len(text) == len("2026-03-02") else text)
    at = None if at is None or at.tzinfo is None else in_calendar(at)
    if at is None:
        raise typer.BadParameter(f"{option} is {text[:80]!r}; expected {_TIMES}")
    return at
