"""The table of Kafka topics: name, aggregate kinds, partitions, retention.

`groupage topics` creates topics from it; each process compares them with it at start.

Other systems publish to the public topics. What the hub's own processes say about the same
aggregates lies on internal topics, so that the broker's access rules alone can keep others from
saying it. A public topic and its internal topic have as many partitions and the same partitioner:
partition 3 of both holds the facts of the same aggregates, and the same worker reads both
(`processors.worker.assignor`).
"""

from datetime import timedelta

import msgspec

from groupage.domain.events.base import AggregateKind, Event

_YEAR = timedelta(days=400)
_WEEK = timedelta(days=7)


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A Kafka topic."""

    name: str
    """Without the hub's prefix."""
    about: str
    kinds: tuple[AggregateKind, ...]
    """Kinds of the aggregates whose events it carries; their id is the key of a record."""
    partitions: int
    retention: timedelta | None
    """None: for ever, because states are derived from the log."""
    compacted: bool = False
    ticks: bool = False
    """Its aggregates have deadlines, so a clock sends `clock.ticked` to each partition."""
    max_message_bytes: int = 1_048_576
    public: bool = False
    """Other systems publish to it."""
    internal_of: str = ""
    """Name of the public topic to whose aggregates this one carries the hub's own messages."""


def _internal(public: Topic, about: str) -> Topic:
    stem, _, version = public.name.rpartition(".")
    return Topic(
        name=f"{stem}.internal.{version}",
        about=about,
        kinds=public.kinds,
        partitions=public.partitions,
        retention=public.retention,
        ticks=public.ticks,
        internal_of=public.name,
    )


