"""Senders that survive a killed server: an event counts as sent once the server has accepted it."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Self

import httpx
from aiokafka.errors import KafkaError

from groupage.contracts.encoding import envelope_json
from groupage.contracts.signing import HubKey
from groupage.domain.errors import GroupageError
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.simulator.kafka_sink import Ticker

CHUNK_FACTS = 100
PATIENCE_S = 150.0
_REQUEST_TIMEOUT_S = 15.0
_PAUSE_S = 0.3
_CLOSE_S = 3.0
_HEADERS = {"Content-Type": "application/cloudevents-batch+json"}

FactId = tuple[str, str]
"""Source and event id."""


class HonestClient:
    """Posts facts to the gateway, and posts again each that got no answer."""

    def __init__(self, gateway_url: str) -> None:
        self._url = f"{gateway_url}/v1/events"
        self._client = httpx.AsyncClient(timeout=_REQUEST_TIMEOUT_S, headers=_HEADERS)
        self.accepted: dict[FactId, Fact] = {}
        """Events that the gateway has accepted, by identity."""
        self.answers: Counter[str] = Counter()
        """Items by outcome; requests without an answer as ``unanswered request``."""
        self.otherwise: list[dict[str, Any]] = []
        """Answers that are neither `accepted` nor `unavailable`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def encode(self, facts: Sequence[Fact]) -> Sequence[Fact]:
        """Return the facts as they are: each attempt to send builds its own batch."""
        return facts

    async def send(self, facts: Sequence[Fact]) -> None:
        """Post the facts until the gateway has answered each."""
        for start in range(0, len(facts), CHUNK_FACTS):
            left = list(facts[start : start + CHUNK_FACTS])
            deadline = time.monotonic() + PATIENCE_S
            while left := await self._post(left):
                assert time.monotonic() < deadline, f"the gateway does not take {len(left)} facts"
                await asyncio.sleep(_PAUSE_S)

    async def _post(self, facts: list[Fact]) -> list[Fact]:
        """Post once; returns the facts that must be posted again."""
        body = b"[" + b",".join(map(envelope_json, facts)) + b"]"
        try:
            response = await self._client.post(self._url, content=body)
            status, answer = response.status_code, response.json()
        except (httpx.TransportError, OSError, ValueError):
            self.answers["unanswered request"] += 1
            return facts
        if status not in (202, 207):
            self.answers[f"request answered {status}"] += 1
            assert status in (429, 503), answer
            return facts
        again = []
        assert len(answer["items"]) == len(facts)
        for fact, item in zip(facts, answer["items"], strict=True):
            self.answers[item["outcome"]] += 1
            if item["outcome"] == "accepted":
                self.accepted[fact.source, fact.event_id] = fact
            elif item["outcome"] == "unavailable":
                again.append(fact)
            else:
                self.otherwise.append(item)
        return again


class PatientClock:
    """Publishes each tick until Kafka has it: a repeated tick does no harm, a lost one would."""

    def __init__(self, kafka: KafkaSettings, hub_key: HubKey) -> None:
        self._kafka = kafka
        self._hub_key = hub_key
        self._ticker: Ticker | None = None
        self.repeated = 0

    async def tick(self, at: datetime) -> None:
        """Publish that it is `at` now."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self._ticker is None:
                    self._ticker = await Ticker(self._kafka, hub_key=self._hub_key).__aenter__()
                await self._ticker.tick(at)
            except (KafkaError, GroupageError, TimeoutError, OSError):
                assert time.monotonic() < deadline, "Kafka takes no ticks"
                self.repeated += 1
                await self.close()
                await asyncio.sleep(_PAUSE_S)
            else:
                return

    async def close(self) -> None:
        """Drop the connection; stop() of a producer without its broker may never return."""
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            with contextlib.suppress(TimeoutError, KafkaError, OSError):
                async with asyncio.timeout(_CLOSE_S):
                    await ticker.__aexit__(None, None, None)


def patient(backlog: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    """Report a huge backlog while the hub cannot be asked."""

    async def backlog_or_huge() -> int:
        try:
            return await backlog()
        except (GroupageError, KafkaError, OSError, TimeoutError):
            return 1_000_000

    return backlog_or_huge
