"""State of a consolidation: one container on one voyage, and the consignments in it."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.consolidation import (
    ConsignmentSnapshot,
    ContainerSnapshot,
    VoyageSnapshot,
)
from groupage.domain.state.base import State
from groupage.domain.states import ConsolidationStatus


class Manifest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A filed manifest."""

    manifest_ref: str
    equipment_ref: str
    seal_no: str
    consignment_ids: tuple[str, ...]
    filed_at: datetime


class CutoffWatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A cut-off and how it stands."""

    due_at: datetime
    """The deadline for the hub; of PCO and FCO, the terminal's less the haul."""
    state: Literal["ahead", "at_risk", "met", "missed"] = "ahead"
    met_at: datetime | None = None
    projected_at: datetime | None = None
    """When it will probably be met; None: not known."""
    begins_at: datetime | None = None
    """No warning before half of the time from then on: manifests are made after LCO."""
    waits_for: tuple[str, ...] = ()
    """Ids of the consignments that are not ready."""


class ConsolidationState(State, kw_only=True, omit_defaults=True):
    """State of a consolidation."""

    status: ConsolidationStatus = ConsolidationStatus.NEW
    status_at: datetime | None = None
    lane_id: str = ""
    voyage_id: str = ""
    """The current voyage (a roll changes it)."""
    rolled_at: datetime | None = None
    rolled_from: list[str] = msgspec.field(default_factory=list)
    iso_type: str = ""
    policy: str = ""
    opened_at: datetime | None = None
    plan_id: str = ""
    plan_revision: int = -1
    planned_at: datetime | None = None
    planned_ids: tuple[str, ...] = ()
    planned_volume_cm3: int = 0
    planned_gross_g: int = 0
    carrier_booking_id: str = ""
    booked_at: datetime | None = None
    manifest: Manifest | None = None
    assigned: tuple[str, datetime] | None = None
    """The container of the last manifest, withdrawn or not, and when that was filed."""
    unfreeze_count: int = 0
    """How often a manifest was withdrawn."""
    unfrozen_at: datetime | None = None
    stuffing_started_at: datetime | None = None
    reopened_at: datetime | None = None
    """When stuffing last began again after it was completed."""
    reopenings: dict[str, datetime] = msgspec.field(default_factory=dict)
    """All times when it began again, by fact id."""
    stuffing_completed_at: datetime | None = None
    dunnage_g: int = 0
    dunnages: list[tuple[datetime, int]] = msgspec.field(default_factory=list)
    """(when, g) of each completion of stuffing, oldest first."""
    stuffed_in: str = ""
    """Container named at the start of stuffing."""
    door: str = ""
    ended: Literal["", "BROKEN_UP", "CANCELLED"] = ""
    ended_at: datetime | None = None
    ended_fact_id: str = ""
    """Id of the fact that ended it."""
    ended_reason: str = ""
    members: dict[str, ConsignmentSnapshot] = msgspec.field(default_factory=dict)
    containers: dict[str, ContainerSnapshot] = msgspec.field(default_factory=dict)
    """By container number."""
    voyages: dict[str, VoyageSnapshot] = msgspec.field(default_factory=dict)
    """By voyage id."""
    withdrawn: dict[str, int] = msgspec.field(default_factory=dict)
    """Revisions at which containers and voyages withdrew their snapshots, by their ids."""
    cutoffs: dict[str, CutoffWatch] = msgspec.field(default_factory=dict)
    """By DCSA cut-off code."""
    dead_freight_from: datetime | None = None
    """After this instant whoever gives up its space pays dead freight; None: no LCO is known."""
    dead_freight_provisional: str = ""
    """Why that is provisional: the policy's calendar does not know the days; empty: it does."""
    failed_guards: dict[str, str] = msgspec.field(default_factory=dict)
    """Guards that failed when a step was reported: `AlertCode` and reason in words."""
    loaded_volume_cm3: int = 0
    loaded_gross_g: int = 0
    gated_out_at: datetime | None = None
    on_board_at: datetime | None = None

    @property
    def equipment_ref(self) -> str:
        """The manifest's container, else the only one that names this consolidation; else empty."""
        if self.manifest is not None:
            return self.manifest.equipment_ref
        return next(iter(self.containers)) if len(self.containers) == 1 else ""

    @property
    def member_ids(self) -> tuple[str, ...]:
        """The consignments on the manifest, else those of the plan."""
        return self.manifest.consignment_ids if self.manifest is not None else self.planned_ids

    def find_member(self, name: str, at: datetime | None = None) -> ConsignmentSnapshot | None:
        """Return the snapshot of a consignment that was in it at that moment; None: is in it now.

        A consignment that left counts like one that never reported: whether it did depends on the
        order in which it learned of two plans.
        """
        member = self.members.get(name)
        if member is None or member.member:
            return member
        return member if at and member.exited_at and at < member.exited_at else None

    @property
    def stuffing_open(self) -> bool:
        """Stuffing has begun and is not completed."""
        return self.stuffing_started_at is not None and self.stuffing_completed_at is None

    @property
    def over(self) -> bool:
        """It was broken up or cancelled, and no guard rejected that."""
        return bool(self.ended) and self.ended_fact_id not in self.rejected

    @property
    def container(self) -> ContainerSnapshot | None:
        """The newest snapshot of its container."""
        return self.containers.get(self.equipment_ref)

    @property
    def voyage(self) -> VoyageSnapshot | None:
        """The newest snapshot of its voyage."""
        return self.voyages.get(self.voyage_id)

    @property
    def departed_at(self) -> datetime | None:
        """When the container left the hub, legally."""
        return self.gated_out_at
