"""Events in, an answer for each: published, put aside, invalid, or not taken by Kafka."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from groupage.contracts.topics import topic_of
from groupage.domain.errors import GroupageError, InvalidInput, Unavailable
from groupage.domain.fact import Fact
from groupage.domain.policy import CheckDigitPolicy
from groupage.telemetry import metrics
from producers.dead_letters import DeadLetter
from producers.gateway.cloudevents import Checked, check
from producers.gateway.link import Link
from producers.gateway.problems import counted, document
from producers.problems import FieldProblem
from producers.publisher import Receipt
from producers.screening import Finding, Screen, screen, worst

FOUND_BY = "gateway"
_PAUSE_ITEMS = 250
"""A large batch lets others be served after so many items."""
Fate = Literal["accepted", "quarantined", "invalid", "unavailable"]
_STATUS: dict[Fate, int] = {
    "accepted": 202,
    "quarantined": 202,
    "invalid": 422,
    "unavailable": 503,
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event."""

    event_id: str
    fate: Fate
    receipt: Receipt | None = None
    problems: tuple[FieldProblem, ...] = ()
    """Errors of an invalid event; reasons of a quarantined one; remarks on an accepted one."""
    detail: str = ""

    @property
    def status(self) -> int:
        """As an HTTP status."""
        return _STATUS[self.fate]

    def as_json(self) -> dict[str, Any]:
        """For the body of an answer."""
        told: dict[str, Any] = {"status": self.status, "outcome": self.fate, "id": self.event_id}
        if self.receipt is not None:
            told |= msgspec.to_builtins(self.receipt)
        if self.fate in ("invalid", "unavailable"):
            code = "invalid_event" if self.fate == "invalid" else "kafka_unavailable"
            problem = document(self.status, code, self.detail, self.problems)
            return told | {"errors": problem.get("errors", []), "problem": problem}
        if self.problems:
            key = "reasons" if self.fate == "quarantined" else "warnings"
            told[key] = [msgspec.to_builtins(problem) for problem in self.problems]
        return told


class Intake:
    """Checks events and hands them to Kafka."""

    def __init__(self, link: Link, check_digits: CheckDigitPolicy) -> None:
        self._link = link
        self._screen = Screen(containers=check_digits, units=check_digits)

    async def take(self, items: Sequence[object]) -> list[Answer]:
        """An answer for each item, in their order; all are with Kafka when this returns."""
        now = datetime.now(UTC)
        answers: list[Answer | None] = [None] * len(items)
        facts: dict[int, tuple[Fact, list[Finding]]] = {}
        letters: dict[int, tuple[DeadLetter, list[Finding]]] = {}
        for index, item in enumerate(items):
            if index % _PAUSE_ITEMS == _PAUSE_ITEMS - 1:
                await asyncio.sleep(0)
            checked = check(item, recorded_at=now)
            if checked.fact is None:
                answers[index] = _invalid(checked)
                continue
            findings = screen(checked.fact.data, self._screen)
            fate = worst(findings)
            if fate == "reject":
                answers[index] = _invalid(
                    Checked(event_id=checked.event_id, problems=tuple(map(_problem, findings)))
                )
            elif fate == "quarantine":
                letters[index] = (_letter(checked.fact, item, findings), findings)
            else:
                facts[index] = (checked.fact, findings)
        await self._publish(facts, answers)
        await self._put_aside(letters, answers)
        told = [answer for answer in answers if answer is not None]
        for answer in told:
            outcome = "rejected" if answer.fate == "invalid" else answer.fate
            metrics.GATEWAY_EVENTS.labels(outcome=outcome).inc()
        return told

    async def _publish(
        self, facts: dict[int, tuple[Fact, list[Finding]]], answers: list[Answer | None]
    ) -> None:
        if not facts:
            return
        try:
            outcomes = await self._link.publish([fact for fact, _ in facts.values()])
        except Unavailable as error:
            for index, (fact, _) in facts.items():
                answers[index] = _unsent(fact.event_id, error)
            return
        for (index, (fact, findings)), outcome in zip(facts.items(), outcomes, strict=True):
            if outcome.error is not None:
                answers[index] = _unsent(fact.event_id, outcome.error)
            else:
                answers[index] = Answer(
                    event_id=fact.event_id,
                    fate="accepted",
                    receipt=outcome.receipt,
                    problems=tuple(map(_problem, findings)),
                )

    async def _put_aside(
        self, letters: dict[int, tuple[DeadLetter, list[Finding]]], answers: list[Answer | None]
    ) -> None:
        if not letters:
            return
        try:
            await self._link.quarantine([letter for letter, _ in letters.values()])
        except GroupageError as error:
            for index, (letter, _) in letters.items():
                answers[index] = _unsent(letter.event_id, error)
            return
        for index, (letter, findings) in letters.items():
            answers[index] = Answer(
                event_id=letter.event_id,
                fate="quarantined",
                problems=tuple(map(_problem, findings)),
                detail=letter.reason,
            )


def _invalid(checked: Checked) -> Answer:
    return Answer(
        event_id=checked.event_id,
        fate="invalid",
        problems=checked.problems,
        detail=counted(checked.problems),
    )


def _unsent(event_id: str, error: GroupageError) -> Answer:
    fate: Fate = "invalid" if isinstance(error, InvalidInput) else "unavailable"
    problem = FieldProblem(field="event", value=event_id, expected=str(error))
    return Answer(
        event_id=event_id,
        fate=fate,
        problems=(problem,) if fate == "invalid" else (),
        detail=str(error),
    )


def _problem(finding: Finding) -> FieldProblem:
    return FieldProblem(
        field=f"data.{finding.field}",
        value=finding.problem.value,
        expected=f"check digit {finding.problem.expected} ({finding.problem.scheme})",
    )


def _letter(fact: Fact, item: object, findings: list[Finding]) -> DeadLetter:
    return DeadLetter(
        code="check_digit",
        reason="; ".join(finding.problem.message for finding in findings),
        found_by=FOUND_BY,
        value=msgspec.json.encode(item),
        content_type="application/cloudevents+json",
        topic=topic_of(fact.data).name,
        key=fact.key,
        type=fact.type,
        event_source=fact.source,
        event_id=fact.event_id,
    )
