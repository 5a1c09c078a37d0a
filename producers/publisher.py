"""Publishes facts from outside to Kafka: idempotent, ordered per key, within a time budget.

For an integrator::

    from datetime import UTC, datetime

    from groupage.domain.events.unit import UnitReceived
    from groupage.settings import KafkaSettings
    from producers.publisher import Publisher, new_fact

    async def counted_in() -> None:
        async with Publisher(KafkaSettings(bootstrap_servers="127.0.0.1:9092")) as publisher:
            fact = new_fact(
                UnitReceived(unit_id="106141412345678908", dock="D4"),
                source="/wms/yiwu-1",
                event_id="receipt-4711",
                occurred_at=datetime.now(UTC),
            )
            receipt = await publisher.publish(fact)  # Kafka has it when this returns
            print(receipt.topic, receipt.partition, receipt.offset)

Sending the same (source, event id) again does no harm, so after `Unavailable` simply send again.
"""

import asyncio
import time
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime
from typing import Self

import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import RecordMetadata

from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.closing import close_producer
from groupage.contracts.digits import ACCEPTED_HEADER, has_wrong_digits
from groupage.contracts.encoding import Record, encode
from groupage.contracts.normal_ids import normalize_ids
from groupage.contracts.normal_values import normalize_places
from groupage.contracts.provenance import require_foreign
from groupage.contracts.texts import require_plain_texts
from groupage.contracts.topics import TOPICS
from groupage.domain.errors import GroupageError, InvalidInput, Unavailable
from groupage.domain.events.base import Event
from groupage.domain.fact import Classifier, Fact
from groupage.settings import KafkaSettings
from groupage.telemetry import metrics
from producers.dead_letters import DeadLetter

log = structlog.get_logger(__name__)

LINGER_MS = 5
"""Wait so long for more records of a batch: thirty times the throughput for 5 ms of latency."""
_HEADROOM_BYTES = 65_536


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Where Kafka put a record."""

    topic: str
    partition: int
    offset: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one fact of a batch: a receipt, or an error that says what to do."""

    event_id: str
    receipt: Receipt | None = None
    error: GroupageError | None = None


def new_fact(
    event: Event,
    *,
    source: str,
    event_id: str,
    occurred_at: datetime,
    classifier: Classifier = "ACT",
    correction_of: str | None = None,
    retracted: bool = False,
) -> Fact:
    """Put an event into its envelope, recorded now. `source` is the URI of the sending system.

    Ids of units and containers, and codes of places, get the form that the hub uses.
    """
    event = copy(event)
    normalize_ids(event)
    normalize_places(event)
    return Fact(
        event_id=event_id,
        source=source,
        key=event.key,
        occurred_at=occurred_at,
        recorded_at=datetime.now(UTC),
        data=event,
        classifier=classifier,
        correction_of=correction_of,
        retracted=retracted,
    )


