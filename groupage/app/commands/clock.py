"""``groupage clock``: how the hub's clock stands, and wrong ticks taken back."""

import asyncio
import getpass
from datetime import datetime
from typing import Annotated, Any

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.app.hub_time import time_text, use_zone_of
from groupage.domain.errors import Unavailable
from groupage.domain.policy import Policy
from groupage.domain.words import number_of
from groupage.settings import ClockSettings, DatabaseSettings, PolicySettings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Show the hub's clock, or take wrong ticks back."""
    quiet_logs("clock")


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Show how the clock stands; status 1 if that cannot be right."""
    from groupage.app.commands.clock_reading import (  # noqa: PLC0415 - imports the driver
        clock_reading,
        describe_clock,
    )

    source = ClockSettings().source
    clock, tolerance = clock_reading(DatabaseSettings())
    right, found, todo = describe_clock(clock, source, tolerance=tolerance)
    if as_json:
        print_json({"source": source, "right": right, "clock": clock})
    else:
        print_line(f"{source}: {found}")
        if todo:
            print_line(f"  → {todo}")
    if not right:
        raise typer.Exit(1)


@app.command()
def void(
    ticks: Annotated[
        list[str] | None,
        typer.Argument(metavar="TICK", help="Times of wrong ticks, in RFC 3339."),
    ] = None,
    *,
    later_than: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Every tick that is later than this is wrong, too."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why they are wrong, for the log.")],
    by: Annotated[str, typer.Option(help="Who says so; the name of this account by default.")] = "",
    wait_s: Annotated[
        float, typer.Option(min=0, max=3_600, help="How long to wait for the workers, in seconds.")
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Take wrong ticks back: clock, cut-offs, alerts and plans are as without them.

    It becomes an event of the log. Repeating it does no harm, and finishes what was interrupted.
    """
    from groupage.contracts.instants import instant_from  # noqa: PLC0415 - not for `--help`
    from processors.operations.void import Choice  # noqa: PLC0415 - imports the Kafka client

    if not (ticks or later_than):
        raise typer.BadParameter("name the wrong ticks by their times, or give --later-than")
    choice = Choice(
        ticks=tuple(sorted({instant_from(text, "TICK") for text in ticks or ()})),
        later_than=instant_from(later_than, "--later-than") if later_than else None,
        by=by or getpass.getuser(),
        reason=reason,
    )
    report, policy = asyncio.run(_void(choice, wait_s))
    use_zone_of(policy)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not report.done:
        raise Unavailable(
            f"not everything was taken in within {wait_s:g} s: let the workers run "
            "(`groupage up`), then repeat this command"
        )


async def _void(choice: Any, wait_s: float) -> tuple[Any, Policy]:
    from groupage.store.policies import read_history  # noqa: PLC0415 - imports the database driver
    from groupage.store.pool import create_pool  # noqa: PLC0415 - as above
    from groupage.store.schema import require_schema  # noqa: PLC0415 - as above
    from processors.operations.void import void_ticks  # noqa: PLC0415 - imports the Kafka client
    from processors.worker.app import WorkerSettings  # noqa: PLC0415 - as above
    from processors.worker.plausibility import TimeRules  # noqa: PLC0415 - as above

    settings = WorkerSettings.from_environment()
    pool = await create_pool(settings.database, application_name="groupage clock void")
    try:
        await require_schema(pool, place=settings.database.address, older_forms=True)
        policies = await read_history(pool, assumed=PolicySettings().load)
        report = await void_ticks(
            settings,
            pool,
            choice,
            rules=TimeRules.of(policies, ClockSettings().source),
            patience_s=wait_s,
        )
        return report, policies.newest
    finally:
        pool.terminate()


def _print(report: Any) -> None:
    print_line(
        f"{number_of(report.ticks, 'tick')} on {number_of(report.partitions, 'partition')} "
        f"{'is' if report.ticks == 1 else 'are'} void now"
        + _besides(report.refused, "had not been believed")
        + _besides(report.void_before, "were void before")
    )
    print_line(f"the clock stands at {_stands(report.clock_at)}")
    if report.requests:
        print_line(
            f"{number_of(report.requests, 'request')} for plans taken back, with what they led to"
        )


def _besides(count: int, what: str) -> str:
    return f"; {count:,} {what}" if count else ""


def _stands(at: datetime | None) -> str:
    return time_text(at, exact=True) if at else "no time: no tick is left"
