"""Events of a consolidation: the consignments of one container on a voyage."""

from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import (
    EquipmentRef,
    GramsOrZero,
    Id,
    IsoType,
    Revision,
    Text,
    TotalCm3,
    TotalCount,
    TotalGrams,
)
from groupage.domain.events.schedule import Cutoff, CutoffCode, EarlierCutoffs


class ConsolidationEvent(Event, frozen=True, kw_only=True):
    """An event of a consolidation."""

    kind: ClassVar[AggregateKind] = "consolidation"
    key_field: ClassVar[str] = "consolidation_id"

    consolidation_id: Id


class ConsolidationOpened(ConsolidationEvent, frozen=True, kw_only=True):
    """A container on a voyage began to take consignments, usually by an approved plan."""

    name: ClassVar[str] = "consolidation.opened"

    lane_id: Id
    voyage_id: Id
    iso_type: IsoType
    policy: Text = ""
    """The cargo that it may hold, in words: customs modes, dangerous goods, fill."""


class ConsolidationPlanned(ConsolidationEvent, frozen=True, kw_only=True):
    """An approved plan lists the consignments that shall be in it, replacing the list before."""

    name: ClassVar[str] = "consolidation.planned"
    internal: ClassVar[bool] = True

    plan_id: Id
    consignment_ids: tuple[Id, ...]
    planned_volume_cm3: TotalCm3
    planned_gross_g: TotalGrams
    revision: Revision
    """Always 0 since release 0.3.0."""


class ConsolidationBooked(ConsolidationEvent, frozen=True, kw_only=True):
    """The carrier's booking covers it."""

    name: ClassVar[str] = "consolidation.booked"

    carrier_booking_id: Id


class ConsolidationFrozen(ConsolidationEvent, frozen=True, kw_only=True):
    """The manifest is filed with container and seal number.

    From now on a change makes customs open the case of the whole container again.
    """

    name: ClassVar[str] = "consolidation.frozen"

    manifest_ref: Id
    equipment_ref: EquipmentRef
    seal_no: Id
    consignment_ids: tuple[Id, ...] = ()
    """Consignments on the manifest. Empty: those of the plan."""


class ConsolidationUnfrozen(ConsolidationEvent, frozen=True, kw_only=True):
    """A dispatcher re-opened the manifest and gave the reason."""

    name: ClassVar[str] = "consolidation.unfrozen"

    reason: Text
    by: Text


class StuffingStarted(ConsolidationEvent, frozen=True, kw_only=True):
    """The crew began to load the container."""

    name: ClassVar[str] = "stuffing.started"

    equipment_ref: EquipmentRef
    door: Text = ""
    crew: Text = ""


class StuffingCompleted(ConsolidationEvent, frozen=True, kw_only=True):
    """The crew finished loading the container."""

    name: ClassVar[str] = "stuffing.completed"

    door: Text = ""
    crew: Text = ""
    dunnage_g: GramsOrZero = 0
    """Mass of nets, air bags and boards that secure the cargo."""


class ConsolidationRolled(ConsolidationEvent, frozen=True, kw_only=True):
    """The consolidation goes with another voyage, with the same contents."""

    name: ClassVar[str] = "consolidation.rolled"

    to_voyage_id: Id
    reason: Text


class ConsolidationBrokenUp(ConsolidationEvent, frozen=True, kw_only=True):
    """The consolidation was unloaded and dissolved; its consignments are free again."""

    name: ClassVar[str] = "consolidation.broken_up"

    reason: Text


class ConsolidationCancelled(ConsolidationEvent, frozen=True, kw_only=True):
    """The consolidation was given up before it was used."""

    name: ClassVar[str] = "consolidation.cancelled"

    reason: Text


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time from one moment until another; `until_at` is None while it lasts."""

    since_at: datetime
    until_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether that moment lies in it; the end itself does not."""
        return self.since_at <= at and (self.until_at is None or self.until_at > at)


class InsideSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which all cartons of a consignment were in the container, and their mass."""

    since_at: datetime
    until_at: datetime | None = None
    gross_g: TotalGrams


class ConsignmentSnapshot(ConsolidationEvent, frozen=True, kw_only=True):
    """Snapshot for a consolidation: a consignment that is, or was, allocated to it."""

    name: ClassVar[str] = "consolidation.consignment_changed"
    internal: ClassVar[bool] = True

    consignment_id: Id
    revision: Revision
    member: bool
    """False: the consignment left this consolidation; its figures are empty, but for those of
    `exited_at`."""
    status: Text
    """A `ConsignmentStatus`."""
    pieces: TotalCount
    staged_pieces: TotalCount
    loaded_pieces: TotalCount
    volume_cm3: TotalCm3
    gross_g: TotalGrams
    blocked: bool
    customs: Text
    holds: tuple[Span, ...] = ()
    """Each hold from placed to released: the consolidation judges earlier moments by them, too."""
    declarations: tuple[Span, ...] = ()
    """Each declaration from declared to released by customs."""
    released_at: datetime | None = None
    """When customs had released all of it. None: they have not, or not any more."""
    expected_at: datetime | None = None
    """When the cargo that is not at the hub yet is expected."""
    received_at: datetime | None = None
    loaded_at: datetime | None = None
    """When the last of the loaded cartons went in."""
    unloaded_at: datetime | None = None
    """Since when some cartons are outside, unloaded or not loaded yet. None: all are inside."""
    loaded_gross_g: TotalGrams | None = None
    """Mass of the loaded cartons, as measured before their loading. None: of release 0.2.0."""
    earlier_inside: tuple[InsideSpan, ...] = ()
    """When all cartons were inside before, oldest first: some were taken out, or another came."""
    exited_at: datetime | None = None
    """When it was rejected, cancelled, returned or split, and no longer a member; until then it was
    one, with these figures."""

    def find_inside(self, at: datetime | None) -> InsideSpan | None:
        """Return since when all cartons were in the container at that moment (None: now)."""
        for span in self.earlier_inside:
            if at is not None and span.until_at is not None and span.since_at <= at < span.until_at:
                return span
        if self.loaded_at is None or (at is not None and self.loaded_at > at):
            return None
        if self.unloaded_at is not None and (at is None or self.unloaded_at <= at):
            return None
        gross_g = self.gross_g if self.loaded_gross_g is None else self.loaded_gross_g
        return InsideSpan(since_at=self.loaded_at, gross_g=gross_g)

    @classmethod
    def of_absent(cls, *, consolidation_id: str, consignment_id: str) -> Self:
        """Return the snapshot of a consignment that is not in it: without figures."""
        return cls(
            consolidation_id=consolidation_id,
            consignment_id=consignment_id,
            revision=0,
            member=False,
            status="",
            pieces=0,
            staged_pieces=0,
            loaded_pieces=0,
            volume_cm3=0,
            gross_g=0,
            blocked=False,
            customs="",
        )

    def withdrawal(self) -> Self:
        """Return the snapshot of a consignment that left."""
        return self.of_absent(
            consolidation_id=self.consolidation_id, consignment_id=self.consignment_id
        )


class ContainerSnapshot(ConsolidationEvent, frozen=True, kw_only=True):
    """Snapshot for a consolidation: its container."""

    name: ClassVar[str] = "consolidation.container_changed"
    internal: ClassVar[bool] = True

    equipment_ref: EquipmentRef
    revision: Revision
    status: Text
    """A `ContainerStatus`."""
    iso_type: Text
    tare_g: GramsOrZero
    max_gross_g: GramsOrZero
    fit: bool | None = None
    """None: nobody inspected it yet."""
    inspected_at: datetime | None = None
    seal_no: Text = ""
    sealed_at: datetime | None = None
    vgm_g: GramsOrZero | None = None
    vgm_at: datetime | None = None
    gated_out_at: datetime | None = None
    on_board_at: datetime | None = None
    withdrawn: bool = False
    """True: the container has nothing to do with the consolidation any more."""

    def withdrawal(self) -> Self:
        """Return the snapshot that ends all others."""
        return msgspec.structs.replace(self, withdrawn=True)


class VoyageSnapshot(ConsolidationEvent, frozen=True, kw_only=True):
    """Snapshot for a consolidation: its voyage."""

    name: ClassVar[str] = "consolidation.voyage_changed"
    internal: ClassVar[bool] = True

    voyage_id: Id
    revision: Revision
    status: Literal["SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]
    etd_at: datetime
    eta_at: datetime
    cutoffs: tuple[Cutoff, ...]
    earlier_cutoffs: tuple[EarlierCutoffs, ...] = ()
    """Oldest first."""
    departed_at: datetime | None = None
    withdrawn: bool = False
    """True: the voyage has nothing to do with the consolidation any more."""

    def withdrawal(self) -> Self:
        """Return the snapshot that ends all others."""
        return msgspec.structs.replace(self, withdrawn=True)


class CutoffAtRisk(Event, frozen=True, kw_only=True):
    """The consolidation will miss a cut-off unless somebody acts (on the alert topic)."""

    name: ClassVar[str] = "cutoff.at_risk"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "consolidation_id"
    internal: ClassVar[bool] = True
    acts_once: ClassVar[str] = "a warning; the alert beside it is cleared"

    consolidation_id: Id
    code: CutoffCode
    due_at: datetime
    projected_at: datetime | None
    slack_s: int
    consignment_ids: tuple[Id, ...] = ()


class CutoffMissed(Event, frozen=True, kw_only=True):
    """The consolidation missed a cut-off (on the alert topic)."""

    name: ClassVar[str] = "cutoff.missed"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "consolidation_id"
    internal: ClassVar[bool] = True
    acts_once: ClassVar[str] = "a warning; the alert beside it is cleared"

    consolidation_id: Id
    code: CutoffCode
    due_at: datetime
    consignment_ids: tuple[Id, ...] = ()
