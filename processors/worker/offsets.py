"""Check that fetched records follow each other without a gap. Pure.

A fetch that was under way during a rebalance may return records from another offset. The log has
gaps of its own, too (transaction markers, compaction): a gap that a second fetch shows again is
real.
"""

from collections.abc import Mapping
from typing import Any

from processors.worker.assignment import Partition


class OffsetTracker:
    """The next offset of each partition."""

    def __init__(self) -> None:
        self.expected: dict[Partition, int] = {}
        """Offset of the next record; partitions that are not listed are ignored."""
        self._gaps: dict[Partition, int] = {}
        """The offset at which a first fetch showed a gap, or only markers."""

    def start(self, offsets: Mapping[Partition, int]) -> None:
        """Track these partitions, each from its offset on."""
        self.expected = dict(offsets)
        self._gaps.clear()

    def accept(self, partition: Partition, records: list[Any]) -> list[Any] | None:
        """Return the records (of at least one) that come next, and count them as read.

        None: there is a gap before them; fetch again from `expected`.
        """
        expected = self.expected.get(partition)
        if expected is None:
            return []
        if records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
            if not records:
                return []
        if records[0].offset > expected and not self._is_second_time(partition, expected):
            return None
        self.expected[partition] = records[-1].offset + 1
        return records

    def accept_position(self, partition: Partition, position: int) -> bool:
        """Count offsets without records before the consumer's position as read.

        Transaction markers at the end of the log take offsets; no record follows that would show
        the gap. False: fetch again from `expected`.
        """
        expected = self.expected.get(partition)
        if expected is None or not self._is_second_time(partition, expected):
            return False
        self.expected[partition] = position
        return True

    def _is_second_time(self, partition: Partition, expected: int) -> bool:
        if self._gaps.get(partition) == expected:
            return True
        self._gaps[partition] = expected
        return False
