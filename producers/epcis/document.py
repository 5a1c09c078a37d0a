"""A whole EPCIS document: read it, check each event, and map it to facts.

One EPCIS event often becomes several facts (one for each carton): they are called ``{eventID}#1``,
``{eventID}#2`` … in the order of the document, so the same event always gives the same facts,
whichever way it comes in. All have the source ``/epcis``: an eventID is unique in the world.

An event with an errorDeclaration withdraws the facts that were made of it (``{eventID}#n~error``);
what is right instead comes as events of its own.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from producers.dead_letters import DeadLetter
from producers.entries import Accepted, Entry, Quarantined, Rejected, check_entry
from producers.epcis.checks import EVENT_TYPES, check_event, parse_time
from producers.epcis.mapping import events_of
from producers.epcis.observation import Observation, observe
from producers.epcis.unmapped import Unmapped
from producers.problems import FieldProblem, abbreviate
from producers.screening import CheckDigitRules

SOURCE = "/epcis"
ORIGINAL_BYTES_MAX = 256 * 1024
"""One event may be this large: it travels whole beside its facts, and a record holds 1 MiB."""
COPIES_BYTES_MAX = 1024 * 1024
"""Each fact of an event carries the original while all copies stay below this; else only ``#1``."""
DEFAULT_RULES = CheckDigitRules(containers="quarantine", units="warn")
"""SSCCs only warn: in an EPCIS event they were read by a machine, and generated ones in circulation
carry wrong digits; refusing them would lose the tree that hangs on them."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The events as they were sent, and names that the document's own @context defines."""

    events: tuple[msgspec.Raw, ...]
    path: str
    terms: frozenset[str] = frozenset()
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
    """Take an EPCISDocument, an EPCISQueryDocument or a single event apart.

    Raises InvalidInput when it is none of these; wrong fields of the envelope are `problems`.
    """
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"no EPCIS document in JSON: {_broken(data, error)}") from None
    terms = _terms(envelope.context)
    if envelope.type == "EPCISDocument":
        body = envelope.epcisBody
        events = body.eventList if body else None
        path = "epcisBody.eventList"
    elif envelope.type == "EPCISQueryDocument":
        events = _results(envelope.epcisBody)
        path = "epcisBody.queryResults.resultsBody.eventList"
    elif envelope.type in EVENT_TYPES:
        return Document(events=(msgspec.Raw(data),), path="", terms=terms)
    else:
        expected = "EPCISDocument, EPCISQueryDocument, or an event"
        found = "is missing" if envelope.type is None else f"is {envelope.type[:80]!r}"
        raise InvalidInput(f"the document's type {found}; {expected} is right")
    if events is None:
        raise InvalidInput(f"{path} is missing; expected the list of events")
    return Document(
        events=tuple(events), path=path, terms=terms, problems=tuple(_envelope_problems(envelope))
    )


def _broken(data: bytes, error: Exception) -> str:
    """What msgspec says, with the line and column that people look for instead of its byte."""
    said, _, rest = str(error).partition(" (byte ")
    if said == "Input data was truncated":
        said, rest = "it ends too early", f"{len(data)})"
    if not rest:
        return said
    lines = data[: int(rest.removesuffix(")"))].decode(errors="replace").split("\n")
    return f"{said} in line {len(lines)}, column {len(lines[-1]) + 1}"


def _results(body: _Body | None) -> list[msgspec.Raw] | None:
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


def _terms(context: object) -> frozenset[str]:
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
    """The fate of each event, in the document's order. Nothing is skipped."""
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
    try:
        _check_size(raw)
        events = _meaning(seen)
    except Unmapped as nothing:
        return Quarantined(dead_letter=_letter(seen, nothing, raw, found_by))
    return Accepted(
        facts=tuple(_facts(seen, events, raw, recorded_at)),
        notes=("class_quantities_only_in_original",) if seen.by_class else (),
    )


def _check_size(raw: bytes) -> None:
    if len(raw) > ORIGINAL_BYTES_MAX:
        raise Unmapped(
            "too_large", f"the event has {len(raw)} bytes; {ORIGINAL_BYTES_MAX} is the most"
        )


def _meaning(seen: Observation) -> list[Event]:
    try:
        return events_of(seen)
    except Unmapped as nothing:
        if seen.withdrawn:
            reason = f"withdraws an event that meant nothing here: {nothing.reason}"
            raise Unmapped("error_of_unmapped", reason) from None
        raise


def _facts(
    seen: Observation, events: list[Event], raw: bytes, recorded_at: datetime
) -> Iterator[Fact]:
    everywhere = len(raw) * len(events) <= COPIES_BYTES_MAX
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
            original=raw if everywhere or number == 1 else None,
        )


def _letter(seen: Observation, nothing: Unmapped, raw: bytes, found_by: str) -> DeadLetter:
    return DeadLetter(
        code=nothing.code,
        reason=nothing.reason,
        found_by=found_by,
        value=raw,
        type=f"{seen.kind} {seen.step}".strip(),
        event_source=SOURCE,
        event_id=seen.event_id,
    )
