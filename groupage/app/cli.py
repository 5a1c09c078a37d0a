"""The ``groupage`` command: one table of sub-commands, each imported only when it is asked for.

Written without a framework on purpose: ``groupage --help`` must answer at once, and each
sub-command is a Typer program of its own.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

FAILED = 1
MISUSED = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """One sub-command. ``module`` lies in ``groupage.app.commands`` and has ``app`` or ``main``."""

    module: str
    help: str
    local: bool = False
    """Cares for the hub itself; the others use the running hub's addresses where none are set."""


# To add a sub-command, add its line here.
COMMANDS: dict[str, dict[str, Command]] = {
    "One machine": {
        "demo": Command("demo", "Start everything and play one day of a hub", local=True),
        "up": Command("up", "Start Kafka, PostgreSQL and every process of groupage", local=True),
        "down": Command("down", "Stop them in order", local=True),
        "status": Command("status", "What runs, and under which addresses", local=True),
        "doctor": Command(
            "doctor", "Check this machine and the hub, and say what to do", local=True
        ),
    },
    "Ways in": {
        "import": Command("import_", "Take in a packing list, an EPCIS document or an OCEL log"),
        "simulate": Command("simulate", "Play a hub's days to Kafka, HTTP or a file"),
        "contracts": Command("contracts", "Write JSON Schema, AsyncAPI and OpenAPI"),
    },
    "Reading": {
        "consignments": Command("consignments", "Consignments and where they stand"),
        "consolidations": Command("consolidations", "Consolidations, fill and cut-offs"),
        "containers": Command("containers", "Containers and their seals"),
        "plans": Command("plans", "Plans by lane"),
        "routes": Command("routes", "Truck routes of the plans in force"),
        "alerts": Command("alerts", "Alerts raised and cleared"),
        "trace": Command("trace", "Every fact about one id, and what it changed"),
    },
    "Planning": {
        "plan": Command("plan", "Show, solve, verify or compare plans"),
    },
    "Operating": {
        "run": Command("run", "Run one process by itself, as in a cluster"),
        "migrate": Command("migrate", "Bring the database to the newest schema"),
        "topics": Command("topics", "Create the topics, or compare them with the topic table"),
        "deadletters": Command("deadletters", "List, show or replay dead letters"),
        "rebuild": Command("rebuild", "Derive all states anew from the log"),
        "bench": Command("bench", "Measure the stream or the planner on this machine"),
    },
}

USAGE = "Usage: groupage [--data-dir DIR] COMMAND [ARGS]..."


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a sub-command and exit: 0 done, 1 could not, 2 wrong usage, 130 interrupted."""
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
        command = _find(rest[0])
        if command is None:
            return _complain(
                f"no command {rest[0]!r}.\n{USAGE}\n`groupage --help` lists them", MISUSED
            )
        return _invoke(rest[0], command, rest[1:])
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has gone; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _invoke(name: str, command: Command, arguments: list[str]) -> int:
    from groupage.app.commands.errors import explained  # noqa: PLC0415 - `--help` needs none of it

    try:
        if not command.local and "--help" not in arguments:
            _use_running_hub()
        return _call(_load(command), f"groupage {name}", arguments)
    except Exception as error:
        text = explained(error)
        if text is None:
            raise
        return _complain(text, FAILED)


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


def _find(name: str) -> Command | None:
    return next((group[name] for group in COMMANDS.values() if name in group), None)


def _use_running_hub() -> None:
    from groupage.app.local.hub import use_running_hub  # noqa: PLC0415 - `--help` needs none of it
    from groupage.settings import LocalSettings  # noqa: PLC0415

    use_running_hub(LocalSettings().data_dir)


def _take_data_dir(arguments: list[str]) -> list[str]:
    """Remove ``--data-dir`` wherever it stands and hand it on as GROUPAGE_DATA_DIR."""
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
            sys.exit(_complain("--data-dir needs a folder behind it", MISUSED))
        os.environ["GROUPAGE_DATA_DIR"] = str(Path(folder).expanduser().absolute())
    return rest


def _print_version() -> int:
    from groupage import __version__  # noqa: PLC0415 - with the other rare things

    print(f"groupage {__version__}")  # noqa: T201 - what the user asked for
    return 0


def _complain(text: str, status: int) -> int:
    print(f"groupage: {text}", file=sys.stderr)  # noqa: T201 - errors go where errors go
    return status


def _help_text() -> str:
    lines = [
        USAGE,
        "",
        "Freight of many shippers, consolidated into containers: facts, states, verified plans.",
    ]
    for title, group in COMMANDS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {name:<15} {command.help}" for name, command in group.items()]
    lines += [
        "",
        "  --data-dir DIR  The hub's folder (GROUPAGE_DATA_DIR; default: your data folder)",
        "  --version       Print the version",
        "",
        "`groupage COMMAND --help` tells more. Try `groupage demo` first.",
    ]
    return "\n".join(lines)
