"""Fold and commit, one batch ahead: while the database writes a batch the next one is folded."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from groupage.domain.events.base import AggregateKind
from groupage.settings import ProcessorSettings
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.telemetry import metrics
from processors.kernel.aggregate import Aggregate
from processors.worker.assignment import Assignment
from processors.worker.batch import Batch
from processors.worker.cache import StateCache
from processors.worker.commit import Fenced, commit
from processors.worker.fold import Folder
from processors.worker.write_batch import Effects

_WAIT_S_MAX = 2.0
_WAIT_S_FIRST = 0.05
_PASSING: tuple[type[Exception], ...] = (Fenced, *TRANSIENT_ERRORS)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Hooks:
    """What the pipeline asks of those around it."""

    reset: Callable[[], Awaitable[None]]
    """Begin again at the stored offsets."""
    committed: Callable[[Effects], None]
    """These effects are in the database."""
    wake: Callable[[], Coroutine[Any, Any, None]]
    """Let an empty batch come, so that the end of the last commit is looked at."""


class Pipeline:
    """Takes batches in order. What is lost on the way is fetched again from the stored offsets."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        cores: Mapping[AggregateKind, Aggregate[Any]],
        settings: ProcessorSettings,
        assignment: Assignment,
        hooks: Hooks,
        silent: bool = False,
    ) -> None:
        """`silent` leaves out what owners would say to others."""
        self._pool = pool
        self._assignment = assignment
        self._hooks = hooks
        self._silent = silent
        self._timeout_s = settings.commit_timeout_s
        self._epoch = -1
        self._commit: asyncio.Task[None] | None = None
        self._waker: asyncio.Task[None] | None = None
        self._failures = 0
        self._folder = Folder(
            pool=pool,
            cores=cores,
            cache=StateCache(
                states_max=settings.cached_states_max, bytes_max=settings.cached_bytes_max
            ),
            assignment=assignment,
            settled=self.settle,
        )

    async def take(self, batch: Batch) -> None:
        """Fold the batch and start its commit. Returns when the next one may come.

        Transient trouble and fences end in a fresh start; anything else is a bug and raised.
        """
        try:
            await self._take(batch)
        except _PASSING as error:
            await self._recover(error)

    async def _take(self, batch: Batch) -> None:
        if self._epoch != self._assignment.epoch:
            # The partitions moved: what is being committed may still succeed, nothing else counts.
            await self._quiet()
            self._folder.forget()
            self._epoch = self._assignment.epoch
        effects = None
        if batch.slices and batch.epoch == self._epoch:
            effects = await self._folder.fold(batch)
        await self.settle()
        if effects and effects.positions and self._epoch == self._assignment.epoch:
            if self._silent:
                effects.outbox.clear()
            self._folder.committing(effects)
            self._commit = asyncio.create_task(self._write(effects))

    async def settle(self) -> None:
        """Wait until the batch before is committed. Raises what its commit raised."""
        if self._commit is None:
            return
        task, self._commit = self._commit, None
        await task
        self._failures = 0

    def health(self) -> bool | str:
        """True, or what is wrong with the commits."""
        return not self._failures or f"{self._failures} commits in a row failed, see the log"

    async def stop(self) -> None:
        """Let the commit that is under way end; its failure does not matter any more."""
        await self._quiet()
        if self._waker:
            self._waker.cancel()

    async def _quiet(self) -> None:
        try:
            await self.settle()
        except _PASSING as error:
            log.info("commit_abandoned", error=repr(error))

    async def _write(self, effects: Effects) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await commit(self._pool, effects)
        except BaseException:
            # Perhaps no batch follows that would ask how this one ended.
            self._waker = asyncio.create_task(self._hooks.wake())
            raise
        self._hooks.committed(effects)

    async def _recover(self, error: Exception) -> None:
        if isinstance(error, Fenced):
            metrics.FENCED_BATCHES.labels("worker").inc()
            log.info("batch_fenced", epoch=self._epoch)
        else:
            self._failures += 1
            wait_s = min(_WAIT_S_MAX, _WAIT_S_FIRST * 2**self._failures)
            log.warning("batch_retried", error=repr(error), failures=self._failures, wait_s=wait_s)
            await asyncio.sleep(wait_s)
        await self._quiet()
        self._folder.forget()
        await self._hooks.reset()
