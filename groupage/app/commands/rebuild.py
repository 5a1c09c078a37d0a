"""``groupage rebuild``: derive all states from the log again."""

import asyncio
import sys
from typing import Annotated, Any, Self

import msgspec
import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, dead_letter_counts, print_json
from groupage.domain.errors import Conflict
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.settings import ClockSettings, PolicySettings

_NOT_COMPARED = (
    "not compared, because the log does not have it: reasons of dead letters, and how those of "
    "undecodable records were settled; cleared alerts, alerts about senders; plans"
)


def main(
    *,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Change nothing: compare the rebuilt tables with the stored ones."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fold the whole log again, while no worker runs. If it is interrupted, nothing has changed."""
    from groupage.app.own_events.projection import run_to_end  # noqa: PLC0415
    from processors.aggregates.registry import all_aggregates  # noqa: PLC0415
    from processors.operations.rebuild import rebuild  # noqa: PLC0415
    from processors.worker.app import WorkerSettings  # noqa: PLC0415 - not for `--help`
    from processors.worker.plausibility import TimeRules  # noqa: PLC0415

    quiet_logs("rebuild", level="ERROR")  # else it logs each old dead letter again
    settings = WorkerSettings.from_environment()
    aggregates = all_aggregates(Policy())
    time_rules = TimeRules.of(PolicyHistory(Policy()), ClockSettings().source)
    with _ProgressBar(visible=not as_json and sys.stderr.isatty()) as bar:
        report = asyncio.run(
            rebuild(
                settings,
                aggregates,
                time_rules=time_rules,
                # Only for a hub of an older version that no worker of this one has run.
                assumed=PolicySettings().load,
                derive_more=run_to_end,
                verify=verify,
                progress=bar.show,
            )
        )
    if as_json:
        print_json({**msgspec.to_builtins(report), "equal": report.equal})
    else:
        _print(report)
    if verify and not report.equal:
        raise Conflict(
            "the rebuilt tables differ from the stored ones; check that the workers used the same "
            "clock (GROUPAGE_CLOCK_SOURCE)"
        )


def _print(report: Any) -> None:
    for table in report.tables:
        differs = table.only_stored or table.only_rebuilt
        result = (
            f"{table.only_stored} rows only stored, {table.only_rebuilt} only rebuilt"
            if differs
            else "equal"
        )
        typer.echo(f"{table.table:14} {table.rows:>10,} rows  {result}")
    counts = report.dead_letters
    for label, number in (
        ("compared, open", counts.compared_open),
        ("compared, settled", counts.compared_settled),
        ("not compared, open", counts.other_open),
        ("not compared, settled", counts.other_settled),
    ):
        if number:
            typer.echo(f"  {label}: {dead_letter_counts(number)}")
    typer.echo(_NOT_COMPARED)
    done = "replaced the stored states" if report.replaced else "nothing changed"
    typer.echo(f"{report.records:,} records of the log folded; {done}")


class _ProgressBar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, *, visible: bool) -> None:
        from rich.console import Console  # noqa: PLC0415 - a third of a second
        from rich.progress import Progress  # noqa: PLC0415

        self._progress = Progress(console=Console(stderr=True), disable=not visible)
        self._task = self._progress.add_task("records", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int, total: int) -> None:
        """Show that `done` of `total` records are folded."""
        self._progress.update(self._task, completed=done, total=total)
