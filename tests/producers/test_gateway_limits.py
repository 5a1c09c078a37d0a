"""Limits of the gateway: size, rate, bytes in flight, heads; no Kafka, no token, SIGTERM."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from tests.producers.gateway_process import BATCH, STRUCTURED, Running, StartGateway, event

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]


pytestmark = pytest.mark.integration


async def test_size_limits(start_gateway: StartGateway) -> None:
    """Too many bytes, announced or streamed, and too many items are 413."""
    gateway = await start_gateway(gateway_max_body_bytes=4096, gateway_max_batch_items=3)
    await gateway.ready()
    large = event(dock="x" * 5_000)
    announced = await gateway.client.post("/v1/events", json=large, headers=STRUCTURED)

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 1_000

    streamed = await gateway.client.post("/v1/events", content=stream(), headers=STRUCTURED)
    many = await gateway.client.post(
        "/v1/events:batch", json=[event(str(n)) for n in range(4)], headers=BATCH
    )
    assert [announced.status_code, streamed.status_code, many.status_code] == [413] * 3
    assert "4096" in announced.json()["detail"]


async def test_rate_limit(start_gateway: StartGateway) -> None:
    """Beyond the burst a client gets 429 and Retry-After."""
    gateway = await start_gateway(gateway_rate_per_s=0.5, gateway_rate_burst=2)
    await gateway.ready()
    answers = [
        await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 2


async def test_a_full_gateway_answers_503_instead_of_growing(start_gateway: StartGateway) -> None:
    """While an unfinished body uses up the budget, another gets 503 and Retry-After; later 202."""
    gateway = await start_gateway(gateway_max_in_flight_bytes=2**20)
    await gateway.ready()
    gate = asyncio.Event()

    sent = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"[" + b" " * 900_000
        sent.set()
        await gate.wait()
        yield b"]"

    held = asyncio.create_task(
        gateway.client.post("/v1/events:batch", content=slow(), headers=BATCH)
    )
    # Only when it is admitted: before that, the others would use up the budget.
    async with asyncio.timeout(20):
        await sent.wait()
        await asyncio.sleep(0.5)
        probe = b"[" + b" " * 400_000 + b"]"
        while True:
            answer = await gateway.client.post("/v1/events:batch", content=probe, headers=BATCH)
            if answer.status_code == 503:
                break
            await asyncio.sleep(0.05)
    assert answer.headers["retry-after"] == "1"
    gate.set()
    assert (await held).status_code == 202
    again = await gateway.client.post("/v1/events:batch", content=probe, headers=BATCH)
    assert again.status_code == 202


async def test_without_kafka_it_starts_and_answers_503(start_gateway: StartGateway) -> None:
    """It is alive but not ready; 503 says when to retry and what to check."""
    gateway = await start_gateway(
        kafka_bootstrap_servers="127.0.0.1:9", gateway_publish_timeout_s=1
    )
    assert (await gateway.client.get("/healthz")).status_code == 200
    assert (await gateway.client.get("/readyz")).status_code == 503
    answer = await gateway.client.post("/v1/events", json=event(), headers=STRUCTURED)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "127.0.0.1:9" in answer.json()["detail"]


async def test_a_token_where_one_is_set(start_gateway: StartGateway) -> None:
    """Without it every route but the probes answers 401, with it the event gets 202."""
    token = "f00dfeed0123456789ab"
    gateway = await start_gateway(gateway_token=token)
    await gateway.ready()
    without = [
        await gateway.client.request(method, path)
        for method, path in (
            ("POST", "/v1/events"),
            ("POST", "/v1/events:batch"),
            ("POST", "/capture"),
            ("GET", "/capture"),
            ("GET", "/capture/1"),
            ("GET", "/v1/schemas"),
            ("GET", "/v1/schemas/unit.received.v1"),
            ("GET", "/openapi.json"),
            ("GET", "/metrics"),
        )
    ]
    bearer = STRUCTURED | {"authorization": f"Bearer {token}"}
    with_it = await gateway.client.post("/v1/events", json=event(), headers=bearer)
    metrics = await gateway.client.get("/metrics", headers=bearer)
    assert [answer.status_code for answer in without] == [401] * 9
    assert with_it.status_code == 202
    assert 'groupage_gateway_requests_total{outcome="unauthorized"} 9.0' in metrics.text
    assert "checks" not in (await gateway.client.get("/readyz")).json()
    assert (await gateway.client.get("/readyz", headers=bearer)).json()["checks"]["kafka"] is True


async def test_requests_in_flight_are_answered_on_sigterm(
    gateway: Running, read_topic: ReadTopic
) -> None:
    """The gateway publishes and answers a batch in flight before it exits with status 0."""
    items = [event(f"t-{number}") for number in range(3_000)]
    request = asyncio.create_task(
        gateway.client.post("/v1/events:batch", json=items, headers=BATCH)
    )
    await asyncio.sleep(0.05)
    gateway.process.send_signal(signal.SIGTERM)
    answer = await request
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 3_000
    assert await gateway.stop() == 0
    assert len(await read_topic("hub.unit.v1")) == 3_000


async def test_a_head_has_a_size(gateway: Running) -> None:
    """The gateway disconnects a client that never ends its headers."""
    port = gateway.client.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nX-Long: ")
    async with asyncio.timeout(20):
        for _ in range(5):
            writer.write(b"x" * 16_384)
            await writer.drain()
            await asyncio.sleep(0.02)
        answer = await reader.read(1_000)
    assert b"over 65536 bytes" in answer
    writer.close()
    assert (await gateway.client.get("/healthz")).status_code == 200
