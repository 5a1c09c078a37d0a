"""What all events share.

Frozen, keyword-only, and a class that knows its name, its owner and its key.
"""

from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from groupage.domain.events.quantities import (
    Currency,
    Id,
    LatitudeUdeg,
    LongitudeUdeg,
    MinorUnits,
    Mm,
    Text,
)

AggregateKind = Literal[
    "consignment",
    "unit",
    "container",
    "visit",
    "declaration",
    "voyage",
    "consolidation",
    "lane",
    "command",
    "request",
    "alert",
    "clock",
]
"""The owners of state. The key of an event is the id of its owner."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened. Holds nothing that could hold it: no work for the collector.

    Subclasses set `name` (CloudEvents type without version), `kind` and `key_field`.
    """

    name: ClassVar[str] = ""
    kind: ClassVar[AggregateKind] = "consignment"
    key_field: ClassVar[str] = ""
    subject_field: ClassVar[str] = ""
    """Field that holds what the event is about when that is not its key (a unit inside a
    consignment)."""
    internal: ClassVar[bool] = False
    """Derived and sent by groupage's own processors; senders outside never publish it."""
    fans_out: ClassVar[bool] = False
    """One record may state this event of several aggregates: `fan_out` lists them."""

    @property
    def key(self) -> str:
        """Id of the aggregate that owns the state this event changes."""
        raise NotImplementedError

    @property
    def owner_kind(self) -> AggregateKind:
        """What the owner is."""
        return self.kind

    @property
    def subject(self) -> str:
        """Id of the thing that the event is about."""
        raise NotImplementedError

    def fan_out(self) -> tuple["Event", ...]:
        """List the events that this one stands for, one per aggregate; itself unless `fans_out`."""
        return (self,)

    @classmethod
    def owner_kinds(cls) -> tuple[AggregateKind, ...]:
        """Return the kinds of aggregates whose state this event may change."""
        return (cls.kind,)

    def withdrawal(self) -> "Event | None":
        """Return the event that takes this one back, for aggregates that publish it.

        None: readers act on it once (a request, a wish to plan again) or need no opposite.
        """
        return None

    def addressed_to(self, key: str) -> Self:
        """Return the event as the aggregate with that key gets it from another one."""
        raise TypeError(f"{self.name} cannot be forwarded to {key!r}")

    def clock_reading(self) -> datetime | None:
        """Return what time it is, for an event by which a clock says so."""
        return None

    def __init_subclass__(cls) -> None:
        """Let `key` and `subject` be the named fields under another name: read as fast as these."""
        super().__init_subclass__()
        own = cls.__dict__
        if "key_field" in own and "key" not in own:
            cls.key = getattr(cls, cls.key_field)  # type: ignore[method-assign]
        if "key_field" in own or "subject_field" in own:
            subject = getattr(cls, cls.subject_field or cls.key_field)
            cls.subject = subject  # type: ignore[method-assign]


class Dimensions(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Outer size of one box, each edge in mm and at least 1."""

    length_mm: Mm
    width_mm: Mm
    height_mm: Mm


class Money(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An amount in minor units (cents) of an ISO 4217 currency."""

    amount_minor: MinorUnits
    currency: Currency


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place; coordinates in 1e-6 degrees (integers: a plan hashes the same everywhere)."""

    place_id: Id
    latitude_udeg: LatitudeUdeg
    longitude_udeg: LongitudeUdeg
    name: Text = ""
    timezone: Text = "Asia/Shanghai"
