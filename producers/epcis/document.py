"""Import of an EPCIS document: read it, check each event, and map it to facts.

An EPCIS event often becomes several facts (a fact for each carton). Their ids are ``{eventID}#1``,
``{eventID}#2`` … in the order of the document, so the same event gives the same facts over HTTP and
from a file. All have the source ``/epcis``: an eventID is unique worldwide.

An event with an errorDeclaration withdraws the facts of the event that it repeats; their ids end in
``~error``. The sender reports the correct facts as further events.

Each valid event goes to Kafka as it came, too (`groupage.contracts.captured_events`).
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from groupage.contracts.captured_events import CONTEXT_BYTES_MAX, CapturedEvent
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.duplicate_keys import find_repeated_key
from producers.entries import Accepted, Entry, Quarantined, Rejected, check_entry
from producers.epcis.checks import EVENT_TYPES, check_event, parse_time
from producers.epcis.mapping import events_of
from producers.epcis.observation import Observation, observe
from producers.epcis.unmapped import Unmapped
from producers.problems import FieldProblem, abbreviate
from producers.screening import CheckDigitRules

SOURCE = "/epcis"
EVENT_BYTES_MAX = 256 * 1024
"""Limit per event: with the document's @context it is one Kafka record, which holds 1 MiB."""
DEFAULT_RULES = CheckDigitRules(containers="quarantine", units="warn")
"""SSCCs only warn: a machine read them, and some that are in circulation have a wrong check digit.
Rejecting them would lose the units packed inside."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The events as the sender wrote them, and the names that the document's @context defines."""

    events: tuple[msgspec.Raw, ...]
    path: str
    terms: frozenset[str] = frozenset()
    context: bytes | None = None
    """The @context in JSON, if it defines names."""
    problems: tuple[FieldProblem, ...] = ()


class _Body(msgspec.Struct):
    eventList: list[msgspec.Raw] | None = None  # noqa: N815 (GS1's name)
    queryResults: dict[str, msgspec.Raw] | None = None  # noqa: N815


class _Envelope(msgspec.Struct):
    type: str | None = None
    context: Any = msgspec.field(default=None, name="@context")
    schemaVersion: Any = None  # noqa: N815
    creationDate: Any = None  # noqa: N815
    epcisBody: _Body | None = None  # noqa: N815


def read_document(data: bytes) -> Document:
    """Split an EPCISDocument, an EPCISQueryDocument or a single event into its events.

    Wrong fields of the envelope become `problems`. Raises InvalidInput for any other document.
    """
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not an EPCIS document in JSON: {_error_text(data, error)}") from None
    if repeated := find_repeated_key(data, msgspec.json.decode(data)):
        raise InvalidInput(f"{repeated}; write each key once")
    terms = _context_terms(envelope.context)
    if envelope.type == "EPCISDocument":
        body = envelope.epcisBody
        events = body.eventList if body else None
        path = "epcisBody.eventList"
    elif envelope.type == "EPCISQueryDocument":
        events = _query_results(envelope.epcisBody)
        path = "epcisBody.queryResults.resultsBody.eventList"
    elif envelope.type in EVENT_TYPES:
        return Document(events=(msgspec.Raw(data),), path="", terms=terms)  # has its own @context
    else:
        expected = "EPCISDocument, EPCISQueryDocument or the type of an event"
        found = "is missing" if envelope.type is None else f"is {envelope.type[:80]!r}"
        raise InvalidInput(f"the document's type {found}; expected {expected}")
    if events is None:
        raise InvalidInput(f"{path} is missing; expected the list of events")
    return Document(
        events=tuple(events),
        path=path,
        terms=terms,
        context=msgspec.json.encode(envelope.context) if terms else None,
        problems=tuple(_envelope_problems(envelope)),
    )


def _error_text(data: bytes, error: Exception) -> str:
    """Return msgspec's message with line and column in place of the byte offset."""
    text, _, rest = str(error).partition(" (byte ")
    if text == "Input data was truncated":
        text, rest = "it ends too early", f"{len(data)})"
    if not rest:
        return text
    lines = data[: int(rest.removesuffix(")"))].decode(errors="replace").split("\n")
    return f"{text} in line {len(lines)}, column {len(lines[-1]) + 1}"


def _query_results(body: _Body | None) -> list[msgspec.Raw] | None:
    try:
        results = (body.queryResults or {}).get("resultsBody") if body else None
        return msgspec.json.decode(results, type=_Body).eventList if results else None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"epcisBody.queryResults.resultsBody: {error}") from None


def _envelope_problems(envelope: _Envelope) -> Iterator[FieldProblem]:
    version = envelope.schemaVersion
    if not isinstance(version, str) or not version.startswith("2."):
        yield FieldProblem(field="schemaVersion", value=abbreviate(version), expected="2.0")
    if parse_time(envelope.creationDate) is None:
        yield FieldProblem(
            field="creationDate",
            value=abbreviate(envelope.creationDate),
            expected="a date and time with offset, like 2026-03-01T08:00:00+08:00",
        )
    if envelope.context is None:
        yield FieldProblem(field="@context", value=None, expected="the EPCIS 2.0 JSON-LD context")
    elif (size := len(msgspec.json.encode(envelope.context))) > CONTEXT_BYTES_MAX:
        yield FieldProblem(
            field="@context", value=f"{size} bytes", expected=f"at most {CONTEXT_BYTES_MAX} bytes"
        )


def _context_terms(context: object) -> frozenset[str]:
    entries = context if isinstance(context, list) else [context]
    return frozenset(
        name for entry in entries if isinstance(entry, dict) for name in entry if name[:1] != "@"
    )


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
        event = msgspec.json.decode(raw)
        problems = check_event(event, path, document.terms)
        seen = None if problems else observe(event)
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
        declaration=_digest(event["errorDeclaration"]) if seen.withdrawn else "",
        event_time=seen.at,
        recorded_at=recorded_at,
        body=raw,
        context=document.context,
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


def _digest(declaration: dict[str, Any]) -> str:
    """Tell one error declaration from another: an event may have several, each with its time."""
    return sha256(msgspec.json.encode(declaration, order="sorted")).hexdigest()[:32]


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
