"""A batch knows which of its aggregates may have deadlines."""

from array import array
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from groupage.domain.events.base import AggregateKind
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.worker.cache import CachedAggregate
from processors.worker.timers import Deadlines
from processors.worker.write_batch import WriteBatch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGGREGATES = all_aggregates(Policy())


def cached_state(kind: AggregateKind, key: str, *, partition: int) -> CachedAggregate:
    """Return a new state of that kind in the cache."""
    return CachedAggregate(
        aggregate=AGGREGATES[kind],
        state=AGGREGATES[kind].new(key),
        partition=partition,
        body_bytes=0,
        id_prefixes=array("Q"),
    )


def test_only_aggregates_with_a_clock_are_looked_at_on_a_tick() -> None:
    """A tick comes to each partition, and a batch may change ten thousand units."""
    writes = WriteBatch(epoch=1, partitions={})
    for number, kind in enumerate(AGGREGATES):
        writes.mark_dirty((kind, "K"), cached_state(kind, "K", partition=number % 4))
    assert {key for key, _ in writes.dirty} == AGGREGATES.keys()
    kinds = {kind for kind, _ in writes.with_clock}
    assert kinds == {kind for kind, each in AGGREGATES.items() if each.has_clock}
    assert kinds == {"consolidation", "lane"}


async def test_newer_states_decide_whether_a_deadline_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two batches that are not committed the later one counts; other partitions do not."""
    deadlines: dict[str, datetime] = {}
    lane = AGGREGATES["lane"]
    monkeypatch.setattr(type(lane), "deadline", lambda _self, state: deadlines.get(state.key))
    in_commit, writes = (WriteBatch(epoch=1, partitions={}) for _ in range(2))
    for batch, key, partition in (
        (in_commit, "due", 1),
        (in_commit, "later", 1),
        (writes, "later", 1),
        (writes, "elsewhere", 2),
    ):
        batch.mark_dirty(("lane", key), cached_state("lane", key, partition=partition))
    deadlines |= {"due": NOON, "later": NOON + timedelta(seconds=1), "elsewhere": NOON}
    stored: Any = SimpleNamespace(fetch=_nothing, fetchval=_nothing)
    due = await Deadlines(stored).due_keys(
        "lane", partition=1, at=NOON, uncommitted=(None, in_commit, writes)
    )
    assert due == ["due"]


async def _nothing(*_: object) -> list[Any]:
    return []
