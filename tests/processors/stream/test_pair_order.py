"""A public partition and its internal one are read by Kafka's time; nobody waits for nothing."""

from typing import Any, NamedTuple

from aiokafka import TopicPartition

from processors.worker.pair_order import PairOrder

PUBLIC = TopicPartition("hub1.hub.unit.v1", 3)
INTERNAL = TopicPartition("hub1.hub.unit.internal.v1", 3)
ALONE = TopicPartition("hub1.hub.cmd.v1", 0)


class Record(NamedTuple):
    """What matters of a record."""

    offset: int
    timestamp: int


class PaperConsumer:
    """A consumer whose partitions hold records at these times; its client has fetched all."""

    def __init__(self, **times: list[int]) -> None:
        named = {"public": PUBLIC, "internal": INTERNAL, "alone": ALONE}
        self.left = {
            named[name]: [Record(offset, at) for offset, at in enumerate(each)]
            for name, each in times.items()
        }
        self.ends = {tp: len(records) for tp, records in self.left.items()}

    def assignment(self) -> set[TopicPartition]:
        """Return the partitions."""
        return set(self.left)

    def highwater(self, tp: TopicPartition) -> int:
        """Return the end of a partition."""
        return self.ends[tp]

    async def getmany(
        self,
        *tps: TopicPartition,
        timeout_ms: int,  # noqa: ARG002
        max_records: int,
    ) -> dict[TopicPartition, list[Any]]:
        """Return records of the first partition that has some, as a client with a full buffer."""
        for tp in self.left:
            if (not tps or tp in tps) and (records := self.left[tp][:max_records]):
                del self.left[tp][:max_records]
                return {tp: records}
        return {}


async def read(consumer: PaperConsumer, *, runs_max: int = 100) -> list[tuple[str, int]]:
    """Read all records, two at once; return topic and time of each."""
    order = PairOrder(consumer, prefix="hub1.")
    order.start(dict.fromkeys(consumer.left, 0))
    found: list[tuple[str, int]] = []
    for _ in range(runs_max):
        fetched = await order.fetch(timeout_ms=0, records_max=2)
        for tp, records in fetched.items():
            found += [(tp.topic, record.timestamp) for record in records]
        if not fetched:
            break
    return found


async def test_both_partitions_of_a_pair_advance_together() -> None:
    """Without the order the client would give the whole public partition first."""
    consumer = PaperConsumer(public=list(range(0, 40, 2)), internal=[5, 9, 21, 33, 35, 50])
    times = [at for _, at in await read(consumer)]
    assert len(times) == 26
    late = [max(times[: n + 1]) - at for n, at in enumerate(times)]
    assert max(late) < 25  # unordered it is 33: a run of the internal one spans up to 15


async def test_partitions_without_a_counterpart_wait_for_nobody() -> None:
    """Each is read in its order, and nothing is left."""
    consumer = PaperConsumer(alone=[100, 200, 300], public=[1, 2, 3], internal=[])
    assert [at for _, at in await read(consumer)] == [100, 200, 300, 1, 2, 3]


async def test_an_end_that_no_record_reaches_stops_nobody() -> None:
    """The marker of a transaction is behind the last record."""
    consumer = PaperConsumer(public=[10, 20, 30, 40, 50, 60], internal=[1])
    consumer.ends[INTERNAL] = 2
    assert len(await read(consumer, runs_max=8)) == 7


async def test_a_partition_that_ended_is_not_awaited() -> None:
    """A rebuild reads a partition to the offset of its hub, not to the end of the log."""
    consumer = PaperConsumer(public=[10, 20, 30, 40], internal=[1, 2, 3, 4])
    order = PairOrder(consumer, prefix="hub1.")
    order.start({PUBLIC: 0, INTERNAL: 0})
    assert list(await order.fetch(timeout_ms=0, records_max=2)) == [PUBLIC]
    order.finish(INTERNAL)
    assert list(await order.fetch(timeout_ms=0, records_max=2)) == [PUBLIC]


async def test_nothing_is_held_back_after_the_partitions_are_given_up() -> None:
    """Kafka takes the partitions away while one of them waits."""
    consumer = PaperConsumer(public=[10, 20, 30], internal=[1])
    order = PairOrder(consumer, prefix="hub1.")
    order.start({PUBLIC: 0, INTERNAL: 0})
    assert list(await order.fetch(timeout_ms=0, records_max=2)) == [PUBLIC]
    order.start({})
    assert list(await order.fetch(timeout_ms=0, records_max=2)) == [PUBLIC]
