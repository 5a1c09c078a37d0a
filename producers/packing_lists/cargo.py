"""What a consignment's lines say about its cargo, as the events of the hub have it."""

from collections.abc import Container
from decimal import Decimal

from groupage.domain.checkdigits import fate_of, unit_problem
from groupage.domain.currencies import minor_units
from groupage.domain.events import consignment as events
from groupage.domain.events.base import Dimensions, Money
from groupage.domain.gs1 import canonical_id
from producers.packing_lists import terms
from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.model import Article, CartonLine
from producers.packing_lists.shared import SharedFields
from producers.screening import CheckDigitRules

GOODS_LENGTH_MAX = 2_000
_NUMBER_DIGITS_MAX = 18
_MARKS_SHOWN = 40
_SERIES_MAX = 200
"""More sheets and marks than a list has."""


class Cargo:
    """Reads the cargo of one consignment; errors and remarks go to its findings."""

    def __init__(self, lines: tuple[CartonLine, ...], cells: Cells, findings: Findings) -> None:
        self._lines = lines
        self._cells = cells
        self._findings = findings

    def lines(self) -> tuple[events.CartonLine, ...]:
        """Return the booking's lines."""
        return tuple(map(self._line, self._lines))

    def _line(self, line: CartonLine) -> events.CartonLine:
        handling = line.handling
        return events.CartonLine(
            pieces=line.cartons,
            size=Dimensions(
                length_mm=line.length_mm, width_mm=line.width_mm, height_mm=line.height_mm
            ),
            gross_g=line.gross_g,
            this_side_up=bool(handling.this_side_up),
            max_top_load_g=handling.max_top_load_g,
            fragile=bool(handling.fragile),
            keep_dry=bool(handling.keep_dry),
            hs6=self._hs6(line),
            goods=goods_of(line)[:GOODS_LENGTH_MAX],
        )

    def _hs6(self, line: CartonLine) -> str | None:
        codes: dict[str, str] = {}
        for article in line.articles:
            if not article.hs:
                continue
            cell = self._cells.name("hs", article.row)
            code = terms.hs6(article.hs)
            if code is None:
                expected = "an HS code of 6, 8, 10 or 13 digits"
                self._findings.refuse(cell, "bad_hs", article.hs, expected)
            else:
                codes.setdefault(code, cell)
        if len(codes) > 1:
            first, *others = codes
            text = f"articles of one carton have several HS codes: {first} is booked, not "
            self._findings.remark(codes[others[0]], "hs_of_first_article", text + ", ".join(others))
        return next(iter(codes), None)

    def value(self, shared: SharedFields) -> Money:
        """Return the sum of the amounts; without any it is 0, with a remark."""
        amounts = [
            article
            for line in self._lines
            for article in line.articles
            if article.amount is not None
        ]
        if not amounts:
            self._findings.remark("", "assumed", "value 0: the list has no amounts")
        currency = self._currency(amounts, shared)
        if currency is None:
            return Money(amount_minor=0, currency="XXX")
        return Money(amount_minor=minor_units(_sum(amounts), currency), currency=currency)

    def _currency(self, amounts: list[Article], shared: SharedFields) -> str | None:
        """Return the currency of all amounts; more than one is an error."""
        named = {each.currency: each for each in reversed(amounts) if each.currency}
        codes = [name for name in named if name not in terms.SIGNS]
        signs = [name for name in named if name in terms.SIGNS]
        others = [sign for sign in signs if codes and codes[0] not in terms.SIGNS[sign]]
        different = codes + (others if codes else signs)
        if len(different) > 1:
            cell = self._cells.name("amount", named[different[0]].row)
            listed = ", ".join(sorted(different))
            self._findings.refuse(
                cell, "several_currencies", listed, "one currency per consignment"
            )
        if codes:
            return terms.currency(codes[0])
        if not signs:
            return shared.currency()
        return shared.currency(signs[0], self._cells.name("amount", named[signs[0]].row))


def goods_of(line: CartonLine) -> str:
    """Return the names of a line's goods, each once."""
    names = (article.goods or article.article for article in line.articles)
    return "; ".join(dict.fromkeys(name for name in names if name))


def announced_units(
    consignment_id: str,
    lines: tuple[CartonLine, ...],
    cells: Cells,
    findings: Findings,
    rules: CheckDigitRules,
) -> tuple[events.AnnouncedUnit, ...]:
    """Return the cartons of the delivery note: by their ids, their numbers, or counted through.

    Numbers may begin at 1 again under another mark or in another sheet; the reading refuses those
    that are twice in one series. A number that is already taken gets the mark, or the number of
    its series, in front.
    """
    units: list[events.AnnouncedUnit] = []
    seen: dict[str, None] = {}
    taken = {_number(text) for line in lines for text in line.numbers}
    running = 0
    for index, line in enumerate(lines):
        row = line.rows[0] if line.rows else 0
        ids = [canonical_id(text) for text in line.unit_ids]
        numbers = [_number(text) for text in line.numbers]
        _check_digits(ids, cells.name("unit_ids", row), findings, rules)
        _check_count(ids, line, cells.name("unit_ids", row), findings)
        _check_count(numbers, line, cells.name("carton_no", row), findings)
        series = _series(consignment_id, numbers, line.marks, seen)
        for piece in range(line.cartons):
            running += 1
            if piece < len(ids):
                unit_id = ids[piece]
            elif piece < len(numbers):
                unit_id = f"{consignment_id}/{series}{numbers[piece]}"
            else:
                while not numbers and f"{running:04d}" in taken:
                    running += 1
                unit_id = f"{consignment_id}/{running:04d}"
            if unit_id in seen:
                cell = cells.name("unit_ids" if ids else "carton_no", row)
                expected = "a carton number that no other carton has"
                findings.refuse(cell, "repeated_carton", unit_id, expected)
            seen[unit_id] = None
            units.append(events.AnnouncedUnit(unit_id=unit_id, line=index))
    return tuple(units)


def _series(consignment_id: str, numbers: list[str], marks: str, seen: Container[str]) -> str:
    """Return what to write in front of a line's numbers so that no carton has them already."""
    own = [f"{' '.join(marks.split())[:_MARKS_SHOWN]}-"] if marks.strip() else []
    for series in ("", *own, *(f"{place}-" for place in range(2, _SERIES_MAX))):
        if not any(f"{consignment_id}/{series}{number}" in seen for number in numbers):
            return series
    return ""


def _number(text: str) -> str:
    """Write a carton number with four digits, so that ids sort as cartons do."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX
    return f"{int(text):04d}" if is_number else text


def _check_count(given: list[str], line: CartonLine, cell: str, findings: Findings) -> None:
    if given and len(given) != line.cartons:
        expected = f"{line.cartons} of them, as many as cartons"
        findings.refuse(cell, "count", len(given), expected)


def _check_digits(ids: list[str], cell: str, findings: Findings, rules: CheckDigitRules) -> None:
    for unit_id in ids:
        problem = unit_problem(unit_id)
        if problem is None or (fate := fate_of(problem, rules.units)) == "accept":
            continue
        expected = f"check digit {problem.expected} ({problem.scheme})"
        if fate == "warn":
            findings.remark(cell, "check_digit", f"{unit_id}: expected {expected}")
        else:
            findings.refuse(cell, "check_digit", unit_id, expected)


def _sum(articles: list[Article]) -> Decimal:
    """Return the sum of the amounts; one below 0 is an error of its own."""
    return sum((max(each.amount, Decimal(0)) for each in articles if each.amount), Decimal(0))
