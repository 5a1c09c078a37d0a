"""``groupage doctor``: checks of the machine and the hub, with what to do."""

import typer
from rich.console import Console
from rich.markup import escape

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json
from groupage.app.local.hub import use_running_hub
from groupage.app.local.machine_checks import Finding, check_machine
from groupage.settings import LocalSettings

_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


def main(*, as_json: AsJson = False) -> None:
    """Check this machine and the hub, and say what to do; status 1 if there is a problem."""
    from groupage.app.commands.doctor_hub import check_hub  # noqa: PLC0415 - imports the clients

    quiet_logs("doctor", level="ERROR")
    settings = LocalSettings()
    use_running_hub(settings.data_dir)
    findings = [*check_machine(settings), *check_hub(settings)]
    if as_json:
        print_json(findings)
    else:
        _print(findings)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for finding in findings:
        mark, colour = finding.state.rjust(7), _COLOURS[finding.state]
        console.print(f"[{colour}]{mark}[/]  {finding.name:<12} {escape(finding.found)}")
        if finding.todo:
            console.print(f"{'':>9}{'':<12} → {escape(finding.todo)}")
