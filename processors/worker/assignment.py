"""Which partitions are ours, and how far each one is: shared by intake, fold and relay."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Partition: TypeAlias = tuple[str, int]
"""Topic (without the hub's prefix) and number."""


@dataclass
class PartitionProgress:
    """A partition's place in the log; ahead of the database while a batch is being committed."""

    next_offset: int
    clock_at: datetime | None
    """The last tick."""


@dataclass
class Assignment:
    """What this worker holds. `epoch` rises when that may have changed: older batches are void."""

    epoch: int = 0
    positions: dict[Partition, PartitionProgress] = field(default_factory=dict)

    def drop(self) -> None:
        """Hold nothing until told otherwise."""
        self.epoch += 1
        self.positions = {}

    def take(self, stored: dict[Partition, tuple[int, datetime | None]]) -> None:
        """Hold these partitions, each from its stored offset on."""
        self.epoch += 1
        self.positions = {
            partition: PartitionProgress(next_offset=offset, clock_at=clock_at)
            for partition, (offset, clock_at) in stored.items()
        }
