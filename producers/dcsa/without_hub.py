"""Judgement of DCSA events without the hub: its references are not known. For dry runs.

An event that names a voyage or a booking, or that retracts one that came before, needs the hub.
All others are judged, as if the hub knew their containers.
"""

from collections import Counter
from datetime import datetime
from typing import NoReturn

import msgspec

from producers.dcsa.document import Bundle, entry_of
from producers.dcsa.known import Passage
from producers.dcsa.references import References
from producers.dcsa.report import CarrierReport
from producers.dcsa.versions import TakenEvent, TakenEvents
from producers.entries import Accepted, Summary
from producers.screening import CheckDigitRules


class NeedsHub(Exception):
    """An event cannot be judged without the hub."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class _UnreadEvents(TakenEvents):
    """The events of this document: what came before it is not known."""

    def find_to_retract(self, source: str, event_id: str) -> TakenEvent:
        found = super().find_to_retract(source, event_id)
        if not found.versions:
            raise NeedsHub("retraction")
        return found


class UnreadReferences(References):
    """References that were not read. Raises NeedsHub where an event names any."""

    def __init__(self) -> None:
        super().__init__(takes_new_containers=True)
        self.taken = _UnreadEvents()
        self.containers_named: Counter[str] = Counter()

    def require_container(self, report: CarrierReport) -> None:
        """Count an event of a container."""
        self.containers_named[report.equipment_ref] += 1

    def find_passage(self, report: CarrierReport) -> Passage | None:
        """Return None for a report that names no voyage."""
        if report.voyage_numbers or report.documents_of("BOOKING"):
            raise NeedsHub("voyage")
        return None

    def find_booking(self, carrier_booking_id: str) -> NoReturn:  # noqa: ARG002 - as in References
        """Raise NeedsHub."""
        raise NeedsHub("booking")


class Judged(msgspec.Struct, kw_only=True):
    """The judgement of a document without the hub."""

    summary: Summary
    not_judged: Counter[str]
    """Events by what of the hub they need: a voyage, a booking, an event that came before."""
    containers_named: int
    """Containers of judged events: whether the hub knows them is open."""


def judge_without_hub(
    bundle: Bundle, *, recorded_at: datetime, found_by: str, rules: CheckDigitRules
) -> Judged:
    """Judge each event as far as it says enough."""
    references, summary, not_judged = UnreadReferences(), Summary(), Counter[str]()
    for index in range(len(bundle.events)):
        try:
            entry = entry_of(
                bundle, index, references, recorded_at=recorded_at, found_by=found_by, rules=rules
            )
        except NeedsHub as need:
            not_judged[need.what] += 1
            summary.read += 1
            continue
        if isinstance(entry, Accepted):
            for fact in entry.facts:
                references.note(fact)
        summary.count(entry)
    return Judged(
        summary=summary,
        not_judged=not_judged,
        containers_named=len(references.containers_named),
    )
