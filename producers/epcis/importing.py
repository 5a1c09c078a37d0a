"""Import of a document's events: check each of them, and map it to facts.

An EPCIS event often becomes several facts (a fact for each carton). Their ids are ``{eventID}#1``,
``{eventID}#2`` … in the order of the document, so the same event gives the same facts over HTTP and
from a file. All have the source ``/epcis``: an eventID is unique worldwide.

An event with an errorDeclaration withdraws the facts of the event that it repeats; their ids end in
``~error``. The sender reports the correct facts as further events.

Each valid event goes to Kafka as it came, too (`groupage.contracts.captured_events`).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from groupage.contracts.captured_events import CapturedEvent, declaration_digest
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.namespaces import Namespaces
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.entries import Accepted, Entry, Quarantined, Rejected, check_entry
from producers.epcis.checks import check_event, is_foreign_type
from producers.epcis.event_hash import event_hash
from producers.epcis.mapping import events_of
from producers.epcis.observation import Observation, observe
from producers.epcis.reading import Document
from producers.epcis.unmapped import Unmapped
from producers.problems import FieldProblem, abbreviate
from producers.screening import CheckDigitRules

SOURCE = "/epcis"
_OF_ALL = ("type", "eventTime", "errorDeclaration")
EVENT_BYTES_MAX = 256 * 1024
"""Limit per event: with the document's @context it is one Kafka record, which holds 1 MiB."""
DEFAULT_RULES = CheckDigitRules(containers="quarantine", units="warn")
"""SSCCs only warn: a machine read them, and some that are in circulation have a wrong check digit.
Rejecting them would lose the units packed inside."""


def entries_of(
    document: Document,
    *,
    recorded_at: datetime,
    found_by: str,
    rules: CheckDigitRules = DEFAULT_RULES,
) -> Iterator[Entry]:
    """Yield a result for every event, in the document's order."""
    for index, raw in enumerate(document.events):
        path = f"{document.path}[{index}]" if document.path else ""
        entry = _entry(bytes(raw), document, path, recorded_at=recorded_at, found_by=found_by)
        yield check_entry(entry, rules=rules, found_by=found_by, original=bytes(raw))


def _entry(
    raw: bytes,
    document: Document,
    path: str,
    *,
    recorded_at: datetime,
    found_by: str,
) -> Entry:
    try:
        written, namespaces = _decode(raw, document.namespaces)
        event = namespaces.expand_members(written) if len(raw) <= EVENT_BYTES_MAX else written
        problems = check_event(event, path, namespaces)
        seen = None
        if not problems:
            event_id = event.get("eventID", "")
            if not event_id and len(raw) <= EVENT_BYTES_MAX:
                event_id = event_hash(written, namespaces)
            # Of a sender's own type only the members that all events have were checked.
            known = {name: event[name] for name in _OF_ALL if name in event}
            seen = observe(known if is_foreign_type(event) else event, event_id=event_id)
            declaration = declaration_digest(event["errorDeclaration"]) if seen.withdrawn else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        broken = FieldProblem(field=path, value=abbreviate(raw), expected=f"JSON: {error}")
        return Rejected(event_id="", code="invalid_epcis", problems=(broken,))
    if seen is None:
        event_id = event.get("eventID", "") if isinstance(event, dict) else ""
        return Rejected(event_id=str(event_id), code="invalid_epcis", problems=tuple(problems))
    if len(raw) > EVENT_BYTES_MAX:
        reason = f"the event has {len(raw)} bytes; {EVENT_BYTES_MAX} is the limit"
        too_large = Unmapped(QuarantineCode.TOO_LARGE, reason)
        return Quarantined(dead_letter=_dead_letter(seen, too_large, raw, found_by))
    captured = CapturedEvent(
        event_id=seen.event_id,
        declaration=declaration,
        event_time=seen.at,
        recorded_at=recorded_at,
        body=raw,
        context=document.context,
        format=document.format,
    )
    try:
        events = _map_events(seen)
    except Unmapped as unmapped:
        dead_letter = _dead_letter(seen, unmapped, raw, found_by)
        return Quarantined(dead_letter=dead_letter, captured=captured)
    return Accepted(
        facts=tuple(_facts(seen, events, recorded_at)),
        notes=("class_quantities_only_in_original",) if seen.by_class else (),
        captured=captured,
    )


def _decode(raw: bytes, namespaces: Namespaces) -> tuple[Any, Namespaces]:
    """Decode an event; return the prefixes that it may use, too."""
    event = msgspec.json.decode(raw)
    if isinstance(event, dict) and "@context" in event and len(raw) <= EVENT_BYTES_MAX:
        namespaces = namespaces.with_context(event["@context"])
    return event, namespaces


def _map_events(seen: Observation) -> list[Event]:
    try:
        return events_of(seen)
    except Unmapped as unmapped:
        if seen.withdrawn:
            reason = f"withdraws an event that the hub did not map: {unmapped.reason}"
            raise Unmapped(QuarantineCode.ERROR_OF_UNMAPPED, reason) from None
        raise


def _facts(seen: Observation, events: list[Event], recorded_at: datetime) -> Iterator[Fact]:
    for number, event in enumerate(events, start=1):
        event_id = f"{seen.event_id}#{number}"
        yield Fact(
            event_id=f"{event_id}~error" if seen.withdrawn else event_id,
            source=SOURCE,
            key=event.key,
            occurred_at=seen.at,
            recorded_at=recorded_at,
            data=event,
            correction_of=event_id if seen.withdrawn else None,
            retracted=seen.withdrawn,
        )


def _dead_letter(seen: Observation, unmapped: Unmapped, raw: bytes, found_by: str) -> DeadLetter:
    return DeadLetter(
        code=unmapped.code,
        reason=unmapped.reason,
        found_by=found_by,
        value=raw,
        type=f"{seen.kind} {seen.step}".strip(),
        event_source=SOURCE,
        event_id=seen.event_id,
    )
