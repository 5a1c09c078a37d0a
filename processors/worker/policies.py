"""Follows the hub's policies: each adoption gives the worker's aggregates another history.

Between two batches the worker stores the adoption for readers, binds its aggregates to the new
history and forgets its cached states. From then on it derives older states again, those of a batch
at once and all others in the background (`processors.worker.older_states`). So every state is what
the whole log gives, also if facts that are later than the policy were folded before it came.
"""

from collections.abc import Callable
from typing import Any

import asyncpg
import faust
import structlog
from aiokafka.errors import KafkaError

from groupage.contracts.policy_log import PolicyLog
from groupage.domain.errors import Unavailable
from groupage.domain.policy_history import PolicyHistory
from groupage.store.policies import write_adoptions
from groupage.store.pool import TRANSIENT_ERRORS
from processors.worker.pipeline import Pipeline

_RETRY_S = 1.0

log = structlog.get_logger(__name__)


class PolicyFollower(faust.Service):
    """Reads the policy topic from its beginning and goes on as adoptions come."""

    def __init__(
        self,
        *,
        policy_log: PolicyLog,
        history: PolicyHistory,
        pool: asyncpg.Pool,
        pipeline: Pipeline,
        judge_by: Callable[[PolicyHistory], None],
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        """`history` is what the worker's aggregates judge by until the log says more."""
        super().__init__(**service)
        self._policy_log = policy_log
        self.history = history
        self._pool = pool
        self._pipeline = pipeline
        self._judge_by = judge_by
        self.fail = fail

    @faust.Service.task
    async def _run(self) -> None:
        while not self.should_stop:
            try:
                async with self._policy_log as policy_log:
                    while not self.should_stop:
                        if await policy_log.read_more() or self._is_behind():
                            await self._take_over()
            except (Unavailable, KafkaError, *TRANSIENT_ERRORS) as error:
                log.warning("policy_reading_retried", error=repr(error))
                await self.sleep(_RETRY_S)
            except Exception as error:
                self.fail(error)
                raise

    def _is_behind(self) -> bool:
        return len(self._policy_log.adoptions) > len(self.history.adoptions)

    async def _take_over(self) -> None:
        if not self._is_behind():
            return
        history = self.history.extended(self._policy_log.adoptions)
        async with self._pipeline.between_batches():
            await write_adoptions(self._pool, history.adoptions)
            self._judge_by(history)
        self.history = history
        newest = history.adoptions[-1]
        log.info(
            "policy_taken_over",
            digest=newest.digest,
            effective_at=newest.effective_at.isoformat(),
            by=newest.event.by,
            changes=history.number,
        )
