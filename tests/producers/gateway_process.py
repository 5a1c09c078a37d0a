"""Real gateway processes for tests, and a valid event to send them."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import pytest

from groupage.settings import KafkaSettings

StartGateway = Callable[..., Coroutine[Any, Any, "Running"]]


STRUCTURED = {"content-type": "application/cloudevents+json"}


BATCH = {"content-type": "application/cloudevents-batch+json"}


class Running:
    """A gateway process and an HTTP client for it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url
        self.client = httpx.AsyncClient(base_url=url, timeout=30)

    async def ready(self) -> None:
        """Wait until the gateway has reached Kafka."""
        async with asyncio.timeout(30):
            while (await self.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def stop(self) -> int:
        """Send SIGTERM; return the exit status."""
        await self.client.aclose()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            return await self.process.wait()


@pytest.fixture
async def start_gateway(kafka: KafkaSettings, topic_prefix: str) -> AsyncIterator[StartGateway]:
    """Starts real gateway processes with settings of the test; ends them all."""
    running: list[Running] = []

    async def start(**settings: object) -> Running:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        variables = {
            "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "GROUPAGE_TOPIC_PREFIX": topic_prefix,
            "GROUPAGE_GATEWAY_PORT": str(port),
            **{f"GROUPAGE_{name.upper()}": str(value) for name, value in settings.items()},
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from producers.gateway.main import main; main()",
            env=os.environ | variables,
            stderr=asyncio.subprocess.DEVNULL,
        )
        gateway = Running(process, f"http://127.0.0.1:{port}")
        running.append(gateway)
        async with asyncio.timeout(30):
            while True:
                try:
                    await gateway.client.get("/healthz")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        return gateway

    yield start
    for gateway in running:
        await gateway.stop()


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Running:
    """One gateway with default settings, connected."""
    started = await start_gateway()
    await started.ready()
    return started


def event(event_id: str = "e-1", **data: object) -> dict[str, Any]:
    """Build a valid CloudEvent; `data` adds or replaces fields of its data."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/wms/1",
        "type": "unit.received.v1",
        "time": "2026-03-01T08:00:00+08:00",
        "data": {"unit_id": "106141412345678908", **data},
    }
