"""Partitions with facts of the same aggregates go to the same worker. Pure."""

from collections import Counter

import pytest
from aiokafka.cluster import ClusterMetadata

from groupage.contracts.topics import COUNTERPARTS, TOPICS
from processors.worker.assignor import PairAssignor

NAMES = {f"hub1.{topic.name}": topic for topic in TOPICS}


class Cluster(ClusterMetadata):  # type: ignore[misc] # untyped
    """Kafka's answer about the hub's topics."""

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """Return the numbers of the topic's partitions."""
        return set(range(NAMES[topic].partitions)) if topic in NAMES else None


def assign(members: int, topics: list[str]) -> list[set[tuple[str, int]]]:
    """Return the partitions of each member."""
    metadata = PairAssignor.metadata(topics)
    assignments = PairAssignor.assign(Cluster(), {f"m-{n}": metadata for n in range(members)})
    return [
        {(topic, number) for topic, numbers in each.assignment for number in numbers}
        for each in assignments.values()
    ]


@pytest.mark.parametrize("members", range(1, 8))
def test_each_internal_partition_goes_with_its_public_one(members: int) -> None:
    """Every partition has one worker, no worker has much more than another."""
    parts = assign(members, list(NAMES))
    dealt = Counter(partition for part in parts for partition in part)
    assert set(dealt.values()) == {1}
    assert len(dealt) == sum(topic.partitions for topic in TOPICS)
    for part in parts:
        for name, number in part:
            bare = name.removeprefix("hub1.")
            assert (f"hub1.{COUNTERPARTS.get(bare, bare)}", number) in part
    alone = [len({(n.replace(".internal", ""), number) for n, number in part}) for part in parts]
    assert max(alone) - min(alone) <= 1


def test_the_order_of_topics_and_unknown_ones_change_nothing() -> None:
    """Kafka may not know a topic yet; members list theirs in any order."""
    names = list(NAMES)
    assert assign(3, [*names[::-1], "hub1.hub.new.v1"]) == assign(3, names)


def test_all_members_are_alike() -> None:
    """Metadata and assignment go through Kafka as bytes."""
    metadata = PairAssignor.metadata(NAMES)
    assert type(metadata).decode(metadata.encode()).subscription == list(NAMES)
    assignment = PairAssignor.assign(Cluster(), {"m": metadata})["m"]
    assert type(assignment).decode(assignment.encode()).assignment == assignment.assignment
