"""Output of the command line: lines and tables for people, JSON for scripts."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from rich.cells import cell_len

from groupage.app.hub_time import time_text, with_local_times
from groupage.domain.units import kg, m3
from groupage.domain.words import number_of

_GAP, _INDENT = "  ", "    "

# JSON escapes C0 only. DEL, C1, format characters (which turn the direction of a text, or are
# invisible) and line separators stay raw in it, and a terminal obeys them.
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class Column(NamedTuple):
    """A column of a table: its head, and the function that gives a row's value."""

    head: str
    text: Callable[[Any], object]
    right: bool = False


def print_line(text: str, *, bold: bool = False, dim: bool = False) -> None:
    """Print a line on standard output; bold and dim on a terminal."""
    text = escape_controls(with_local_times(text))
    _write(typer.style(text, bold=bold or None, dim=dim or None) if bold or dim else text)


def print_json(value: object) -> None:
    """Print indented JSON, in UTF-8 whatever the terminal's encoding; times in UTC."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    _write(_UNSEEN.sub(_escape_for_json, text).encode())


def print_table(
    rows: Sequence[Any], columns: Sequence[Column], *, nothing: str, more: str | None = None
) -> None:
    """Print a line per row; `nothing` if there are no rows; `more` is the start of the next page.

    No text is cut: in a narrow terminal a row continues on the next line, in a pipe it never does.
    """
    if not rows:
        print_line(nothing)
        return
    cells = [[escape_controls(text_of(column.text(row))) for column in columns] for row in rows]
    heads = [column.head for column in columns]
    widths = [max(map(cell_len, texts)) for texts in zip(heads, *cells, strict=True)]
    lines = _column_lines(widths)
    for texts in (heads, *cells):
        padded = [
            _pad(text, width, right=column.right)
            for text, width, column in zip(texts, widths, columns, strict=True)
        ]
        for line in lines:
            if any(texts[line]):
                indent = _INDENT if line.start else ""
                print_line((indent + _GAP.join(padded[line])).rstrip(), bold=texts is heads)
    if more:
        print_line(f"for more rows: --after {more}", dim=True)


def text_of(value: object) -> str:
    """Write a value for people; times in UTC and in the hub's zone, to the minute."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, datetime):
        return time_text(value)
    return with_local_times(str(value))


def escape_controls(text: str) -> str:
    """Escape characters that control a terminal or break a line."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _escape_for_json(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def dead_letter_counts(counts: Mapping[str, int]) -> str:
    """``3 dead letters: 2 bad_json, 1 not_yours``."""
    parts = ", ".join(f"{count} {code}" for code, count in counts.items())
    return number_of(sum(counts.values()), "dead letter") + (f": {parts}" if parts else "")


def volume(value_cm3: int) -> str:
    """Write a volume in m³."""
    return f"{m3(value_cm3):.2f}"


def mass(value_g: int | None) -> str:
    """Write a mass in kg."""
    return "" if value_g is None else f"{kg(value_g):,.0f}"


def money(value_cents: int) -> str:
    """Write an amount in dollars."""
    return f"{value_cents / 100:,.2f}"


def _column_lines(widths: Sequence[int]) -> list[slice]:
    """Split the columns into lines: a single line, or on a terminal what fits its width."""
    width_max = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    starts, used = [0], 0
    for at, width in enumerate(widths):
        used += len(_GAP) + width
        if at and used - len(_GAP) > width_max:
            starts.append(at)
            used = len(_INDENT + _GAP) + width
    return [slice(*ends) for ends in pairwise((*starts, len(widths)))]


def _pad(text: str, width: int, *, right: bool) -> str:
    """Pad to a width in terminal columns; a Chinese character takes two."""
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _write(output: str | bytes) -> None:
    try:
        typer.echo(output)
    except OSError as error:
        # The rest is still in Python's buffer and would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader (`| head`) has closed the pipe
            raise typer.Exit from None
        raise
