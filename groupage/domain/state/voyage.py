"""State of a voyage (a sailing or a train): schedule, carrier bookings, progress."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.schedule import Cutoff, CutoffCode, EarlierCutoffs, EquipmentOffer
from groupage.domain.events.steering import VoyageSteered
from groupage.domain.ids import lane_of
from groupage.domain.state.base import State

VoyageStatus = Literal["UNKNOWN", "SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]


class Leg(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A leg of the voyage, or of the way to or from its ports."""

    mode: str = ""
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    eta_at: datetime | None = None
    eta_reported_at: datetime | None = None
    from_place: str = ""
    to_place: str = ""


class PortCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call of a ship elsewhere; if it calls there twice, its last call."""

    place: str
    ship: str = ""
    """Voyage number or IMO number of another ship than the voyage's."""
    eta_at: datetime | None = None
    arrived_at: datetime | None = None
    etd_at: datetime | None = None
    departed_at: datetime | None = None


class CarrierBooking(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Containers that the carrier confirmed, and how many of them it took back."""

    iso_type: str
    confirmed: int = 0
    rolled: int = 0
    rolled_at: datetime | None = None
    """When the carrier last took some of them back."""


class NotedSteering(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A dispatcher's pin of a consignment to the voyage, or an order to keep it off."""

    at: datetime
    event: VoyageSteered


class VoyageState(State, kw_only=True, omit_defaults=True):
    """State of a voyage."""

    status: VoyageStatus = "UNKNOWN"
    status_at: datetime | None = None
    service_id: str = ""
    mode: str = ""
    carrier: str = ""
    pol: str = ""
    pod: str = ""
    etd_at: datetime | None = None
    eta_at: datetime | None = None
    """As scheduled, or as last estimated for the port of discharge."""
    cutoffs: tuple[Cutoff, ...] = ()
    earlier_cutoffs: tuple[EarlierCutoffs, ...] = ()
    """Oldest first: what was legal by them stays legal."""
    equipment: tuple[EquipmentOffer, ...] = ()
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    bookings: dict[str, CarrierBooking] = msgspec.field(default_factory=dict)
    """By carrier booking id."""
    legs: dict[str, Leg] = msgspec.field(default_factory=dict)
    calls: dict[str, PortCall] = msgspec.field(default_factory=dict)
    """By place, and ship if it is not the voyage's."""
    followers: list[str] = msgspec.field(default_factory=list)
    """Ids of the consolidations that count on it, sorted."""
    schedule_changes: int = 0
    """How often its schedule was published or changed."""
    schedule_at: datetime | None = None
    """When its schedule last changed."""
    reason: str = ""
    steerings: dict[str, NotedSteering] = msgspec.field(default_factory=dict)
    """By lane and command."""

    @property
    def lane_id(self) -> str:
        """Port of loading and of discharge; empty before the sailing is published."""
        return lane_of(pol=self.pol, pod=self.pod) if self.pol else ""

    def cutoff_at(self, code: CutoffCode) -> datetime | None:
        """Return when that cut-off is; None: the voyage has none."""
        return next((cutoff.due_at for cutoff in self.cutoffs if cutoff.code == code), None)
