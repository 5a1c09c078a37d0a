"""Ids that Kafka gives to its cluster and to each topic: a topic that is created again has another.

Kafka's metadata has topic ids since version 2.8 (KIP-516). aiokafka 0.14 asks for version 5 of that
answer at most, which has none, so the newer version is described here, in aiokafka's terms.
https://kafka.apache.org/protocol#The_Messages_Metadata
"""

import asyncio
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID

from aiokafka import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from groupage.domain.errors import Unavailable
from groupage.settings import KafkaSettings

_TIMEOUT_S = 10.0
_NO_ID = UUID(int=0)


class _Uuid(AbstractType[UUID]):  # type: ignore[misc] # untyped
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: Any) -> UUID:
        return UUID(bytes=data.read(16))


_PARTITION = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline_replicas", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPIC = (
    ("error_code", Int16),
    ("topic", CompactString("utf-8")),
    ("topic_id", _Uuid),
    ("is_internal", Boolean),
    ("partitions", CompactArray(*_PARTITION)),
    ("authorized_operations", Int32),
    ("tags", TaggedFields),
)
_BROKER = (
    ("node_id", Int32),
    ("host", CompactString("utf-8")),
    ("port", Int32),
    ("rack", CompactString("utf-8")),
    ("tags", TaggedFields),
)
_WANTED = (("topic_id", _Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields))


class _Response(Response):  # type: ignore[misc] # untyped
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(*_BROKER)),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        ("topics", CompactArray(*_TOPIC)),
        ("tags", TaggedFields),
    )


class _RequestStruct(RequestStruct):  # type: ignore[misc] # untyped
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", CompactArray(*_WANTED)),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_RequestStruct]):  # type: ignore[misc] # untyped
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_RequestStruct]) -> _RequestStruct:
        wanted: list[Any] = [(_NO_ID, topic, {}) for topic in self._topics]
        return request_struct_class(wanted, False, False, {})  # noqa: FBT003 - their names are above


class LogIds(NamedTuple):
    """The ids of a cluster and its topics."""

    cluster_id: str
    topics: Mapping[str, UUID | None]
    """By name; None: there is no such topic. Empty for a broker that has no topic ids."""


class TopicIds:
    """Asks Kafka for ids; an async context manager, which connects when it is first asked."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: AIOKafkaClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; the next question opens another."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def read(self, topics: Collection[str]) -> LogIds:
        """Return the ids of these topics, which have the hub's prefix. Raises Unavailable."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._read(topics)
        except (KafkaError, TimeoutError, OSError) as error:
            await self.close()
            raise Unavailable(
                f"Kafka at {self._kafka.bootstrap_servers} does not give the ids of its topics "
                f"({type(error).__name__}: {error}); check {self._kafka.to_check}"
            ) from error

    async def _read(self, topics: Collection[str]) -> LogIds:
        if self._client is None:
            client = AIOKafkaClient(**self._kafka.client_kwargs(), client_id="groupage-topic-ids")
            self._client = client
            await client.bootstrap()
        try:
            answer = await self._client.send(
                self._client.get_random_node(), _MetadataRequest(topics)
            )
        except (IncompatibleBrokerVersion, NotImplementedError):
            return LogIds("", {})
        found = {
            name: None if topic_id == _NO_ID else topic_id
            for _, name, topic_id, *_ in answer.topics
        }
        return LogIds(answer.cluster_id or "", found)
