"""State of one voyage: its sailing (or train), what is booked on it, where it is."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.schedule import Cutoff, CutoffCode, EquipmentOffer
from groupage.domain.ids import lane_of
from groupage.domain.state.base import State

VoyageStatus = Literal["UNKNOWN", "SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]


class Leg(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One leg of the way."""

    mode: str = ""
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    eta_at: datetime | None = None
    eta_reported_at: datetime | None = None
    from_place: str = ""
    to_place: str = ""


class CarrierBooking(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Space that the carrier confirmed, less what it took back."""

    iso_type: str
    confirmed: int = 0
    rolled: int = 0
    rolled_at: datetime | None = None
    """When the carrier last took some of it back."""


class VoyageState(State, kw_only=True, omit_defaults=True):
    """Everything known of one voyage."""

    status: VoyageStatus = "UNKNOWN"
    status_at: datetime | None = None
    service_id: str = ""
    mode: str = ""
    carrier: str = ""
    pol: str = ""
    pod: str = ""
    etd_at: datetime | None = None
    eta_at: datetime | None = None
    """Scheduled, or as last estimated at the port of discharge."""
    cutoffs: tuple[Cutoff, ...] = ()
    equipment: tuple[EquipmentOffer, ...] = ()
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    bookings: dict[str, CarrierBooking] = msgspec.field(default_factory=dict)
    """By carrier booking id."""
    legs: dict[str, Leg] = msgspec.field(default_factory=dict)
    followers: list[str] = msgspec.field(default_factory=list)
    """Consolidations that count on it, in the order of their ids."""
    schedule_changes: int = 0
    """How often its schedule was published or changed."""
    schedule_at: datetime | None = None
    """When its schedule last changed."""
    reason: str = ""

    @property
    def lane_id(self) -> str:
        """Where from and where to; empty before the sailing is published."""
        return lane_of(pol=self.pol, pod=self.pod) if self.pol else ""

    def cutoff_at(self, code: CutoffCode) -> datetime | None:
        """When this deadline is, if the voyage has it."""
        return next((cutoff.due_at for cutoff in self.cutoffs if cutoff.code == code), None)
