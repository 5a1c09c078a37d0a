"""A packing list of the corpus: its sheets, and what a person who reads it would understand."""

import re
from importlib.resources import files
from typing import Literal

import msgspec

Format = Literal["xlsx", "xls", "xlsb", "ods", "csv"]


class SheetText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sheet; `grid` describes the notation of `rows`."""

    rows: str
    name: str = "Sheet1"
    at: str = "A1"
    """The cell of the first row's first column."""
    hidden: bool = False
    hide_rows: tuple[int, ...] = ()
    """Rows that a filter hides, counted from 1."""
    hide_columns: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    """Cells over which a picture floats."""


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list, what is hard about it, and the truth."""

    name: str
    hard: str
    """What is hard about it."""
    rows: str = ""
    """The only sheet's rows, where there is nothing else to know about it."""
    sheets: tuple[SheetText, ...] = ()
    format: Format = "xlsx"
    suffix: str = ""
    """Of the file's name, where it differs from the format."""
    file: str = ""
    """Name of a file that is kept apart, instead of rows."""
    encoding: str = "utf-8"
    delimiter: str = ","
    quirk: Literal[
        "",
        "inline_strings",
        "wrong_dimension",
        "no_cell_references",
        "shared_formulas",
        "date_1904",
        "indented_ods",
        "html",
        "long_empty_tail",
    ] = ""
    """A habit of the program that is to have written the file."""
    lines: str = ""
    """The truth: a line for each kind of carton, see `Line`."""
    declared: str = ""
    """Truth of a list with totals only: ``cartons | m3 | kg``."""
    labels: dict[str, str] = {}
    """Fields of the consignment as the sheet spells them; ``a || b``: either spelling."""
    asks: str = ""
    """A question is right about one of these: columns, cells, ``*`` for anything."""
    refuses: str = ""
    """An error is right at one of these."""
    tells: tuple[str, ...] = ()
    """Words that must occur in a remark."""
    turned: bool = False
    """Names stand down the side, and a column is a line of cartons."""
    held_out: bool = False
    """Wording that the reader's authors had no reason to think of."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Truth about equal cartons: ``10 | 600x400x350 | 12500 | cups; plates | 1-10 | fragile``.

    The parts: cartons, edges in mm (length, width, height), grams of one carton, goods, numbers or
    SSCCs of the cartons, handling, shared fields. The last three may be left out.
    """

    cartons: int
    edges_mm: tuple[int, int, int]
    gross_g: int
    goods: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    handling: frozenset[str] = frozenset()
    """``fragile``, ``up``, ``dry``, ``top=0`` (grams), ``un=3480``, ``class=9``, ``pg=II``."""
    shared: frozenset[str] = frozenset()
    """Fields of the consignment that stand in the row: ``shipper=NAME``."""


class _Lists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    list: tuple[Case, ...]


def load_families() -> dict[str, tuple[Case, ...]]:
    """Return the lists of the corpus by the name of their family."""
    folder = files(__package__) / "lists"
    families: dict[str, tuple[Case, ...]] = {}
    for path in sorted(folder.iterdir(), key=lambda file: file.name):
        if path.name.endswith(".toml"):
            family = path.name.removesuffix(".toml").replace("_", " ")
            families[family] = msgspec.toml.decode(path.read_bytes(), type=_Lists).list
    names = [case.name for cases in families.values() for case in cases]
    assert len(set(names)) == len(names), "two lists have the same name"
    return families


def true_lines(case: Case) -> tuple[Line, ...]:
    """Return the truth about the list's cartons."""
    return tuple(_line(text) for text in case.lines.strip().splitlines())


def true_totals(case: Case) -> tuple[int, int, int] | None:
    """Return cartons, cm³ and grams of a list with totals only."""
    if not case.declared:
        return None
    cartons, volume_m3, gross_kg = (part.strip() for part in case.declared.split("|"))
    return int(cartons), round(float(volume_m3) * 1e6), round(float(gross_kg) * 1e3)


def _line(text: str) -> Line:
    cartons, edges, gross, goods, *rest = (part.strip() for part in text.split("|"))
    numbers, marks, shared = [*rest, "", "", ""][:3]
    length, width, height = (int(edge) for edge in edges.split("x"))
    return Line(
        cartons=int(cartons),
        edges_mm=(length, width, height),
        gross_g=int(gross),
        goods=tuple(part.strip() for part in goods.split(";") if part.strip()),
        numbers=tuple(number for part in numbers.split(",") for number in _expand(part.strip())),
        handling=_parts(marks),
        shared=_parts(shared),
    )


def _parts(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _expand(numbers: str) -> list[str]:
    """Expand ``F8..F10`` to F8, F9, F10; the first number's zeros are kept."""
    if not numbers:
        return []
    found = re.fullmatch(r"(\D*)(\d+)\.\.\D*(\d+)", numbers)
    if found is None:
        return [numbers]
    prefix, first, last = found.groups()
    return [f"{prefix}{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]
