"""The partitions that Kafka assigned to this worker, and how far each was read.

Intake, fold and relay share one `Assignment`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from groupage.contracts.topics import COUNTERPARTS

Partition: TypeAlias = tuple[str, int]
"""Topic (without the hub's prefix) and partition number."""


@dataclass
class PartitionProgress:
    """Progress of a partition; ahead of the database while a batch is being committed."""

    next_offset: int
    clock_at: datetime | None
    """The last tick in this partition."""
    counterpart: "PartitionProgress | None" = field(default=None, repr=False, compare=False)
    """That of the partition with the same aggregates: see `counterpart_of`."""

    @property
    def time(self) -> datetime | None:
        """The hub's time for the aggregates of the partition: the later one of both last ticks.

        Each of the two clocks follows from its own log alone, so it does not matter which of the
        two a worker reads first.
        """
        own = self.clock_at
        other = self.counterpart.clock_at if self.counterpart else None
        return own if other is None or (own is not None and own >= other) else other


def counterpart_of(partition: Partition) -> Partition | None:
    """Return the other partition with facts of the same aggregates: internal to public, and back.

    None: the topic has no counterpart.
    """
    topic = COUNTERPARTS.get(partition[0])
    return None if topic is None else (topic, partition[1])


@dataclass
class Assignment:
    """The partitions that this worker holds.

    `epoch` rises whenever they may have changed: batches of an older epoch are void.
    """

    epoch: int = 0
    partitions: dict[Partition, PartitionProgress] = field(default_factory=dict)

    def drop(self) -> None:
        """Hold no partition until the next `take`."""
        self.epoch += 1
        self.partitions = {}

    def take(self, stored: dict[Partition, tuple[int, datetime | None]]) -> None:
        """Hold these partitions, each from its stored offset on."""
        self.epoch += 1
        self.partitions = {
            partition: PartitionProgress(next_offset=offset, clock_at=clock_at)
            for partition, (offset, clock_at) in stored.items()
        }
        for partition, progress in self.partitions.items():
            if counterpart := counterpart_of(partition):
                progress.counterpart = self.partitions.get(counterpart)
