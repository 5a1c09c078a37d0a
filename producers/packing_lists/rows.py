"""Rows of a table: lines of cartons, further articles in them, sums, and rows that are no cargo.

A row begins a line when it has a carton number, a size or a count of its own. A row without
these is an article in the carton above. A row that looks like cargo and is neither is an error.
"""

import re
from decimal import Decimal

from producers.packing_lists import totals
from producers.packing_lists.carton_numbers import read_carton_numbers
from producers.packing_lists.cells import text_of
from producers.packing_lists.grid import CARGO, GOODS, SIZE, SUMMED, Grid, Sums, is_ditto
from producers.packing_lists.model import Field, RowGroup, TotalScope, TotalsRow
from producers.packing_lists.row_findings import RowFindings
from producers.packing_lists.stated_totals import field_of_total, has_figures
from producers.packing_lists.tables import TableArea
from producers.packing_lists.totals import shorten

_HEADING = re.compile(
    r"[:：。;；!！]|^\s*[※*★▲●◆注]|^(?:以下|以上|备注|说明|note|remark|nb|please|attention)\b|[，,].*[，,]"
    r"|^(?:以下|以上|备注|说明)",
    re.IGNORECASE,
)
_SAME_CARTON = re.compile(
    r"(?:同上|同一|同)箱|(?:in )?(?:the )?same (?:carton|ctn|case|box)(?: as above)?\.?",
    re.IGNORECASE,
)
"""Words in place of a carton's number: it is the carton above."""
_MASS_AND_VOLUME: tuple[Field, ...] = ("gross", "volume")


