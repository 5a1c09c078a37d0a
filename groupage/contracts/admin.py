"""Create missing topics from the topic table, and compare existing ones with it.

The broker's clock stamps records (``LogAppendTime``). So the wrong clock of a sender, or that of
the simulator, can neither expire records early nor make Kafka refuse them, and the stamp is the
time when groupage took the event in.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import stamina
import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from groupage.contracts.topics import TOPICS, Topic
from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import KafkaSettings

BUDGET_S = 60.0
START_PATIENCE_S = 20.0
"""For processes that start: as long as a broker needs to come back after kill -9."""
_POLL_S = 0.1
_RETRY_S_MAX = 0.5
_INSYNC_REPLICAS_FROM = 3

log = structlog.get_logger(__name__)


class TopicsDiffer(Misconfigured):
    """Topics differ from the topic table. Correct them with kafka-topics.sh or kafka-configs.sh."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A property of a topic that differs from the table."""

    topic: str
    aspect: str
    wanted: str
    """Empty: the topic is missing, and `found` says so."""
    found: str

    @property
    def message(self) -> str:
        """Say it for people."""
        if not self.wanted:
            return f"{self.topic} is {self.found}: `groupage topics` creates it"
        return f"{self.topic}: {self.aspect} is {self.found}, the topic table wants {self.wanted}"


class TopicReport(msgspec.Struct, frozen=True, kw_only=True):
    """The topics that were created, those that existed, and the differences."""

    created: tuple[str, ...]
    present: tuple[str, ...]
    differences: tuple[Difference, ...]

    def require_equal(self) -> None:
        """Raises TopicsDiffer, naming every difference."""
        if self.differences:
            raise TopicsDiffer("\n".join(difference.message for difference in self.differences))


def configs_of(topic: Topic, *, replication_factor: int = 1) -> dict[str, str]:
    """Return Kafka's topic configuration, in full: the broker's defaults do not matter."""
    retention_ms = -1 if topic.retention is None else int(topic.retention.total_seconds() * 1_000)
    configs = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(retention_ms),
        "retention.bytes": "-1",
        "max.message.bytes": str(topic.max_message_bytes),
        "message.timestamp.type": "LogAppendTime",
    }
    if replication_factor >= _INSYNC_REPLICAS_FROM:
        # With acks=all a record then has two copies, also while one replica is away.
        configs["min.insync.replicas"] = "2"
    return configs


async def ensure_topics(
    kafka: KafkaSettings,
    *,
    prefix: str = "",
    replication_factor: int = 1,
    topics: Iterable[Topic] = TOPICS,
    create: bool = True,
    budget_s: float = BUDGET_S,
    patience_s: float = 0.0,
) -> TopicReport:
    """Create the topics that are missing and compare the others; never change existing ones.

    With `create` false, a missing topic is a difference. While Kafka cannot be reached, this tries
    again for `patience_s` seconds, because processes start while it restarts. Raises Unavailable
    when Kafka does not answer within `budget_s` seconds, Misconfigured when it refuses.
    """
    wanted = {prefix + topic.name: topic for topic in topics}
    try:
        async with asyncio.timeout(budget_s), _admin(kafka, patience_s) as admin:
            existing = set(await admin.list_topics()) & wanted.keys()
            missing = [name for name in wanted if name not in existing]
            if create and missing:
                await _create(admin, {name: wanted[name] for name in missing}, replication_factor)
            differences = [] if create else [_absence(name, kafka) for name in missing]
            present = {name: wanted[name] for name in wanted if name in existing}
            differences += await _compare(admin, present, replication_factor)
    except (TimeoutError, KafkaError, OSError) as error:
        within = f" within {budget_s:g} s" if isinstance(error, TimeoutError) else ""
        raise Unavailable(
            f"Kafka at {kafka.bootstrap_servers} does not answer{within} "
            f"({type(error).__name__}: {error}); start it with `groupage up`, or check "
            f"{kafka.to_check}"
        ) from error
    report = TopicReport(
        created=tuple(missing) if create else (),
        present=tuple(present),
        differences=tuple(differences),
    )
    log.info(
        "topics_checked",
        created=len(report.created),
        present=len(report.present),
        differences=[difference.message for difference in report.differences],
    )
    return report


@asynccontextmanager
async def _admin(kafka: KafkaSettings, patience_s: float) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**kafka.client_kwargs())
    try:
        async for attempt in stamina.retry_context(
            on=KafkaConnectionError,
            attempts=None if patience_s else 1,
            timeout=patience_s or None,
            wait_max=_RETRY_S_MAX,
        ):
            with attempt:
                if attempt.num > 1:  # aiokafka cannot start a client a second time
                    await admin.close()
                    admin = AIOKafkaAdminClient(**kafka.client_kwargs())
                await admin.start()
        yield admin
    finally:
        await admin.close()


async def _create(
    admin: AIOKafkaAdminClient, wanted: dict[str, Topic], replication_factor: int
) -> None:
    response = await admin.create_topics(
        [
            NewTopic(
                name=name,
                num_partitions=topic.partitions,
                replication_factor=replication_factor,
                topic_configs=configs_of(topic, replication_factor=replication_factor),
            )
            for name, topic in wanted.items()
        ]
    )
    for name, code, *detail in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            reason = " ".join([for_code(code).__name__, *map(str, detail)])
            raise Misconfigured(f"Kafka refuses topic {name}: {reason}")
    await _await_leaders(admin, list(wanted))


async def _await_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Wait: a topic may have no leader at first, and a producer would fail on it."""
    while True:
        described = await admin.describe_topics(names)
        led = all(
            entry["error_code"] == 0
            and entry["partitions"]
            and all(p["leader"] >= 0 and p["error_code"] == 0 for p in entry["partitions"])
            for entry in described
        )
        if led and len(described) == len(names):
            return
        await asyncio.sleep(_POLL_S)


def _absence(name: str, kafka: KafkaSettings) -> Difference:
    found = "missing"
    if kafka.uses_sasl or kafka.uses_tls:
        found += ", or Kafka's access rules hide it from this account"
    return Difference(topic=name, aspect="the topic", wanted="", found=found)


async def _compare(
    admin: AIOKafkaAdminClient, wanted: dict[str, Topic], replication_factor: int
) -> list[Difference]:
    if not wanted:
        return []
    differences = []
    for entry in await admin.describe_topics(list(wanted)):
        differences += _partition_differences(entry, wanted[entry["topic"]])
    found = await _configs(admin, list(wanted))
    for name, topic in wanted.items():
        for config, value in configs_of(topic, replication_factor=replication_factor).items():
            if (actual := found[name].get(config, "unknown")) != value:
                differences.append(
                    Difference(topic=name, aspect=config, wanted=value, found=actual)
                )
    return differences


def _partition_differences(entry: dict[str, Any], topic: Topic) -> list[Difference]:
    count = len(entry["partitions"])
    if count == topic.partitions:
        return []
    return [
        Difference(
            topic=entry["topic"],
            aspect="number of partitions",
            wanted=str(topic.partitions),
            found=str(count),
        )
    ]


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):
        for code, detail, _, name, entries in response.resources:
            if code:
                raise Misconfigured(
                    f"Kafka does not return the configuration of {name}: "
                    f"{for_code(code).__name__} {detail}"
                )
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found
