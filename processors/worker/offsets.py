"""Which records come next in each partition. Pure.

A fetch that was under way during a rebalance may give records from elsewhere. Offsets also jump by
themselves (transaction marks, compaction): a gap that is there again is real.
"""

from collections.abc import Mapping
from typing import Any

from processors.worker.assignment import Partition


class Sequence:
    """How far each partition has been read."""

    def __init__(self) -> None:
        self.expected: dict[Partition, int] = {}
        """Offset of the next record, by partition; the others are not read."""
        self._gaps: set[tuple[Partition, int]] = set()

    def begin(self, offsets: Mapping[Partition, int]) -> None:
        """Read these partitions, each from its offset on."""
        self.expected = dict(offsets)
        self._gaps.clear()

    def follow(self, partition: Partition, records: list[Any]) -> list[Any] | None:
        """Those of the records (at least one) that follow what was read, and count as read now.

        None: some in between are missing, fetch again from `expected`.
        """
        expected = self.expected.get(partition)
        if expected is None:
            return []
        if records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
            if not records:
                return []
        if records[0].offset > expected and (partition, expected) not in self._gaps:
            self._gaps.add((partition, expected))
            return None
        self.expected[partition] = records[-1].offset + 1
        return records
