from collections.abc import Iterable
from typing import NamedTuple

from processors.worker.assignment import Partition
from processors.worker.offsets import Sequence

PLACE: Partition = ("hub.unit.v1", 3)


class _Record(NamedTuple):
    offset: int


def _records(offsets: Iterable[int]) -> list[_Record]:
    return [_Record(offset) for offset in offsets]


def _from(offset: int) -> Sequence:
    sequence = Sequence()
    sequence.begin({PLACE: offset})
    return sequence


def test_records_follow_one_another() -> None:
    """What comes next is read, and the place moves behind it."""
    sequence = _from(5)
    assert sequence.follow(PLACE, _records([5, 6])) == _records([5, 6])
    assert sequence.follow(PLACE, _records([7])) == _records([7])
    assert sequence.expected == {PLACE: 8}


def test_what_was_read_is_not_read_again() -> None:
    """Of records that overlap with earlier ones only the new part counts; or nothing."""
    sequence = _from(5)
    assert sequence.follow(PLACE, _records([3, 4])) == []
    assert sequence.follow(PLACE, _records([4, 5, 6])) == _records([5, 6])


def test_other_partitions_are_left_alone() -> None:
    """A fetch from before a rebalance may hold records of a partition that is not ours any more."""
    assert _from(5).follow(("hub.unit.v1", 4), _records([5])) == []


def test_a_gap_is_fetched_again_and_then_real() -> None:
    """A jump may be a fetch from elsewhere: only when it is there again records are missing."""
    sequence = _from(5)
    assert sequence.follow(PLACE, _records([9, 10])) is None
    assert sequence.expected == {PLACE: 5}
    assert sequence.follow(PLACE, _records([9, 10])) == _records([9, 10])
    assert sequence.expected == {PLACE: 11}


def test_a_new_start_doubts_every_gap_again() -> None:
    """After `begin` a gap that was accepted before is no excuse for the next fetch."""
    sequence = _from(5)
    assert sequence.follow(PLACE, _records([9])) is None
    sequence.begin({PLACE: 5})
    assert sequence.follow(PLACE, _records([9])) is None
