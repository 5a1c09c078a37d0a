"""Fold and commit: while PostgreSQL writes a batch, the worker folds the next one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from groupage.domain.events.base import AggregateKind
from groupage.domain.policy_history import PolicyHistory
from groupage.settings import ProcessorSettings
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.telemetry import metrics
from processors.kernel.aggregate import Aggregate
from processors.worker.assignment import Assignment
from processors.worker.batch import Batch
from processors.worker.cache import StateCache
from processors.worker.commit import Fenced, commit
from processors.worker.fold import Folder
from processors.worker.older_states import PolicyUnknown
from processors.worker.write_batch import WriteBatch

_WAIT_S_MAX = 2.0
_WAIT_S_FIRST = 0.05
_RECOVERABLE: tuple[type[Exception], ...] = (Fenced, PolicyUnknown, *TRANSIENT_ERRORS)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Hooks:
    """Calls from the pipeline to its surroundings."""

    reset: Callable[[], Awaitable[None]]
    """Start again from the stored offsets."""
    committed: Callable[[WriteBatch], None]
    """Called after each commit."""
    wake: Callable[[], Coroutine[Any, Any, None]]
    """Send an empty batch, so that `take` sees how the last commit ended."""


class Pipeline:
    """Takes batches in order. After a failure the intake fetches again from the stored offsets."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        aggregates: MutableMapping[AggregateKind, Aggregate[Any]],
        settings: ProcessorSettings,
        assignment: Assignment,
        hooks: Hooks,
        publishes: bool = True,
    ) -> None:
        """With `publishes` false the outbox stays empty (for a rebuild)."""
        self._pool = pool
        self._aggregates = aggregates
        self._assignment = assignment
        self._hooks = hooks
        self._publishes = publishes
        self._timeout_s = settings.commit_timeout_s
        self._epoch = -1
        self._commit: asyncio.Task[None] | None = None
        self._waker: asyncio.Task[None] | None = None
        self._failures = 0
        self._turn = asyncio.Lock()
        self._folder = Folder(
            pool=pool,
            aggregates=aggregates,
            cache=StateCache(
                states_max=settings.cached_states_max, bytes_max=settings.cached_bytes_max
            ),
            assignment=assignment,
            wait_for_commit=self.wait_for_commit,
        )
        self.deadlines = self._folder.deadlines

    async def take(self, batch: Batch) -> None:
        """Fold the batch and start its commit. Returns when the next batch may come.

        After a fence or a transient error the pipeline starts again from the stored offsets. Any
        other error is a bug and is raised.
        """
        async with self._turn:
            try:
                await self._take(batch)
            except _RECOVERABLE as error:
                await self._recover(error)

    @asynccontextmanager
    async def between_batches(self) -> AsyncIterator[None]:
        """Run the block while no batch is folded or committed; the next batch waits for it."""
        async with self._turn:
            if self._commit:
                await asyncio.wait((self._commit,))  # `take` handles its error
            yield

    async def _take(self, batch: Batch) -> None:
        if self._epoch != self._assignment.epoch:
            # The partitions moved. Only the commit under way may still succeed.
            await self._end_commit()
            self._folder.forget()
            self._epoch = self._assignment.epoch
        writes = None
        if batch.parts and batch.epoch == self._epoch:
            writes = await self._folder.fold(batch)
        await self.wait_for_commit()
        if writes and writes.offsets and self._epoch == self._assignment.epoch:
            if not self._publishes:
                writes.outbox.clear()
            self._folder.begin_commit(writes)
            self._commit = asyncio.create_task(self._write(writes))

    async def wait_for_commit(self) -> None:
        """Wait until the batch before is committed. Raises the error of its commit."""
        if self._commit is None:
            return
        task, self._commit = self._commit, None
        await task
        self._failures = 0

    def judge_by(self, policies: PolicyHistory) -> None:
        """Bind the aggregates to these policies; call it between batches."""
        for kind, aggregate in self._aggregates.items():
            self._aggregates[kind] = aggregate.under(policies)
        self._folder.forget()

    def health(self) -> bool | str:
        """Return True, or say how many commits failed in a row."""
        return not self._failures or f"{self._failures} commits in a row failed, see the log"

    async def stop(self) -> None:
        """Let the commit under way end; its failure no longer matters."""
        await self._end_commit()
        if self._waker:
            self._waker.cancel()

    async def _end_commit(self) -> None:
        try:
            await self.wait_for_commit()
        except _RECOVERABLE as error:
            log.info("commit_abandoned", error=repr(error))

    async def _write(self, writes: WriteBatch) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await commit(self._pool, writes)
        except BaseException:
            # Without another batch, `take` would never see this error.
            self._waker = asyncio.create_task(self._hooks.wake())
            raise
        self._hooks.committed(writes)

    async def _recover(self, error: Exception) -> None:
        if isinstance(error, Fenced):
            metrics.FENCED_BATCHES.labels("worker").inc()
            log.info("batch_fenced", epoch=self._epoch)
        else:
            self._failures += 1
            wait_s = min(_WAIT_S_MAX, _WAIT_S_FIRST * 2**self._failures)
            log.warning("batch_retried", error=repr(error), failures=self._failures, wait_s=wait_s)
            await asyncio.sleep(wait_s)
        await self._end_commit()
        self._folder.forget()
        await self._hooks.reset()