class Publisher:
    """Publishes facts; an asynchronous context manager.

    `timeout_s` is the budget of one call of `publish` or `publish_many`, the wait for a slot
    included. At most `max_in_flight` records are sent and not confirmed; further ones wait.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        prefix: str = "",
        timeout_s: float = 10.0,
        stop_timeout_s: float = 5.0,
        max_in_flight: int = 5_000,
    ) -> None:
        self._settings = settings
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._slots = asyncio.Semaphore(max_in_flight)
        self._producer: AIOKafkaProducer | None = None

    @property
    def servers(self) -> str:
        """The bootstrap servers, for messages."""
        return self._settings.bootstrap_servers

    async def start(self) -> None:
        """Connect. Raises Unavailable within `timeout_s` when no broker answers."""
        producer = AIOKafkaProducer(
            **self._settings.client_kwargs(),
            client_id="groupage-publisher",
            enable_idempotence=True,
            acks="all",
            compression_type="lz4",
            linger_ms=LINGER_MS,
            max_batch_size=131_072,
            max_request_size=max(topic.max_message_bytes for topic in TOPICS) + _HEADROOM_BYTES,
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                await producer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            await close_producer(producer, timeout_s=1.0)
            raise self._unavailable_error("did not answer", error) from error
        self._producer = producer

    async def stop(self) -> None:
        """Flush and close within `stop_timeout_s`; records not confirmed by then may be lost."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await close_producer(producer, timeout_s=self._stop_timeout_s)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def publish(self, fact: Fact) -> Receipt:
        """Publish a fact; returns when Kafka has it.

        Raises InvalidInput before anything is sent, Unavailable when Kafka did not confirm in time
        (it may still arrive; sending again does no harm).
        """
        (outcome,) = await self.publish_many([fact])
        if outcome.receipt is None:
            raise outcome.error or Unavailable
        return outcome.receipt

    async def publish_many(self, facts: Sequence[Fact], *, checked: bool = False) -> list[Outcome]:
        """Publish facts in their order, kept for each key; returns an outcome for each.

        Never raises for a single fact: an invalid one is not sent, the others are. `checked` skips
        the check of facts that `groupage.contracts` has encoded before, and whose check digits were
        judged.
        """
        records = [self._encode(fact, checked=checked) for fact in facts]
        sound = [record for record in records if isinstance(record, Record)]
        results = iter(await self.send_records(sound))
        return [
            _outcome(fact, next(results) if isinstance(record, Record) else record)
            for fact, record in zip(facts, records, strict=True)
        ]

    async def quarantine(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Publish to the dead-letter queue. Raises the first failure."""
        await self._send_all([each.record(prefix=self._prefix) for each in dead_letters])

    async def capture(self, events: Sequence[CapturedEvent]) -> None:
        """Publish EPCIS events as they came. Raises the first failure."""
        await self._send_all([event.record(prefix=self._prefix) for event in events])

    async def _send_all(self, records: Sequence[Record]) -> None:
        for result in await self.send_records(records):
            if isinstance(result, GroupageError):
                raise result

    async def check(self) -> None:
        """Ask the broker for its topics. Raises Unavailable when it does not answer."""
        producer = self._require_producer()
        try:
            async with asyncio.timeout(self._timeout_s):
                await producer.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError) as error:
            raise self._unavailable_error("did not answer", error) from error

    async def send_records(self, records: Sequence[Record]) -> list[Receipt | GroupageError]:
        """Send encoded records; returns a receipt or an error for each, in their order."""
        producer = self._require_producer()
        began = time.perf_counter()
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        sent: list[asyncio.Future[RecordMetadata] | GroupageError] = []
        try:
            async with asyncio.timeout_at(deadline):
                for record in records:
                    sent.append(await self._send(producer, record))  # noqa: PERF401 (kept on timeout)
        except TimeoutError as error:
            late = self._unavailable_error(f"took no record within {self._timeout_s:g} s", error)
            sent.extend([late] * (len(records) - len(sent)))
        pending = [entry for entry in sent if isinstance(entry, asyncio.Future)]
        if pending:
            left_s = max(0.0, deadline - asyncio.get_running_loop().time())
            await asyncio.wait(pending, timeout=left_s)
            metrics.PUBLISH_S.observe(time.perf_counter() - began)
        return [self._result_of(entry) for entry in sent]

    async def _send(
        self, producer: AIOKafkaProducer, record: Record
    ) -> "asyncio.Future[RecordMetadata] | GroupageError":
        await self._slots.acquire()
        try:
            future: asyncio.Future[RecordMetadata] = await producer.send(
                record.topic,
                value=record.value,
                key=record.key,
                headers=list(
                    record.headers
                ),  # the caller may send it again, and tracing adds to it
                timestamp_ms=record.timestamp_ms,
            )
        except KafkaError as error:
            self._slots.release()
            return self._failure(error)
        except BaseException:
            self._slots.release()
            raise
        future.add_done_callback(self._release_slot)
        return future

    def _release_slot(self, future: "asyncio.Future[RecordMetadata]") -> None:
        self._slots.release()
        if not future.cancelled():
            future.exception()  # retrieved here, or asyncio would log it a second time

    def _result_of(
        self, entry: "asyncio.Future[RecordMetadata] | GroupageError"
    ) -> Receipt | GroupageError:
        if isinstance(entry, GroupageError):
            return entry
        if not entry.done():
            metrics.PUBLISH_FAILURES.labels(reason="timeout").inc()
            return self._unavailable_error(f"did not confirm within {self._timeout_s:g} s")
        if error := entry.exception():
            return self._failure(error)
        sent = entry.result()
        return Receipt(topic=sent.topic, partition=sent.partition, offset=sent.offset)

    def _failure(self, error: BaseException) -> GroupageError:
        if isinstance(error, MessageSizeTooLargeError | RecordTooLargeError):
            metrics.PUBLISH_FAILURES.labels(reason="too_large").inc()
            return InvalidInput(f"the event is too large for its topic: {error}")
        metrics.PUBLISH_FAILURES.labels(reason="kafka").inc()
        if isinstance(error, UnknownTopicOrPartitionError):
            return Unavailable(
                f"Kafka at {self.servers} has no such topic ({error}); create the topics with "
                "`groupage topics create` and check GROUPAGE_TOPIC_PREFIX"
            )
        if isinstance(error, TopicAuthorizationFailedError):
            return Unavailable(
                f"Kafka at {self.servers} does not let this account write ({error!r}); "
                "deploy/kafka/acls.sh adds the access rules"
            )
        return self._unavailable_error("refused the record", error)

    def _encode(self, fact: Fact, *, checked: bool) -> Record | InvalidInput:
        try:
            require_foreign(fact)
            record = encode(fact, prefix=self._prefix, derived=checked)
            require_plain_texts(fact.data, record.value)
            if checked and has_wrong_digits(fact.data):
                record.headers.append(ACCEPTED_HEADER)
        except InvalidInput as error:
            return error
        return record

    def _require_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise Unavailable("the publisher is not started; use it as `async with Publisher(…)`")
        return self._producer

    def _unavailable_error(self, what: str, cause: BaseException | None = None) -> Unavailable:
        why = f" ({type(cause).__name__}: {cause})" if cause and str(cause) else ""
        return Unavailable(
            f"Kafka at {self.servers} {what}{why}; check that it runs (`groupage status`, "
            f"`groupage doctor`), check {self._settings.to_check}, and send again: "
            "the same event id is harmless"
        )


def _outcome(fact: Fact, result: Receipt | GroupageError) -> Outcome:
    if isinstance(result, GroupageError):
        return Outcome(event_id=fact.event_id, error=result)
    return Outcome(event_id=fact.event_id, receipt=result)
