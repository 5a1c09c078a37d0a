"""Events of a logistic unit: a carton, case or pallet.

A sender that knows the consignment names it, and the consignment's id is the key. Otherwise the
unit's id is the key: the unit keeps the event, and forwards it once its consignment is known.
"""

from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from groupage.domain.events.base import AggregateKind, Dimensions, Event
from groupage.domain.events.quantities import (
    Count,
    CountOrZero,
    Deviation,
    EquipmentRef,
    Grams,
    Id,
    Mm,
    MmOffset,
    Revision,
    Text,
    UnitId,
)


class UnitEvent(Event, frozen=True, kw_only=True):
    """An event about a unit: of its consignment when that is named, else of the unit."""

    kind: ClassVar[AggregateKind] = "unit"
    key_field: ClassVar[str] = "unit_id"
    subject_field: ClassVar[str] = "unit_id"

    unit_id: UnitId
    consignment_id: Id | None = None

    @property
    def key(self) -> str:
        """Id of the consignment when the sender names it, else of the unit."""
        return self.consignment_id or self.unit_id

    @property
    def aggregate_kind(self) -> AggregateKind:
        """``consignment`` when the sender names it, else ``unit``."""
        return "unit" if self.consignment_id is None else "consignment"

    @classmethod
    def aggregate_kinds(cls) -> tuple[AggregateKind, ...]:
        """Return both, because it depends on what the sender knows."""
        return ("unit", "consignment")

    def addressed_to(self, key: str) -> Self:
        """Return the event as the consignment with that id gets it."""
        return msgspec.structs.replace(self, consignment_id=key)


class UnitReceived(UnitEvent, frozen=True, kw_only=True):
    """The dock counted the unit in."""

    name: ClassVar[str] = "unit.received"

    pieces: Count = 1
    condition: Literal["good", "damaged", "wet", "wrong_marks"] = "good"
    dock: Text = ""
    photo_ref: Text = ""
    visit_id: Id | None = None


class UnitMeasured(UnitEvent, frozen=True, kw_only=True):
    """A device measured and weighed the unit.

    It may come before or after the receipt, and again: the newest measurement counts.
    """

    name: ClassVar[str] = "unit.measured"

    size: Dimensions
    gross_g: Grams
    device: Text = ""
    calibration_id: Text = ""
    declared_size: Dimensions | None = None
    declared_gross_g: Grams | None = None
    delta_permille: Deviation | None = None
    """How far the measured figure is above the declared one, by the device. The hub makes its own
    comparison, with the booking."""


class UnitStored(UnitEvent, frozen=True, kw_only=True):
    """The unit was put into storage.

    It may come before or after the receipt and the measurement.
    """

    name: ClassVar[str] = "unit.stored"

    location: Text
    zone: Text = ""


class UnitMoved(UnitEvent, frozen=True, kw_only=True):
    """The unit was moved within the hub."""

    name: ClassVar[str] = "unit.moved"

    location: Text
    zone: Text = ""


class UnitRepacked(UnitEvent, frozen=True, kw_only=True):
    """Units were repacked into others: `outputs` replace `inputs` (EPCIS TransformationEvent).

    `unit_id` is the first output.
    """

    name: ClassVar[str] = "unit.repacked"

    inputs: tuple[UnitId, ...]
    outputs: tuple[UnitId, ...]
    size: Dimensions | None = None
    gross_g: Grams | None = None


class UnitPacked(UnitEvent, frozen=True, kw_only=True):
    """The unit was put into or onto another one, such as a carton onto a pallet.

    EPCIS AggregationEvent with action ADD and business step packing.
    """

    name: ClassVar[str] = "unit.packed"

    parent_id: UnitId


class UnitUnpacked(UnitEvent, frozen=True, kw_only=True):
    """The unit was taken out of its parent, whichever that was when none is named."""

    name: ClassVar[str] = "unit.unpacked"

    parent_id: UnitId | None = None


class UnitStaged(UnitEvent, frozen=True, kw_only=True):
    """The unit waits at the door of its container.

    It needs a receipt before it, by their times.
    """

    name: ClassVar[str] = "unit.staged"

    door: Text = ""
    sequence: CountOrZero = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a carton stands in its container.

    The corner nearest the container's far left floor corner (x to the door, y to the right, z up),
    and the edges along x, y, z.
    """

    x_mm: MmOffset
    y_mm: MmOffset
    z_mm: MmOffset
    dx_mm: Mm
    dy_mm: Mm
    dz_mm: Mm


class UnitLoaded(UnitEvent, frozen=True, kw_only=True):
    """The unit was stowed in a container.

    It needs a receipt and a measurement before it, by their times, and the consignment's place in a
    consolidation.
    """

    name: ClassVar[str] = "unit.loaded"

    equipment_ref: EquipmentRef
    consolidation_id: Id | None = None
    standing: Standing | None = None
    as_planned: bool | None = None
    deviation: Text = ""
    """The reason, when the unit does not stand as planned."""


class UnitUnloaded(UnitEvent, frozen=True, kw_only=True):
    """The unit was taken out of a container again."""

    name: ClassVar[str] = "unit.unloaded"

    equipment_ref: EquipmentRef
    reason: Text = ""


class UnitShipped(UnitEvent, frozen=True, kw_only=True):
    """The unit was seen leaving a place (EPCIS shipping or departing) without its container."""

    name: ClassVar[str] = "unit.shipped"

    place: Text = ""


class UnitAnnounced(UnitEvent, frozen=True, kw_only=True):
    """A consignment claims the unit, by its ASN or by a receipt without one, or ends its claim.

    The unit then forwards the events that it keeps to the consignment. One record announces many
    units: it stands for one event of each of them.
    """

    name: ClassVar[str] = "unit.announced"
    internal: ClassVar[bool] = True
    fans_out: ClassVar[bool] = True

    owner_id: Id
    """The consignment. `consignment_id` stays empty, because the unit's id is the key."""
    announced_at: datetime
    others: tuple[UnitId, ...] = ()
    """More units of the consignment whose keys lie in the same partition."""
    revision: Revision = 0
    """Of the consignment; its announcement with the highest revision counts."""
    ended: bool = False
    """True: the consignment gives up its claim: it was rejected, cancelled, returned or split, or
    (`withdrawn`) it never had one. Of release 0.2.0 also: it is `missing`."""
    missing: bool = False
    """True: the receipt of the consignment was completed without the unit, which it still owns
    until another consignment claims it."""
    withdrawn: bool = False
    """True: its ASN was corrected or retracted, so that nothing names the unit any more."""
    ended_at: datetime | None = None
    """When the claim ended, in the message of a unit to those that it was repacked into; that of a
    consignment has this time as its own."""

    @classmethod
    def aggregate_kinds(cls) -> tuple[AggregateKind, ...]:
        """Return the unit alone, because the consignment is the sender."""
        return ("unit",)

    def fan_out(self) -> "tuple[UnitAnnounced, ...]":
        """Announce each unit separately."""
        if not self.others:
            return (self,)
        return tuple(
            msgspec.structs.replace(self, unit_id=name, others=())
            for name in (self.unit_id, *self.others)
        )
