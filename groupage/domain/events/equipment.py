"""Facts about a container, and about a truck's visit."""

from datetime import datetime
from typing import ClassVar, Literal

from groupage.domain.events.base import AggregateKind, Dimensions, Event
from groupage.domain.events.quantities import Grams, Id, IsoType, Mm, Text

SealSource = Literal["SHIPPER", "CARRIER", "CUSTOMS", "CONSOLIDATOR"]


class ContainerEvent(Event, frozen=True, kw_only=True):
    """A fact that a container owns."""

    kind: ClassVar[AggregateKind] = "container"
    key_field: ClassVar[str] = "equipment_ref"

    equipment_ref: Id


class ContainerReleased(ContainerEvent, frozen=True, kw_only=True):
    """The depot released an empty container for us."""

    name: ClassVar[str] = "container.released"

    iso_type: IsoType
    tare_g: Grams
    max_gross_g: Grams
    inside: Dimensions | None = None
    """The unit's own inner size when its plate or a measurement tells; else the ISO minimum is
    planned on."""
    door_width_mm: Mm | None = None
    door_height_mm: Mm | None = None
    carrier_booking_id: Id | None = None
    consolidation_id: Id | None = None
    """Which consolidation it was ordered for, when it was."""


class ContainerPickedUp(ContainerEvent, frozen=True, kw_only=True):
    """The empty left the depot on a truck."""

    name: ClassVar[str] = "container.picked_up"

    plate: Text = ""


class ContainerGatedIn(ContainerEvent, frozen=True, kw_only=True):
    """The empty arrived at the hub."""

    name: ClassVar[str] = "container.gated_in"

    place: Text = ""


class ContainerInspected(ContainerEvent, frozen=True, kw_only=True):
    """Checked for fitness (CTU Code)."""

    name: ClassVar[str] = "container.inspected"

    result: Literal["fit", "unfit"]
    defects: Text = ""


class ContainerSealed(ContainerEvent, frozen=True, kw_only=True):
    """Doors shut, seal on."""

    name: ClassVar[str] = "container.sealed"

    seal_no: Id
    consolidation_id: Id | None = None
    source: SealSource = "CONSOLIDATOR"
    seal_type: Text = ""
    """Bolt, cable, wire …"""


class ContainerUnsealed(ContainerEvent, frozen=True, kw_only=True):
    """The seal came off: broken, or cut for an inspection. The next one that goes on counts."""

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
    """Verified gross mass (SOLAS VI/2): SM1 weighed packed, SM2 summed."""

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
    """A weight that is no VGM (yard scale), kept for comparison."""

    name: ClassVar[str] = "container.weighed"

    gross_g: Grams | None = None


class ContainerMoved(ContainerEvent, frozen=True, kw_only=True):
    """Moved in the yard or driven between places."""

    name: ClassVar[str] = "container.moved"

    place: Text


class ContainerBooked(ContainerEvent, frozen=True, kw_only=True):
    """The container was given a place on a voyage, or (`rescheduled`) another one."""

    name: ClassVar[str] = "container.booked"

    voyage_id: Id | None = None
    """None: taken off its voyage, the next one is not known yet."""
    rescheduled: bool = False


class ContainerOnBoard(ContainerEvent, frozen=True, kw_only=True):
    """The container was loaded on a ship, train or aircraft."""

    name: ClassVar[str] = "container.on_board"

    voyage_id: Id | None = None


class ContainerAssigned(ContainerEvent, frozen=True, kw_only=True):
    """Derived: the consolidation that it is manifested for wants to hear of every change."""

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
    """Derived from `truck.arrived`: cargo of this consignment is at the dock."""

    name: ClassVar[str] = "consignment.arriving"
    kind: ClassVar[AggregateKind] = "consignment"
    key_field: ClassVar[str] = "consignment_id"
    internal: ClassVar[bool] = True

    consignment_id: Id
    visit_id: Id
    arrived_at: datetime
