"""Rows of sums, and rows that are no cargo: recognised by their words and by their figures."""

import re
from typing import Literal

from producers.packing_lists.cells import look, text_of
from producers.packing_lists.grid import CARGO, GOODS, SIZE, SUMMED, Grid, Sums
from producers.packing_lists.naming import read_name
from producers.packing_lists.spellings import finder, plain
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell

TotalWord = Literal["", "total", "subtotal"]
_TOTAL = frozenset(("total", "subtotal", "carried"))
_BESIDE_TOTAL = _TOTAL | {
    "carton",
    "packages",
    "quantity",
    "weight",
    "gross",
    "net",
    "volume",
    "measurement",
    "size",
    "page",
    "piece",
    "filler",
    "say",
    "number",
    "amount",
    "outer",
    "goods",
    "title",
    "cargo",
    "to",
}
_GOODS_OF_SUMS = re.compile(r"合(?!\s*(?:计|共|$|[:：/(（]))|总(?:成|线|阀|闸|泵)")
"""Goods that begin with a sign of sums: 合页 (a hinge), 总成 (an assembly)."""
_EXAMPLE = re.compile(
    r"\s*[(（]?(?:例|示例|样例|范例|填写示例|举例|example|e\.?g\.?)\s*[)）]?\s*[:：.、)]",
    re.IGNORECASE,
)
_FOOTER = frozenset(("bank", "signature", "phone", "page", "carried"))


def total_word(grid: Grid, row: int) -> TotalWord:
    """Return the word for sums that a row begins with: ``合 计``, ``TOTAL:``, ``本页小计``."""
    for _, cell in grid.filled(row):
        if not isinstance(cell, str):
            continue
        word = _total_word(cell)
        if word:
            return word
        if look(cell).kind == "text" and len(cell) > 60:
            return ""
    return ""


def _total_word(text: str) -> TotalWord:
    if len(text) > 120 or not finder(*_TOTAL).search(plain(text)):
        return ""
    if _GOODS_OF_SUMS.match(plain(text)):
        return ""
    tokens = next(
        (
            tokens
            for part in (text, *re.split(r"[/\n|]", text))
            if (tokens := words_of(part).tokens)
            and all(token & _BESIDE_TOTAL for token in tokens)
            and any(token & _TOTAL for token in tokens[:3])
        ),
        (),
    )
    named = [token & _TOTAL for token in tokens[:3] if token & _TOTAL]
    if not named:
        return ""
    return "subtotal" if any(found & {"subtotal", "carried"} for found in named) else "total"


def begins_as_sum(grid: Grid, row: int) -> bool:
    """Tell whether a text begins with a word for sums and goes on: ``TOTAL MARK A``."""
    for _, cell in grid.filled(row)[:4]:
        if isinstance(cell, str) and finder(*_TOTAL).match(plain(cell)):
            return True
    return False


def is_footer(grid: Grid, row: int) -> bool:
    """Tell whether a row is a label, a signature, a bank's details or a page number."""
    cells = grid.filled(row)
    for place, (_, cell) in enumerate(cells[:8]):
        if not isinstance(cell, str) or look(cell).kind not in ("text", "range"):
            continue
        if _is_label(cell) or (place == 0 and _is_footer_text(cell)):
            return not (grid.sized(row) or len(grid.figures(row, *CARGO)) > 1)
        if place == 0 and cell.strip().lower().startswith(("say ", "say:", "大写")):
            return True
    return False


def _is_footer_text(text: str) -> bool:
    if not finder(*_FOOTER).search(plain(text)):
        return False
    tokens = words_of(text).tokens
    return bool(tokens) and len(tokens) <= 12 and bool(tokens[0] & _FOOTER)


def _is_label(text: str) -> bool:
    name, colon, _ = text.replace("：", ":").partition(":")
    if not colon or len(name) > 60:
        return False
    return read_name(name, "labels").score() >= 0.6 or _is_footer_text(name)


def identifies_cargo(grid: Grid, row: int) -> bool:
    """Tell whether a row says which goods or cartons it means, by words other than a sum's."""
    return grid.sized(row) or names_cargo(grid, row)


def names_cargo(grid: Grid, row: int) -> bool:
    """Tell whether a row has a carton number, or goods by a name that is not a word for sums."""
    return any(
        not (isinstance(cell, str) and _total_word(cell))
        for _, cell in grid.cells(row, "carton_no", "unit_ids", *GOODS)
    )


def equals_sums(grid: Grid, row: int, *sums: Sums) -> bool:
    """Tell whether a row's figures are the sums of the rows above it.

    Two agreeing figures are enough, or the count of cartons alone: weights above may be of one
    carton, and their column's sum is then another figure.
    """
    figures = grid.figures(row, *SUMMED)
    counts = grid.figures(row, "cartons")
    return any(
        total.agreeing(figures) >= min(2, len(figures)) > 0 or total.agreeing(counts) > 0
        for total in sums
    )


def is_title(grid: Grid, row: int) -> bool:
    """Tell whether a row holds nothing but the document's title, as after a page break."""
    tokens = [
        token for _, cell in grid.filled(row)[:4] for token in words_of(text_of(cell)[:80]).tokens
    ]
    return bool(tokens) and all(token & {"title", "outer", "filler", "page"} for token in tokens)


def is_example(grid: Grid, row: int) -> bool:
    """Tell whether a row is the example that a form gives to whom fills it in."""
    texts = [cell for _, cell in grid.filled(row)[:4] if isinstance(cell, str)]
    return any(_EXAMPLE.match(text) for text in texts)


def is_zero_row(grid: Grid, row: int) -> bool:
    """Tell whether a row of a form was left empty: formulas give 0, and there are no words."""
    for column, cell in grid.filled(row):
        seen = look(cell)
        if seen.kind == "number" and not seen.figure:
            continue
        if seen.kind == "number" and column in set(grid.indices("ignored", "carton_no")):
            continue
        if seen.kind == "number" and not _in_cargo(grid, column):
            continue
        return False
    return True


def _in_cargo(grid: Grid, column: int) -> bool:
    return column in set(grid.indices(*CARGO, *SIZE, "amount"))


def shorten(cell: Cell, length: int = 60) -> str:
    """Return a cell's text for a sentence."""
    text = " ".join(text_of(cell).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
