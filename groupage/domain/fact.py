"""A fact: an event in its envelope, which holds CloudEvents 1.0 attributes and extensions."""

from datetime import datetime
from typing import Generic, Literal

import msgspec
from typing_extensions import TypeVar

from groupage.domain.events.base import Event

Classifier = Literal["PLN", "EST", "ACT", "REQ"]
E_co = TypeVar("E_co", bound=Event, default=Event, covariant=True)


class Fact(
    msgspec.Struct,
    Generic[E_co],
    frozen=True,
    kw_only=True,
    array_like=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """An event with its source, the time it happened and the time groupage recorded it.

    The same `source` and `event_id` again are the same fact. A fact is never edited: another one
    with `correction_of` replaces the fact with that event id (same source, same key), or withdraws
    it when `retracted`.

    In JSON a fact is the list of its fields in this order, the event last; only
    `groupage.contracts.decoding` uses that form.
    """

    event_id: str
    source: str
    """URI of the system that states it, e.g. ``/wms/yiwu-1``."""
    key: str
    """Id of the aggregate whose state it changes (Kafka key, CloudEvents partitionkey)."""
    occurred_at: datetime
    """When it happened, in UTC."""
    recorded_at: datetime
    """When groupage took it in, in UTC."""
    classifier: Classifier = "ACT"
    correction_of: str | None = None
    retracted: bool = False
    relayed_by: str | None = None
    """Kind of the aggregate that derived or forwarded this fact; None for facts from outside."""
    traceparent: str | None = None
    original: bytes | None = None
    """The whole foreign document (EPCIS) from which this fact was mapped."""
    data: E_co

    @property
    def type(self) -> str:
        """Name of the event, e.g. ``unit.received``."""
        return self.data.name

    @property
    def subject(self) -> str:
        """Id of the thing that the event is about."""
        return self.data.subject

    @property
    def states_when(self) -> bool:
        """Whether a sender states that it happened at `occurred_at`.

        Plans and estimates may lie ahead. A retraction has no effect at its own time, and the hub's
        own messages follow from facts that it has checked.
        """
        return (
            self.classifier == "ACT"
            and not self.retracted
            and self.relayed_by is None
            and not self.data.internal
        )

    def fan_out(self) -> "tuple[Fact, ...]":
        """List the facts that this one stands for, one per aggregate; for most events, itself.

        Each of several gets an event id made of this fact's id and its own subject.
        """
        events = self.data.fan_out()
        if len(events) == 1:
            return (self,)
        return tuple(
            msgspec.structs.replace(
                self, event_id=f"{self.event_id}/{event.subject}", key=event.key, data=event
            )
            for event in events
        )
