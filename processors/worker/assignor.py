"""How Kafka's partitions are dealt to the workers: a topic and its internal topic together.

The facts of an aggregate lie in the same partition number of its public and its internal topic, and
one worker holds its state. So each pair of partitions goes to one worker. Kafka's range assignor
does that, too, but gives the first worker the odd partition of every topic.
"""

from collections.abc import Iterable, Mapping
from itertools import cycle

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

from groupage.contracts.topics import COUNTERPARTS, INTERNAL_TOPICS

_VERSION = 0


class PairAssignor(AbstractPartitionAssignor):  # type: ignore[misc] # untyped
    """Deals the partitions round robin, each internal one with its public one."""

    name = "roundrobin"
    """That of older workers: one that was killed is a member until its session times out."""

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Return the partitions of each member; all members subscribe to the same topics."""
        topics = {topic for member in members.values() for topic in member.subscription}
        pairs: dict[tuple[str, int], list[str]] = {}
        for topic in sorted(topics):
            for number in cluster.partitions_for_topic(topic) or ():
                pairs.setdefault((_public_name(topic), number), []).append(topic)
        dealt: dict[str, dict[str, list[int]]] = {member: {} for member in members}
        turn = cycle(sorted(members))
        for (_, number), names in sorted(pairs.items()):
            member = dealt[next(turn)]
            for topic in names:
                member.setdefault(topic, []).append(number)
        return {
            member: ConsumerProtocolMemberAssignment(_VERSION, sorted(parts.items()), b"")
            for member, parts in dealt.items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Return what a member tells the group about itself: its topics."""
        return ConsumerProtocolMemberMetadata(_VERSION, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Do nothing: there is no state to update."""


def _public_name(topic: str) -> str:
    """Return the name, with the hub's prefix, under which both topics of a pair sort."""
    for internal in INTERNAL_TOPICS:
        if topic.endswith(internal):
            return topic.removesuffix(internal) + COUNTERPARTS[internal]
    return topic
