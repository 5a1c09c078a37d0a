"""The gateway's connection to Kafka, made in the background: the gateway starts without Kafka."""

import asyncio
from collections.abc import Sequence

import stamina
import structlog

from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.encoding import Record
from groupage.domain.errors import GroupageError, Unavailable
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.dead_letters import DeadLetter
from producers.publisher import Outcome, Publisher, Receipt

_RETRY_S_MAX = 1.0
_CHECK_TIMEOUT_S = 3.0
_STOP_TIMEOUT_S = 2.0

log = structlog.get_logger(__name__)


class KafkaConnection:
    """A publisher that may not be connected yet; its methods then raise Unavailable."""

    def __init__(self, settings: KafkaSettings, *, prefix: str, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._publisher: Publisher | None = None
        self._connecting: asyncio.Task[None] | None = None
        self.prefix = prefix
        """Stands before every topic's name."""

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._connecting = asyncio.create_task(self._connect(), name="kafka-connection")

    async def stop(self) -> None:
        """Flush and close."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting], timeout=_STOP_TIMEOUT_S)
        if self._publisher is not None:
            await self._publisher.stop()

    async def check(self) -> bool | str:
        """Return True when the broker answers, else a sentence."""
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                await self._require_publisher().check()
        except TimeoutError:
            servers = self._settings.bootstrap_servers
            return f"Kafka at {servers} gave no answer within {_CHECK_TIMEOUT_S:g} s"
        except GroupageError as error:
            return str(error)
        return True

    async def send(self, records: Sequence[Record]) -> list[Receipt | GroupageError]:
        """Send encoded facts; returns a receipt or an error for each, in their order."""
        return await self._require_publisher().send_records(records)

    async def publish(self, facts: Sequence[Fact]) -> list[Outcome]:
        """Publish facts that were checked; returns an outcome for each, in their order."""
        return await self._require_publisher().publish_many(facts, checked=True)

    async def capture(self, events: Sequence[CapturedEvent]) -> None:
        """Publish EPCIS events as they came."""
        await self._require_publisher().capture(events)

    async def quarantine(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Publish to the dead-letter queue."""
        await self._require_publisher().quarantine(dead_letters)

    def _require_publisher(self) -> Publisher:
        if self._publisher is None:
            raise Unavailable(
                f"Kafka at {self._settings.bootstrap_servers} was not reached yet; "
                f"check that it runs (`groupage doctor`), check {self._settings.to_check}, and "
                "send again"
            )
        return self._publisher

    @stamina.retry(on=Unavailable, attempts=None, timeout=None, wait_max=_RETRY_S_MAX)
    async def _connect(self) -> None:
        publisher = Publisher(self._settings, prefix=self.prefix, timeout_s=self._timeout_s)
        await publisher.start()
        self._publisher = publisher
        log.info("kafka_reached", servers=publisher.servers)
