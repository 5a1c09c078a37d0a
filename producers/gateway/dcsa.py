"""DCSA Track & Trace: the callback to which carriers send their events.

Version 3.0.0 has ``POST /events`` with feedback about each event; before it, a subscriber names any
URL, the publisher validates it by HEAD, signs its bundles (``Notification-Signature``) and expects
204. Either path takes events of either version: their form says which they are.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request

from groupage.contracts.body_signature import is_body_signed
from groupage.domain.errors import InvalidInput, Unavailable
from groupage.domain.policy import CheckDigitPolicy
from groupage.serving import is_trusted
from groupage.serving.problems import make_problem
from groupage.settings import GatewaySettings, KafkaSettings
from groupage.telemetry import metrics
from producers.dcsa.document import (
    Bundle,
    document_problem,
    entries_of,
    invalid_dead_letter,
    read_bundle,
)
from producers.dcsa.feedback import Feedback, feedback
from producers.dcsa.reference_log import ReferenceLog, StillReading, needs_own
from producers.dcsa.references import References
from producers.entries import Accepted, Entry, Quarantined, Rejected, split_for_kafka
from producers.gateway.kafka_connection import KafkaConnection
from producers.gateway.problems import TITLES, HttpProblem, summarize_problems, wrong_fields
from producers.problems import FieldProblem
from producers.screening import CheckDigitRules

FOUND_BY = "dcsa"
PATHS = "/dcsa/tnt/"
"""The paths begin so; a signature may stand for the token there."""
SIGNATURE_HEADER = "Notification-Signature"
API_VERSION = {2: "2.2.0", 3: "3.0.0"}
CHUNK_FACTS = 2_000
_FEEDBACK_MAX = 1_000


class CarrierEvents(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a bundle."""

    entries: tuple[Entry, ...]
    bundle: Bundle

    @property
    def all_rejected(self) -> bool:
        """Whether there are events and none was taken."""
        return bool(self.entries) and all(isinstance(each, Rejected) for each in self.entries)

    def problem(self) -> dict[str, object]:
        """Write a problem document that has DCSA's feedback as well."""
        problems = tuple(
            problem
            for entry in self.entries
            if isinstance(entry, Rejected)
            for problem in entry.problems
        )[:_FEEDBACK_MAX]
        document = make_problem(
            400,
            "invalid_document",
            TITLES["invalid_document"],
            summarize_problems(problems),
            wrong_fields(problems),
        )
        plain: dict[str, object] = msgspec.to_builtins(document)
        return plain | {"feedbackElements": self.feedback()}

    def feedback(self) -> list[Feedback]:
        """List what a sender should know: errors, quarantined events, remarks."""
        found: list[Feedback] = []
        for index, entry in enumerate(self.entries):
            found += _feedback_of(entry, f"$.{self.bundle.path_of(index)}".replace("$.[", "$["))
        return found[:_FEEDBACK_MAX]


def _feedback_of(entry: Entry, path: str) -> list[Feedback]:
    match entry:
        case Rejected(problems=problems):
            return [feedback("ERROR", problem.message, path) for problem in problems]
        case Quarantined(dead_letter=dead_letter):
            text = f"kept for a person ({dead_letter.code}): {dead_letter.reason}"
            return [feedback("WARN", text, path)]
    return [feedback("INFO", note, path) for note in entry.notes]


