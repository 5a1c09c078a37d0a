"""Facts about one voyage: its sailing (or train), the space booked on it, its legs."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from groupage.domain.events.base import AggregateKind, Event, Money
from groupage.domain.events.quantities import Count, CountOrZero, Id, IsoType, Locode, Text

CutoffCode = Literal["LCO", "DCO", "VCO", "CUA", "DGC", "PCO", "FCO", "ECP", "EFC", "AFC"]
"""DCSA cut-off codes: LCO = latest delivery of LCL cargo at the CFS, DCO documents, VCO VGM, CUA
customs, PCO port."""
TransportMode = Literal["VESSEL", "RAIL", "TRUCK", "AIR"]


class VoyageEvent(Event, frozen=True, kw_only=True):
    """A fact that a voyage owns."""

    kind: ClassVar[AggregateKind] = "voyage"
    key_field: ClassVar[str] = "voyage_id"

    voyage_id: Id


class Cutoff(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline of a departure."""

    code: CutoffCode
    due_at: datetime


class EquipmentOffer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the carrier gives on this voyage.

    Container type, freight for one, and how many at most (None: no limit known).
    """

    iso_type: IsoType
    freight: Money
    available: CountOrZero | None = None


class SailingPublished(VoyageEvent, frozen=True, kw_only=True):
    """A departure one can plan for."""

    name: ClassVar[str] = "sailing.published"

    service_id: Id
    mode: TransportMode
    carrier: Text = ""
    pol: Locode
    pod: Locode
    etd_at: datetime
    eta_at: datetime
    cutoffs: tuple[Cutoff, ...]
    equipment: tuple[EquipmentOffer, ...]


class SailingChanged(VoyageEvent, frozen=True, kw_only=True):
    """The departure changed, or was blanked. Only the fields given change."""

    name: ClassVar[str] = "sailing.changed"

    reason: Text
    cancelled: bool = False
    etd_at: datetime | None = None
    eta_at: datetime | None = None
    cutoffs: tuple[Cutoff, ...] | None = None
    equipment: tuple[EquipmentOffer, ...] | None = None


class CarrierBookingConfirmed(VoyageEvent, frozen=True, kw_only=True):
    """The carrier confirmed space."""

    name: ClassVar[str] = "carrier.booking_confirmed"

    carrier_booking_id: Id
    iso_type: IsoType
    count: Count


class CarrierBookingRolled(VoyageEvent, frozen=True, kw_only=True):
    """The carrier took space back: these boxes must leave later."""

    name: ClassVar[str] = "carrier.booking_rolled"

    carrier_booking_id: Id
    iso_type: IsoType
    count: Count
    reason: Text = ""


class LegDeparted(VoyageEvent, frozen=True, kw_only=True):
    """Ship or train left."""

    name: ClassVar[str] = "leg.departed"

    leg_id: Id
    mode: TransportMode
    place: Text


class LegArrived(VoyageEvent, frozen=True, kw_only=True):
    """Ship or train arrived."""

    name: ClassVar[str] = "leg.arrived"

    leg_id: Id
    mode: TransportMode
    place: Text


class EtaUpdated(VoyageEvent, frozen=True, kw_only=True):
    """A new estimate of a leg's arrival."""

    name: ClassVar[str] = "leg.eta_updated"

    leg_id: Id
    mode: TransportMode | None = None
    place: Text
    eta_at: datetime


class VoyageFollowed(VoyageEvent, frozen=True, kw_only=True):
    """Derived: a consolidation counts on this voyage and wants to hear of every change."""

    name: ClassVar[str] = "voyage.followed"
    internal: ClassVar[bool] = True

    consolidation_id: Id
