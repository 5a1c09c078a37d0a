"""Ends the worker when Kafka's log is not the one to which the stored offsets belong."""

from collections.abc import Callable, Collection
from typing import Any

import asyncpg
import faust
import stamina
import structlog

from groupage.contracts.topic_ids import TopicIds
from groupage.domain.errors import Unavailable
from groupage.settings import KafkaSettings
from groupage.store.log_identity import note_log, require_same_log
from groupage.store.pool import TRANSIENT_ERRORS

_RETRY_S_MAX = 2.0
_WATCH_EVERY_S = 5.0
_AWAY: tuple[type[Exception], ...] = (Unavailable, *TRANSIENT_ERRORS)

log = structlog.get_logger(__name__)


class LogGuard(faust.Service):
    """Compares the ids of the topics that the worker reads with those beside the offsets."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        kafka: KafkaSettings,
        prefix: str,
        topics: Collection[str],
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        """`topics` are without the prefix."""
        super().__init__(**service)
        self._pool = pool
        self._prefix = prefix
        self._topics = [prefix + topic for topic in topics]
        self._ids = TopicIds(kafka)
        self.fail = fail

    async def begin(self) -> None:
        """Note ids that are not known yet, then check. Raises Misconfigured, Unavailable."""
        ids = await self._ids.read(self._topics)
        await note_log(self._pool, ids, prefix=self._prefix)
        await require_same_log(self._pool, ids, prefix=self._prefix)

    async def check(self, *, patience_s: float) -> None:
        """Compare the ids. Raises Misconfigured, and Unavailable after that time."""
        async for attempt in stamina.retry_context(
            on=_AWAY,
            attempts=None,
            timeout=patience_s,
            wait_max=_RETRY_S_MAX,
        ):
            with attempt:
                await self._check()

    async def _check(self) -> None:
        ids = await self._ids.read(self._topics)
        await require_same_log(self._pool, ids, prefix=self._prefix)

    async def on_stop(self) -> None:
        """Close the connection to Kafka."""
        await self._ids.close()

    @faust.Service.task
    async def _watch(self) -> None:
        """Also while the worker keeps its partitions: aiokafka reads on without an error."""
        while not self.should_stop:
            await self.sleep(_WATCH_EVERY_S)
            try:
                await self._check()
            except _AWAY as error:
                log.debug("log_not_compared", error=repr(error))
            except Exception as error:
                self.fail(error)
                raise