class RowReader:
    """Reads the rows below a header, from the top down."""

    def __init__(self, grid: Grid, area: TableArea) -> None:
        self._grid = grid
        self._area = area
        self.groups: list[RowGroup] = []
        self.totals: list[TotalsRow] = []
        self.findings = RowFindings(grid)
        self.hidden: list[int] = []
        """Hidden rows that look like cargo."""
        self.text_rows: list[int] = []
        """Rows without cargo: labels, notes, signatures."""
        self._table = Sums()
        self._section = Sums()
        self._in_section = 0
        self._last_cargo = -1
        self._after_sum: list[int] = []
        self._has_headings = False
        self._has_pieces = grid.has("pieces", "pieces_per_carton")

    def read(self) -> None:
        """Read all rows."""
        for row in range(self._area.header.rows[-1] + 1, self._area.stop):
            if row not in self._area.repeated and self._grid.filled(row):
                self._read_row(row)
        self.findings.settle(self.groups, self.totals)
        self._settle_rows_after_sum()
        self._settle_scopes()

    def _read_row(self, row: int) -> None:
        grid = self._grid
        if row in grid.sheet.hidden_rows:
            if self._is_cargo(row) and not totals.total_word(grid, row):
                self.hidden.append(row)
            return
        word = totals.total_word(grid, row)
        identified = totals.identifies_cargo(grid, row)
        if word and not (grid.sized(row) and totals.names_cargo(grid, row)):
            self._add_totals(row, word)
        elif totals.is_footer(grid, row) or totals.is_zero_row(grid, row):
            self.text_rows.append(row)
        elif not self._is_cargo(row):
            self._read_text(row)
        elif self._is_sum(row, identified=identified):
            self._add_totals(row, "")
        elif totals.is_example(grid, row):
            text = f"row {row + 1} looks like the form's own example: take it out"
            self.findings.add_error("example_row", row, text)
        elif self._stands_after_sum(row):
            self._after_sum.append(row)
        else:
            self._read_cargo(row)

    def _is_cargo(self, row: int) -> bool:
        grid = self._grid
        if grid.figures(row, *CARGO) or grid.sized(row):
            return True
        named = any(sign.isdigit() for sign in grid.text(row, "carton_no", "unit_ids"))
        return named and (grid.own(row, *GOODS) or len(grid.filled(row)) > 1)

    def _is_sum(self, row: int, *, identified: bool) -> bool:
        """Tell whether a row without a word for sums is one, by its figures."""
        grid = self._grid
        if not self.groups or not grid.has("carton_no", *SIZE, *GOODS):
            return False
        if any(grid.covered(row, field) for field in (*SIZE, "cartons", "carton_no")):
            return False
        if not identified:
            return totals.equals_sums(grid, row, self._table, self._section)
        counts = grid.figures(row, "cartons")
        if totals.begins_as_sum(grid, row) and not grid.sized(row):
            return max(self._table.agreeing(counts), self._section.agreeing(counts)) > 0
        if grid.sized(row) or grid.own(row, "carton_no") or not grid.has(*SIZE):
            return False
        # Words of another language, no size, no number, and the count of all cartons above.
        return len(self.groups) > 1 and self._table.agreeing(counts) > 0

    def _stands_after_sum(self, row: int) -> bool:
        """Tell whether a row without size and number follows a sum: a tax, an average."""
        grid = self._grid
        if not self.totals or self._in_section != len(self.groups) or not self.groups:
            return False
        return not (grid.sized(row) or grid.own(row, "carton_no", "unit_ids"))

    def _add_totals(self, row: int, word: str) -> None:
        grid = self._grid
        figures = grid.figures(row, *SUMMED)
        if self._names_other_sum(row) or (not figures and not self._states_totals(row)):
            self.text_rows.append(row)
            return
        self._take_rows_before_sum(row)
        whole, part = self._table.agreeing(figures), self._section.agreeing(figures)
        section = word == "subtotal" if whole == part else part > whole
        if section and self._in_section == len(self.groups):
            section = False
        first = self._in_section if section else 0
        self.totals.append(
            TotalsRow(
                row=row,
                scope="section" if section else "table",
                groups=tuple(range(first, len(self.groups))),
            )
        )
        self._section = Sums()
        self._in_section = len(self.groups)

    def _states_totals(self, row: int) -> bool:
        """Tell whether a text of the row has its sums: ``TOTAL: 13 CTNS 148 KGS``."""
        return any(
            isinstance(cell, str) and has_figures(cell) for _, cell in self._grid.filled(row)
        )

    def _names_other_sum(self, row: int) -> bool:
        """Tell whether a row is a label of a sum with its value, under columns of other fields."""
        filled = self._grid.filled(row)
        field = field_of_total(filled[0][1]) if len(filled) == 2 else None
        return field is not None and filled[1][0] not in set(self._grid.indices(field))

    def _take_rows_before_sum(self, row: int) -> None:
        """Take rows after an earlier sum as cargo when the next sum includes them."""
        rows, self._after_sum = self._after_sum, []
        counts = [self._grid.count(after) or Decimal(0) for after in rows]
        whole = sum(counts, Decimal(0))
        declared = self._grid.count(row)
        before = sum((self._grid.count(g.rows[0]) or Decimal(0) for g in self.groups), Decimal(0))
        if rows and whole and declared in (whole, whole + before):
            for after in rows:
                self._add_group(after)
        else:
            self._after_sum = rows

    def _settle_rows_after_sum(self) -> None:
        """Tell of rows that follow the sum of all cartons and are not in it."""
        grid = self._grid
        if not self._after_sum:
            return
        counted = sum((grid.count(g.rows[0]) or Decimal(0) for g in self.groups), Decimal(0))
        agreed = any(grid.count(total.row) == counted for total in self.totals)
        for row in self._after_sum:
            if agreed and grid.has(*SIZE) and self._last_cargo < row:
                text = f"row {row + 1} stands below the sum, without a size: not read as cargo"
                self.findings.add_remark("row_after_sum", row, text)
            else:
                self.findings.add_unplaced(row)

    def _settle_scopes(self) -> None:
        """Set the scope of each sum, now that all lines are known."""
        every = tuple(range(len(self.groups)))
        settled = []
        for total in self.totals:
            groups = total.groups or (every if total.row < self._first_cargo() else ())
            scope: TotalScope = "table" if groups == every else "section"
            if total.scope == "section" and total.groups and len(self.totals) > 1:
                scope = "section"
            settled.append(TotalsRow(row=total.row, scope=scope, groups=groups))
        self.totals = settled

    def _first_cargo(self) -> int:
        return self.groups[0].rows[0] if self.groups else 0

    def _read_text(self, row: int) -> None:
        """Read a row of words: an article without figures under a merged carton, or a note."""
        grid = self._grid
        covered = any(grid.covered(row, field) for field in (*SIZE, "cartons", "carton_no"))
        named = grid.own(row, "goods", "article") and self._last_cargo == row - 1
        if not self.groups and grid.own(row, "goods", "article"):
            self._has_headings = True
        # Where articles have pieces, a name without them is a heading or a note.
        if row + 1 in self._area.repeated or totals.is_title(grid, row):
            named = False
        plain = (
            not self._has_pieces and not self._has_headings and not _looks_like_heading(grid, row)
        )
        if named and self.groups and (covered or plain):
            self._add_article(row)
            if not covered:
                text = f"row {row + 1} is taken for a further article in the carton above"
                self.findings.add_remark("article_without_figures", row, text)
            return
        self.text_rows.append(row)
        if self.groups and grid.own(row, "goods") and not self.totals:
            column, cell = next(grid.cells(row, "goods"))
            text = f'row {row + 1} has no figures and is not read as cargo: "{shorten(cell)}"'
            self.findings.add_remark("row_without_figures", row, text, column)

    def _read_cargo(self, row: int) -> None:
        grid = self._grid
        fresh = grid.own(row, "carton_no", "unit_ids") and not self._same_number(row)
        sized, counted = grid.sized(row), grid.counted(row)
        if fresh and self._shares_number(row):
            self._read_shared(row)
            return
        if not fresh and self._has_no_cartons(row, sized=sized):
            self.text_rows.append(row)
            text = f"row {row + 1} has 0 cartons and is not read as cargo"
            self.findings.add_remark("no_cartons", row, text)
        elif self.groups and self._same_number(row) and (sized or counted):
            self._read_repeated(row, counted=counted)
        elif fresh or counted:
            self._add_group(row)
        elif sized:
            self._read_further_size(row)
        elif grid.figures(row, *_MASS_AND_VOLUME):
            self._read_own_mass(row)
        elif self.groups and self._last_cargo == row - 1:
            self._add_article(row)
        else:
            self.findings.add_unplaced(row)

    def _read_further_size(self, row: int) -> None:
        """Read a row with a size and no number or count: it shares those above, or lacks them."""
        grid = self._grid
        if not self.groups or not grid.has("cartons", "carton_no"):
            self._add_group(row)
            return
        above = self.groups[-1].rows[0]
        self._add_group(row, continues=True)
        if grid.covered(row, "cartons", "carton_no") or not grid.own(row, "goods", "article"):
            return
        self.findings.doubt_count(row, above)

    def _has_no_cartons(self, row: int, *, sized: bool) -> bool:
        """Tell whether a row states a count of 0 and no figures of its cartons: out of stock.

        An article in the carton above may have the count 0, too, but it has pieces. Beside a size,
        weights and volumes may be those of a carton, if others of the row are 0.
        """
        if (
            sized
            and self._grid.dashed(row, "cartons")
            and self._grid.dashed(row, "gross", "volume")
        ):
            return True
        counts = self._grid.figures(row, "cartons").values()
        if sized and not (counts and all(count == 0 for count in counts)):
            return False
        others = list(self._grid.figures(row, *CARGO, "amount").values())
        if sized:
            pieces = self._grid.figures(row, "pieces", "amount").values()
            zeros = sum(figure == 0 for figure in others) - len(counts)
            return zeros > 0 and not any(figure is None or figure for figure in pieces)
        return bool(counts) and not any(figure is None or figure for figure in others)

    def _same_number(self, row: int) -> bool:
        """Tell whether a row repeats the carton number of the line above."""
        if not self.groups or not self._grid.own(row, "carton_no"):
            return False
        above = self._grid.text(self.groups[-1].rows[0], "carton_no")
        number = self._grid.text(row, "carton_no")
        return number == above or is_ditto(number) or bool(_SAME_CARTON.fullmatch(number.strip()))

    def _shares_number(self, row: int) -> bool:
        """Tell whether a row without figures of cartons names some of the cartons above it."""
        grid = self._grid
        if not self.groups or grid.sized(row) or grid.counted(row) or grid.own(row, "unit_ids"):
            return False
        if grid.figures(row, *_MASS_AND_VOLUME) or not grid.has(*SIZE):
            return False
        first = self.groups[-1].rows[0]
        count = grid.count(first)
        above = read_carton_numbers(
            grid.text(first, "carton_no"), count=int(count) if count else None
        )
        own = read_carton_numbers(grid.text(row, "carton_no"))
        return bool(own.numbers) and set(own.numbers) <= set(above.numbers)

    def _read_shared(self, row: int) -> None:
        """Read a row with goods in some of the cartons above: ``5`` below ``1-5``."""
        first = self.groups[-1].rows[0]
        self._add_article(row)
        self.findings.remark_shared(row, shorten(self._grid.text(row, "carton_no")), first)

    def _read_repeated(self, row: int, *, counted: bool) -> None:
        """Read a row that repeats the carton number above with a size or a count of its own."""
        grid = self._grid
        first = self.groups[-1].rows[0]
        alike = all(
            not grid.own(row, field)
            or grid.text(row, field) == grid.text(first, field)
            or all(is_ditto(cell) for _, cell in grid.cells(row, field))
            for field in (*SIZE, "gross", "cartons")
        )
        number = shorten(grid.text(row, "carton_no"))
        if alike and not counted:
            self._add_article(row)
            self.findings.remark_repeated(row, number, first)
            return
        self._add_group(row)
        self.findings.doubt_repeated(row, number, first)

    def _read_own_mass(self, row: int) -> None:
        """Read a row with a weight or volume of its own, but no size, count or number."""
        grid = self._grid
        identity = (*SIZE, "cartons", "carton_no")
        if not grid.has(*identity):
            self._add_group(row)
            return
        if not self.groups or self._last_cargo != row - 1:
            self.findings.add_unplaced(row)
            return
        first = self.groups[-1].rows[0]
        self._add_article(row)
        covered = any(grid.covered(row, field) for field in identity)
        self.findings.tell_own_mass(row, first, covered=covered)

    def _add_group(self, row: int, *, continues: bool = False) -> None:
        self.groups.append(RowGroup(rows=(row,), continues=continues))
        self._add_figures(row)

    def _add_article(self, row: int) -> None:
        last = self.groups[-1]
        self.groups[-1] = RowGroup(rows=(*last.rows, row), continues=last.continues)
        self._add_figures(row)

    def _add_figures(self, row: int) -> None:
        figures = self._grid.figures(row, *SUMMED)
        self._table.add(figures)
        self._section.add(figures)
        self._last_cargo = row


def _looks_like_heading(grid: Grid, row: int) -> bool:
    """Tell whether a row of words announces the rows below (``MARK: XYZ``), or is a sentence."""
    return any(_HEADING.search(text_of(cell)) for _, cell in grid.filled(row)[:3])
