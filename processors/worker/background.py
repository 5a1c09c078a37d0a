"""Derives the older states in this worker's partitions, between batches.

States are older after an upgrade, and after the hub has adopted a policy. Whenever Kafka assigns
partitions, and with each policy, this asks the database once whether older states may be left, and
does nothing more when there are none. Otherwise it takes turns with the batches, a small chunk of
states at a time. Batch and chunk never overlap in one worker: the deadlines that a chunk gives are
known to the tick after it, and no commit is under way that moves the clock meanwhile.

A worker that has just lost a partition may still be committing a chunk of it. The worker that took
over skips the rows that the chunk has locked, and comes back until they are derived; then it drops
the deadlines that it knows, so that its next tick finds theirs in the database.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
import faust
import structlog

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.forms import POLICY_KINDS
from groupage.store.older_states import mark_derived, older_states_by_partition
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import read_schema
from groupage.telemetry import metrics
from processors.kernel.aggregate import Aggregate
from processors.worker.assignment import Assignment
from processors.worker.older_states import derive, next_chunk
from processors.worker.pipeline import Pipeline
from processors.worker.timers import owner_topic

_CHUNK_STATES = 50
"""A batch waits for one chunk at most: tens of milliseconds."""
_LOOK_EVERY_S = 0.5
_LOG_EVERY_S = 2.0

log = structlog.get_logger(__name__)


class BackgroundDerivation(faust.Service):
    """Derives what an upgrade or a policy left in the partitions that this worker holds."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        aggregates: Mapping[AggregateKind, Aggregate[Any]],
        assignment: Assignment,
        pipeline: Pipeline,
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        """`fail` ends the worker: a state that cannot be derived is a bug.

        `aggregates` is the worker's own mapping: it changes when the hub adopts a policy.
        """
        super().__init__(**service)
        self._pool = pool
        self._aggregates = aggregates
        self._assignment = assignment
        self._pipeline = pipeline
        self.fail = fail
        self._left: dict[AggregateKind, int] = {}
        self._done = 0
        self._logged_s = 0.0

    @faust.Service.task
    async def _run(self) -> None:
        finished = (0, 0)
        while not self.should_stop:
            epoch, policy = self._assignment.epoch, self._policy_number()
            try:
                if (epoch, policy) != finished and await self._derive_held(epoch, policy):
                    finished = (epoch, policy)
            except TRANSIENT_ERRORS as error:
                log.warning("states_deriving_retried", error=repr(error))
            except Exception as error:
                self.fail(error)
                raise
            await self.sleep(_LOOK_EVERY_S)

    def _policy_number(self) -> int:
        return max(each.policies.number for each in self._aggregates.values())

    async def _derive_held(self, epoch: int, policy: int) -> bool:
        """Derive once what is left in the assigned partitions; return whether that was all."""
        for kind in self._left:
            metrics.OLDER_STATES.labels(kind).set(0)
        self._left.clear()
        if not self._assignment.partitions:
            return True
        schema = await read_schema(self._pool)
        kinds = [
            kind
            for kind in self._aggregates
            if kind in schema.underived or (policy and kind in POLICY_KINDS)
        ]
        for kind in kinds:
            by_partition = await older_states_by_partition(self._pool, kind, policy=policy)
            self._left[kind] = sum(
                by_partition.get(number, 0) for number in self._assigned_partitions(kind)
            )
            metrics.OLDER_STATES.labels(kind).set(self._left[kind])
        ended = [await self._derive_kind(kind, epoch) for kind in kinds]
        return all(ended)

    def _assigned_partitions(self, kind: AggregateKind) -> list[int]:
        name = owner_topic(kind).name
        return [number for topic, number in self._assignment.partitions if topic == name]

    async def _derive_kind(self, kind: AggregateKind, epoch: int) -> bool:
        """Derive the assigned states of a kind; False if some were locked or partitions moved.

        While it runs, the hub may adopt another policy: then the next run derives again.
        """
        complete, derived, after = True, 0, ""
        held = self._assigned_partitions(kind)
        while keys := await next_chunk(
            self._pool,
            self._aggregates[kind],
            after=after,
            states_max=_CHUNK_STATES,
            partitions=held,
        ):
            async with self._pipeline.between_batches():
                if epoch != self._assignment.epoch:
                    return False
                count = await derive(
                    self._pool,
                    self._aggregates[kind],
                    keys,
                    deadlines=self._pipeline.deadlines,
                    skips_locked=True,
                )
            complete &= count == len(keys)
            derived += count
            after = keys[-1]
            self._report(kind, count)
        async with self._pipeline.between_batches():
            if epoch != self._assignment.epoch:
                return False
            if complete:
                self._pipeline.deadlines.forget()
                await mark_derived(self._pool, [kind])
                self._left[kind] = 0
                metrics.OLDER_STATES.labels(kind).set(0)
        if derived:
            log.info("states_derived", kind=kind, states=derived)
        return complete

    def _report(self, kind: AggregateKind, derived: int) -> None:
        self._done += derived
        # A batch that loaded some of them has derived these.
        self._left[kind] = max(0, self._left[kind] - derived)
        metrics.OLDER_STATES.labels(kind).set(self._left[kind])
        now_s = time.monotonic()
        if now_s - self._logged_s >= _LOG_EVERY_S:
            self._logged_s = now_s
            left = sum(self._left.values())
            log.info("states_deriving", kind=kind, done=self._done, left=left)
