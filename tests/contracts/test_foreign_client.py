"""The hub reads the records of a client that knows the AsyncAPI document only.

kcat sends them where it is installed, a plain Kafka producer sends the same bytes everywhere.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from groupage.app.commands.contracts import documents
from groupage.contracts.admin import ensure_topics
from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.settings import KafkaSettings

pytestmark = pytest.mark.integration

KCAT = shutil.which("kcat")
CLIENTS = ["plain", pytest.param("kcat", marks=pytest.mark.skipif(not KCAT, reason="no kcat"))]


class ForeignClient:
    """A client that knows the document and a broker, but none of groupage's code."""

    def __init__(self, document: dict[str, Any], *, client: str) -> None:
        self._document = document
        self._client = client

    def example(self, name: str) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Return address, headers and payload of a message, with required headers only."""
        message = self._document["components"]["messages"][name]
        (example,) = message["examples"]
        required = self._document["components"]["schemas"]["CloudEventHeaders"]["required"]
        (channel_id,) = {
            operation["channel"]["$ref"].rpartition("/")[2]
            for operation in self._document["operations"].values()
            if operation["action"] == "receive"
            and any(each["$ref"].endswith(f"/messages/{name}") for each in operation["messages"])
        } - {"unit"}  # whose events may also name their consignment
        address = self._document["channels"][channel_id]["address"]
        return address, {key: example["headers"][key] for key in required}, example["payload"]

    async def send(
        self, address: str, *, key: str | None, headers: dict[str, str], value: str
    ) -> None:
        """Publish a record."""
        broker = self._document["servers"]["hub"]["host"]
        if self._client == "kcat":
            await self._with_kcat(broker, address, key=key, headers=headers, value=value)
            return
        producer = AIOKafkaProducer(bootstrap_servers=broker)
        await producer.start()
        try:
            await producer.send_and_wait(
                address,
                value=value.encode(),
                key=None if key is None else key.encode(),
                headers=[(name, text.encode()) for name, text in headers.items()],
            )
        finally:
            await producer.stop()

    async def _with_kcat(
        self, broker: str, address: str, *, key: str | None, headers: dict[str, str], value: str
    ) -> None:
        arguments = ["-P", "-b", broker, "-t", address]
        arguments += [] if key is None else ["-k", key]
        for name, text in headers.items():
            arguments += ["-H", f"{name}={text}"]
        assert KCAT
        process = await asyncio.create_subprocess_exec(
            KCAT, *arguments, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(20):
            _, errors = await process.communicate(value.encode())
        assert process.returncode == 0, errors.decode()


@pytest.fixture
async def worker(hub_environment: dict[str, str]) -> AsyncIterator[None]:
    """Run a worker as a process of its own, on the test's topics and database."""
    kafka = KafkaSettings(bootstrap_servers=hub_environment["GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"])
    await ensure_topics(kafka, prefix=hub_environment["GROUPAGE_TOPIC_PREFIX"])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from processors.worker.main import main; main()",
        env=os.environ | hub_environment,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            async with asyncio.timeout(20):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, hub_environment: dict[str, str]) -> ForeignClient:
    """Make a foreign client with the exported document."""
    server = hub_environment["GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"]
    document = json.loads(json.dumps(dict(documents(server=server))["asyncapi.json"]))
    return ForeignClient(document, client=request.param)


async def eventually(database_url: str, query: str, *arguments: object) -> asyncpg.Record:
    """Wait until a query has a row, and return the first."""
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(40):
            while True:
                row = await connection.fetchrow(query, *arguments)
                if row is not None:
                    return row
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


@pytest.mark.slow
@pytest.mark.usefixtures("worker")
async def test_the_example_of_the_document_becomes_a_state(
    client: ForeignClient, database_url: str
) -> None:
    """And a stored fact, a single one though the client sends it twice."""
    address, headers, payload = client.example("consignment.booked.v1")
    for _ in range(2):
        await client.send(
            address, key=payload["consignment_id"], headers=headers, value=json.dumps(payload)
        )
    state = await eventually(
        database_url,
        "select status, shipper from consignment where key = $1",
        payload["consignment_id"],
    )
    assert (state["status"], state["shipper"]) == ("ACCEPTED", payload["shipper"])
    fact = await eventually(
        database_url,
        "select count(*) as facts, max(source) as source from fact"
        " where kind = 'consignment' and type = 'consignment.booked'",
    )
    assert (fact["facts"], fact["source"]) == (1, headers["ce_source"])


@pytest.mark.slow
@pytest.mark.usefixtures("worker")
async def test_structured_mode_and_no_key(client: ForeignClient, database_url: str) -> None:
    """The hub also reads a record with everything in the value, one header and no key."""
    address, headers, payload = client.example("consignment.booked.v1")
    event = {name.removeprefix("ce_"): text for name, text in headers.items()} | {"data": payload}
    await client.send(
        address,
        key=None,
        headers={"content-type": "application/cloudevents+json"},
        value=json.dumps(event),
    )
    state = await eventually(
        database_url, "select status from consignment where key = $1", payload["consignment_id"]
    )
    assert state["status"] == "ACCEPTED"


@pytest.mark.slow
@pytest.mark.usefixtures("worker")
async def test_errors_become_dead_letters(
    client: ForeignClient, database_url: str, hub_environment: dict[str, str]
) -> None:
    """Each error has its code, and a reason that names the field and what would be right."""
    address, headers, payload = client.example("unit.measured.v1")
    good = json.dumps(payload)
    mistakes = {
        "bad_data": (headers, json.dumps(payload | {"gross_g": "heavy"})),
        "naive_time": (headers | {"ce_time": "2026-03-02T09:30:00"}, good),
        "unknown_type": (headers | {"ce_type": "unit.weighed.v1"}, good),
        "wrong_version": (headers | {"ce_type": "unit.measured.v9"}, good),
        "missing_attribute": ({k: v for k, v in headers.items() if k != "ce_id"}, good),
        "bad_json": (headers, "<xml/>"),
        "not_cloudevents": ({}, good),
    }
    for wrong, value in mistakes.values():
        await client.send(address, key=payload["consignment_id"], headers=wrong, value=value)
    await client.send(address, key="somebody-else", headers=headers, value=good)
    reasons = {}
    for code in (*mistakes, "wrong_key"):
        row = await eventually(database_url, "select * from dead_letter where code = $1", code)
        reasons[code] = row["reason"]
    assert "gross_g" in reasons["bad_data"]
    assert "+08:00" in reasons["naive_time"]
    assert "unit.weighed.v1" in reasons["unknown_type"]
    assert "unit.measured.v1 is understood" in reasons["wrong_version"]
    assert "ce_id is missing" in reasons["missing_attribute"]
    assert "somebody-else" in reasons["wrong_key"]
    assert payload["consignment_id"] in reasons["wrong_key"]
    copy = await _dead_letter_copy(hub_environment)
    assert {"dlq_code", "dlq_reason", "dlq_topic"} <= copy.keys()


async def _dead_letter_copy(environment: dict[str, str]) -> dict[str, bytes]:
    """Return the headers of the first record on the dead letter topic."""
    topic = environment["GROUPAGE_TOPIC_PREFIX"] + DEAD_LETTER_TOPIC
    consumer = AIOKafkaConsumer(
        bootstrap_servers=environment["GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"],
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(4)])
        async with asyncio.timeout(20):
            record = await consumer.getone()
            return dict(record.headers)
    finally:
        await consumer.stop()
