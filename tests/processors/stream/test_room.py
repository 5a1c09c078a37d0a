import pytest

from processors.worker.batch import Room, Slice, Stretch

ROOM = Room(records_max=100, bytes_max=5_000_000, owners_max=20)


def _slice(*, records: int = 0, value_bytes: int = 0, owners: int = 0) -> Slice:
    stretch = Stretch(owners={("unit", f"U{number}"): [] for number in range(owners)})
    return Slice("hub.unit.v1", 0, [stretch], records=records, value_bytes=value_bytes)


@pytest.mark.parametrize(
    ("slices", "left"),
    [
        ([], 100),
        ([_slice(records=60), _slice(records=39)], 1),
        ([_slice(records=60), _slice(records=80)], 0),
        ([_slice(records=2, value_bytes=4_999_999)], 98),
        ([_slice(records=1, value_bytes=3_000_000)] * 2, 0),
        ([_slice(records=19, owners=19)], 81),
        ([_slice(records=10, owners=10)] * 2, 0),
    ],
    ids=["empty", "nearly", "too many", "just in size", "two plans", "few owners", "many owners"],
)
def test_a_batch_is_full_by_number_by_size_or_by_owners(slices: list[Slice], left: int) -> None:
    """Scans of one consignment, plans of megabytes and news for everybody each have their limit."""
    assert ROOM.left(slices) == left
