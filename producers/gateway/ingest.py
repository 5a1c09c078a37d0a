"""CloudEvents in, a result for each: published, quarantined, invalid, or not taken by Kafka."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from groupage.contracts.digits import ACCEPTED_HEADER
from groupage.contracts.encoding import Record, encode
from groupage.contracts.topics import topic_of
from groupage.domain.errors import GroupageError, InvalidInput, Unavailable
from groupage.domain.fact import Fact
from groupage.domain.policy import CheckDigitPolicy
from groupage.serving.problems import make_problem
from groupage.telemetry import metrics
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.gateway.cloudevents import check_event
from producers.gateway.kafka_connection import KafkaConnection
from producers.gateway.problems import TITLES, summarize_problems, wrong_fields
from producers.problems import FieldProblem
from producers.publisher import Receipt
from producers.screening import CheckDigitRules, Finding, TimeLimits, find_wrong_digits, worst_fate

FOUND_BY = "gateway"
_PAUSE_ITEMS = 250
"""While it checks a large batch, the gateway lets other requests run after so many items."""
EventOutcome = Literal["accepted", "quarantined", "invalid", "unavailable"]
_STATUS: dict[EventOutcome, int] = {
    "accepted": 202,
    "quarantined": 202,
    "invalid": 422,
    "unavailable": 503,
}


class EventResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one event."""

    event_id: str
    outcome: EventOutcome
    receipt: Receipt | None = None
    problems: tuple[FieldProblem, ...] = ()
    """Errors of an invalid event; reasons of a quarantined one; warnings on an accepted one."""
    detail: str = ""

    @property
    def status(self) -> int:
        """The outcome as an HTTP status."""
        return _STATUS[self.outcome]

    def as_json(self) -> dict[str, Any]:
        """For the body of a response."""
        body: dict[str, Any] = {
            "status": self.status,
            "outcome": self.outcome,
            "id": self.event_id,
        }
        if self.receipt is not None:
            body |= msgspec.to_builtins(self.receipt)
        if self.outcome in ("invalid", "unavailable"):
            code = "invalid_event" if self.outcome == "invalid" else "kafka_unavailable"
            errors = wrong_fields(self.problems)
            document = make_problem(self.status, code, TITLES[code], self.detail, errors)
            return body | {
                "errors": msgspec.to_builtins(errors),
                "problem": msgspec.to_builtins(document),
            }
        if self.problems:
            key = "reasons" if self.outcome == "quarantined" else "warnings"
            body[key] = [msgspec.to_builtins(problem) for problem in self.problems]
        return body


class _Checked(msgspec.Struct, frozen=True, kw_only=True):
    """An event that passed the checks, as it goes to Kafka."""

    index: int
    event_id: str
    message: Record | DeadLetter
    remarks: tuple[FieldProblem, ...]
    """Wrong check digits that the policy lets through, or quarantines, and a time ahead."""


class EventIngest:
    """Checks CloudEvents and publishes them: one parse before, one encoding after the checks."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka
        self._time_limits: TimeLimits | None = None
        self._rules = CheckDigitRules()

    def judge_by(self, check_digits: CheckDigitPolicy, time_limits: TimeLimits | None) -> None:
        """Judge by this from now on.

        Without `time_limits` no event is dated too far ahead: the hub's clock is external.
        """
        self._time_limits = time_limits
        self._rules = CheckDigitRules(containers=check_digits, units=check_digits)

    async def take(self, items: Sequence[object]) -> list[EventResult]:
        """Return a result for each parsed item, in their order, when Kafka has them all."""
        now = datetime.now(UTC)
        results: dict[int, EventResult] = {}
        to_publish: list[_Checked] = []
        to_quarantine: list[_Checked] = []
        for index, item in enumerate(items):
            if index % _PAUSE_ITEMS == _PAUSE_ITEMS - 1:
                await asyncio.sleep(0)
            checked = self._check(index, item, now)
            if isinstance(checked, EventResult):
                results[index] = checked
            elif isinstance(checked.message, Record):
                to_publish.append(checked)
            else:
                to_quarantine.append(checked)
        results |= await self._publish(to_publish)
        results |= await self._quarantine(to_quarantine)
        for result in results.values():
            outcome = "rejected" if result.outcome == "invalid" else result.outcome
            metrics.GATEWAY_EVENTS.labels(outcome=outcome).inc()
        return [results[index] for index in range(len(items))]

    def _check(self, index: int, item: object, now: datetime) -> _Checked | EventResult:
        checked = check_event(item, recorded_at=now)
        fact = checked.fact
        if fact is None:
            return _invalid_result(checked.event_id, checked.problems)
        findings = find_wrong_digits(fact.data, self._rules)
        remarks = tuple(map(_problem, findings))
        fate = worst_fate(findings)
        if fate == "reject":
            return _invalid_result(fact.event_id, remarks)
        limits = self._time_limits
        if limits is not None and (ahead := limits.warning(fact, now)):
            remarks = (*remarks, ahead)
        message: Record | DeadLetter
        if fate == "quarantine":
            message = _dead_letter(fact, item, findings)
        else:
            message = encode(fact, prefix=self._kafka.prefix, value=checked.data_json)
            if findings:
                message.headers.append(ACCEPTED_HEADER)
        return _Checked(index=index, event_id=fact.event_id, message=message, remarks=remarks)

    async def _publish(self, events: list[_Checked]) -> dict[int, EventResult]:
        if not events:
            return {}
        records = [event.message for event in events if isinstance(event.message, Record)]
        answers: Sequence[Receipt | GroupageError]
        try:
            answers = await self._kafka.send(records)
        except Unavailable as error:
            answers = [error] * len(records)
        return {
            event.index: _unsent_result(event.event_id, answer)
            if isinstance(answer, GroupageError)
            else EventResult(
                event_id=event.event_id,
                outcome="accepted",
                receipt=answer,
                problems=event.remarks,
            )
            for event, answer in zip(events, answers, strict=True)
        }

    async def _quarantine(self, events: list[_Checked]) -> dict[int, EventResult]:
        if not events:
            return {}
        dead_letters = [event.message for event in events if isinstance(event.message, DeadLetter)]
        try:
            await self._kafka.quarantine(dead_letters)
        except GroupageError as error:
            return {event.index: _unsent_result(event.event_id, error) for event in events}
        return {
            event.index: EventResult(
                event_id=event.event_id,
                outcome="quarantined",
                problems=event.remarks,
                detail=dead_letter.reason,
            )
            for event, dead_letter in zip(events, dead_letters, strict=True)
        }


def _invalid_result(event_id: str, problems: tuple[FieldProblem, ...]) -> EventResult:
    return EventResult(
        event_id=event_id,
        outcome="invalid",
        problems=problems,
        detail=summarize_problems(problems),
    )


def _unsent_result(event_id: str, error: GroupageError) -> EventResult:
    if isinstance(error, InvalidInput):  # too large for its topic
        problem = FieldProblem(field="event", value=event_id, expected=str(error))
        return EventResult(
            event_id=event_id, outcome="invalid", problems=(problem,), detail=str(error)
        )
    return EventResult(event_id=event_id, outcome="unavailable", detail=str(error))


def _problem(finding: Finding) -> FieldProblem:
    return FieldProblem(
        field=f"data.{finding.field}",
        value=finding.problem.value,
        expected=f"check digit {finding.problem.expected} ({finding.problem.scheme})",
    )


def _dead_letter(fact: Fact, item: object, findings: list[Finding]) -> DeadLetter:
    return DeadLetter(
        code=QuarantineCode.CHECK_DIGIT,
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
