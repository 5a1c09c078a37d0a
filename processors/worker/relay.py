"""Relay: publishes the outbox to Kafka. The worker that holds a partition relays its messages."""

from collections.abc import Callable
from typing import Any

import asyncpg
import faust

from groupage.contracts.signing import HubKey
from groupage.settings import KafkaSettings
from groupage.store.relay import OutboxRelay
from processors.worker.assignment import Assignment

_MESSAGES_MAX = 2_000


class Relay(faust.Service):
    """Publishes the outbox rows of the partitions that this worker holds."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        prefix: str,
        hub_key: HubKey,
        pool: asyncpg.Pool,
        assignment: Assignment,
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        """`fail` ends the worker: if it cannot publish, another one must take its partitions."""
        super().__init__(**service)
        self._outbox = OutboxRelay(
            kafka=kafka,
            prefix=prefix,
            hub_key=hub_key,
            pool=pool,
            held=lambda: assignment.partitions,
            messages_max=_MESSAGES_MAX,
            counts_backlog=True,
            client_id="groupage-relay",
            max_batch_size=256 * 2**10,
        )
        self.wake = self._outbox.wake
        self.fail = fail

    @faust.Service.task
    async def _run(self) -> None:
        try:
            await self._outbox.run()
        except Exception as error:
            self.fail(error)
            raise
