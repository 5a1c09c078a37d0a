"""The one topic table: name, owner kinds, partitions, retention.

Topics are created from it and checked against it at start.
"""

from datetime import timedelta

import msgspec

from groupage.domain.events.base import AggregateKind, Event

_YEAR = timedelta(days=400)
_WEEK = timedelta(days=7)


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One Kafka topic.

    `retention` None: kept for ever (the log is the truth that states are derived from).
    """

    name: str
    about: str
    kinds: tuple[AggregateKind, ...]
    """Whose facts it carries; the key of each record is the owner's id."""
    partitions: int
    retention: timedelta | None
    compacted: bool = False
    ticks: bool = False
    """Its owners have deadlines: the clock sends `clock.ticked` to each partition."""
    max_message_bytes: int = 1_048_576
    public: bool = False
    """Systems outside publish to it."""


DEAD_LETTER_TOPIC = "hub.dlq.v1"
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
        about="Lanes: wishes, plans, approvals, load plans, routes",
        kinds=("lane",),
        partitions=4,
        retention=None,
        ticks=True,
        max_message_bytes=8_388_608,
    ),
    Topic(
        name="hub.planrequest.v1",
        about="Work for the planners",
        kinds=("request",),
        partitions=8,
        retention=_WEEK,
    ),
    Topic(
        name="hub.cmd.v1",
        about="What dispatchers ask for",
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
        name=DEAD_LETTER_TOPIC,
        about="Records that could not be understood or applied, with the reason",
        kinds=(),
        partitions=4,
        retention=_YEAR,
        max_message_bytes=8_388_608,
    ),
)
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
}


def topic_of(event: Event) -> Topic:
    """Where an event is published: the topic of its owner."""
    return TOPIC_OF[event.owner_kind]
