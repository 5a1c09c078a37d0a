"""A worker under test, and a producer that feeds it."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from groupage.app.bench.servers import Hub, Servers
from groupage.contracts.encoding import Record, encode
from groupage.contracts.provenance import is_own
from groupage.domain.errors import Unavailable
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings

TOPIC = "hub.consignment.v1"


@contextmanager
def running_worker(hub: Hub, name: str = "processors") -> Iterator["subprocess.Popen[bytes]"]:
    """Run a processor worker, or another process of the hub; stop it afterwards."""
    process = subprocess.Popen(  # noqa: S603 - our own processes
        [sys.executable, "-m", "groupage", "run", name], env=hub.environment
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def require_running(worker: "subprocess.Popen[bytes]") -> None:
    """Raise Unavailable if the process has ended."""
    if worker.poll() is not None:
        raise Unavailable(f"a process ended with status {worker.returncode}; its log is above")


@contextlib.asynccontextmanager
async def batching_producer(
    servers: Servers, *, linger_ms: int = 20
) -> AsyncIterator[AIOKafkaProducer]:
    """Start a producer that batches; flush and close it afterwards."""
    kafka = KafkaSettings(bootstrap_servers=servers.bootstrap_servers)
    producer = AIOKafkaProducer(
        **kafka.client_kwargs(),
        linger_ms=linger_ms,
        max_batch_size=256 * 2**10,
        enable_idempotence=True,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def record_of(fact: Fact, hub: Hub) -> Record:
    """Encode a fact as its sender does: the hub's own processes sign theirs.

    All on one topic, in the order in which they happen: the hub's messages, too, as versions before
    0.3.0 published them. The other engines of the benchmark read a single topic.
    """
    record = encode(fact, topic=TOPIC)
    headers = record.headers
    if is_own(fact):
        headers = hub.hub_key.sign(record.topic, headers, record.value)
    return msgspec.structs.replace(record, topic=hub.prefix + record.topic, headers=headers)


async def send(producer: AIOKafkaProducer, record: Record) -> "asyncio.Future[Any]":
    """Queue a record; the future gives its partition and offset."""
    acknowledged: asyncio.Future[Any] = await producer.send(
        record.topic, value=record.value, key=record.key, headers=list(record.headers)
    )
    return acknowledged
