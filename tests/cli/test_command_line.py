"""The command line: help, errors, the data directory, options."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from groupage.app import cli
from groupage.app.commands.errors import explain_error
from groupage.app.commands.run import PROCESSES
from groupage.domain.errors import GroupageError, Unavailable
from groupage.settings import GatewaySettings

COMMANDS = {name: command for group in cli.COMMANDS.values() for name, command in group.items()}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove the developer's settings, and use a data directory without a hub."""
    for name in list(os.environ):
        if name.startswith("GROUPAGE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GROUPAGE_DATA_DIR", str(tmp_path))


@pytest.mark.slow
def test_help_answers_at_once() -> None:
    """Under half a second, interpreter included: the dispatcher imports no sub-command."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "groupage", "--help"], capture_output=True, text=True, check=True
    )
    assert time.monotonic() - began < 0.5
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_is_there(name: str) -> None:
    """Its module can be imported and has a Typer app or a function."""
    target = cli._load(COMMANDS[name])
    assert isinstance(target, typer.Typer) or callable(target)


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_every_process_of_the_table_is_there(name: str) -> None:
    """The module that `groupage run NAME` imports exists."""
    assert importlib.util.find_spec(PROCESSES[name])


def test_without_a_command_the_help_is_shown_as_wrong_usage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 2, as for any other misuse."""
    assert cli.run([]) == 2
    assert cli.USAGE in capsys.readouterr().out
    assert cli.run(["--help"]) == 0


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2; the error names the command."""
    assert cli.run(["exlode"]) == 2
    assert "no command 'exlode'." in capsys.readouterr().err
    assert cli.run(["consignment"]) == 2
    assert "no command 'consignment'; did you mean consignments?" in capsys.readouterr().err


def test_an_unknown_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2; the error names the option."""
    assert cli.run(["status", "--jsno"]) == 2
    assert "--jsno" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data-dir", "/some/where", "status", "--json"],
        ["status", "--data-dir=/some/where", "--json"],
        ["status", "--json", "--data-dir", "/some/where"],
    ],
)
def test_the_data_directory_may_be_named_anywhere(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before or after the command, as a word or two."""
    assert cli.run(arguments) == 1
    assert json.loads(capsys.readouterr().out)["data_dir"] == "/some/where"


@pytest.mark.parametrize(
    "command", ["migrate", "topics", "plans", "alerts", "trace CN-1", "simulate --to http"]
)
def test_without_a_hub_a_command_says_how_to_get_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says first that no hub runs, then how to get one, and last names the variable."""
    assert cli.run(command.split()) == 1
    message = capsys.readouterr().err
    parts = ["groupage: no hub runs", "groupage up", "GROUPAGE_", " is not set"]
    places = [message.index(part) for part in parts]
    assert places == sorted(places)
    assert "Traceback" not in message


def test_an_expected_error_is_a_message_and_a_bug_is_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GroupageError ends in status 1; anything else is raised for the developer to see."""

    def unavailable() -> None:
        raise Unavailable("the sea is closed")

    def bug() -> None:
        raise KeyError("x")

    monkeypatch.setattr(cli, "_load", lambda _command: unavailable)
    assert cli.run(["down"]) == 1
    assert capsys.readouterr().err == "groupage: the sea is closed\n"
    monkeypatch.setattr(cli, "_load", lambda _command: bug)
    with pytest.raises(KeyError):
        cli.run(["down"])


def test_down_without_a_hub_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The hub is down, as it should be."""
    assert cli.run(["down"]) == 0
    assert "no hub runs" in capsys.readouterr().out


def test_settings_errors_name_the_variable_and_hide_the_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong value may be a password in the wrong variable."""
    monkeypatch.setenv("GROUPAGE_GATEWAY_PORT", "s3cret")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is what is tested
        GatewaySettings()
    text = explain_error(caught.value)
    assert text is not None
    assert text.startswith("GROUPAGE_GATEWAY_PORT: ")
    assert "s3cret" not in text


def test_every_error_has_a_message() -> None:
    """An error class without a docstring would print an empty line."""
    tree: list[type[GroupageError]] = [GroupageError, *GroupageError.__subclasses__()]
    for error_class in tree:
        assert str(error_class()).strip(), error_class


@pytest.mark.parametrize(
    "arguments",
    [
        ["consignments", "--status", "adrift"],
        ["consignments", "--customs", "asleep"],
        ["consolidations", "--status", "adrift"],
        ["containers", "--status", "adrift"],
        ["alerts", "--severity", "loud"],
        ["alerts", "--kind", "ship"],
        ["trace", "CN-1", "--kind", "ship"],
        ["simulate", "--scale", "galactic"],
        ["simulate", "--to", "pigeon"],
        ["simulate", "--pace", "slow"],
        ["simulate", "--seed", "10000"],
        ["simulate", "--to", "file", "--day", "yesterday"],
        ["simulate", "--to", "file", "--day", "9999-12-31"],
        ["demo", "--scale", "galactic"],
        ["up", "--clock", "sun"],
        ["import", "epcis", __file__, "--check-digits", "perhaps"],
        ["deadletters", "replay"],
        ["subscriptions", "resume"],
        ["deadletters", "dismiss", "--reason", "noise"],
        ["deadletters", "dismiss", "--code", "bad_json", "--reason", " "],
        ["run", "away"],
    ],
)
def test_a_wrong_value_of_an_option_is_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2 before any query, so that a typing error does not print an empty list."""
    assert cli.run(arguments) == 2
    assert "Invalid value" in capsys.readouterr().err


def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line with the path and the system's error."""
    taken = tmp_path / "taken"
    taken.touch()
    assert cli.run(["contracts", "export", str(taken)]) == 1
    assert capsys.readouterr().err == f"groupage: {taken}: File exists\n"


@pytest.mark.parametrize("command", [["status"], ["down"], ["migrate"]])
def test_a_data_directory_that_is_a_file_has_no_hub(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says that no hub runs there."""
    taken = tmp_path / "taken"
    taken.touch()
    cli.run([*command, "--data-dir", str(taken)])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert any(word in printed.out + printed.err for word in ("stopped", "no hub runs"))


def test_an_error_in_the_policy_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command starts no server and makes no folder."""
    monkeypatch.setenv("GROUPAGE_POLICY_FILE", str(tmp_path / "nowhere.toml"))
    home = tmp_path / "hub"
    assert cli.run(["up", "--data-dir", str(home)]) == 1
    assert "nowhere.toml" in capsys.readouterr().err
    assert not home.exists()


def test_a_variable_set_to_nothing_is_not_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not mean the PostgreSQL that happens to run on this machine."""
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", "")
    assert cli.run(["migrate"]) == 1
    assert "GROUPAGE_DATABASE_URL is not set" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("command", [["topics"], ["simulate"]])
def test_an_unreachable_broker_is_a_single_line(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command's own error with what to do, without that of Kafka's client."""
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert cli.run(command) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("groupage: Kafka at 127.0.0.1:1 did not answer") or "does not" in line
    assert "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS" in line


def test_a_simulated_day_is_printed_for_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures with their names, without JSON."""
    out = str(tmp_path / "facts.jsonl")
    assert cli.run(["simulate", "--to", "file", "--out", out, "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert "containers out        0" in printed
    assert "cancelled before arrival 2" in printed
    assert not set("{}_") & set(printed)


def test_events_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a hub the lines have words for its addresses, and a remark says so."""
    assert cli.run(["events"]) == 0
    listed = capsys.readouterr().out
    assert "unit.received.v1" in listed
    assert "warehouse system (WMS)" in listed
    assert cli.run(["events", "customs.declared"]) == 0
    explained = capsys.readouterr().out
    assert "9610  cross-border e-commerce, parcels to consumers (B2C)" in explained
    assert "curl -s GATEWAY/v1/events" in explained
    assert "no hub runs here" in explained
    assert cli.run(["events", "customs.dclared"]) == 1
    assert "did you mean customs.declared.v1?" in capsys.readouterr().err


def test_events_as_json_have_the_addresses_of_the_hub(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One object for a type, else a list; `--public` leaves out what only the hub sends."""
    monkeypatch.setenv("GROUPAGE_GATEWAY_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    assert cli.run(["events", "unit.stored.v1", "--json"]) == 0
    stored = json.loads(capsys.readouterr().out)
    assert stored["curl"].startswith("curl -s http://127.0.0.1:8080/v1/events ")
    assert "-b 127.0.0.1:9092 -t hub.consignment.v1 -k CN-" in stored["kcat"]
    assert cli.run(["events", "--public", "--json"]) == 0
    assert all(event["public"] for event in json.loads(capsys.readouterr().out))
