"""A fact: an event in its envelope (CloudEvents 1.0 attributes and our extensions)."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.base import Event

Classifier = Literal["PLN", "EST", "ACT", "REQ"]


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event with who said it, when it happened and when we heard of it.

    Identity is (`source`, `event_id`): the same pair again is the same fact. Nothing is edited: a
    fact with
    `correction_of` takes the place of the fact with that event id (same source, same key), or
    withdraws it when `retracted`.
    """

    event_id: str
    source: str
    """URI of the system that says so, e.g. ``/wms/yiwu-1``."""
    key: str
    """Id of the aggregate that owns the state (Kafka key, CloudEvents partitionkey)."""
    occurred_at: datetime
    """When it happened, UTC-aware."""
    recorded_at: datetime
    """When groupage took it in, UTC-aware."""
    data: Event
    classifier: Classifier = "ACT"
    correction_of: str | None = None
    retracted: bool = False
    relayed_by: str | None = None
    """Name of the processor that derived or handed over this fact; None for facts from outside."""
    traceparent: str | None = None
    original: bytes | None = None
    """The foreign document this fact was mapped from (EPCIS), whole."""

    @property
    def type(self) -> str:
        """Name of the event, e.g. ``unit.received``."""
        return self.data.name

    @property
    def subject(self) -> str:
        """Id of what the event is about."""
        return self.data.subject
