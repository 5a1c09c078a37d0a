"""The partitions that Kafka assigned to this worker, and how far each was read.

Intake, fold and relay share one `Assignment`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Partition: TypeAlias = tuple[str, int]
"""Topic (without the hub's prefix) and partition number."""


@dataclass
class PartitionProgress:
    """Progress of a partition; ahead of the database while a batch is being committed."""

    next_offset: int
    clock_at: datetime | None
    """The last tick."""


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
