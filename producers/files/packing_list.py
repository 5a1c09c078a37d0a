"""Import of a packing list: a booking and a shipping notice (ASN) for each of its consignments.

All or nothing: with an error in any cell there are no facts.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from groupage.contracts.encoding import encode
from groupage.contracts.topics import topic_of
from groupage.domain.currencies import EXPECTED, minor_units
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event, Money
from groupage.domain.events.consignment import AnnouncedUnit, AsnReceived, ConsignmentBooked
from groupage.domain.fact import Fact
from producers.entries import Accepted, Entry, Rejected
from producers.files import values
from producers.files.columns import REQUIRED, Field, Header, find_header
from producers.files.lines import Line, RowReader, find_formulas_above, read_line
from producers.files.table import Table, plain_text
from producers.problems import FieldProblem, abbreviate

SOURCE = "/packing-list"
_TOTALS = re.compile(r"合计|总计|小计|(?:grand )?total(?![a-z])|sum(?![a-z])")


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """Values for fields that the list lacks."""

    listed_at: datetime
    """When the list was written, so that importing it twice gives the same facts."""
    ready_at: datetime
    consignment_id: str | None = None
    shipper: str | None = None
    consignee: str = "TO ORDER"
    pol: str = "CNNGB"
    pod: str | None = None
    mode: str = "1039"
    currency: str = "USD"


def entries_of(
    table: Table, defaults: Defaults, *, recorded_at: datetime
) -> tuple[list[Entry], int]:
    """Return the facts of every consignment of the list, and the number of rows read.

    With an error anywhere there is a single entry: a `Rejected` with every error.
    """
    problems: list[FieldProblem] = []
    header = _find_header(table, problems)
    lines = list(_read_lines(table, header, problems)) if header else []
    if header and not lines and not problems:
        problems.append(FieldProblem(field=table.name, value=None, expected="at least one row"))
    cartons = sum(line.carton.pieces for line in lines)
    if cartons > values.CARTONS_MAX:
        expected = f"at most {values.CARTONS_MAX:,} cartons in one list: split it"
        problems.append(FieldProblem(field=table.name, value=cartons, expected=expected))
    facts: list[Fact] = []
    notes: set[str] = set()
    if header and not problems:
        for consignment_id, group in _group_by_consignment(table, header, lines, defaults).items():
            builder = _Consignment(consignment_id, header, group, defaults, problems, notes)
            facts += _check_facts(builder.facts(recorded_at), problems)
        notes.update(f"column_not_used: {name}" for name in header.unused)
    if problems:
        rejected = Rejected(
            event_id=table.name, code="invalid_packing_list", problems=tuple(problems)
        )
        return [rejected], max(1, len(table.rows) - (header.row + 1 if header else 0))
    return [Accepted(facts=tuple(facts), notes=tuple(sorted(notes)))], len(lines)


def _find_header(table: Table, problems: list[FieldProblem]) -> Header | None:
    header = find_header(table)
    if header is None:
        first = next((row for row in table.rows if any(map(plain_text, row))), ())
        problems.append(
            FieldProblem(
                field=table.name,
                value=abbreviate(", ".join(plain_text(cell) for cell in first)),
                expected="a row of column names such as 唛头, 品名, 件数, 长, 宽, 高, 毛重, 体积 "
                "or Marks, Description, Cartons, Length, Width, Height, Gross weight, CBM",
            )
        )
        return None
    place = f"row {header.row + 1}"
    for name, fields in REQUIRED.items():
        if not any(header.of(field) for field in fields):
            problems.append(FieldProblem(field=place, value=None, expected=f"a column {name}"))
    if header.of("length"):
        for field in ("width", "height"):
            if not header.of(field):
                expected = f"a column for the {field}"
                problems.append(FieldProblem(field=place, value=None, expected=expected))
    return header if not problems else None


def _read_lines(table: Table, header: Header, problems: list[FieldProblem]) -> Iterator[Line]:
    problems += find_formulas_above(table, header)
    for row in range(header.row + 1, len(table.rows)):
        cells = [plain_text(cell).lower() for cell in table.rows[row]]
        first = next((cell for cell in cells if cell), "")
        reader = RowReader(table, header, row, problems)
        has_size = reader.cell("size") or reader.cell("length")
        if not first or (_TOTALS.match(first) and not has_size):
            continue
        if reader.has_formulas():
            continue
        if line := read_line(reader, header, row, f"row {row + 1}"):
            yield line


def _group_by_consignment(
    table: Table, header: Header, lines: list[Line], defaults: Defaults
) -> dict[str, list[Line]]:
    """Group rows by consignment; a row without its number follows the row above (merged cells)."""
    current = header.above.get("consignment_id") or defaults.consignment_id or _content_id(table)
    groups: dict[str, list[Line]] = {}
    for line in lines:
        current = line.texts.get("consignment_id", current)
        groups.setdefault(current, []).append(line)
    return groups


def _content_id(table: Table) -> str:
    """Derive an id from the content, so that the same list has the same id."""
    digest = blake2b(digest_size=6)
    for row in table.rows:
        digest.update("\x1f".join(map(plain_text, row)).encode() + b"\n")
    return f"PL-{digest.hexdigest().upper()}"


def _check_facts(facts: Iterator[Fact], problems: list[FieldProblem]) -> list[Fact]:
    """Return the facts that can be encoded; add a problem for each other fact."""
    sound = []
    for fact in facts:
        try:
            size_bytes = len(encode(fact).value)
        except InvalidInput as error:
            problems.append(FieldProblem(field=fact.type, value=fact.key, expected=str(error)))
            continue
        sound.append(fact)
        if size_bytes > (most := topic_of(fact.data).max_message_bytes):
            expected = f"at most {most:,} bytes, not {size_bytes:,}: split the consignment"
            problems.append(FieldProblem(field=fact.type, value=fact.key, expected=expected))
    return sound


class _Consignment:
    def __init__(
        self,
        consignment_id: str,
        header: Header,
        lines: list[Line],
        defaults: Defaults,
        problems: list[FieldProblem],
        notes: set[str],
    ) -> None:
        self._id = consignment_id
        self._header = header
        self._lines = lines
        self._defaults = defaults
        self._problems = problems
        self._notes = notes

    def facts(self, recorded_at: datetime) -> Iterator[Fact]:
        """Yield the booking, then the shipping notice; nothing when a field is wrong."""
        before = len(self._problems)
        events = [self._booking(), self._shipping_notice()]
        if len(self._problems) > before:
            return
        for event in events:
            if event is not None:
                yield _fact(event, recorded_at, self._defaults)

    def _booking(self) -> Event | None:
        fields: dict[str, Any] = {
            "consignment_id": self._id,
            "shipper": self._require("shipper", self._defaults.shipper),
            "consignee": self._shared_text("consignee") or self._assume("consignee"),
            "buyer": self._shared_text("buyer"),
            "pol": self._port("pol", self._defaults.pol),
            "pod": self._port("pod", self._defaults.pod),
            "mode": self._mode(),
            "lines": [msgspec.to_builtins(line.carton) for line in self._lines],
            "value": msgspec.to_builtins(self._value()),
            "dangerous_goods": [
                msgspec.to_builtins(line.dangerous) for line in self._lines if line.dangerous
            ],
            "ready_at": self._instant("ready_at") or self._assume("ready_at"),
            "latest_arrival_at": self._instant("latest_arrival_at"),
        }
        if incoterm := self._shared_text("incoterm").upper()[:3]:
            fields["incoterm"] = incoterm
        if None in (fields["shipper"], fields["pol"], fields["pod"], fields["mode"]):
            return None
        try:
            return msgspec.convert(fields, ConsignmentBooked)
        except msgspec.ValidationError as error:
            self._add_problem("consignment.booked", self._id, str(error))
            return None

    def _shipping_notice(self) -> Event:
        units: list[AnnouncedUnit] = []
        running = 0
        for index, line in enumerate(self._lines):
            for piece in range(line.carton.pieces):
                running += 1
                number = line.numbers[piece] if line.numbers else running
                unit_id = line.unit_ids[piece] if line.unit_ids else f"{self._id}/{number:04d}"
                units.append(AnnouncedUnit(unit_id=unit_id, line=index))
        seen: set[str] = set()
        for unit in units:
            if unit.unit_id in seen:
                where = self._lines[unit.line].where
                self._add_problem(where, unit.unit_id, "a carton number that no other carton has")
            seen.add(unit.unit_id)
        return AsnReceived(
            consignment_id=self._id, units=tuple(units), vehicle=self._shared_text("vehicle")
        )

    def _add_problem(self, field: str, value: object, expected: str) -> None:
        self._problems.append(FieldProblem(field=field, value=abbreviate(value), expected=expected))

    def _shared_text(self, field: Field) -> str:
        """Return the value that the consignment's rows share, or the label's above the table."""
        found = {line.texts[field]: line.where for line in self._lines if field in line.texts}
        if len(found) > 1:
            rows = ", ".join(f"{where}: {text}" for text, where in found.items())
            self._add_problem(
                field,
                rows,
                "one value per consignment; a column 入仓号 tells consignments apart",
            )
        return next(iter(found), None) or self._header.above.get(field, "")

    def _require(self, field: Field, default: str | None) -> str | None:
        text = self._shared_text(field) or default
        if not text:
            self._add_problem(field, None, f"a column for it, or the option --{field}")
            return None
        return text

    def _assume(self, field: str) -> Any:
        value = getattr(self._defaults, field)
        text = f"{value:%Y-%m-%d %H:%MZ}" if isinstance(value, datetime) else value
        self._notes.add(f"assumed: {field} {text}")
        return value

    def _port(self, field: Field, default: str | None) -> str | None:
        text = self._shared_text(field) or (default and self._assume(field))
        if not text:
            self._add_problem(field, None, f"a column for it, or the option --{field}")
            return None
        found = values.port(text)
        if found is None:
            self._add_problem(field, text, "a UN/LOCODE such as NLRTM, or a port's usual name")
        return found

    def _mode(self) -> str | None:
        text = self._shared_text("mode") or self._assume("mode")
        found = values.mode(text)
        if found is None:
            self._add_problem(
                "mode", text, "1039 市场采购, 0110 一般贸易, 9610, 9710, 9810 or 1210"
            )
        return found

    def _instant(self, field: Field) -> datetime | None:
        text = self._shared_text(field)
        if not text:
            return None
        found = values.instant(text)
        if found is None:
            self._add_problem(field, text, "a date like 2026-03-01")
        return found

    def _value(self) -> Money:
        amounts = [line.value for line in self._lines if line.value is not None]
        currencies = {line.currency for line in self._lines if line.currency}
        if len(currencies) > 1:
            self._add_problem(
                "currency",
                ", ".join(sorted(currencies)),
                "one currency per consignment",
            )
        if not amounts:
            self._notes.add("assumed: value 0")
        currency = next(iter(currencies), None) or self._currency_of_list()
        if currency is None:
            return Money(amount_minor=0, currency="XXX")
        total = sum(amounts, Decimal(0))
        return Money(amount_minor=minor_units(total, currency), currency=currency)

    def _currency_of_list(self) -> str | None:
        """Return the currency above the table, or the default one; add a problem if unknown."""
        named = self._header.above.get("currency") or self._defaults.currency
        found = values.currency(named)
        if found is None:
            self._add_problem("currency", named, EXPECTED)
        elif "currency" not in self._header.above:
            self._notes.add(f"assumed: currency {found}")
        return found


def _fact(event: Event, recorded_at: datetime, defaults: Defaults) -> Fact:
    """Derive the event's id from its content, so that the same list gives the same fact."""
    fields = msgspec.to_builtins(event)
    if isinstance(event, ConsignmentBooked) and event.ready_at == defaults.ready_at:
        del fields["ready_at"]  # a default, not the list's content
    digest = blake2b(msgspec.json.encode(fields), digest_size=8).hexdigest()
    return Fact(
        event_id=f"{event.name}/{event.key}/{digest}",
        source=SOURCE,
        key=event.key,
        occurred_at=defaults.listed_at,
        recorded_at=recorded_at,
        data=event,
    )
