"""EPCIS capture: a document in, a capture job out.

GS1's interface is asynchronous. The gateway does the work before it answers: the 202 and its job
say what Kafka has, so a gateway that dies loses no document that it accepted. The gateway keeps
the latest jobs in memory; the events that they captured are in the log.
"""

import asyncio
import uuid
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from groupage.contracts.captured_events import CapturedEvent
from groupage.domain.errors import InvalidInput
from groupage.domain.policy import CheckDigitPolicy
from groupage.serving.epcis_exceptions import epcis_exception
from groupage.settings import GatewaySettings
from groupage.telemetry import metrics
from producers.entries import Accepted, Entry, Rejected, Summary, split_for_kafka
from producers.epcis.documents import read_document
from producers.epcis.importing import EVENT_BYTES_MAX, entries_of
from producers.epcis.reading import Document
from producers.gateway.kafka_connection import KafkaConnection
from producers.gateway.problems import HttpProblem, summarize_problems
from producers.problems import FieldProblem, abbreviate
from producers.screening import CheckDigitRules

FOUND_BY = "capture"
JOBS_MAX = 1_000
ERRORS_MAX = 1_000
CHUNK_FACTS = 2_000
Behaviour = Literal["rollback", "proceed"]
BEHAVIOURS: dict[str, Behaviour] = {"rollback": "rollback", "proceed": "proceed"}


class CaptureJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The result of one document: the members of GS1's REST binding, and our counts."""

    capture_id: str = msgspec.field(name="captureID")
    created_at: datetime
    finished_at: datetime
    running: bool
    success: bool
    capture_error_behaviour: Behaviour
    errors: tuple[dict[str, Any], ...] = ()
    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    rejected: int = 0
    facts: int = 0
    reasons: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    """Parts of the document that the hub does not read."""