class DcsaCallback:
    """Takes bundles of events, one after the other: each is matched by what came before it."""

    def __init__(
        self,
        connection: KafkaConnection,
        settings: GatewaySettings,
        kafka: KafkaSettings,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._kafka = kafka
        self._secrets = settings.dcsa_keys
        self._rules = CheckDigitRules()
        self._lock = asyncio.Lock()
        self._open_log = AsyncExitStack()
        self._log: ReferenceLog | None = None

    def judge_by(self, check_digits: CheckDigitPolicy) -> None:
        """Judge container numbers by this from now on."""
        self._rules = CheckDigitRules(containers=check_digits, units="warn")

    async def stop(self) -> None:
        """Close the connection for reading."""
        self._log = None
        await self._open_log.aclose()

    def require_sender(self, request: Request, body: bytes) -> None:
        """Raise HttpProblem unless the bundle is signed, or its sender had the token."""
        if not self._secrets:
            return  # the guard asked for the token
        given = request.headers.getlist(SIGNATURE_HEADER)
        if not given and self._settings.token is not None and is_trusted(request.scope):
            return
        if len(given) != 1 or not is_body_signed(given[0], body, self._secrets):
            problem = FieldProblem(
                field=f"header {SIGNATURE_HEADER}",
                value=given[0][:200] if given else None,
                expected="sha256=, and in hex the HMAC of the body with a secret of "
                "GROUPAGE_GATEWAY_DCSA_SECRETS",
            )
            raise HttpProblem(
                401, "unauthorized", problem.message, outcome="unauthorized", errors=(problem,)
            )

    async def take(self, body: bytes, *, keep_invalid: bool) -> CarrierEvents:
        """Publish the facts and dead letters of a bundle; return the results when Kafka has them.

        `keep_invalid`: an event that breaks the standard becomes a dead letter, too. Raises
        HttpProblem for another document, Unavailable without Kafka.
        """
        bundle = await asyncio.to_thread(self._read, body)
        async with self._lock:
            references = await self._read_references(with_own=needs_own(body))
            entries = await asyncio.to_thread(self._map, bundle, references)
            try:
                await self._publish(entries, bundle, keep_invalid=keep_invalid)
            except BaseException:
                await self.stop()  # the references have learned of facts that Kafka may not have
                raise
        for kind, outcome in (
            (Accepted, "accepted"),
            (Quarantined, "quarantined"),
            (Rejected, "rejected"),
        ):
            number = sum(isinstance(entry, kind) for entry in entries)
            metrics.GATEWAY_EVENTS.labels(outcome=outcome).inc(number)
        return CarrierEvents(entries=tuple(entries), bundle=bundle)

    def _read(self, body: bytes) -> Bundle:
        try:
            bundle = read_bundle(body)
        except InvalidInput as error:
            problem = document_problem(error, body)
            raise HttpProblem(400, "invalid_document", str(error), errors=(problem,)) from None
        limit = self._settings.max_batch_items
        if len(bundle.events) > limit:
            raise HttpProblem(
                413,
                "too_many_items",
                f"the bundle has {len(bundle.events)} events; at most {limit} are accepted: "
                "split it",
                outcome="too_large",
            )
        return bundle

    def _map(self, bundle: Bundle, references: References) -> list[Entry]:
        return list(
            entries_of(
                bundle,
                references,
                recorded_at=datetime.now(UTC),
                found_by=FOUND_BY,
                rules=self._rules,
            )
        )

    async def _read_references(self, *, with_own: bool) -> References:
        try:
            if self._log is None:
                self._log = await self._open_log.enter_async_context(
                    ReferenceLog(
                        self._kafka, prefix=self._connection.prefix, references=References()
                    )
                )
            return await self._log.read_to_end(with_own=with_own)
        except StillReading:
            raise
        except Unavailable:
            await self.stop()
            raise

    async def _publish(self, entries: list[Entry], bundle: Bundle, *, keep_invalid: bool) -> None:
        split = split_for_kafka(entries)
        dead_letters = split.dead_letters
        if keep_invalid:
            dead_letters += [
                invalid_dead_letter(entry, bytes(raw), found_by=FOUND_BY)
                for entry, raw in zip(entries, bundle.events, strict=True)
                if isinstance(entry, Rejected)
            ]
        for start in range(0, len(split.facts), CHUNK_FACTS):
            for outcome in await self._connection.publish(split.facts[start : start + CHUNK_FACTS]):
                if outcome.error is not None:
                    raise outcome.error
        if dead_letters:
            await self._connection.quarantine(dead_letters)
