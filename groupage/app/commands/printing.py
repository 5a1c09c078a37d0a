"""How the command line shows what it found: lines and tables for people, JSON for scripts."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from rich.cells import cell_len

from groupage.domain.units import kg, m3

_GAP, _INDENT = "  ", "    "

AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


class Column(NamedTuple):
    """One column of a table: its head, and a row's text."""

    head: str
    text: Callable[[Any], object]
    right: bool = False


def say(text: str, *, bold: bool = False, dim: bool = False) -> None:
    """A line on standard output; bold and dim where a terminal shows it."""
    text = harmless(text)
    _write(typer.style(text, bold=bold or None, dim=dim or None) if bold or dim else text)


def print_json(answer: object) -> None:
    """On standard output, indented, in UTF-8 whatever the terminal speaks; times in UTC."""
    _write(msgspec.json.format(msgspec.json.encode(answer), indent=2))


def print_table(
    rows: Sequence[Any], columns: Sequence[Column], *, nothing: str, more: str | None = None
) -> None:
    """One line for each row; `nothing` is said when there is none, `more` asks for the rest.

    Nothing is cut: in a narrow terminal a row goes on below, elsewhere it is one line.
    """
    if not rows:
        say(nothing)
        return
    cells = [[harmless(shown(column.text(row))) for column in columns] for row in rows]
    heads = [column.head for column in columns]
    widths = [max(map(cell_len, texts)) for texts in zip(heads, *cells, strict=True)]
    lines = _lines(widths)
    for texts in (heads, *cells):
        padded = [
            _padded(text, width, right=column.right)
            for text, width, column in zip(texts, widths, columns, strict=True)
        ]
        for line in lines:
            if any(texts[line]):
                indent = _INDENT if line.start else ""
                say((indent + _GAP.join(padded[line])).rstrip(), bold=texts is heads)
    if more:
        say(f"there are more: --after {more}", dim=True)


def shown(value: object) -> str:
    """A value as people read it; times in UTC, and saying so."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    return str(value)


def harmless(text: str) -> str:
    """Text from outside without what steers a terminal or breaks a line."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def volume(value_cm3: int) -> str:
    """In m³."""
    return f"{m3(value_cm3):.2f}"


def mass(value_g: int | None) -> str:
    """In kg."""
    return "" if value_g is None else f"{kg(value_g):,.0f}"


def money(value_cents: int) -> str:
    """In dollars."""
    return f"{value_cents / 100:,.2f}"


def _lines(widths: Sequence[int]) -> list[slice]:
    """Which columns stand on one line: all, or on a terminal what fits into its width."""
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    starts, used = [0], 0
    for at, width in enumerate(widths):
        used += len(_GAP) + width
        if at and used - len(_GAP) > room:
            starts.append(at)
            used = len(_INDENT + _GAP) + width
    return [slice(*ends) for ends in pairwise((*starts, len(widths)))]


def _padded(text: str, width: int, *, right: bool) -> str:
    """To a width in columns of the terminal: a Chinese character takes two."""
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _write(what: str | bytes) -> None:
    try:
        typer.echo(what)
    except OSError as error:
        # What was not written is still in Python's buffer, which would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader (`| head`) has what it wanted
            raise typer.Exit from None
        raise
