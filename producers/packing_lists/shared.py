"""Decide what holds for a whole consignment: its parties, ports, mode, currency and dates.

A value comes from an answer, a column, a label, an option of the import or a default, in this
order. Ports, modes, currencies and dates that contradict one another are a question. Names are
none: an option may have a short name of the party that the list names in full: the list's counts.
A shop of the market (店铺) is the shipper only if no option names another.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from groupage.domain import currencies
from groupage.domain.places import PLACES
from producers.packing_lists import terms
from producers.packing_lists.blocks import distinct_names, folded
from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.jobs import ANSWERED
from producers.packing_lists.labels import is_place_behind_port
from producers.packing_lists.model import CartonLine, Choice, Field, Label
from producers.packing_lists.terms import plain_text
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell, CellError, Formula, cell_name

T = TypeVar("T")
DEFAULTS = {"consignee": "TO ORDER", "pol": "CNNGB", "mode": "1039", "currency": "USD"}
"""Taken, with a remark, where neither the list nor an option says anything."""
_NAMES = {
    "pol": "port of loading",
    "pod": "port of discharge",
    "mode": "customs mode",
    "ready_at": "date of readiness",
    "latest_arrival_at": "latest date of arrival",
}
APART = (
    "a column 入仓号 (Booking no) tells consignments apart, or the answer consignments=split makes "
    "one of each shipper, consignee and port"
)
VALUE_EXPECTED = (
    "a value; this is a formula without a saved one, or an error value: open the file in a "
    "spreadsheet program and save it"
)
PARSERS: dict[Field, tuple[Callable[[Cell], Any], str]] = {
    "pol": (terms.port, terms.PORT_EXPECTED),
    "pod": (terms.port, terms.PORT_EXPECTED),
    "mode": (terms.mode, terms.MODE_EXPECTED),
    "incoterm": (terms.incoterm, terms.INCOTERM_EXPECTED),
    "currency": (terms.currency, currencies.EXPECTED),
    "ready_at": (terms.instant, terms.DATE_EXPECTED),
    "latest_arrival_at": (terms.instant, terms.DATE_EXPECTED),
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender gives beside the list; None: nothing."""

    consignment_id: str | None = None
    shipper: str | None = None
    consignee: str | None = None
    pol: str | None = None
    pod: str | None = None
    mode: str | None = None
    currency: str | None = None
    ready_at: str | None = None
    amend: bool = False
    """The consignment is booked already: the list amends its lines."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a shared field, and who gives it."""

    text: str
    value: Any
    cell: str
    """Empty: an option."""
    by: str
    name: str = ""
    """The header or the label that it stands under."""


