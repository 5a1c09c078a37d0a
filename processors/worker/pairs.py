"""Batches with both partitions of a pair (`processors.worker.assignment.counterpart_of`). Pure."""

from collections.abc import Iterable, Mapping

from groupage.contracts.topics import COUNTERPARTS, INTERNAL_TOPICS
from groupage.domain.events.base import AggregateKind
from processors.worker.assignment import Partition, PartitionProgress, counterpart_of
from processors.worker.batch import PartitionBatch
from processors.worker.timers import owner_topic


def join_pairs(parts: Iterable[PartitionBatch]) -> None:
    """Move the facts of one part of a pair to the other, so that each aggregate advances once.

    Only the part without a tick: an aggregate advances to each tick on its own.
    """
    by_partition = {(part.topic, part.partition): part for part in parts}
    for partition, part in by_partition.items():
        other = counterpart_of(partition)
        joined = by_partition.get(other) if other and other[0] in INTERNAL_TOPICS else None
        if joined is None:
            continue
        source, target = (joined, part) if len(joined.segments) == 1 else (part, joined)
        if len(source.segments) > 1:
            continue
        facts = target.segments[0].facts
        for aggregate_key, moved in source.segments[0].facts.items():
            facts.setdefault(aggregate_key, []).extend(moved)
        source.segments[0].facts = {}


def owns(part: PartitionBatch, kind: AggregateKind) -> bool:
    """Tell whether aggregates of that kind belong to the partition, or to its counterpart."""
    owner = owner_topic(kind).name
    return part.topic in (owner, COUNTERPARTS.get(owner))


def offsets_before(
    partitions: Mapping[Partition, PartitionProgress], parts: Iterable[PartitionBatch]
) -> dict[Partition, int]:
    """Return the next offsets of the parts, and of the partitions with the same aggregates.

    A worker that lost its partitions without noticing must be fenced, also if the next one has read
    only the other partition of the pair.
    """
    before = {}
    for part in parts:
        partition = (part.topic, part.partition)
        before[partition] = partitions[partition].next_offset
        if (other := counterpart_of(partition)) and other in partitions:
            before[other] = partitions[other].next_offset
    return before
