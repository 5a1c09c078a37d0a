"""A batch knows which of its aggregates may have deadlines."""

from array import array
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.unit import UnitReceived
from groupage.domain.policy import Policy
from groupage.store.aggregates_by_offset import AggregateList
from processors.aggregates.registry import all_aggregates
from processors.worker.batch import IncomingFact, PartitionBatch, TickSegment
from processors.worker.cache import CachedAggregate
from processors.worker.timers import Deadlines
from processors.worker.write_batch import WriteBatch
from tests.processors.stream.facts import fact_of

ALL_KEYS: dict[AggregateKind, list[str]] = {"consignment": ["C1", "C2"], "unit": ["U1"]}
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


@pytest.mark.parametrize(
    ("topic", "listed"),
    [
        ("hub.consignment.v1", [AggregateList("hub.consignment.v1", 1, 5, 9_000, 4, ALL_KEYS)]),
        (
            "hub.consignment.internal.v1",
            [AggregateList("hub.consignment.internal.v1", 1, 70, 70, 1, {"consignment": ["C2"]})],
        ),
    ],
)
def test_aggregates_with_facts_from_outside_are_listed(
    topic: str, listed: list[AggregateList]
) -> None:
    """By the offsets of their facts, which need not be consecutive."""
    part = PartitionBatch(topic, 1, records=4, next_offset=9_005)
    part.segments[-1].facts[("consignment", "C1")] = [incoming(5, "lane")]
    part.segments[-1].facts[("consignment", "C2")] = [incoming(7, "lane"), incoming(70, "command")]
    part.segments.append(TickSegment({("unit", "U1"): [incoming(9_000, "consignment")]}))
    writes = WriteBatch(epoch=1, partitions={})
    writes.list_aggregates(part)
    assert writes.aggregate_lists == listed
    empty = PartitionBatch(topic, 1, records=4, next_offset=9_005)
    writes.list_aggregates(empty)
    assert writes.aggregate_lists == listed


def incoming(offset: int, relayed_by: AggregateKind | None) -> IncomingFact:
    """Return a fact at the offset."""
    fact = fact_of(UnitReceived(unit_id="U1", consignment_id="C1"), event_id=str(offset))
    fact = replace(fact, relayed_by=relayed_by)
    return IncomingFact(f"{offset:032x}", fact, offset, b"", offset)


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
