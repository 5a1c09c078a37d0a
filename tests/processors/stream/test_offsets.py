from collections.abc import Iterable
from typing import NamedTuple

from processors.worker.assignment import Partition
from processors.worker.offsets import OffsetTracker

PARTITION: Partition = ("hub.unit.v1", 3)


class _Record(NamedTuple):
    offset: int


def _records(offsets: Iterable[int]) -> list[_Record]:
    return [_Record(offset) for offset in offsets]


def _from(offset: int) -> OffsetTracker:
    tracker = OffsetTracker()
    tracker.start({PARTITION: offset})
    return tracker


def test_records_follow_one_another() -> None:
    """The next records are accepted, and the expected offset advances."""
    tracker = _from(5)
    assert tracker.accept(PARTITION, _records([5, 6])) == _records([5, 6])
    assert tracker.accept(PARTITION, _records([7])) == _records([7])
    assert tracker.expected == {PARTITION: 8}


def test_records_that_were_read_are_dropped() -> None:
    """Of records that overlap with earlier ones only the new part is accepted."""
    tracker = _from(5)
    assert tracker.accept(PARTITION, _records([3, 4])) == []
    assert tracker.accept(PARTITION, _records([4, 5, 6])) == _records([5, 6])


def test_other_partitions_are_ignored() -> None:
    """A fetch from before a rebalance may hold records of a partition that the worker lost."""
    assert _from(5).accept(("hub.unit.v1", 4), _records([5])) == []


def test_a_gap_is_fetched_again_and_then_accepted() -> None:
    """A gap may come from a fetch at another offset; a second fetch with the same gap proves it."""
    tracker = _from(5)
    assert tracker.accept(PARTITION, _records([9, 10])) is None
    assert tracker.expected == {PARTITION: 5}
    assert tracker.accept(PARTITION, _records([9, 10])) == _records([9, 10])
    assert tracker.expected == {PARTITION: 11}


def test_a_new_start_checks_every_gap_again() -> None:
    """After `start` the tracker forgets the gaps that it saw before."""
    tracker = _from(5)
    assert tracker.accept(PARTITION, _records([9])) is None
    tracker.start({PARTITION: 5})
    assert tracker.accept(PARTITION, _records([9])) is None


def test_a_position_beyond_the_records_is_accepted_the_second_time() -> None:
    """As a gap: only transaction markers are there if a second fetch finds no record either."""
    tracker = _from(5)
    assert not tracker.accept_position(PARTITION, 8)
    assert tracker.expected == {PARTITION: 5}
    assert tracker.accept_position(PARTITION, 8)
    assert tracker.expected == {PARTITION: 8}
    assert not tracker.accept_position(PARTITION, 9)
    assert tracker.accept(PARTITION, _records([8, 9])) == _records([8, 9])
    assert not tracker.accept_position(("hub.unit.v1", 4), 1)