CAPTURE_TOPIC = "hub.capture.v1"
DEAD_LETTER_TOPIC = "hub.dlq.v1"
POLICY_TOPIC = "hub.policy.v1"
_PUBLIC: tuple[Topic, ...] = (
    Topic(
        name="hub.consignment.v1",
        about="Consignments, and units whose consignment is named",
        kinds=("consignment", "unit"),
        partitions=8,
        retention=None,
        ticks=True,
        public=True,
    ),
    Topic(
        name="hub.unit.v1",
        about="Units whose consignment the sender does not know",
        kinds=("unit",),
        partitions=8,
        retention=None,
        public=True,
    ),
    Topic(
        name="hub.equipment.v1",
        about="Containers and truck visits",
        kinds=("container", "visit"),
        partitions=4,
        retention=None,
        public=True,
    ),
    Topic(
        name="hub.customs.v1",
        about="Customs declarations",
        kinds=("declaration",),
        partitions=4,
        retention=None,
        public=True,
    ),
    Topic(
        name="hub.schedule.v1",
        about="Voyages: sailings, trains, carrier bookings, legs",
        kinds=("voyage",),
        partitions=4,
        retention=None,
        public=True,
    ),
    Topic(
        name="hub.consolidation.v1",
        about="Consolidations",
        kinds=("consolidation",),
        partitions=4,
        retention=None,
        ticks=True,
        public=True,
    ),
    Topic(
        name="hub.cmd.v1",
        about="Commands of dispatchers",
        kinds=("command",),
        partitions=4,
        retention=None,
        public=True,
    ),
    Topic(
        name=CAPTURE_TOPIC,
        about="EPCIS events as they came, for queries; no state follows from them",
        kinds=(),
        partitions=4,
        retention=None,
        public=True,
    ),
)
_INTERNAL_ABOUT = {
    "hub.consignment.v1": "Messages of the hub to consignments: allocations, customs, holds",
    "hub.unit.v1": "Messages of the hub to units: announcements, and forwarded events",
    "hub.equipment.v1": "Messages of the hub to containers: their assignment to consolidations",
    "hub.schedule.v1": "Messages of the hub to voyages: which consolidations follow them",
    "hub.consolidation.v1": "Messages of the hub to consolidations: plans, members, containers",
}
"""Of the public topics to whose aggregates the hub sends messages, what these are about."""
_PRIVATE: tuple[Topic, ...] = (
    *[
        _internal(topic, _INTERNAL_ABOUT[topic.name])
        for topic in _PUBLIC
        if topic.name in _INTERNAL_ABOUT
    ],
    Topic(
        name="hub.plan.v1",
        about="Lanes: replan triggers, plans, approvals, load plans, routes",
        kinds=("lane",),
        partitions=4,
        retention=None,
        ticks=True,
        max_message_bytes=8_388_608,
    ),
    Topic(
        name="hub.planrequest.v1",
        about="Requests for plans, which the planners answer",
        kinds=("request",),
        partitions=8,
        retention=_WEEK,
    ),
    Topic(
        name="hub.alert.v1",
        about="Alerts raised and cleared, cut-offs at risk and missed",
        kinds=("alert",),
        partitions=4,
        retention=_YEAR,
    ),
    Topic(
        name=POLICY_TOPIC,
        about="Policies that the hub adopted; all processes read them in one order",
        kinds=("policy",),
        partitions=1,
        retention=None,
    ),
    Topic(
        name=DEAD_LETTER_TOPIC,
        about="Dead letters: records that could not be decoded or were rejected, with the reason",
        kinds=(),
        partitions=4,
        retention=_YEAR,
        max_message_bytes=8_388_608,
    ),
)
TOPICS: tuple[Topic, ...] = (*_PUBLIC, *_PRIVATE)
PUBLIC_KINDS = frozenset(kind for topic in TOPICS if topic.public for kind in topic.kinds)
"""Kinds of the aggregates about which other systems publish events."""
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
TOPIC_OF: dict[AggregateKind, Topic] = {
    "consignment": BY_NAME["hub.consignment.v1"],
    "unit": BY_NAME["hub.unit.v1"],
    "container": BY_NAME["hub.equipment.v1"],
    "visit": BY_NAME["hub.equipment.v1"],
    "declaration": BY_NAME["hub.customs.v1"],
    "voyage": BY_NAME["hub.schedule.v1"],
    "consolidation": BY_NAME["hub.consolidation.v1"],
    "lane": BY_NAME["hub.plan.v1"],
    "request": BY_NAME["hub.planrequest.v1"],
    "command": BY_NAME["hub.cmd.v1"],
    "alert": BY_NAME["hub.alert.v1"],
    "policy": BY_NAME[POLICY_TOPIC],
}


INTERNAL_TOPIC_OF: dict[AggregateKind, Topic] = TOPIC_OF | {
    kind: topic for topic in TOPICS if topic.internal_of for kind in topic.kinds
}
"""The topic of what the hub's own processes say to the aggregates of a kind."""
INTERNAL_TOPICS = frozenset(topic.name for topic in TOPICS if topic.internal_of)
COUNTERPARTS: dict[str, str] = {
    name: other
    for topic in TOPICS
    if topic.internal_of
    for name, other in (
        (topic.internal_of, topic.name),
        (topic.name, topic.internal_of),
    )
}
"""Of a public topic its internal topic, and the other way round."""
CLOCK_TOPICS = tuple(topic for topic in TOPICS if topic.ticks and not topic.public)
"""The hub's own clock ticks on these."""
EXTERNAL_CLOCK_TOPICS = tuple(topic for topic in TOPICS if topic.ticks and not topic.internal_of)
"""An external clock ticks on these, between the events: how far an event may be ahead of such a
clock follows from the last tick before it in its partition."""


def topic_of(event: Event) -> Topic:
    """Return the topic of an event: that of its aggregate, for an internal event the internal one.

    A message that the hub derives may be an event that other systems publish, too: the topic of a
    fact is that of `groupage.contracts.provenance.topic_of_fact`.
    """
    topics = INTERNAL_TOPIC_OF if event.internal else TOPIC_OF
    return topics[event.aggregate_kind]