class SharedFields:
    """The shared fields of one consignment: its lines, the labels of its list, options, answers."""

    def __init__(
        self,
        lines: tuple[CartonLine, ...],
        labels: tuple[Label, ...],
        options: Options,
        answers: Mapping[str, str],
        cells: Cells,
        findings: Findings,
    ) -> None:
        self._lines = lines
        self._labels = labels
        self._options = options
        self._answers = answers
        self._cells = cells
        self._findings = findings

    def name(self, field: Field, *, required: bool = False) -> str:
        """Return a name or another text; empty if there is none."""
        if answer := self._answers.get(field):
            return answer
        option: str | None = getattr(self._options, field, None)
        given = self._in_rows(field)
        if len(given) > 1:
            return self._one_of_several(field, given, option)
        given = given or self._in_labels(field)
        distinct = distinct_names([each.text for each in given])
        if len(distinct) > 1:
            self._ask(field, [each for each in given if each.text in distinct])
        for other in given[1:]:
            if folded(other.text) not in folded(given[0].text) and other.text not in distinct:
                text = f"{other.text} is taken for another name of {given[0].text}"
                self._findings.remark(other.cell, "second_name", text)
        if given and option and all(_is_shop(each.name) for each in given):
            return self._option_over_shop(field, given, option)
        if given:
            if option and folded(option) != folded(given[0].text):
                text = f"the list says {given[0].text}; --{field} {option} is not used"
                self._findings.remark(given[0].cell, "option_not_used", text)
            return given[0].text
        default = DEFAULTS.get(field)
        if not option and not default and required:
            self._miss(field)
        return option or (self._assume(field, default) if default else "")

    def _option_over_shop(self, field: Field, shops: list[Statement], option: str) -> str:
        """Return the option: a shop in the market sells the goods, and does not ship them."""
        if folded(option) != folded(shops[0].text):
            text = (
                f"{shops[0].name} {shops[0].text} is a shop; {option} is taken, as --{field} says"
            )
            self._findings.remark(shops[0].cell, "option_used", text)
        return option

    def _one_of_several(self, field: Field, rows: list[Statement], option: str | None) -> str:
        """Return the option if there is one; several names in the rows are an error without."""
        if option:
            names = ", ".join(each.text for each in rows[:5])
            text = f"the column names several ({names}); {option} is taken, as --{field} says"
            self._findings.remark(rows[0].cell, "option_used", text)
            return option
        listed = ", ".join(f"{each.cell}: {each.text}" for each in rows[:5])
        expected = f"one {field} per consignment: {APART}" + (
            f", or the option --{field} names one for all" if field in ANSWERED else ""
        )
        self._findings.refuse(rows[1].cell, "several_values", listed, expected)
        return rows[0].text

    def port(self, field: Field) -> str | None:
        """Return a port's code; None, with an error, if there is none."""
        code: str | None = self._parsed(field, required=True)
        return code

    def mode(self) -> str | None:
        """Return the customs mode."""
        code: str | None = self._parsed("mode", required=True)
        return code

    def incoterm(self) -> str | None:
        """Return the Incoterm; None if nothing names it."""
        code: str | None = self._parsed("incoterm", required=False)
        return code

    def all_of(self, field: Field) -> str:
        """Return all values of a field of which a consignment may have several: plates, buyers."""
        if answer := self._answers.get(field):
            return answer
        found = self._in_rows(field) or self._in_labels(field)
        return ", ".join(dict.fromkeys(each.text for each in found))

    def currency(self, sign: str = "", cell: str = "") -> str | None:
        """Return the currency of amounts with no more than a sign, which stands in this cell."""
        usual = terms.SIGNS[sign][0] if sign else ""
        code: str | None = self._parsed("currency", required=True, default=usual)
        if sign and code and code not in terms.SIGNS[sign]:
            expected = f"amounts in {code}, the currency that the list or an option names"
            self._findings.refuse(cell, "several_currencies", sign, expected)
        return code

    def instant(self, field: Field) -> datetime | None:
        """Return a date or time; None if nothing gives it."""
        at: datetime | None = self._parsed(field, required=False)
        return at

    def _parsed(self, field: Field, *, required: bool, default: str = "") -> Any:
        parse, expected = PARSERS[field]
        if answer := self._answers.get(field):
            if (value := parse(answer)) is None:
                self._findings.refuse("", f"bad_{field}", answer, expected)
            return value
        statements = [
            *self._in_rows(field, parse),
            *self._in_labels(field, parse),
            *self._in_options(field, parse),
        ]
        for each in statements:
            if each.value is None:
                way_out = f"{expected}; --answer {field}=VALUE settles it"
                self._findings.refuse(each.cell, f"bad_{field}", each.text, way_out)
        self._tell_unknown_places(field, statements)
        values = {each.value: each for each in reversed(statements) if each.value is not None}
        if len(values) > 1:
            self._ask(field, [each for each in statements if values.get(each.value) is each])
        if values:
            return next(each.value for each in statements if each.value is not None)
        if statements:
            return None
        if default := default or DEFAULTS.get(field, ""):
            return parse(self._assume(field, default))
        if required:
            self._miss(field)
        return None

    def _tell_unknown_places(self, field: Field, statements: list[Statement]) -> None:
        for each in statements:
            if field in ("pol", "pod") and each.value and each.value not in PLACES:
                text = f"{each.text} is read as the code {each.value}, which the hub does not know"
                self._findings.remark(each.cell, "unknown_place", text)

    def _ask(self, field: Field, statements: list[Statement]) -> None:
        """Ask which of several values is right, or refuse several in one column."""
        in_rows = [each for each in statements if each.by == "row"]
        if len(in_rows) > 1 and len(in_rows) == len(statements):
            listed = ", ".join(f"{each.cell}: {each.text}" for each in in_rows[:5])
            expected = f"one {field} per consignment: {APART}"
            self._findings.refuse(in_rows[1].cell, "several_values", listed, expected)
            return
        choices = [
            Choice(
                answer=f"{field}={_plain(each.value)}",
                text=f"{each.text}, as {each.cell or each.by} says",
            )
            for each in statements
        ]
        text = f"which {_spoken(field)} is right? "
        text += ", or ".join(choice.text for choice in choices)
        cell = next((each.cell for each in statements if each.cell), "")
        self._findings.ask(cell, "contradiction", text, choices)

    def _in_rows(self, field: Field, parse: Callable[[Cell], Any] = plain_text) -> list[Statement]:
        """Return the different values of the field's column, in the order of the rows."""
        found: dict[str, Statement] = {}
        for line in self._lines:
            text = line.shared.get(field, "")
            if text and text not in found:
                cell = line.shared_cells.get(field) or self._cells.name(
                    field, line.rows[0] if line.rows else 0
                )
                found[text] = Statement(
                    text=text,
                    value=parse(text),
                    cell=cell,
                    by="row",
                    name=self._cells.header(field),
                )
        return list(found.values())

    def _in_labels(
        self, field: Field, parse: Callable[[Cell], Any] = plain_text
    ) -> list[Statement]:
        found = []
        labels = [each for each in self._labels if each.field == field and plain_text(each.value)]
        for label in labels:
            cell = cell_name(label.row, label.column)
            text = plain_text(label.value)
            if is_place_behind_port(label, labels):
                text = f"{text} is where the goods go from the port of discharge: not read"
                self._findings.remark(cell, "place_of_delivery", text)
                continue
            if isinstance(label.value, Formula | CellError):
                self._findings.refuse(cell, "no_value", text, VALUE_EXPECTED)
            found.append(
                Statement(
                    text=text, value=parse(label.value), cell=cell, by="label", name=label.text
                )
            )
        return found

    def _in_options(self, field: Field, parse: Callable[[Cell], Any]) -> list[Statement]:
        text = getattr(self._options, field, None)
        if not text:
            return []
        return [Statement(text=text, value=parse(text), cell="", by=f"--{_dashed(field)}")]

    def _assume(self, field: Field, value: str) -> str:
        self._findings.remark("", "assumed", f"{field} {value}: neither list nor option says it")
        return value

    def _miss(self, field: Field) -> None:
        if not self._lines and self._cells.has(field):
            return  # its rows could not be read, for other errors
        expected = f"a column or a label for it, or the option --{_dashed(field)}"
        self._findings.refuse("", f"no_{field}", None, f"{_spoken(field)}: {expected}")


def _is_shop(name: str) -> bool:
    """Tell whether a header or a label is of shops, stalls or suppliers, and not of shippers."""
    concepts = frozenset().union(*words_of(name).tokens)
    return "shop" in concepts and "shipper" not in concepts


def _spoken(field: str) -> str:
    """Return a field's name for people: ``port of discharge (pod)``."""
    name = _NAMES.get(field)
    return f"{name} ({field})" if name else field.replace("_", " ")


def _dashed(field: str) -> str:
    return field.replace("_", "-")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
