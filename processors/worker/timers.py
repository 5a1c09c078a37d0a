"""Deadlines: which owners a tick concerns. Asks the database only when there may be some."""

from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg

from groupage.contracts.topics import BY_NAME, TOPICS, Topic
from groupage.domain.events.base import AggregateKind
from groupage.store import writers
from processors.worker.write_batch import Effects

_EVER = datetime.min.replace(tzinfo=UTC)
_HOMES: dict[AggregateKind, Topic] = {
    kind: topic for topic in reversed(TOPICS) for kind in topic.kinds
} | {"unit": BY_NAME["hub.unit.v1"]}


def home_of(kind: AggregateKind) -> Topic:
    """The topic whose partitions the owners of a kind live in.

    `hub.consignment.v1` carries facts about units too, but their owners are consignments.
    """
    return _HOMES[kind]


class Deadlines:
    """The first deadline of each kind and partition, as far as it is known."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._first: dict[tuple[AggregateKind, int], datetime | None] = {}
        """None: there is none. Absent: not known yet."""

    def forget(self) -> None:
        """Ask again."""
        self._first.clear()

    def note(self, kind: AggregateKind, partition: int, deadline: datetime) -> None:
        """An owner has this deadline now."""
        place = (kind, partition)
        if place in self._first:
            first = self._first[place]
            self._first[place] = deadline if first is None else min(first, deadline)

    async def due(
        self,
        kind: AggregateKind,
        *,
        partition: int,
        at: datetime,
        unwritten: Iterable[Effects | None],
    ) -> list[str]:
        """Keys of the owners with a deadline until `at`.

        The states in `unwritten` are newer than the database's.
        """
        newer = {
            key: owner.core.deadline(owner.state)
            for effects in unwritten
            if effects is not None
            for (owner_kind, key), owner in effects.touched.items()
            if owner_kind == kind and owner.partition == partition
        }
        due = {key for key, deadline in newer.items() if deadline and deadline <= at}
        place = (kind, partition)
        first = self._first.get(place, _EVER)
        if first is not None and first <= at:
            stored = await writers.due_keys(self._pool, kind, partition=partition, at=at)
            due.update(key for key in stored if key not in newer)
            later = [deadline for deadline in newer.values() if deadline and deadline > at]
            after = await writers.next_deadline(self._pool, kind, partition=partition, after=at)
            self._first[place] = min((*later, after) if after else later, default=None)
        return sorted(due)
