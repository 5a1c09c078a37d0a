"""The gateway's connection to Kafka, made in the background: the gateway starts without it."""

import asyncio
from collections.abc import Sequence

import structlog

from groupage.domain.errors import GroupageError, Unavailable
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.dead_letters import DeadLetter
from producers.publisher import Outcome, Publisher

_RETRY_S = 1.0
_CHECK_TIMEOUT_S = 3.0

log = structlog.get_logger(__name__)


class Link:
    """A publisher that may not be there yet."""

    def __init__(self, settings: KafkaSettings, *, prefix: str, timeout_s: float) -> None:
        self._settings = settings
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._publisher: Publisher | None = None
        self._connecting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._connecting = asyncio.create_task(self._connect(), name="kafka-link")

    async def stop(self) -> None:
        """Flush and close."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting], timeout=2.0)
        if self._publisher is not None:
            await self._publisher.stop()

    async def check(self) -> bool | str:
        """True when the broker answers, else a sentence."""
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                await self._connected().check()
        except TimeoutError:
            servers = self._settings.bootstrap_servers
            return f"Kafka at {servers} gave no answer within {_CHECK_TIMEOUT_S:g} s"
        except GroupageError as error:
            return str(error)
        return True

    async def publish(self, facts: Sequence[Fact]) -> list[Outcome]:
        """An outcome for each fact. Raises Unavailable while Kafka was never reached."""
        return await self._connected().publish_many(facts)

    async def quarantine(self, letters: Sequence[DeadLetter]) -> None:
        """Put aside. Raises Unavailable."""
        await self._connected().quarantine(letters)

    def _connected(self) -> Publisher:
        if self._publisher is None:
            raise Unavailable(
                f"Kafka at {self._settings.bootstrap_servers} was not reached yet; "
                "check that it runs (`groupage doctor`), and send again"
            )
        return self._publisher

    async def _connect(self) -> None:
        while self._publisher is None:
            publisher = Publisher(self._settings, prefix=self._prefix, timeout_s=self._timeout_s)
            try:
                await publisher.start()
            except GroupageError as error:
                log.warning("kafka_not_reached", error=str(error), retry_s=_RETRY_S)
                await asyncio.sleep(_RETRY_S)
            else:
                self._publisher = publisher
                log.info("kafka_reached", servers=publisher.servers)
