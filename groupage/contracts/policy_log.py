"""The log of the hub's policies: a topic with one partition, which every process reads in full.

A reader skips records that it cannot use; a worker writes dead letters for those that it cannot
decode. An adoption is neither corrected nor retracted: another one takes its place.
"""

import asyncio
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from groupage.contracts.closing import close_producer
from groupage.contracts.consumers import stop_consumer
from groupage.contracts.decoding import decode_for_store
from groupage.contracts.encoding import encode
from groupage.contracts.signing import HubKey
from groupage.contracts.topics import POLICY_TOPIC
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import Unavailable
from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy, in_full, policy_digest
from groupage.domain.policy_history import Adoption
from groupage.settings import KafkaSettings

_SOURCE = "/groupage/policy"
_FIRST_ID = "first"
"""Event id of the first adoption: of several processes that start at once, one adopts."""
_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 3.0
_POLL_MS = 500

log = structlog.get_logger(__name__)


class PolicyLog:
    """Reads the policy topic from its beginning on; an async context manager."""

    def __init__(self, kafka: KafkaSettings, *, prefix: str, hub_key: HubKey | None) -> None:
        """`hub_key` signs and verifies; None, for a reader without the secret: all is believed."""
        self._kafka = kafka
        self._partition = TopicPartition(prefix + POLICY_TOPIC, 0)
        self._hub_key = hub_key
        self._consumer: AIOKafkaConsumer | None = None
        self._known: set[tuple[str, str]] = set()
        self.adoptions: list[Adoption] = []
        """Those read so far, in the order of the log."""

    async def __aenter__(self) -> Self:
        consumer = AIOKafkaConsumer(
            **self._kafka.client_kwargs(),
            client_id="groupage-policy",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await consumer.start()
                consumer.assign([self._partition])
        except BaseException as error:
            await stop_consumer(consumer, timeout_s=_STOP_TIMEOUT_S)
            if isinstance(error, KafkaError | TimeoutError | OSError):
                raise _unavailable(self._kafka, error) from error
            raise
        self._consumer, self.adoptions = consumer, []
        self._known.clear()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_consumer(consumer, timeout_s=_STOP_TIMEOUT_S)

    async def read_to_end(self) -> list[Adoption]:
        """Read all adoptions that the topic has now. Raises Unavailable."""
        consumer = self._require_consumer()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                end = (await consumer.end_offsets([self._partition]))[self._partition]
                while await consumer.position(self._partition) < end:
                    await self.read_more()
        except (KafkaError, TimeoutError, OSError) as error:
            raise _unavailable(self._kafka, error) from error
        return self.adoptions

    async def read_more(self) -> bool:
        """Wait a moment for more records; return whether there are more adoptions now.

        Raises KafkaError.
        """
        before = len(self.adoptions)
        fetched = await self._require_consumer().getmany(timeout_ms=_POLL_MS)
        for record in fetched.get(self._partition, ()):
            self._take(record)
        return len(self.adoptions) > before

    async def adopt_first(self, policy: Policy, *, by: str, reason: str) -> list[Adoption]:
        """Adopt the policy unless the hub has one; return the adoptions. Raises Unavailable."""
        if not await self.read_to_end():
            await self.adopt(
                policy, by=by, reason=reason, effective_at=datetime.now(UTC), event_id=_FIRST_ID
            )
            await self.read_to_end()
            log.info("policy_adopted", digest=self.adoptions[0].digest, by=by)
        return self.adoptions

    async def adopt(
        self, policy: Policy, *, by: str, reason: str, effective_at: datetime, event_id: str = ""
    ) -> None:
        """Publish that the policy is in force from that time on; wait for Kafka.

        The same adoption again changes nothing. Raises Unavailable.
        """
        digest = policy_digest(policy)
        event = PolicyAdopted(digest=digest, policy=policy, by=by, reason=reason)
        fact = Fact(
            event_id=event_id or f"{digest}/{effective_at.isoformat()}",
            source=_SOURCE,
            key=event.key,
            occurred_at=effective_at,
            recorded_at=datetime.now(UTC),
            data=event,
        )
        encode(fact)  # checks it
        value = msgspec.json.encode(in_full(event), order="deterministic")
        record = encode(fact, value=value)
        headers = record.headers
        if self._hub_key is not None:
            headers = self._hub_key.sign(POLICY_TOPIC, headers, value)
        producer = AIOKafkaProducer(
            **self._kafka.client_kwargs(), client_id="groupage-policy", enable_idempotence=True
        )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await producer.start()
                await producer.send_and_wait(
                    self._partition.topic, value=value, key=record.key, headers=list(headers)
                )
        except (KafkaError, TimeoutError, OSError) as error:
            raise _unavailable(self._kafka, error) from error
        finally:
            await close_producer(producer, timeout_s=_STOP_TIMEOUT_S)

    def _require_consumer(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "the log is open"
        return self._consumer

    def _take(self, record: Any) -> None:
        recorded_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        try:
            fact, _, event_json, *_ = decode_for_store(
                record.headers,
                record.key,
                record.value,
                recorded_at=recorded_at,
                topic=POLICY_TOPIC,
                hub_key=self._hub_key,
            )
        except Undecodable as error:
            log.warning("policy_record_skipped", offset=record.offset, reason=str(error))
            return
        identity = fact.source, fact.event_id
        if identity in self._known or fact.retracted or not isinstance(fact.data, PolicyAdopted):
            return
        self._known.add(identity)
        self.adoptions.append(
            Adoption(
                event=fact.data,
                event_json=event_json,
                effective_at=fact.occurred_at,
                adopted_at=recorded_at,
            )
        )


async def read_adoptions(
    kafka: KafkaSettings, *, prefix: str, hub_key: HubKey | None
) -> list[Adoption]:
    """Read all policies that the hub adopted. Raises Unavailable."""
    async with PolicyLog(kafka, prefix=prefix, hub_key=hub_key) as policy_log:
        return await policy_log.read_to_end()


def _unavailable(kafka: KafkaSettings, error: BaseException) -> Unavailable:
    return Unavailable(
        f"Kafka at {kafka.bootstrap_servers} does not answer about the hub's policy "
        f"({type(error).__name__}: {error}); start it with `groupage up`, create the topics with "
        f"`groupage topics`, or check {kafka.to_check}"
    )
