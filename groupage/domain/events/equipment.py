"""Events of a container, and of a truck's visit."""

from datetime import datetime
from typing import ClassVar, Literal

from groupage.domain.events.base import AggregateKind, Dimensions, Event
from groupage.domain.events.quantities import EquipmentRef, Grams, Id, IsoType, Mm, Text

SealSource = Literal["SHIPPER", "CARRIER", "CUSTOMS", "CONSOLIDATOR"]
ContainerMove = Literal[
    "LOADED",
    "DISCHARGED",
    "GATED_IN",
    "GATED_OUT",
    "PICKED_UP",
    "DROPPED_OFF",
    "CROSSED",
]


class ContainerEvent(Event, frozen=True, kw_only=True):
    """An event of a container."""

    kind: ClassVar[AggregateKind] = "container"
    key_field: ClassVar[str] = "equipment_ref"

    equipment_ref: EquipmentRef


class ContainerReleased(ContainerEvent, frozen=True, kw_only=True):
    """The depot released an empty container for the hub."""

    name: ClassVar[str] = "container.released"

    iso_type: IsoType
    tare_g: Grams
    max_gross_g: Grams
    inside: Dimensions | None = None
    """Inner size of this container by its plate or a measurement; the planner takes the ISO minimum
    without it."""
    door_width_mm: Mm | None = None
    door_height_mm: Mm | None = None
    carrier_booking_id: Id | None = None
    consolidation_id: Id | None = None
    """The consolidation that it was ordered for, if any."""


class ContainerPickedUp(ContainerEvent, frozen=True, kw_only=True):
    """A truck took the empty container from the depot."""

    name: ClassVar[str] = "container.picked_up"

    plate: Text = ""


class ContainerGatedIn(ContainerEvent, frozen=True, kw_only=True):
    """The empty container arrived at the hub."""

    name: ClassVar[str] = "container.gated_in"

    place: Text = ""


class ContainerInspected(ContainerEvent, frozen=True, kw_only=True):
    """The hub inspected the container for fitness (CTU Code)."""

    name: ClassVar[str] = "container.inspected"

    result: Literal["fit", "unfit"]
    defects: Text = ""


class ContainerSealed(ContainerEvent, frozen=True, kw_only=True):
    """The doors were shut and sealed."""

    name: ClassVar[str] = "container.sealed"

    seal_no: Id
    consolidation_id: Id | None = None
    source: SealSource = "CONSOLIDATOR"
    seal_type: Text = ""
    """Bolt, cable, wire …"""


class ContainerUnsealed(ContainerEvent, frozen=True, kw_only=True):
    """The seal was broken, or cut for an inspection; the next seal counts."""

    name: ClassVar[str] = "container.unsealed"

    seal_no: Text = ""
    reason: Text = ""


class ContainerResealed(ContainerEvent, frozen=True, kw_only=True):
    """Another seal replaced a broken one."""

    name: ClassVar[str] = "container.resealed"

    seal_no: Id
    source: SealSource = "CONSOLIDATOR"
    seal_type: Text = ""
    """Bolt, cable, wire …"""
    old_seal_no: Text = ""
    reason: Text = ""


class VgmVerified(ContainerEvent, frozen=True, kw_only=True):
    """The gross mass was verified (VGM, SOLAS VI/2): weighed (SM1) or added up (SM2)."""

    name: ClassVar[str] = "vgm.verified"

    gross_g: Grams
    method: Literal["SM1", "SM2"]
    device: Text = ""
    party: Text = ""
    consolidation_id: Id | None = None


class ContainerGatedOut(ContainerEvent, frozen=True, kw_only=True):
    """The loaded container left the hub."""

    name: ClassVar[str] = "container.gated_out"

    plate: Text = ""
    consolidation_id: Id | None = None


class ContainerWeighed(ContainerEvent, frozen=True, kw_only=True):
    """A yard scale weighed the container; this is not its VGM, but is compared with it."""

    name: ClassVar[str] = "container.weighed"

    gross_g: Grams | None = None


class ContainerMoved(ContainerEvent, frozen=True, kw_only=True):
    """The container was moved in the yard or driven between places."""

    name: ClassVar[str] = "container.moved"

    place: Text
    """The place or the yard's bay that it is at now."""
    move: ContainerMove | None = None
    vessel_imo: Text = ""
    """IMO number of the ship that it was loaded on or discharged from, for example at a
    transshipment."""
    carrier_voyage_no: Text = ""
    """The carrier's number of that ship's voyage."""


class ContainerBooked(ContainerEvent, frozen=True, kw_only=True):
    """The container was booked on a voyage, or moved to another one (`rescheduled`)."""

    name: ClassVar[str] = "container.booked"

    voyage_id: Id | None = None
    """None: it was taken off its voyage, and the next one is not known yet."""
    rescheduled: bool = False


class ContainerOnBoard(ContainerEvent, frozen=True, kw_only=True):
    """The container was loaded on a ship, train or aircraft."""

    name: ClassVar[str] = "container.on_board"

    voyage_id: Id | None = None


class ContainerAssigned(ContainerEvent, frozen=True, kw_only=True):
    """A consolidation has the container on its manifest, and needs a snapshot at each change."""

    name: ClassVar[str] = "container.assigned"
    internal: ClassVar[bool] = True

    consolidation_id: Id


class TruckArrived(Event, frozen=True, kw_only=True):
    """A truck docked with cargo of these consignments."""

    name: ClassVar[str] = "truck.arrived"
    kind: ClassVar[AggregateKind] = "visit"
    key_field: ClassVar[str] = "visit_id"

    visit_id: Id
    plate: Text = ""
    dock: Text = ""
    consignment_ids: tuple[Id, ...] = ()


class CargoArriving(Event, frozen=True, kw_only=True):
    """Cargo of this consignment is at the dock: its truck arrived."""

    name: ClassVar[str] = "consignment.arriving"
    kind: ClassVar[AggregateKind] = "consignment"
    key_field: ClassVar[str] = "consignment_id"
    internal: ClassVar[bool] = True

    consignment_id: Id
    visit_id: Id
    arrived_at: datetime
