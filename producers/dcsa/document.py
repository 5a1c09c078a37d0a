"""Import of DCSA Track & Trace events: read them, check each, match and map it to facts.

The id of a fact is ``{eventID}@{version}#{number}``; the version is the sender's
``eventUpdatedDateTime`` (of 2.2, ``eventCreatedDateTime``) in UTC, the source ``/dcsa/`` and the
originating parties. So the same event gives the same facts over HTTP and from a file.

- An event overrides those with its eventID and an earlier version: the hub withdraws their facts.
- A retraction (``isRetracted``; before 3.0.0 ``retractedEventID``) withdraws the versions that were
  stated before it. It may carry nothing but the id, so the versions come from what the hub took
  before (`versions.py`).
- So the last statement about an event counts, in whatever order they arrive. A retraction that
  comes before its event is kept as a fact that is withdrawn from the start.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from groupage.contracts.foreign_formats import say_foreign
from groupage.domain.errors import InvalidInput
from groupage.domain.fact import Fact
from producers.dcsa.mapping import map_report
from producers.dcsa.reading import read_report
from producers.dcsa.references import References
from producers.dcsa.report import CarrierReport
from producers.dcsa.versions import Version, content_digest, fact_id_of, stamp_of, withdrawal_of
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.duplicate_keys import find_repeated_key
from producers.entries import Accepted, Entry, Quarantined, Rejected, check_entry
from producers.epcis.unmapped import Unmapped
from producers.problems import FieldProblem, abbreviate
from producers.screening import CheckDigitRules

ORIGINAL_BYTES_MAX = 256 * 1024
"""Limit per event: a fact carries the original beside it, and a Kafka record holds 1 MiB."""
DEFAULT_RULES = CheckDigitRules(containers="quarantine", units="warn")


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a document as their sender wrote them."""

    events: tuple[msgspec.Raw, ...]
    path: str
    """Of the list in the document: ``events``, or empty."""

    def path_of(self, index: int) -> str:
        """Return the path of an event."""
        return f"{self.path}[{index}]"


_ABSENT = msgspec.Raw()


class _Envelope(msgspec.Struct):
    """The members by which a document of events, or an event, is known."""

    events: list[msgspec.Raw] | None = None
    # Not `Raw | None`: of that union msgspec reads null alone.
    eventID: msgspec.Raw = _ABSENT  # noqa: N815 (DCSA's names)
    eventType: msgspec.Raw = _ABSENT  # noqa: N815
    eventClassification: msgspec.Raw = _ABSENT  # noqa: N815
    metadata: msgspec.Raw = _ABSENT

    @property
    def is_event(self) -> bool:
        """Whether it is an event without a list around it."""
        members = (self.eventID, self.eventType, self.eventClassification, self.metadata)
        return any(bytes(member) not in (b"", b"null") for member in members)


_decode_any = msgspec.json.Decoder(list[msgspec.Raw] | _Envelope).decode
_LISTED = b'"events"'
_ESCAPE = b"\\u00"
"""A key may be written with escapes."""


def read_bundle(data: bytes) -> Bundle:
    """Split a list of events (2.2), an object with ``events`` (3.0.0), or a single event.

    Events are not parsed here, so that a large document takes no memory besides its own. Raises
    InvalidInput for any other document.
    """
    expected = "a list of Track & Trace events, or an object with the list `events`"
    try:
        found = _decode_any(data)
        if isinstance(found, _Envelope) and (data.count(_LISTED) > 1 or _ESCAPE in data):
            _require_single_keys(data)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"it is not {expected}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = say_foreign(data, "a file or body has JSON") or str(error)
        raise InvalidInput(f"not Track & Trace events in JSON: {reason}") from None
    if isinstance(found, list):
        return Bundle(events=tuple(found), path="")
    if found.events is not None:
        return Bundle(events=tuple(found.events), path="events")
    if found.is_event:
        return Bundle(events=(msgspec.Raw(data),), path="")
    raise InvalidInput(f"it is not {expected}")


def _require_single_keys(data: bytes) -> None:
    if repeated := find_repeated_key(data, msgspec.json.decode(data)):
        raise InvalidInput(f"{repeated}; write each key once")


def entries_of(
    bundle: Bundle,
    references: References,
    *,
    recorded_at: datetime,
    found_by: str,
    rules: CheckDigitRules = DEFAULT_RULES,
) -> Iterator[Entry]:
    """Yield a result for every event, in the document's order; `references` learns from each."""
    for index in range(len(bundle.events)):
        entry = entry_of(
            bundle, index, references, recorded_at=recorded_at, found_by=found_by, rules=rules
        )
        if isinstance(entry, Accepted):
            for fact in entry.facts:
                references.note(fact)
        yield entry


def entry_of(
    bundle: Bundle,
    index: int,
    references: References,
    *,
    recorded_at: datetime,
    found_by: str,
    rules: CheckDigitRules,
) -> Entry:
    """Return the result for an event of a bundle."""
    original = bytes(bundle.events[index])
    entry = _entry(original, bundle.path_of(index), references, recorded_at, found_by)
    return check_entry(entry, rules=rules, found_by=found_by, original=original)


