"""Hold the exported contracts against the tools of others: `make check-contracts`.

Each tool reads what `groupage contracts export` writes: @asyncapi/parser, Redocly, Spectral and ajv
in strict mode (npm), santhosh-tekuri/jsonschema (Go), datamodel-code-generator (Python); pm4py
reads what `groupage export ocel` writes. Their versions are pinned beside this file and installed
into a folder that is deleted in the end. What cannot be installed here is left out, by name.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from groupage.app.bench import workload
from groupage.app.exports.effective import says_something_new
from groupage.app.exports.ocel_draft import OcelDraft
from groupage.app.exports.ocel_formats import write_json, write_sqlite, write_xml
from groupage.contracts.encoding import fact_id
from groupage.contracts.topics import topic_of
from groupage.store.facts import LogPosition, StoredFact

HERE = Path(__file__).parent
_INSTALL_TIMEOUT_S = 600
_CHECK_TIMEOUT_S = 600
_SHOWN_LINES_MAX = 40
_LOGGED_FACTS = 2_000
_QUIET = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "SCARF_ANALYTICS": "false",
    "GOFLAGS": "-mod=readonly",
}
OPENAPI = ("openapi-gateway.json", "openapi-reading.json")


class Result(NamedTuple):
    """What became of one tool."""

    tool: str
    outcome: Literal["passed", "failed", "left out"]
    text: str = ""


def check_all(contracts: Path, work: Path) -> list[Result]:
    """Let each tool read the documents in `contracts`; install the tools below `work`."""
    results = []
    for check in (check_with_npm, check_with_go, check_with_python, check_with_pm4py):
        for result in check(contracts, work):
            print_result(result)
            results.append(result)
    return results


def check_with_npm(contracts: Path, work: Path) -> list[Result]:
    """Check with the tools that are npm packages."""
    commands: dict[str, Sequence[str | Path]] = {
        "@asyncapi/parser": ("node", "asyncapi.mjs", contracts / "asyncapi.json"),
        "Redocly": (
            *("node_modules/.bin/redocly", "lint", "--config", "redocly.yaml"),
            *(contracts / name for name in OPENAPI),
        ),
        "Spectral": (
            *("node_modules/.bin/spectral", "lint", "--ruleset", "spectral.yaml"),
            *("--fail-severity", "error", "--display-only-failures"),
            *(contracts / name for name in ("asyncapi.json", *OPENAPI)),
        ),
        "ajv, strict": ("node", "ajv.mjs", contracts / "schemas"),
    }
    install = ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    files = ("package.json", "package-lock.json", "*.mjs", "*.yaml")
    return _check(commands, install, work / "npm", files)


def check_with_go(contracts: Path, work: Path) -> list[Result]:
    """Check with the validator that is a Go module."""
    commands = {"santhosh-tekuri/jsonschema (Go)": ("./check", contracts / "schemas")}
    install = ("go", "build", "-o", "check", ".")
    return _check(commands, install, work / "go", ("go.mod", "go.sum", "main.go"))


def check_with_python(contracts: Path, work: Path) -> list[Result]:
    """Generate pydantic models, in an environment of their own."""
    environment, models = work / "python" / "venv", work / "python" / "models"
    models.mkdir(parents=True)
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    commands = {
        "datamodel-code-generator": (python, "codegen.py", contracts / "schemas", models),
    }
    install = (python, "-m", "pip", "install", "-q", "--no-deps", "-r", "requirements.txt")
    return _check(commands, install, work / "python", ("requirements.txt", "codegen.py"))


def check_with_pm4py(contracts: Path, work: Path) -> list[Result]:
    """Read logs of `groupage export ocel` with pm4py, in an environment of its own."""
    environment, logs = work / "pm4py" / "venv", work / "pm4py" / "logs"
    logs.mkdir(parents=True)
    write_logs(logs)
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    commands = {"pm4py (OCEL 2.0)": (python, "ocel_pm4py.py", logs)}
    install = (python, "-m", "pip", "install", "-q", "--no-deps", "-r", "requirements-pm4py.txt")
    return _check(commands, install, work / "pm4py", ("requirements-pm4py.txt", "ocel_pm4py.py"))


def write_logs(folder: Path) -> None:
    """Write a simulated hub's first events as OCEL logs in all notations."""
    with closing(OcelDraft(folder / "draft.sqlite")) as draft:
        for number, fact in enumerate(workload.facts(_LOGGED_FACTS, seed=1)):
            kind, data_json = fact.data.aggregate_kind, msgspec.json.encode(fact.data)
            position = LogPosition(topic_of(fact.data).name, 0, number)
            stored = StoredFact(fact_id(fact).hex, kind, fact, position, data_json, fact.subject)
            draft.add(filter(says_something_new, [stored]))
        with (folder / "log.json").open("wb") as file:
            write_json(draft, file)
        with (folder / "log.xml").open("wb") as file:
            write_xml(draft, file)
        write_sqlite(draft, folder / "log.sqlite")


def _check(
    commands: Mapping[str, Sequence[str | Path]],
    install: Sequence[str | Path],
    folder: Path,
    files: Sequence[str],
) -> list[Result]:
    """Copy the files into the folder, install there, and run each command there."""
    program = str(install[0])
    if shutil.which(program) is None:
        return [Result(tool, "left out", f"there is no {program} here") for tool in commands]
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in files:
        for file in HERE.glob(pattern):
            shutil.copy(file, folder)
    installed, text = _run(install, folder, _INSTALL_TIMEOUT_S)
    if not installed:
        shown = " ".join(map(str, install[:2]))
        return [Result(tool, "left out", f"`{shown}` failed:\n{text}") for tool in commands]
    results = []
    for tool, command in commands.items():
        passed, text = _run(command, folder, _CHECK_TIMEOUT_S)
        results.append(Result(tool, "passed" if passed else "failed", "" if passed else text))
    return results


def _run(command: Sequence[str | Path], folder: Path, timeout_s: float) -> tuple[bool, str]:
    """Run a command; return whether it succeeded, and the end of what it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=os.environ | _QUIET,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"no end after {timeout_s:g} s"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode == 0, "\n".join(lines[-_SHOWN_LINES_MAX:])


def print_result(result: Result) -> None:
    """Print a line, and what the tool printed about errors."""
    text = f": {result.text}" if result.text else ""
    sys.stdout.write(f"{result.tool}: {result.outcome}{text}\n")
    sys.stdout.flush()


def status_of(results: Sequence[Result]) -> int:
    """Return 0 if no tool found an error and at least one looked."""
    outcomes = [result.outcome for result in results]
    return 0 if "passed" in outcomes and "failed" not in outcomes else 1


def main() -> int:
    """Export the contracts into a new folder, check them, and delete it."""
    with tempfile.TemporaryDirectory(prefix="groupage-contracts-") as folder:
        contracts = Path(folder) / "contracts"
        command = [sys.executable, "-m", "groupage", "contracts", "export", str(contracts)]
        subprocess.run(command, check=True)
        results = check_all(contracts, Path(folder))
    left_out = [result.tool for result in results if result.outcome == "left out"]
    if left_out:
        sys.stdout.write(f"not checked with {', '.join(left_out)}\n")
    return status_of(results)


if __name__ == "__main__":
    sys.exit(main())
