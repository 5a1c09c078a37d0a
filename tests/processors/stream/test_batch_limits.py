import pytest

from processors.worker.batch import BatchLimits, PartitionBatch, TickSegment

LIMITS = BatchLimits(records_max=100, bytes_max=5_000_000, aggregates_max=20)


def _part(*, records: int = 0, value_bytes: int = 0, aggregates: int = 0) -> PartitionBatch:
    segment = TickSegment(facts={("unit", f"U{number}"): [] for number in range(aggregates)})
    return PartitionBatch("hub.unit.v1", 0, [segment], records=records, value_bytes=value_bytes)


@pytest.mark.parametrize(
    ("parts", "remaining"),
    [
        ([], 100),
        ([_part(records=60), _part(records=39)], 1),
        ([_part(records=60), _part(records=80)], 0),
        ([_part(records=2, value_bytes=4_999_999)], 98),
        ([_part(records=1, value_bytes=3_000_000)] * 2, 0),
        ([_part(records=19, aggregates=19)], 81),
        ([_part(records=10, aggregates=10)] * 2, 0),
    ],
    ids=["empty", "nearly", "too many", "just in size", "two plans", "few owners", "many owners"],
)
def test_a_batch_is_full_by_number_by_size_or_by_aggregates(
    parts: list[PartitionBatch], remaining: int
) -> None:
    """Many scans of one consignment, large plans and many aggregates each have a limit."""
    assert LIMITS.remaining_records(parts) == remaining
