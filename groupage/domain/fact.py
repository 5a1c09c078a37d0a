"""A fact: an event in its envelope (CloudEvents 1.0 attributes and our extensions)."""

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
    """One event with who said it, when it happened and when we heard of it.

    Identity is (`source`, `event_id`): the same pair again is the same fact. Nothing is edited: a
    fact with
    `correction_of` takes the place of the fact with that event id (same source, same key), or
    withdraws it when `retracted`.

    As JSON, which only the decoding of records uses, it is the list of its fields: these, in this
    order, the event last.
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
    classifier: Classifier = "ACT"
    correction_of: str | None = None
    retracted: bool = False
    relayed_by: str | None = None
    """Name of the processor that derived or handed over this fact; None for facts from outside."""
    traceparent: str | None = None
    original: bytes | None = None
    """The foreign document this fact was mapped from (EPCIS), whole."""
    data: E_co

    @property
    def type(self) -> str:
        """Name of the event, e.g. ``unit.received``."""
        return self.data.name

    @property
    def subject(self) -> str:
        """Id of what the event is about."""
        return self.data.subject

    def fan_out(self) -> "tuple[Fact, ...]":
        """List the facts that this one stands for, one per aggregate; mostly itself alone.

        A fact that stands for several has ids made of its own id and their subjects.
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
