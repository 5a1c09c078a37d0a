"""Facts about one logistic unit (carton, case, pallet).

A sender that knows the consignment names it: the fact then travels under the consignment's key, one
hop from the
state it changes. A unit that nobody announced yet waits under its own key and is handed over when
its consignment is known.
"""

from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from groupage.domain.events.base import AggregateKind, Dimensions, Event
from groupage.domain.events.quantities import (
    Count,
    CountOrZero,
    Deviation,
    Grams,
    Id,
    Mm,
    MmOffset,
    Text,
)


class UnitEvent(Event, frozen=True, kw_only=True):
    """A fact about a unit: owned by its consignment when that is named, else by the unit itself."""

    kind: ClassVar[AggregateKind] = "unit"
    key_field: ClassVar[str] = "unit_id"
    subject_field: ClassVar[str] = "unit_id"

    unit_id: Id
    consignment_id: Id | None = None

    @property
    def key(self) -> str:
        """The consignment's id when the sender knows it, else the unit's own."""
        return self.consignment_id or self.unit_id

    @property
    def owner_kind(self) -> AggregateKind:
        """A consignment when its id is known."""
        return "unit" if self.consignment_id is None else "consignment"

    @classmethod
    def owner_kinds(cls) -> tuple[AggregateKind, ...]:
        """Return both: it depends on what the sender knows."""
        return ("unit", "consignment")

    def addressed_to(self, key: str) -> Self:
        """Return the event as the consignment with that id gets it."""
        return msgspec.structs.replace(self, consignment_id=key)


class UnitReceived(UnitEvent, frozen=True, kw_only=True):
    """Counted in at the dock."""

    name: ClassVar[str] = "unit.received"

    pieces: Count = 1
    condition: Literal["good", "damaged", "wet", "wrong_marks"] = "good"
    dock: Text = ""
    photo_ref: Text = ""
    visit_id: Id | None = None


class UnitMeasured(UnitEvent, frozen=True, kw_only=True):
    """Dimensioned and weighed by a device."""

    name: ClassVar[str] = "unit.measured"

    size: Dimensions
    gross_g: Grams
    device: Text = ""
    calibration_id: Text = ""
    declared_size: Dimensions | None = None
    declared_gross_g: Grams | None = None
    delta_permille: Deviation | None = None
    """How far measured is above declared, as the device reckoned it. The hub compares for itself,
    with the booking."""


class UnitStored(UnitEvent, frozen=True, kw_only=True):
    """Put away."""

    name: ClassVar[str] = "unit.stored"

    location: Text
    zone: Text = ""


class UnitMoved(UnitEvent, frozen=True, kw_only=True):
    """Moved from one place of the hub to another."""

    name: ClassVar[str] = "unit.moved"

    location: Text
    zone: Text = ""


class UnitRepacked(UnitEvent, frozen=True, kw_only=True):
    """`inputs` ceased to exist, `outputs` came of them (EPCIS TransformationEvent).

    `unit_id` is the first output.
    """

    name: ClassVar[str] = "unit.repacked"

    inputs: tuple[Id, ...]
    outputs: tuple[Id, ...]
    size: Dimensions | None = None
    gross_g: Grams | None = None


class UnitPacked(UnitEvent, frozen=True, kw_only=True):
    """Put into (or onto) another unit.

    Carton into case, case onto pallet (EPCIS AggregationEvent ADD, packing).
    """

    name: ClassVar[str] = "unit.packed"

    parent_id: Id


class UnitUnpacked(UnitEvent, frozen=True, kw_only=True):
    """Taken out of a parent unit; no parent named: out of whatever held it."""

    name: ClassVar[str] = "unit.unpacked"

    parent_id: Id | None = None


class UnitStaged(UnitEvent, frozen=True, kw_only=True):
    """Waiting at the door of its container."""

    name: ClassVar[str] = "unit.staged"

    door: Text = ""
    sequence: CountOrZero = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a box stands.

    Its corner nearest the far left floor corner (x to the door, y to the right, z up), and its
    edges along x, y, z.
    """

    x_mm: MmOffset
    y_mm: MmOffset
    z_mm: MmOffset
    dx_mm: Mm
    dy_mm: Mm
    dz_mm: Mm


class UnitLoaded(UnitEvent, frozen=True, kw_only=True):
    """Stowed in a container."""

    name: ClassVar[str] = "unit.loaded"

    equipment_ref: Id
    consolidation_id: Id | None = None
    standing: Standing | None = None
    as_planned: bool | None = None
    deviation: Text = ""
    """Why it does not stand as planned, when it does not."""


class UnitUnloaded(UnitEvent, frozen=True, kw_only=True):
    """Taken out of a container again."""

    name: ClassVar[str] = "unit.unloaded"

    equipment_ref: Id
    reason: Text = ""


class UnitShipped(UnitEvent, frozen=True, kw_only=True):
    """Seen leaving a place (EPCIS shipping/departing) when no container's gate-out says so."""

    name: ClassVar[str] = "unit.shipped"

    place: Text = ""


class UnitAnnounced(UnitEvent, frozen=True, kw_only=True):
    """Derived from an ASN, or from a receipt that no ASN foretold.

    The unit belongs to this consignment; whatever waits under its own key is handed over. Many
    units of a consignment are announced in one message: each of them has a fact of its own then.
    """

    name: ClassVar[str] = "unit.announced"
    internal: ClassVar[bool] = True
    fans_out: ClassVar[bool] = True

    owner_id: Id
    """The consignment. (`consignment_id` stays empty: this fact travels under the unit's own
    key.)"""
    announced_at: datetime
    others: tuple[Id, ...] = ()
    """More units of the consignment, whose keys lie in the same partition."""
    revision: CountOrZero = 0
    """Of the consignment: its word of the highest revision counts."""
    ended: bool = False
    """The consignment has no claim to it any more: its ASN was corrected or retracted, it left the
    ordinary way, or its receipt was completed without the unit."""

    @classmethod
    def owner_kinds(cls) -> tuple[AggregateKind, ...]:
        """Return the unit alone: the consignment is its sender."""
        return ("unit",)

    def fan_out(self) -> "tuple[UnitAnnounced, ...]":
        """Announce each unit separately."""
        if not self.others:
            return (self,)
        return tuple(
            msgspec.structs.replace(self, unit_id=name, others=())
            for name in (self.unit_id, *self.others)
        )
