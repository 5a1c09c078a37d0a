"""What the command line prints: tables that keep ids whole, text that steers no terminal, JSON."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
import pytest

from groupage.app.commands.errors import explained
from groupage.app.commands.printing import Column, harmless, print_json, print_table, say, shown

COLUMNS = (
    Column("id", lambda row: row[0]),
    Column("品名", lambda row: row[1]),
    Column("n", lambda row: row[2], right=True),
)


def test_columns_stand_in_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Chinese characters take two places each; nothing trails behind a line."""
    print_table([("a", "布娃娃", 5), ("bcd", "toys", 1_000)], COLUMNS, nothing="")
    assert capsys.readouterr().out.splitlines() == [
        "id   品名       n",
        "a    布娃娃     5",
        "bcd  toys    1000",
    ]


def test_long_ids_stay_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a pipe one row is one line, however narrow the terminal: lines can be counted."""
    monkeypatch.setenv("COLUMNS", "80")
    long = "CSL-" + "X" * 300
    print_table([(long, "", None)], COLUMNS, nothing="")
    assert capsys.readouterr().out.splitlines()[1] == long


def test_a_narrow_terminal_breaks_rows_between_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No id is torn in two; what does not fit stands below, and nothing where there is nothing."""
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table([("CSL-1", "toys", 5), ("CSL-22345678", "", None)], COLUMNS, nothing="")
    assert click.unstyle(capsys.readouterr().out).splitlines() == [
        "id",
        "    品名  n",
        "CSL-1",
        "    toys  5",
        "CSL-22345678",
    ]


def test_text_from_outside_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets are no markup, colons no pictures."""
    print_table([("[red]x[/red]", ":smile: [/nothing]", True)], COLUMNS, nothing="")
    assert "[red]x[/red]  :smile: [/nothing]  yes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, 布娃娃, m³", "plain, 布娃娃, m³"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("two\nlines\t", "two\\nlines\\t"),
        ("\u202eback", "\\u202eback"),
    ],
)
def test_text_from_outside_steers_no_terminal(text: str, expected: str) -> None:
    """A reason in a dead letter may hold whatever a sender wrote."""
    assert harmless(text) == expected


def test_a_time_says_its_zone() -> None:
    """Whoever reads it may sit in Yiwu or in Rotterdam."""
    assert shown(datetime(2026, 3, 2, 17, 5, tzinfo=timezone(timedelta(hours=8)))) == (
        "2026-03-02 09:05Z"
    )


def test_a_plain_line_has_no_codes_for_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is bold or dim is marked so."""
    written: list[object] = []
    monkeypatch.setattr("typer.echo", written.append)
    say("plain")
    say("bold", bold=True)
    assert written == ["plain", "\x1b[1mbold\x1b[0m"]


def test_nothing_and_more(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is said in words; a page that is not the last says how to go on."""
    print_table([], COLUMNS, nothing="no such thing")
    print_table([("a", "b", 1)], COLUMNS, nothing="", more="mark")
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == ("no such thing", "there are more: --after mark")


def test_json_is_utf_8(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Whatever the terminal speaks: scripts read it."""
    print_json({"品名": "m³"})
    assert json.loads(capsysbinary.readouterr().out) == {"品名": "m³"}


def test_a_full_disk_is_said_in_words() -> None:
    """Of the output too, which has no name; other failures of the system are bugs."""
    assert explained(OSError(28, "No space left on device")) == (
        "No space left on device: free some, or write elsewhere"
    )
    assert explained(FileNotFoundError(2, "No such file", "plan.json")) == "plan.json: No such file"
    assert explained(OSError(9, "Bad file descriptor")) is None


PRINTS = """
import sys
from groupage.app.commands import status
from groupage.app.commands.printing import print_table, Column
from groupage.app import cli
def much():
    print_table(["m³"] * int(sys.argv[1]), [Column("x", str)], nothing="")
cli._load = lambda _command: much
sys.argv = ["groupage", "status"]
"""


def printed(rows: int, stdout: int, tmp_path: Path, **variables: str) -> "subprocess.Popen[bytes]":
    """A process that prints a table of so many rows as a command does."""
    program = PRINTS.replace("int(sys.argv[1])", str(rows)) + "cli.main()"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=stdout,
        stderr=subprocess.PIPE,
        # Buffered, as Python is unless told otherwise.
        env={**os.environ, "PYTHONUNBUFFERED": "", "GROUPAGE_DATA_DIR": str(tmp_path), **variables},
    )


@pytest.mark.slow
def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    """As with `| head`: status 0 and silence."""
    read, write = os.pipe()
    process = printed(100_000, write, tmp_path)
    os.close(write)
    assert os.read(read, 10)
    os.close(read)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.slow
def test_where_nobody_set_an_encoding(tmp_path: Path) -> None:
    """UTF-8, as from every other program; no character of a sender's is an error."""
    process = printed(1, subprocess.PIPE, tmp_path, PYTHONIOENCODING="ascii")
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "x\nm³\n".encode(), b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_output_that_is_full(tmp_path: Path) -> None:
    """Status 1 and one sentence."""
    with Path("/dev/full").open("wb") as full:
        process = printed(1, full.fileno(), tmp_path)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"No space left on device" in errors
    assert b"Traceback" not in errors
