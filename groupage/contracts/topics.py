"""The table of Kafka topics: name, aggregate kinds, partitions, retention.

`groupage topics` creates topics from it; each process compares them with it at start.
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
    """Its aggregates have deadlines, so the clock sends `clock.ticked` to each partition."""
    max_message_bytes: int = 1_048_576
    public: bool = False
    """Other systems publish to it."""


DEAD_LETTER_TOPIC = "hub.dlq.v1"
POLICY_TOPIC = "hub.policy.v1"
TOPICS: tuple[Topic, ...] = (
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
        name="hub.cmd.v1",
        about="Commands of dispatchers",
        kinds=("command",),
        partitions=4,
        retention=None,
        public=True,
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


def topic_of(event: Event) -> Topic:
    """Return the topic of an event: that of its aggregate."""
    return TOPIC_OF[event.aggregate_kind]