def _entry(
    raw: bytes, path: str, references: References, recorded_at: datetime, found_by: str
) -> Entry:
    try:
        event = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(FieldProblem(field=path, value=abbreviate(raw), expected=f"JSON: {error}"))
    if repeated := find_repeated_key(raw, event):
        where = f"{path}.{repeated.path}"
        return _rejected(FieldProblem(field=where, value=repeated.key, expected="each key once"))
    report, problems = read_report(event, path)
    if report is None:
        return Rejected(event_id="", code="invalid_dcsa", problems=tuple(problems))
    try:
        _check_size(raw)
        if report.retracts:
            return _retract(report, raw, references, recorded_at)
        return _state(report, raw, references, recorded_at)
    except Unmapped as unmapped:
        return Quarantined(dead_letter=_dead_letter(report, unmapped, raw, found_by))


def _rejected(problem: FieldProblem) -> Rejected:
    return Rejected(event_id="", code="invalid_dcsa", problems=(problem,))


def _check_size(raw: bytes) -> None:
    if len(raw) > ORIGINAL_BYTES_MAX:
        raise Unmapped(
            QuarantineCode.TOO_LARGE,
            f"the event has {len(raw)} bytes; {ORIGINAL_BYTES_MAX} is the limit",
        )


def _state(
    report: CarrierReport, raw: bytes, references: References, recorded_at: datetime
) -> Accepted:
    """Return the facts of a version, and the withdrawals of those that it overrides."""
    taken, stamp = references.taken.find(report.source, report.event_id), stamp_of(report)
    known = taken.versions.get(stamp)
    if known is not None and known.content in (b"", content_digest(raw)):
        return Accepted(facts=tuple(_again(known, raw, recorded_at)))
    if taken.is_after(stamp):
        return Accepted(facts=(), notes=("older_version",))
    facts, notes = _facts_of(report, raw, references, recorded_at)
    overridden = [
        withdrawal_of(fact, recorded_at=recorded_at)
        for version in taken.versions.values()
        if version.stamp != stamp and not version.withdrawn
        for fact in version.facts.values()
    ]
    return Accepted(facts=(*overridden, *facts), notes=notes)


def _facts_of(
    report: CarrierReport, raw: bytes, references: References, recorded_at: datetime
) -> tuple[list[Fact], tuple[str, ...]]:
    """Map a version to facts; return them and remarks. Raises Unmapped."""
    mapped = map_report(report, references)
    facts = [
        Fact(
            event_id=fact_id_of(report, number),
            source=report.source,
            key=event.key,
            occurred_at=mapped.at,
            recorded_at=recorded_at,
            classifier=mapped.classifier,
            data=event,
            original=raw if number == 1 else None,
        )
        for number, event in enumerate(mapped.events, start=1)
    ]
    return facts, mapped.notes


def _again(version: Version, raw: bytes, recorded_at: datetime) -> Iterator[Fact]:
    """Yield the facts of a version that came before: the sender may not know that it was taken."""
    for number, fact in enumerate(version.facts.values()):
        original = None if number else raw
        yield msgspec.structs.replace(fact, recorded_at=recorded_at, original=original)


def _retract(
    report: CarrierReport, raw: bytes, references: References, recorded_at: datetime
) -> Accepted:
    taken, stamp = (
        references.taken.find_to_retract(report.source, report.retracts),
        stamp_of(report),
    )
    facts = [fact for version in taken.versions_until(stamp) for fact in version.facts.values()]
    if not facts and taken.is_after(stamp):
        return Accepted(facts=(), notes=("older_version",))
    stated = [] if facts else _state_for_retraction(report, raw, references, recorded_at)
    withdrawals = [
        withdrawal_of(fact, recorded_at=recorded_at, retracted_at=stamp) for fact in facts or stated
    ]
    return Accepted(facts=(*stated, *withdrawals))


def _state_for_retraction(
    report: CarrierReport, raw: bytes, references: References, recorded_at: datetime
) -> list[Fact]:
    """Return what an event states whose retraction came first: it may have its whole content.

    With the facts withdrawn at once, the log knows that older versions do not count. Raises
    Unmapped for a retraction without content.
    """
    unknown = (
        f"it retracts event {report.retracts!r} of {report.source}, of which the hub has no fact"
    )
    if report.at is None or not report.version:
        raise Unmapped(QuarantineCode.RETRACTS_UNKNOWN, unknown)
    event = msgspec.structs.replace(report, event_id=report.retracts, retracts="")
    try:
        facts, _ = _facts_of(event, raw, references, recorded_at)
    except Unmapped as unmapped:
        raise Unmapped(QuarantineCode.RETRACTS_UNKNOWN, f"{unknown}: {unmapped.reason}") from None
    return facts


def _dead_letter(
    report: CarrierReport, unmapped: Unmapped, raw: bytes, found_by: str
) -> DeadLetter:
    return DeadLetter(
        code=unmapped.code,
        reason=unmapped.reason,
        found_by=found_by,
        value=raw,
        type=f"{report.event_type} {report.subtype}".strip(),
        event_source=report.source,
        event_id=report.event_id,
    )


def invalid_dead_letter(rejected: Rejected, raw: bytes, *, found_by: str) -> DeadLetter:
    """Keep an event that breaks the standard, where the answer cannot say which does."""
    reason = "; ".join(problem.message for problem in rejected.problems)
    return DeadLetter(
        code=QuarantineCode.INVALID_DCSA,
        reason=reason,
        found_by=found_by,
        value=raw,
        event_id=rejected.event_id,
    )


def document_problem(error: InvalidInput, data: bytes) -> FieldProblem:
    """Describe a body that has no list of events."""
    expected = f"Track & Trace events in JSON ({error})"
    return FieldProblem(field="body", value=abbreviate(data), expected=expected)
