"""The ``groupage`` command: a table of sub-commands, each a Typer program in a module of its own.

A dispatcher of its own, because ``groupage --help`` must answer at once (0.2 s). A single Typer
program would import the modules of all sub-commands first, which takes more than a second. The
dispatcher prints the help from its table, and imports only the sub-command that the user names.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

FAILED = 1
MISUSED = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """A sub-command. ``module`` lies in ``groupage.app.commands`` and has ``app`` or ``main``."""

    module: str
    help: str
    local: bool = False
    """Manages the hub itself; other commands take missing addresses from the running hub."""


# To add a sub-command, add its line here.
COMMANDS: dict[str, dict[str, Command]] = {
    "One machine": {
        "demo": Command("demo", "Start a hub and play a day in it", local=True),
        "up": Command("up", "Start Kafka, PostgreSQL and every process of groupage", local=True),
        "down": Command("down", "Stop the hub", local=True),
        "status": Command("status", "List the hub's processes and addresses", local=True),
        "doctor": Command(
            "doctor", "Check this machine and the hub, and say what to do", local=True
        ),
    },
    "Sending events": {
        "import": Command("import_", "Import a packing list, EPCIS or DCSA events, or an OCEL log"),
        "simulate": Command("simulate", "Play a hub's day into Kafka, HTTP or a file"),
        "events": Command("events", "List events and commands: fields, examples, how to send them"),
        "contracts": Command("contracts", "Write JSON Schema, AsyncAPI and OpenAPI documents"),
    },
    "Reading": {
        "consignments": Command("consignments", "List consignments and their status"),
        "consolidations": Command(
            "consolidations", "List consolidations with fill and next cut-off"
        ),
        "containers": Command("containers", "List containers with seal and mass"),
        "plans": Command("plans", "List plans of lanes"),
        "routes": Command("routes", "List truck routes of the plans in force"),
        "alerts": Command("alerts", "List alerts"),
        "commands": Command("commands", "List dispatchers' commands and what came of each"),
        "trace": Command("trace", "Show every fact about an id, and what it changed"),
        "export": Command("export", "Write DCSA or EPCIS events, an OCEL log or a Parquet archive"),
    },
    "Planning": {
        "command": Command(
            "command", "Pin, forbid, roll, hold, release, unfreeze, re-plan, accept, reject"
        ),
        "plan": Command("plan", "Show, solve, verify or compare plans"),
    },
    "Operating": {
        "run": Command("run", "Run a single process, as in a cluster"),
        "migrate": Command("migrate", "Upgrade the database to this version"),
        "topics": Command("topics", "Create the topics, or compare them with the topic table"),
        "deadletters": Command("deadletters", "List, replay or dismiss dead letters"),
        "subscriptions": Command(
            "subscriptions", "List subscriptions of EPCIS queries, resume stopped ones"
        ),
        "policy": Command("policy", "Show, compare or adopt the hub's policy"),
        "clock": Command("clock", "Show the hub's clock, or take wrong ticks back"),
        "rebuild": Command("rebuild", "Fold the whole log again, or compare it with the states"),
        "bench": Command("bench", "Measure the stream, gateway, planner or packing lists"),
    },
}

USAGE = "Usage: groupage [--data-dir DIR] COMMAND [ARGS]..."


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a sub-command and exit: 0 success, 1 failure, 2 wrong usage, 130 interrupted."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a sub-command and return its exit status."""
    try:
        rest = _take_data_dir(arguments)
        if not rest or rest[0] in ("--help", "-h", "help"):
            print(_help_text())  # noqa: T201 - what the user asked for
            return 0 if rest else MISUSED
        if rest[0] in ("--version", "-V"):
            return _print_version()
        command = _find_command(rest[0])
        if command is None:
            return _print_error(_no_command(rest[0]), MISUSED)
        # A context of its own: what a command learns, such as the hub's zone, ends with it.
        return copy_context().run(_invoke, rest[0], command, rest[1:])
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has closed the pipe; keep Python from printing that at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _invoke(name: str, command: Command, arguments: list[str]) -> int:
    from groupage.app.commands.errors import explain_error  # noqa: PLC0415 - `--help` needs none of it

    try:
        if not command.local and "--help" not in arguments:
            _use_running_hub()
        return _call(_load(command), f"groupage {name}", arguments)
    except Exception as error:
        text = explain_error(error)
        if text is None:
            raise
        return _print_error(text, FAILED)


def _call(target: Any, prog_name: str, arguments: list[str]) -> int:
    import typer  # noqa: PLC0415 - `--help` needs none of it

    app = target
    if not isinstance(target, typer.Typer):
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command()(target)
    try:
        app(arguments, prog_name=prog_name)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    return 0


def _load(command: Command) -> Any:
    module = importlib.import_module(f"groupage.app.commands.{command.module}")
    return getattr(module, "app", None) or module.main


def _find_command(name: str) -> Command | None:
    return next((group[name] for group in COMMANDS.values() if name in group), None)


def _no_command(name: str) -> str:
    from groupage.domain.near_names import did_you_mean  # noqa: PLC0415 - seldom needed

    hint = did_you_mean(name, [known for group in COMMANDS.values() for known in group]) or "."
    return f"no command {name!r}{hint}\n{USAGE}\n`groupage --help` lists the commands"


def _use_running_hub() -> None:
    from groupage.app.local.hub import use_running_hub  # noqa: PLC0415 - `--help` needs none of it
    from groupage.settings import LocalSettings  # noqa: PLC0415

    use_running_hub(LocalSettings().data_dir)


def _take_data_dir(arguments: list[str]) -> list[str]:
    """Remove ``--data-dir`` from any position and put its value into GROUPAGE_DATA_DIR."""
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        name, equals, value = word.partition("=")
        if name != "--data-dir":
            rest.append(word)
            continue
        folder = value if equals else next(words, "")
        if not folder:
            sys.exit(_print_error("--data-dir needs a folder after it", MISUSED))
        os.environ["GROUPAGE_DATA_DIR"] = str(Path(folder).expanduser().absolute())
    return rest


def _print_version() -> int:
    from groupage import __version__  # noqa: PLC0415 - seldom needed

    print(f"groupage {__version__}")  # noqa: T201 - what the user asked for
    return 0


def _print_error(text: str, status: int) -> int:
    from groupage.app.commands.printing import escape_controls  # noqa: PLC0415 - seldom needed

    shown = "\n".join(map(escape_controls, text.split("\n")))
    print(f"groupage: {shown}", file=sys.stderr)  # noqa: T201 - for the user
    return status


def _help_text() -> str:
    lines = [
        USAGE,
        "",
        "Consolidates freight of many shippers into containers: from events to verified plans.",
    ]
    for title, group in COMMANDS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {name:<15} {command.help}" for name, command in group.items()]
    lines += [
        "",
        "  --data-dir DIR  The hub's folder (GROUPAGE_DATA_DIR; default: your data folder)",
        "  --version       Print the version",
        "",
        "`groupage COMMAND --help` explains a command. Try `groupage demo` first.",
    ]
    return "\n".join(lines)
