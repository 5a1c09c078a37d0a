"""The log of a hub of 0.2.0, rebuilt after the upgrade, gives the tables that the upgrade made.

`released_logs/0.2.0.json.gz` has the tables of a small hub, in the form of `released_hub`, and each
record that its workers had read. Its senders wrote ids of units in eleven forms (labels with
symbology identifiers, URNs, links of several hosts), with wrong check digits and wrong containers.
0.2.0 signed nothing, so that the records mean the same under any prefix. Nobody edits the file.
"""

import gzip
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from groupage.contracts.admin import ensure_topics
from groupage.domain.policy import Policy
from groupage.settings import DatabaseSettings, KafkaSettings, ProcessorSettings, TopicSettings
from groupage.store.pool import create_pool
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from processors.worker.app import WorkerSettings
from tests.hub_key import hub_settings
from tests.processors.stream import released_hub
from tests.processors.stream.test_released_hubs import upgrade

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

FILE = Path(__file__).parent / "released_logs" / "0.2.0.json.gz"


class StoredRecord(msgspec.Struct, array_like=True):
    """A record of the log; its topic without the hub's prefix."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


class ReleasedLog(released_hub.ReleasedHub, kw_only=True):
    """The tables of a hub and the log that gives them."""

    records: list[StoredRecord]


async def send(records: list[StoredRecord], settings: WorkerSettings) -> None:
    """Put the records at their offsets, into topics that are empty."""
    prefix = settings.topics.prefix
    async with AIOKafkaProducer(**settings.kafka.client_kwargs()) as producer:
        for record in sorted(records, key=lambda each: each.offset):
            sent = await producer.send_and_wait(
                prefix + record.topic,
                value=record.value,
                key=record.key,
                headers=record.headers,
                partition=record.partition,
                timestamp_ms=record.timestamp_ms,
            )
            assert sent.offset == record.offset


async def test_the_log_of_a_release_rebuilds_to_the_upgraded_tables(
    kafka_bootstrap: str, empty_database_url: str, topic_prefix: str
) -> None:
    """Subjects, keys, dead letters and states are equal, in whatever form the ids were written."""
    settings = WorkerSettings(
        kafka=KafkaSettings(bootstrap_servers=kafka_bootstrap),
        database=DatabaseSettings(url=empty_database_url),
        topics=TopicSettings(prefix=topic_prefix),
        hub=hub_settings(),
        processor=ProcessorSettings(batch_wait_s=0.02),
    )
    hub = msgspec.json.decode(gzip.decompress(FILE.read_bytes()), type=ReleasedLog)
    await ensure_topics(settings.kafka, prefix=topic_prefix)
    await send(hub.records, settings)
    await released_hub.restore(hub, empty_database_url)
    await upgrade(empty_database_url)
    report = await rebuild(
        settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None
    )
    assert report.equal, report.tables
    pool = await create_pool(settings.database, application_name="test")
    try:
        keys = await pool.fetch(
            "select distinct key from fact where kind = 'unit' and subject = '350000000000000037'"
        )
    finally:
        pool.terminate()
    assert [row["key"] for row in keys] == ["(00)350000000000000037"]
