"""Find the aggregates that a tick concerns; ask the database only if a deadline may have come."""

from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg

from groupage.contracts.topics import TOPIC_OF, Topic
from groupage.domain.events.base import AggregateKind
from groupage.store import writers
from processors.worker.write_batch import WriteBatch

_EVER = datetime.min.replace(tzinfo=UTC)


def owner_topic(kind: AggregateKind) -> Topic:
    """Return the topic whose partitions own the aggregates of a kind.

    Its internal topic carries facts about them, too, in partitions of the same numbers.
    `hub.consignment.v1` carries facts about units, but these belong to consignments.
    """
    return TOPIC_OF[kind]


class Deadlines:
    """The first deadline of each aggregate kind and partition, as far as the worker knows it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._first: dict[tuple[AggregateKind, int], datetime | None] = {}
        """None: there is no deadline. Absent: not known yet."""

    def forget(self) -> None:
        """Ask the database again at the next tick."""
        self._first.clear()

    def note(self, kind: AggregateKind, partition: int, deadline: datetime) -> None:
        """Note that an aggregate has this deadline now."""
        where = (kind, partition)
        if where in self._first:
            first = self._first[where]
            self._first[where] = deadline if first is None else min(first, deadline)

    async def due_keys(
        self,
        kind: AggregateKind,
        *,
        partition: int,
        at: datetime,
        uncommitted: Iterable[WriteBatch | None],
    ) -> list[str]:
        """Return the keys of the aggregates with a deadline until `at`; the kind has a clock.

        The states in `uncommitted` are newer than the database's.
        """
        where = (kind, partition)
        newer = {
            key: cached.aggregate.deadline(cached.state)
            for writes in uncommitted
            if writes is not None
            for key, cached in writes.with_clock.get(where, {}).items()
        }
        due = {key for key, deadline in newer.items() if deadline and deadline <= at}
        first = self._first.get(where, _EVER)
        if first is not None and first <= at:
            stored = await writers.due_keys(self._pool, kind, partition=partition, at=at)
            due.update(key for key in stored if key not in newer)
            later = [deadline for deadline in newer.values() if deadline and deadline > at]
            after = await writers.next_deadline(self._pool, kind, partition=partition, after=at)
            self._first[where] = min((*later, after) if after else later, default=None)
        return sorted(due)
