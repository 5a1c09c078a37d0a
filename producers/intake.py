"""What became of each thing read: facts, put aside with a reason, or refused. And the sum of it."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from groupage.contracts.encoding import encode
from groupage.domain.errors import InvalidInput
from groupage.domain.fact import Fact
from producers.dead_letters import DeadLetter
from producers.problems import FieldProblem
from producers.screening import Screen, screen, worst


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Became facts. `notes` tell what a fact cannot hold and only the original keeps."""

    facts: tuple[Fact, ...]
    notes: tuple[str, ...] = ()


class PutAside(msgspec.Struct, frozen=True, kw_only=True):
    """Sound, but nothing that groupage can act on: goes to the dead letters."""

    letter: DeadLetter


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Breaks the contract of its format."""

    event_id: str
    code: str
    problems: tuple[FieldProblem, ...]


Entry = Accepted | PutAside | Refused
"""The fate of one event or line read."""


def parted(entries: Iterable[Entry]) -> tuple[list[Fact], list[DeadLetter]]:
    """What of the entries goes to Kafka: facts to their topics, and letters."""
    facts: list[Fact] = []
    letters: list[DeadLetter] = []
    for entry in entries:
        if isinstance(entry, Accepted):
            facts.extend(entry.facts)
        elif isinstance(entry, PutAside):
            letters.append(entry.letter)
    return facts, letters


def examined(entry: Entry, *, rules: Screen, found_by: str, original: bytes) -> Entry:
    """The same entry after the last checks at the door: check digits, and bounds of every field."""
    if not isinstance(entry, Accepted):
        return entry
    notes = list(entry.notes)
    for fact in entry.facts:
        findings = screen(fact.data, rules)
        fate = worst(findings)
        reason = "; ".join(finding.problem.message for finding in findings)
        if fate == "quarantine":
            return PutAside(letter=_letter(fact, reason, found_by=found_by, original=original))
        if fate == "reject":
            problems = tuple(
                FieldProblem(
                    field=finding.field,
                    value=finding.problem.value,
                    expected=f"check digit {finding.problem.expected}",
                )
                for finding in findings
            )
            return Refused(event_id=fact.event_id, code="check_digit", problems=problems)
        if fate == "warn":
            notes.append("check_digit")
        try:
            encode(fact)
        except InvalidInput as error:
            problem = FieldProblem(field=fact.type, value=fact.subject, expected=str(error))
            return Refused(event_id=fact.event_id, code="bad_data", problems=(problem,))
    return Accepted(facts=entry.facts, notes=tuple(sorted(set(notes))))


def _letter(fact: Fact, reason: str, *, found_by: str, original: bytes) -> DeadLetter:
    return DeadLetter(
        code="check_digit",
        reason=reason,
        found_by=found_by,
        value=original,
        key=fact.key,
        type=fact.type,
        event_source=fact.source,
        event_id=fact.event_id,
    )


class Summary(msgspec.Struct, kw_only=True):
    """What an import did, event by event of the source. `read` is the sum of the next three."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    rejected: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    """Why things were put aside or refused, with counts."""
    facts: int = 0
    events: Counter[str] = msgspec.field(default_factory=Counter)
    """Facts by type."""
    notes: Counter[str] = msgspec.field(default_factory=Counter)
    errors: list[str] = msgspec.field(default_factory=list)
    """The first refusals in words."""

    def count(self, entry: Entry) -> None:
        """Add one entry."""
        self.read += 1
        if isinstance(entry, Accepted):
            self.accepted += 1
            self.facts += len(entry.facts)
            self.events.update(fact.type for fact in entry.facts)
            self.notes.update(entry.notes)
        elif isinstance(entry, PutAside):
            self.quarantined += 1
            self.reasons[entry.letter.code] += 1
        else:
            self.rejected += 1
            self.reasons[entry.code] += 1
            room = ERRORS_SHOWN_MAX - len(self.errors)
            self.errors.extend(problem.message for problem in entry.problems[:room])

    def as_json(self) -> dict[str, object]:
        """For ``--json``: the promised keys first."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


ERRORS_SHOWN_MAX = 100


def summed(entries: Iterable[Entry]) -> Summary:
    """Count entries that are published elsewhere, or not at all."""
    summary = Summary()
    for entry in entries:
        summary.count(entry)
    return summary
