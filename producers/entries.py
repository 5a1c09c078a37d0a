"""Results of the entries that an ingest reads: accepted, quarantined or rejected; their sum."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.encoding import encode
from groupage.contracts.provenance import is_own, own_reason
from groupage.contracts.texts import require_plain_texts
from groupage.domain.errors import InvalidInput
from groupage.domain.fact import Fact
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.problems import FieldProblem
from producers.screening import CheckDigitRules, TimeLimits, find_wrong_digits, worst_fate


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that became facts. `notes` name details that only the original keeps."""

    facts: tuple[Fact, ...]
    notes: tuple[str, ...] = ()
    captured: CapturedEvent | None = None
    """The foreign event itself, where the hub gives it back to queries."""


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A valid entry that groupage cannot act on: it goes to the dead-letter queue."""

    dead_letter: DeadLetter
    captured: CapturedEvent | None = None
    """The foreign event itself, where the hub gives it back to queries."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that breaks the contract of its format."""

    event_id: str
    code: str
    problems: tuple[FieldProblem, ...]


Entry = Accepted | Quarantined | Rejected
"""The result of one event or line."""


class ForKafka(NamedTuple):
    """The records of entries, to be published in this order.

    A fact in the log therefore always has its captured event before it.
    """

    captured: list[CapturedEvent]
    facts: list[Fact]
    dead_letters: list[DeadLetter]


def split_for_kafka(entries: Iterable[Entry]) -> ForKafka:
    """Split the entries into captured events, facts for their topics and dead letters."""
    split = ForKafka([], [], [])
    for entry in entries:
        if isinstance(entry, Accepted):
            split.facts.extend(entry.facts)
        elif isinstance(entry, Quarantined):
            split.dead_letters.append(entry.dead_letter)
        if not isinstance(entry, Rejected) and entry.captured is not None:
            split.captured.append(entry.captured)
    return split


_LIMITS = TimeLimits()


def check_entry(entry: Entry, *, rules: CheckDigitRules, found_by: str, original: bytes) -> Entry:
    """Check digits and fields of an accepted entry's facts; return the entry's final result."""
    if not isinstance(entry, Accepted):
        return entry
    notes = list(entry.notes)
    now = datetime.now(UTC)
    for fact in entry.facts:
        if _LIMITS.warning(fact, now):
            notes.append("from_the_future")
        findings = find_wrong_digits(fact.data, rules)
        fate = worst_fate(findings)
        reason = "; ".join(finding.problem.message for finding in findings)
        if fate == "quarantine":
            return Quarantined(
                dead_letter=_dead_letter(fact, reason, found_by=found_by, original=original),
                captured=entry.captured,
            )
        if fate == "reject":
            problems = tuple(
                FieldProblem(
                    field=finding.field,
                    value=finding.problem.value,
                    expected=f"check digit {finding.problem.expected}",
                )
                for finding in findings
            )
            return Rejected(event_id=fact.event_id, code="check_digit", problems=problems)
        if fate == "warn":
            notes.append("check_digit")
        if is_own(fact):
            problem = FieldProblem(field="source", value=fact.source, expected=own_reason(fact))
            return Rejected(event_id=fact.event_id, code="not_yours", problems=(problem,))
        try:
            require_plain_texts(fact.data, encode(fact).value)
        except InvalidInput as error:
            problem = FieldProblem(field=fact.type, value=fact.subject, expected=str(error))
            return Rejected(event_id=fact.event_id, code="bad_data", problems=(problem,))
    return msgspec.structs.replace(entry, notes=tuple(sorted(set(notes))))


def _dead_letter(fact: Fact, reason: str, *, found_by: str, original: bytes) -> DeadLetter:
    return DeadLetter(
        code=QuarantineCode.CHECK_DIGIT,
        reason=reason,
        found_by=found_by,
        value=original,
        key=fact.key,
        type=fact.type,
        event_source=fact.source,
        event_id=fact.event_id,
    )


class Summary(msgspec.Struct, kw_only=True):
    """Counts of an import by events of the source. `read` is the sum of the next three."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    rejected: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    """Codes of quarantined and rejected entries, with counts."""
    facts: int = 0
    events: Counter[str] = msgspec.field(default_factory=Counter)
    """Facts by type."""
    notes: Counter[str] = msgspec.field(default_factory=Counter)
    errors: list[str] = msgspec.field(default_factory=list)
    """The first errors in words."""

    def count(self, entry: Entry) -> None:
        """Add one entry."""
        self.read += 1
        if isinstance(entry, Accepted):
            self.accepted += 1
            self.facts += len(entry.facts)
            self.events.update(fact.type for fact in entry.facts)
            self.notes.update(entry.notes)
        elif isinstance(entry, Quarantined):
            self.quarantined += 1
            self.reasons[str(entry.dead_letter.code)] += 1
        else:
            self.rejected += 1
            self.reasons[entry.code] += 1
            missing = ERRORS_SHOWN_MAX - len(self.errors)
            self.errors.extend(problem.message for problem in entry.problems[:missing])

    def as_json(self) -> dict[str, object]:
        """Return the counts for ``--json``, in the documented order of keys."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


ERRORS_SHOWN_MAX = 100


def summarize(entries: Iterable[Entry]) -> Summary:
    """Count entries that are not published, or elsewhere."""
    summary = Summary()
    for entry in entries:
        summary.count(entry)
    return summary
