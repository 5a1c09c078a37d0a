"""Events of a voyage: the sailing or train, the space booked on it, its legs."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from groupage.domain.events.base import AggregateKind, Event, Money
from groupage.domain.events.quantities import Count, CountOrZero, Id, IsoType, Locode, Text

CutoffCode = Literal["LCO", "DCO", "VCO", "CUA", "DGC", "PCO", "FCO", "ECP", "EFC", "AFC"]
"""DCSA cut-off codes; `groupage.domain.value_names.CUTOFFS` names them."""
TransportMode = Literal["VESSEL", "RAIL", "TRUCK", "AIR"]
PortMovement = Literal["ARRIVED", "DEPARTED"]


class VoyageEvent(Event, frozen=True, kw_only=True):
    """An event of a voyage."""

    kind: ClassVar[AggregateKind] = "voyage"
    key_field: ClassVar[str] = "voyage_id"

    voyage_id: Id


class Cutoff(msgspec.Struct, frozen=True, kw_only=True):
    """One cut-off of a departure."""

    code: CutoffCode
    """What must be done by then, by DCSA's code."""
    due_at: datetime
    """The last moment for it."""


class EarlierCutoffs(msgspec.Struct, frozen=True, kw_only=True):
    """Cut-offs of the terminal (PCO, FCO) that counted until a change of the schedule."""

    until_at: datetime
    cutoffs: tuple[Cutoff, ...]


class EquipmentOffer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A container type that the carrier offers on this voyage.

    The freight is that of one container. `available` None: no limit is known.
    """

    iso_type: IsoType
    freight: Money
    available: CountOrZero | None = None


class SailingPublished(VoyageEvent, frozen=True, kw_only=True):
    """The carrier published a departure that plans may use."""

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
    carrier_voyage_no: Text = ""
    """The carrier's number of the voyage (`2103S`), by which its Track & Trace events name it."""
    universal_voyage_ref: Text = ""
    """DCSA's Universal Voyage Reference (`2301W`), which all carriers of a service share."""
    vessel_imo: Text = ""
    """IMO number of the ship, seven digits."""


class SailingChanged(VoyageEvent, frozen=True, kw_only=True):
    """The departure changed in the fields that are given, or was cancelled (blanked)."""

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
    """The carrier took space back; so many containers must leave later."""

    name: ClassVar[str] = "carrier.booking_rolled"

    carrier_booking_id: Id
    iso_type: IsoType
    count: Count
    reason: Text = ""


class LegDeparted(VoyageEvent, frozen=True, kw_only=True):
    """The ship or train of a leg departed."""

    name: ClassVar[str] = "leg.departed"

    leg_id: Id
    mode: TransportMode
    place: Text


class LegArrived(VoyageEvent, frozen=True, kw_only=True):
    """The ship or train of a leg arrived."""

    name: ClassVar[str] = "leg.arrived"

    leg_id: Id
    mode: TransportMode
    place: Text


class EtaUpdated(VoyageEvent, frozen=True, kw_only=True):
    """The estimated arrival of a leg changed."""

    name: ClassVar[str] = "leg.eta_updated"

    leg_id: Id
    mode: TransportMode | None = None
    place: Text
    eta_at: datetime


class PortCallReported(VoyageEvent, frozen=True, kw_only=True):
    """A ship called at another port, or another ship did at the same: the voyage's times stay.

    The classifier says whether that happened (ACT), or is planned or estimated.
    """

    name: ClassVar[str] = "port_call.reported"

    place: Text
    """Where the ship calls, by UN/LOCODE."""
    movement: PortMovement
    call_at: datetime
    """When the ship arrived or departed there, or will."""
    mode: TransportMode | None = None
    vessel_imo: Text = ""
    """IMO number of the ship, if it is not the voyage's: a feeder, or after a transshipment."""
    carrier_voyage_no: Text = ""
    """The number of its voyage, if the ship is not this voyage's."""


class VoyageFollowed(VoyageEvent, frozen=True, kw_only=True):
    """A consolidation depends on this voyage, and needs a snapshot at each change."""

    name: ClassVar[str] = "voyage.followed"
    internal: ClassVar[bool] = True

    consolidation_id: Id
