"""From a packing list to facts: a booking and a shipping notice (ASN) for each of its consignments.

All or nothing: with a question or an error anywhere there are no facts.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from groupage.contracts.encoding import encode
from groupage.contracts.texts import require_plain_texts
from groupage.contracts.topics import topic_of
from groupage.domain.currencies import amount_text
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Dimensions, Event
from groupage.domain.events.consignment import (
    AsnReceived,
    ConsignmentAmended,
    ConsignmentBooked,
    DeclaredTotals,
)
from groupage.domain.fact import Fact
from groupage.domain.units import volume_cm3
from producers.packing_lists.cargo import Cargo, announced_units
from producers.packing_lists.dangerous import declared_goods, open_questions
from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.grouping import Grouping
from producers.packing_lists.model import CartonLine, Finding, PackingList
from producers.packing_lists.shared import Options, SharedFields
from producers.packing_lists.unread import check_unread_rows
from producers.screening import CheckDigitRules
from producers.sheets.workbook import Workbook

SOURCE = "/packing-list"
CARTONS_MAX = 100_000
"""Limit per list: more than a large operator sends in a day."""
_AMENDED = ("lines", "totals", "value", "dangerous_goods", "danger_words")


class BookedConsignment(msgspec.Struct, frozen=True, kw_only=True):
    """A consignment of the list, for its reader."""

    consignment_id: str
    shipper: str
    consignee: str
    pol: str
    pod: str
    mode: str
    value: str
    cartons: int
    volume_cm3: int
    gross_g: int
    sizes: bool
    """False: it is booked with totals only."""


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that a list gives, and everything that its reader should know."""

    facts: tuple[Fact, ...]
    consignments: tuple[BookedConsignment, ...]
    questions: tuple[Finding, ...]
    errors: tuple[Finding, ...]
    remarks: tuple[Finding, ...]


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When the list was written, so that importing it twice gives the same facts; and taken in."""

    listed_at: datetime
    recorded_at: datetime


def book(
    packing_list: PackingList,
    workbook: Workbook,
    *,
    options: Options,
    answers: Mapping[str, str],
    times: Times,
    rules: CheckDigitRules,
) -> Booking:
    """Return the facts of every consignment of the list, with all questions, errors, remarks."""
    findings, cells = Findings(), Cells(packing_list)
    facts: list[Fact] = []
    consignments: list[BookedConsignment] = []
    if (cartons := sum(line.cartons for line in packing_list.lines)) > CARTONS_MAX:
        expected = f"at most {CARTONS_MAX:,} cartons in one list: split it"
        findings.refuse("", "too_many_cartons", cartons, expected)
    else:
        groups = Grouping(packing_list, options, answers, cells, findings).groups(workbook)
        for consignment_id, lines in groups.items():
            shared = SharedFields(lines, packing_list.labels, options, answers, cells, findings)
            maker = _Maker(consignment_id, lines, packing_list, shared, cells, findings)
            booked = maker.booking(answers.get("dangerous", ""), times.listed_at)
            if booked is None:
                continue
            consignments.append(_summary(booked))
            notice = maker.shipping_notice(rules) if lines else None
            for event in (_amendment(booked) if options.amend else booked, notice):
                if event is not None:
                    default_ready = maker.ready_at is None
                    fact = _fact(event, times, default_ready=default_ready)
                    facts += _check(fact, findings)
    if not packing_list.lines and packing_list.declared_totals is None:
        check_unread_rows(packing_list, workbook, findings)
    questions = (*packing_list.questions, *findings.questions)
    errors = tuple(dict.fromkeys((*packing_list.errors, *findings.errors)))
    return Booking(
        facts=() if questions or errors else tuple(facts),
        consignments=tuple(consignments),
        questions=questions,
        errors=errors,
        remarks=(*packing_list.remarks, *findings.remarks),
    )


class _Maker:
    """Makes the events of one consignment."""

    def __init__(
        self,
        consignment_id: str,
        lines: tuple[CartonLine, ...],
        packing_list: PackingList,
        shared: SharedFields,
        cells: Cells,
        findings: Findings,
    ) -> None:
        self._id = consignment_id
        self._lines = lines
        self._texts = packing_list.texts
        self._totals = packing_list.declared_totals
        self._unread = not lines and self._totals is None
        self._shared = shared
        self._cells = cells
        self._findings = findings
        self.ready_at: datetime | None = None

    def booking(self, dangerous: str, listed_at: datetime) -> ConsignmentBooked | None:
        """Return the booking; None when a field is wrong, or nothing could be read."""
        shared, cargo = self._shared, Cargo(self._lines, self._cells, self._findings)
        self.ready_at = shared.instant("ready_at")
        fields: dict[str, Any] = {
            "consignment_id": self._id,
            "shipper": shared.name("shipper", required=True) or None,
            "consignee": shared.name("consignee"),
            "buyer": shared.all_of("buyer"),
            "pol": shared.port("pol"),
            "pod": shared.port("pod"),
            "mode": shared.mode(),
            "ready_at": self.ready_at or listed_at,
            "latest_arrival_at": shared.instant("latest_arrival_at"),
        }
        if incoterm := shared.incoterm():
            fields["incoterm"] = incoterm
        if self._unread:
            return None
        fields |= {
            "lines": msgspec.to_builtins(cargo.lines()),
            "value": msgspec.to_builtins(cargo.value(shared)),
            "dangerous_goods": msgspec.to_builtins(
                declared_goods(self._lines, self._cells, self._findings)
            ),
            "danger_words": open_questions(
                self._lines, self._texts, dangerous, self._cells, self._findings
            ),
            "totals": self._declared_totals(),
        }
        if self.ready_at is None:
            text = f"ready_at {listed_at:%Y-%m-%d %H:%MZ}: neither list nor option says it"
            self._findings.remark("", "assumed", text)
        if None in (fields[name] for name in ("shipper", "pol", "pod", "mode")):
            return None
        try:
            return msgspec.convert(fields, ConsignmentBooked)
        except msgspec.ValidationError as error:
            self._findings.refuse("", "bad_data", self._id, str(error))
            return None

    def _declared_totals(self) -> dict[str, int] | None:
        totals = self._totals
        if self._lines or totals is None:
            return None
        text = "the list has totals and no sizes: these follow in a later list, or are measured"
        self._findings.remark("", "sizes_follow", text)
        return {
            "pieces": totals.cartons,
            "volume_cm3": totals.volume_cm3,
            "gross_g": totals.gross_g,
        }

    def shipping_notice(self, rules: CheckDigitRules) -> AsnReceived | None:
        """Return the notice of the cartons."""
        units = announced_units(self._id, self._lines, self._cells, self._findings, rules)
        fields = {
            "consignment_id": self._id,
            "units": msgspec.to_builtins(units),
            "vehicle": self._shared.all_of("vehicle"),
        }
        try:
            return msgspec.convert(fields, AsnReceived)
        except msgspec.ValidationError as error:
            self._findings.refuse("", "bad_data", self._id, str(error))
            return None


def _amendment(booked: ConsignmentBooked) -> ConsignmentAmended:
    """Return the amendment of a booking that has been sent before: its cargo only."""
    given = {name: getattr(booked, name) for name in _AMENDED}
    return ConsignmentAmended(
        consignment_id=booked.consignment_id,
        reason="packing list",
        **{name: value for name, value in given.items() if value or name == "danger_words"},
    )


def _summary(booked: ConsignmentBooked) -> BookedConsignment:
    totals = booked.totals or DeclaredTotals(
        pieces=sum(line.pieces for line in booked.lines),
        volume_cm3=sum(line.pieces * _volume_cm3(line.size) for line in booked.lines),
        gross_g=sum(line.pieces * line.gross_g for line in booked.lines),
    )
    return BookedConsignment(
        consignment_id=booked.consignment_id,
        shipper=booked.shipper,
        consignee=booked.consignee,
        pol=booked.pol,
        pod=booked.pod,
        mode=booked.mode,
        value=amount_text(booked.value.amount_minor, booked.value.currency),
        cartons=totals.pieces,
        volume_cm3=totals.volume_cm3,
        gross_g=totals.gross_g,
        sizes=bool(booked.lines),
    )


def _volume_cm3(size: Dimensions) -> int:
    return volume_cm3(length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm)


def _fact(event: Event, times: Times, *, default_ready: bool) -> Fact:
    """Derive the event's id from its content, so that the same list gives the same fact.

    An amendment may come again after another one: its id has the list's time, too.
    """
    fields = msgspec.to_builtins(event)
    if isinstance(event, ConsignmentBooked) and default_ready:
        del fields["ready_at"]  # a default, not the list's content
    if isinstance(event, ConsignmentAmended):
        fields["listed_at"] = times.listed_at
    digest = blake2b(msgspec.json.encode(fields), digest_size=8).hexdigest()
    return Fact(
        event_id=f"{event.name}/{event.key}/{digest}",
        source=SOURCE,
        key=event.key,
        occurred_at=times.listed_at,
        recorded_at=times.recorded_at,
        data=event,
    )


def _check(fact: Fact, findings: Findings) -> Iterator[Fact]:
    """Yield the fact if it may be published; add its errors otherwise."""
    try:
        value = encode(fact).value
        require_plain_texts(fact.data, value)
    except InvalidInput as error:
        findings.refuse("", "bad_data", fact.key, f"{fact.type}: {error}")
        return
    if len(value) > (most := topic_of(fact.data).max_message_bytes):
        expected = f"at most {most:,} bytes, not {len(value):,}: split the consignment"
        findings.refuse("", "too_large", f"{fact.type} {fact.key}", expected)
    else:
        yield fact