class Capture:
    """Captures EPCIS documents and keeps the latest jobs."""

    def __init__(self, kafka: KafkaConnection, settings: GatewaySettings) -> None:
        self._kafka = kafka
        self._settings = settings
        self._rules = CheckDigitRules(units=settings.capture_check_digits)
        self._jobs: OrderedDict[str, CaptureJob] = OrderedDict()

    def judge_by(self, check_digits: CheckDigitPolicy) -> None:
        """Judge container numbers by this from now on."""
        units = self._settings.capture_check_digits
        self._rules = CheckDigitRules(containers=check_digits, units=units)

    def headers(self, behaviour: Behaviour = "rollback") -> dict[str, str]:
        """Build the headers by which a capture interface describes itself (GS1)."""
        return {
            "GS1-EPCIS-Version": "2.0.0",
            "GS1-EPCIS-Min": "1.0.0",
            "GS1-EPCIS-Max": "2.0.0",
            "GS1-CBV-Version": "2.0.0",
            "GS1-CBV-Min": "1.0.0",
            "GS1-CBV-Max": "2.0.0",
            "GS1-Vendor-Version": "1",
            "GS1-EPCIS-Capture-Limit": str(self._settings.max_batch_items),
            "GS1-EPCIS-Capture-File-Size-Limit": str(self._settings.body_bytes_max),
            "GS1-Capture-Error-Behaviour": behaviour,
        }

    def job(self, capture_id: str) -> CaptureJob | None:
        """Return a job by its id; None when it never was or is no longer kept."""
        return self._jobs.get(capture_id)

    def jobs(self) -> list[CaptureJob]:
        """List the jobs that are kept, the newest first."""
        return list(reversed(self._jobs.values()))

    async def take(self, body: bytes, behaviour: Behaviour) -> CaptureJob:
        """Capture a document. Raises HttpProblem when it is invalid, Unavailable without Kafka."""
        created_at = datetime.now(UTC)
        # A large document takes seconds to map: in a thread, other requests are served meanwhile.
        document, entries = await asyncio.to_thread(self._read, body, created_at)
        refused = [entry for entry in entries if isinstance(entry, Rejected)]
        summary = Summary()
        if refused and behaviour == "rollback":
            for wrong in refused:
                summary.count(wrong)
            summary.read = summary.rejected = len(entries)
        else:
            await self._publish(entries)
            for entry in entries:
                summary.count(entry)
        metrics.GATEWAY_EVENTS.labels(outcome="accepted").inc(summary.accepted)
        metrics.GATEWAY_EVENTS.labels(outcome="quarantined").inc(summary.quarantined)
        metrics.GATEWAY_EVENTS.labels(outcome="rejected").inc(summary.rejected)
        job = _job(summary, refused, behaviour, created_at)
        return self._remember(msgspec.structs.replace(job, notes=document.notes))

    async def take_event(self, body: bytes) -> CapturedEvent:
        """Capture one event. Raises HttpProblem when it is invalid, Unavailable without Kafka."""
        document, entries = await asyncio.to_thread(self._read, body, datetime.now(UTC))
        if document.path:
            expected = "one event; documents go to POST /capture"
            problem = FieldProblem(field="body", value=abbreviate(body), expected=expected)
            raise _document_problem((problem,))
        (entry,) = entries
        if isinstance(entry, Rejected):
            metrics.GATEWAY_EVENTS.labels(outcome="rejected").inc()
            raise _document_problem(entry.problems)
        if entry.captured is None:
            detail = f"the event has {len(body)} bytes; {EVENT_BYTES_MAX} is the limit"
            raise HttpProblem(413, "too_large", detail, outcome="too_large")
        await self._publish(entries)
        outcome = "accepted" if isinstance(entry, Accepted) else "quarantined"
        metrics.GATEWAY_EVENTS.labels(outcome=outcome).inc()
        return entry.captured

    def _read(self, body: bytes, recorded_at: datetime) -> tuple[Document, list[Entry]]:
        try:
            document = read_document(body)
        except InvalidInput as error:
            expected = "an EPCIS document, or one event, in JSON (2.0) or XML (1.x, 2.0)"
            problem = FieldProblem(field="body", value=abbreviate(body), expected=expected)
            raise HttpProblem(400, "invalid_document", str(error), errors=(problem,)) from None
        if document.problems:
            raise _document_problem(document.problems)
        limit = self._settings.max_batch_items
        if len(document.events) > limit:
            raise HttpProblem(
                413,
                "too_many_items",
                f"the document has {len(document.events)} events; at most {limit} are "
                "accepted: split it",
                outcome="too_large",
                headers=self.headers(),
            )
        entries = entries_of(
            document, recorded_at=recorded_at, found_by=FOUND_BY, rules=self._rules
        )
        return document, list(entries)

    async def _publish(self, entries: list[Entry]) -> None:
        captured, facts, dead_letters = split_for_kafka(entries)
        for start in range(0, len(captured), CHUNK_FACTS):
            await self._kafka.capture(captured[start : start + CHUNK_FACTS])
        for start in range(0, len(facts), CHUNK_FACTS):
            for outcome in await self._kafka.publish(facts[start : start + CHUNK_FACTS]):
                if outcome.error is not None:
                    raise outcome.error
        if dead_letters:
            await self._kafka.quarantine(dead_letters)

    def _remember(self, job: CaptureJob) -> CaptureJob:
        self._jobs[job.capture_id] = job
        if len(self._jobs) > JOBS_MAX:
            self._jobs.popitem(last=False)
        return job


def _job(
    summary: Summary, refused: list[Rejected], behaviour: Behaviour, created_at: datetime
) -> CaptureJob:
    errors = [
        {
            "type": epcis_exception("/capture", 400, captures=True),
            "title": "The event breaks EPCIS 2.0",
            "status": 400,
            "detail": problem.message,
            "eventID": entry.event_id,
            **msgspec.to_builtins(problem),
        }
        for entry in refused
        for problem in entry.problems
    ]
    return CaptureJob(
        capture_id=str(uuid.uuid4()),
        created_at=created_at,
        finished_at=datetime.now(UTC),
        running=False,
        success=not refused,
        capture_error_behaviour=behaviour,
        errors=tuple(errors[:ERRORS_MAX]),
        read=summary.read,
        accepted=summary.accepted,
        quarantined=summary.quarantined,
        rejected=summary.rejected,
        facts=summary.facts,
        reasons=dict(summary.reasons),
    )


def _document_problem(problems: tuple[FieldProblem, ...]) -> HttpProblem:
    return HttpProblem(400, "invalid_document", summarize_problems(problems), errors=problems)
