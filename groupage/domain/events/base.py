"""The base class of all events, and the structs that several events use."""

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
    "policy",
]
"""The kinds of aggregates. The key of an event is the id of its aggregate."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened.

    A subclass sets `name`, `kind` and `key_field`. The first line of its docstring is its meaning,
    which the exported documents show. `gc=False` is safe, because an event cannot be part of a
    reference cycle, and it spares the garbage collector most of what a worker holds.
    """

    name: ClassVar[str] = ""
    """CloudEvents type without its version, ``unit.received``."""
    kind: ClassVar[AggregateKind] = "consignment"
    """Kind of the aggregate whose state the event changes."""
    key_field: ClassVar[str] = ""
    """Name of the field that holds the id of that aggregate."""
    subject_field: ClassVar[str] = ""
    """Name of the field that holds the subject, when that is not the key: a unit inside a
    consignment."""
    internal: ClassVar[bool] = False
    """True: groupage's own processors derive and publish it, and no other system does."""
    acts_once: ClassVar[str] = ""
    """Why no message takes it back when its cause is gone; empty: one does."""
    dated: ClassVar[bool] = False
    """True: since when it holds is part of its content, so an output with another time differs."""
    resets_clock: ClassVar[bool] = False
    """True: `clock_reading` is the time even if the clock has passed it."""
    fans_out: ClassVar[bool] = False
    """True: one record may stand for events of several aggregates, which `fan_out` lists."""

    @property
    def key(self) -> str:
        """Id of the aggregate whose state this event changes."""
        raise NotImplementedError

    @property
    def aggregate_kind(self) -> AggregateKind:
        """Kind of that aggregate."""
        return self.kind

    @property
    def subject(self) -> str:
        """Id of the thing that the event is about."""
        raise NotImplementedError

    @classmethod
    def meaning(cls) -> str:
        """Return in one sentence what the event states: the first line of the class's docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    def fan_out(self) -> tuple["Event", ...]:
        """List the events that this one stands for, one per aggregate; itself unless `fans_out`."""
        return (self,)

    @classmethod
    def aggregate_kinds(cls) -> tuple[AggregateKind, ...]:
        """Return the kinds of aggregates whose state this event may change."""
        return (cls.kind,)

    def withdrawal(self) -> "Event | None":
        """Return the event that takes this one back, for aggregates that publish it.

        None: it acts once, or the newest message of its series counts
        (`processors.kernel.outputs`).
        """
        return None

    def addressed_to(self, key: str) -> Self:
        """Return the event as the aggregate with that key gets it from another one."""
        raise TypeError(f"{self.name} cannot be forwarded to {key!r}")

    def certified_plan(self) -> tuple[str, str] | None:
        """Return id and digest of the plan that the event proposes; it must be stored."""
        return None

    def clock_reading(self) -> datetime | None:
        """Return what time it is, for an event by which a clock says so."""
        return None

    def __init_subclass__(cls) -> None:
        """Make `key` and `subject` aliases of the named fields: a worker reads them as fast."""
        super().__init_subclass__()
        own = cls.__dict__
        if "key_field" in own and "key" not in own:
            cls.key = getattr(cls, cls.key_field)  # type: ignore[method-assign]
        if "key_field" in own or "subject_field" in own:
            subject = getattr(cls, cls.subject_field or cls.key_field)
            cls.subject = subject  # type: ignore[method-assign]


class Dimensions(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Outer size of a carton or pallet, each edge in mm and at least 1."""

    length_mm: Mm
    width_mm: Mm
    height_mm: Mm


class Money(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An amount in minor units of an ISO 4217 currency (`groupage.domain.currencies`)."""

    amount_minor: MinorUnits
    currency: Currency


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place with its coordinates in 1e-6 degrees (integers: equal plans have equal digests)."""

    place_id: Id
    latitude_udeg: LatitudeUdeg
    longitude_udeg: LongitudeUdeg
    name: Text = ""
    timezone: Text = "Asia/Shanghai"
