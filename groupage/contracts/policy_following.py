"""Follow the hub's policies in a process that has no aggregates: the gateway, the clock."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from aiokafka.errors import KafkaError

from groupage.contracts.policy_log import PolicyLog
from groupage.domain.errors import Unavailable
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory

_RETRY_S = 5.0

log = structlog.get_logger(__name__)


class PolicyFollower:
    """Calls `judge_by` with each policy that comes into force."""

    def __init__(
        self,
        policy_log: PolicyLog,
        *,
        wall: bool,
        in_force: Policy,
        judge_by: Callable[[Policy], None],
    ) -> None:
        """`wall`: the hub's clock is the time of day; else the newest policy counts.

        `in_force` counts until the log says more.
        """
        self._log = policy_log
        self._wall = wall
        self._in_force = in_force
        self._judge_by = judge_by
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._task = asyncio.create_task(self._run(), name="policy")

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                async with self._log as policy_log:
                    while True:
                        await policy_log.read_more()
                        self._update()
            except (Unavailable, KafkaError) as error:
                log.info("policy_not_read", error=repr(error))
                await asyncio.sleep(_RETRY_S)

    def _update(self) -> None:
        history = PolicyHistory(self._in_force, self._log.adoptions)
        policy = history.at(datetime.now(UTC)) if self._wall else history.newest
        if history.adoptions and policy != self._in_force:
            self._in_force = policy
            self._judge_by(policy)
            log.info("policy_in_force", digest=history.adoptions[-1].digest)
