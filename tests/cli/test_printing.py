"""Output of the command line: tables that keep ids whole, escaped text, JSON."""

import json
import os
import subprocess
import sys
from contextvars import Context
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
import pytest

from groupage.app.commands.errors import explain_error
from groupage.app.commands.printing import (
    Column,
    escape_controls,
    print_json,
    print_line,
    print_table,
    text_of,
)

COLUMNS = (
    Column("id", lambda row: row[0]),
    Column("品名", lambda row: row[1]),
    Column("n", lambda row: row[2], right=True),
)


def test_columns_stand_in_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Chinese characters take two columns; lines have no trailing spaces."""
    print_table([("a", "布娃娃", 5), ("bcd", "toys", 1_000)], COLUMNS, nothing="")
    assert capsys.readouterr().out.splitlines() == [
        "id   品名       n",
        "a    布娃娃     5",
        "bcd  toys    1000",
    ]


def test_long_ids_stay_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a pipe a row is a line, so that lines can be counted, even with COLUMNS set."""
    monkeypatch.setenv("COLUMNS", "80")
    long = "CSL-" + "X" * 300
    print_table([(long, "", None)], COLUMNS, nothing="")
    assert capsys.readouterr().out.splitlines()[1] == long


def test_a_narrow_terminal_breaks_rows_between_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No id is split; columns that do not fit continue below, and empty ones take no line."""
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
    """Brackets are not markup, colons are not emoji."""
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
def test_control_characters_from_outside_are_escaped(text: str, expected: str) -> None:
    """The reason of a dead letter may hold any text of a sender."""
    assert escape_controls(text) == expected


def test_a_time_names_its_zone() -> None:
    """Readers are in Yiwu and in Rotterdam."""
    at = datetime(2026, 3, 2, 17, 5, tzinfo=timezone(timedelta(hours=8)))
    assert Context().run(text_of, at) == "2026-03-02 09:05Z"


def test_a_plain_line_has_no_codes_for_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only bold and dim lines have escape codes."""
    written: list[object] = []
    monkeypatch.setattr("typer.echo", written.append)
    print_line("plain")
    print_line("bold", bold=True)
    assert written == ["plain", "\x1b[1mbold\x1b[0m"]


def test_nothing_and_more(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list prints its message; a page before the last prints how to continue."""
    print_table([], COLUMNS, nothing="no such thing")
    print_table([("a", "b", 1)], COLUMNS, nothing="", more="mark")
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == ("no such thing", "for more rows: --after mark")


def test_json_is_utf_8(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """UTF-8 whatever the terminal's encoding, because scripts read it."""
    print_json({"品名": "m³"})
    assert json.loads(capsysbinary.readouterr().out) == {"品名": "m³"}


def test_a_full_disk_is_a_message() -> None:
    """Also when the output has no file name; other errors of the system are bugs."""
    assert explain_error(OSError(28, "No space left on device")) == (
        "No space left on device: free some space, or write to another disk"
    )
    assert (
        explain_error(FileNotFoundError(2, "No such file", "plan.json"))
        == "plan.json: No such file"
    )
    assert explain_error(OSError(9, "Bad file descriptor")) is None


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


def start_printing(
    rows: int, stdout: int, tmp_path: Path, **variables: str
) -> "subprocess.Popen[bytes]":
    """Start a process that prints a table of `rows` rows as a command does."""
    program = PRINTS.replace("int(sys.argv[1])", str(rows)) + "cli.main()"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=stdout,
        stderr=subprocess.PIPE,
        # Buffered, as by default.
        env={**os.environ, "PYTHONUNBUFFERED": "", "GROUPAGE_DATA_DIR": str(tmp_path), **variables},
    )


@pytest.mark.slow
def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    """As with `| head`: status 0 and no message."""
    read, write = os.pipe()
    process = start_printing(100_000, write, tmp_path)
    os.close(write)
    assert os.read(read, 10)
    os.close(read)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.slow
def test_output_is_utf_8_without_a_locale(tmp_path: Path) -> None:
    """No character of a sender's text is an error."""
    process = start_printing(1, subprocess.PIPE, tmp_path, PYTHONIOENCODING="ascii")
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "x\nm³\n".encode(), b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_output_ends_with_status_1(tmp_path: Path) -> None:
    """The error is a sentence without traceback."""
    with Path("/dev/full").open("wb") as full:
        process = start_printing(1, full.fileno(), tmp_path)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"No space left on device" in errors
    assert b"Traceback" not in errors


def test_json_shows_no_character_that_controls_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """C1 and direction overrides come escaped, as the same JSON; other scripts stay as they are."""
    value = {"name": "a\x9b2J\u202eb\x7f\x1b\u2028", "品名": "布娃娃\u3000é😀", "t": "\U000e0041"}
    print_json(value)
    out = capsys.readouterr().out
    assert out.replace("\n", "").replace("\u3000", "").isprintable()
    assert "布娃娃\u3000é😀" in out
    assert json.loads(out) == value
