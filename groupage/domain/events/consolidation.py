"""Facts about one consolidation: a container's worth of consignments on a voyage."""

from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import Cm3OrZero, CountOrZero, GramsOrZero, Id, IsoType, Text
from groupage.domain.events.schedule import Cutoff, CutoffCode


class ConsolidationEvent(Event, frozen=True, kw_only=True):
    """A fact that a consolidation owns."""

    kind: ClassVar[AggregateKind] = "consolidation"
    key_field: ClassVar[str] = "consolidation_id"

    consolidation_id: Id


class ConsolidationOpened(ConsolidationEvent, frozen=True, kw_only=True):
    """A container on a voyage began to take consignments (usually by an approved plan)."""

    name: ClassVar[str] = "consolidation.opened"

    lane_id: Id
    voyage_id: Id
    iso_type: IsoType
    policy: Text = ""
    """What may be in it, in words: customs modes, dangerous goods, fill."""


class ConsolidationPlanned(ConsolidationEvent, frozen=True, kw_only=True):
    """Derived from an approved plan: who is to be in it. Replaces the previous list."""

    name: ClassVar[str] = "consolidation.planned"
    internal: ClassVar[bool] = True

    plan_id: Id
    consignment_ids: tuple[Id, ...]
    planned_volume_cm3: Cm3OrZero
    planned_gross_g: GramsOrZero
    revision: CountOrZero


class ConsolidationBooked(ConsolidationEvent, frozen=True, kw_only=True):
    """The carrier's booking covers it."""

    name: ClassVar[str] = "consolidation.booked"

    carrier_booking_id: Id


class ConsolidationFrozen(ConsolidationEvent, frozen=True, kw_only=True):
    """The manifest is filed with container and seal number.

    From now on a change re-opens the whole box with customs.
    """

    name: ClassVar[str] = "consolidation.frozen"

    manifest_ref: Id
    equipment_ref: Id
    seal_no: Id
    consignment_ids: tuple[Id, ...] = ()
    """The manifest's list; empty: as planned."""


class ConsolidationUnfrozen(ConsolidationEvent, frozen=True, kw_only=True):
    """A dispatcher re-opened the manifest, with a reason and its price."""

    name: ClassVar[str] = "consolidation.unfrozen"

    reason: Text
    by: Text


class StuffingStarted(ConsolidationEvent, frozen=True, kw_only=True):
    """The first carton may go in."""

    name: ClassVar[str] = "stuffing.started"

    equipment_ref: Id
    door: Text = ""
    crew: Text = ""


class StuffingCompleted(ConsolidationEvent, frozen=True, kw_only=True):
    """Nothing more goes in."""

    name: ClassVar[str] = "stuffing.completed"

    door: Text = ""
    crew: Text = ""
    dunnage_g: GramsOrZero = 0
    """Mass of nets, air bags and boards that secure the cargo."""


class ConsolidationRolled(ConsolidationEvent, frozen=True, kw_only=True):
    """Same contents, another voyage."""

    name: ClassVar[str] = "consolidation.rolled"

    to_voyage_id: Id
    reason: Text


class ConsolidationBrokenUp(ConsolidationEvent, frozen=True, kw_only=True):
    """Unloaded and dissolved; its consignments look for another place."""

    name: ClassVar[str] = "consolidation.broken_up"

    reason: Text


class ConsolidationCancelled(ConsolidationEvent, frozen=True, kw_only=True):
    """Never used."""

    name: ClassVar[str] = "consolidation.cancelled"

    reason: Text


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From one moment until another; open when `until_at` is None."""

    since_at: datetime
    until_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether that moment is inside; what ends at it does not count any more."""
        return self.since_at <= at and (self.until_at is None or self.until_at > at)


class ConsignmentSnapshot(ConsolidationEvent, frozen=True, kw_only=True):
    """Derived.

    What the consolidation must know of one consignment that is (or was) allocated to it.
    """

    name: ClassVar[str] = "consolidation.consignment_changed"
    internal: ClassVar[bool] = True

    consignment_id: Id
    revision: CountOrZero
    member: bool
    """False: it left this consolidation."""
    status: Text
    """A `ConsignmentStatus`."""
    pieces: CountOrZero
    staged_pieces: CountOrZero
    loaded_pieces: CountOrZero
    volume_cm3: Cm3OrZero
    gross_g: GramsOrZero
    blocked: bool
    customs: Text
    holds: tuple[Span, ...] = ()
    """Each from its placing to its release. The times let the consolidation judge what was so at an
    earlier moment."""
    declarations: tuple[Span, ...] = ()
    """Each from the declaration to customs' release."""
    released_at: datetime | None = None
    """When customs had released all of it; None: not so now."""
    expected_at: datetime | None = None
    """When cargo that is not all here yet is expected."""
    received_at: datetime | None = None
    loaded_at: datetime | None = None
    """When the last of what is loaded went in."""
    unloaded_at: datetime | None = None
    """Since when some of it is outside, taken out or received and not loaded; None: all is inside.
    """

    def inside(self, at: datetime | None) -> bool:
        """Whether all of it stood in its container at that moment (None: stands there now)."""
        if self.loaded_at is None or (at is not None and self.loaded_at > at):
            return False
        return self.unloaded_at is None or (at is not None and self.unloaded_at > at)

    def withdrawal(self) -> Self:
        """Return the snapshot of a consignment that left."""
        return msgspec.structs.replace(self, member=False)


class ContainerSnapshot(ConsolidationEvent, frozen=True, kw_only=True):
    """Derived: what the consolidation must know of its container."""

    name: ClassVar[str] = "consolidation.container_changed"
    internal: ClassVar[bool] = True

    equipment_ref: Id
    revision: CountOrZero
    status: Text
    """A `ContainerStatus`."""
    iso_type: Text
    tare_g: GramsOrZero
    max_gross_g: GramsOrZero
    fit: bool | None = None
    """None: not inspected."""
    inspected_at: datetime | None = None
    seal_no: Text = ""
    sealed_at: datetime | None = None
    vgm_g: GramsOrZero | None = None
    vgm_at: datetime | None = None
    gated_out_at: datetime | None = None
    on_board_at: datetime | None = None


class VoyageSnapshot(ConsolidationEvent, frozen=True, kw_only=True):
    """Derived: what the consolidation must know of its voyage."""

    name: ClassVar[str] = "consolidation.voyage_changed"
    internal: ClassVar[bool] = True

    voyage_id: Id
    revision: CountOrZero
    status: Literal["SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]
    etd_at: datetime
    eta_at: datetime
    cutoffs: tuple[Cutoff, ...]
    departed_at: datetime | None = None


class CutoffAtRisk(Event, frozen=True, kw_only=True):
    """A deadline will be missed unless somebody acts. Published on the alert topic."""

    name: ClassVar[str] = "cutoff.at_risk"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "consolidation_id"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    code: CutoffCode
    due_at: datetime
    projected_at: datetime | None
    slack_s: int
    consignment_ids: tuple[Id, ...] = ()


class CutoffMissed(Event, frozen=True, kw_only=True):
    """A deadline passed unmet. Published on the alert topic."""

    name: ClassVar[str] = "cutoff.missed"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "consolidation_id"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    code: CutoffCode
    due_at: datetime
    consignment_ids: tuple[Id, ...] = ()
