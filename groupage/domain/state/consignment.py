"""State of one consignment: booking, units, holds, customs, place in a consolidation."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.consignment import (
    CartonLine,
    ConsignmentAmended,
    ConsignmentBooked,
    ConsolidationSnapshot,
    CustomsSnapshot,
    DangerousGoods,
)
from groupage.domain.ids import lane_of
from groupage.domain.state.base import State
from groupage.domain.states import ConsignmentStatus, CustomsStatus

CartonMeasures = tuple[int, int, int, int]
"""Length, width, height in mm, gross mass in g of one carton."""


class LoadMove(msgspec.Struct, kw_only=True, array_like=True):
    """The unit went into a container (or out of it: `into` false), as reported."""

    at: datetime
    fact_id: str
    into: bool
    equipment_ref: str
    consolidation_id: str | None = None
    standing: tuple[int, int, int, int, int, int] | None = None
    """x, y, z, dx, dy, dz in mm."""
    deviation: str = ""
    unready: Literal["", "not_measured", "dg_not_cleared"] = ""
    """What spoke against it when it was made."""


class UnitPart(msgspec.Struct, kw_only=True, array_like=True):
    """One unit of the consignment. An array in JSON: there are many, and each batch writes all."""

    line: int = 0
    """Which booking line (from 0); -1: a unit that no ASN announced."""
    pieces: int = 1
    received_at: datetime | None = None
    condition: str = ""
    """good, damaged, wet or wrong_marks; empty: not received."""
    measured: CartonMeasures | None = None
    measured_at: datetime | None = None
    location: str = ""
    staged_at: datetime | None = None
    loaded_in: str = ""
    """The container it stands in, when the load was legal."""
    moves: list[LoadMove] = msgspec.field(default_factory=list)
    last_at: datetime | None = None
    """When the newest ordered fact about it happened."""
    parent: str = ""
    """Unit that it was packed into."""
    gone: bool = False
    """Repacked into others, or taken away by a return."""

    @property
    def standing(self) -> tuple[int, int, int, int, int, int] | None:
        """x, y, z, dx, dy, dz in mm in its container; None: not loaded, or not told."""
        if not self.loaded_in:
            return None
        into = [move for move in self.moves if move.into and move.equipment_ref == self.loaded_in]
        return into[-1].standing if into else None


class Hold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One hold; open until released."""

    hold: str
    placed_at: datetime
    by: str
    reason: str = ""
    released_at: datetime | None = None


class DatedCustomsStatus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The last snapshot of a declaration that covers the consignment, and when it became so."""

    at: datetime
    snapshot: CustomsSnapshot

    @property
    def revision(self) -> int:
        """Of the declaration."""
        return self.snapshot.revision

    @property
    def status(self) -> CustomsStatus:
        """What customs did last."""
        return CustomsStatus(self.snapshot.status)

    @property
    def declared_at(self) -> datetime:
        """When it was declared."""
        return self.snapshot.declared_at or self.at


class AllocationChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A place given or taken, as told by the lane."""

    at: datetime
    fact_id: str
    change: Literal["allocated", "deallocated", "rolled"]
    consolidation_id: str
    """Given, or (deallocated, rolled) taken."""
    voyage_id: str = ""
    plan_id: str = ""
    to_consolidation_id: str | None = None
    reason_code: str = ""


class Allocation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The place that the consignment has."""

    consolidation_id: str
    voyage_id: str
    plan_id: str
    since_at: datetime


class Discrepancy(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Tally and ASN differ, or cargo came damaged, wrongly marked or unfit."""

    kind: str
    pieces: int
    at: datetime
    unit_ids: tuple[str, ...] = ()


class Exit(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How it left the ordinary way."""

    status: ConsignmentStatus
    at: datetime
    reason: str
    children: tuple[str, ...] = ()
    cancelled_at: datetime | None = None
    """Also when it was returned afterwards."""
    fee_due: bool = False
    """Cancelled after the dead-freight threshold."""
    fee_basis_cm3: int = 0


class ConsignmentState(State, kw_only=True, omit_defaults=True):
    """Everything known of one consignment."""

    status: ConsignmentStatus = ConsignmentStatus.NEW
    customs: CustomsStatus = CustomsStatus.NONE
    declaration_id: str = ""
    blocked: bool = False
    """True while a hold is open."""
    booked: ConsignmentBooked | None = None
    """As first booked."""
    amendments: list[tuple[datetime, str, ConsignmentAmended]] = msgspec.field(default_factory=list)
    """(when, fact id, change), oldest first."""
    booking: ConsignmentBooked | None = None
    """As booked and amended."""
    declared_pieces: int = 0
    declared_volume_cm3: int = 0
    declared_gross_g: int = 0
    """As booked and amended."""
    booked_at: datetime | None = None
    accepted_at: datetime | None = None
    not_accepted: str = ""
    """Which guard of the acceptance fails, in words."""
    exit: Exit | None = None
    units: dict[str, UnitPart] = msgspec.field(default_factory=dict)
    asns: list[tuple[datetime, tuple[str, ...]]] = msgspec.field(default_factory=list)
    """Each delivery note: when, and its units."""
    vehicle: str = ""
    eta_at: datetime | None = None
    arrived_at: datetime | None = None
    visits: list[str] = msgspec.field(default_factory=list)
    tally: tuple[datetime, int] | None = None
    """When the tally sheet was closed, and the pieces on it."""
    discrepancies: list[Discrepancy] = msgspec.field(default_factory=list)
    decision: str = ""
    """The shipper's word on a short or over receipt: ship_short, wait, accept_over."""
    decision_at: datetime | None = None
    rerate: tuple[datetime, int, int] | None = None
    """When, cm³, g: the measured figures that the shipper accepted."""
    needs_rerate: bool = False
    holds: dict[str, Hold] = msgspec.field(default_factory=dict)
    dg_goods: tuple[DangerousGoods, ...] = ()
    dg_status: Literal["none", "declared", "approved", "rejected"] = "none"
    dg_at: datetime | None = None
    declarations: dict[str, DatedCustomsStatus] = msgspec.field(default_factory=dict)
    released_at: datetime | None = None
    """Customs' release."""
    declared_at: datetime | None = None
    allocation_changes: list[AllocationChange] = msgspec.field(default_factory=list)
    allocation: Allocation | None = None
    consolidations: dict[str, ConsolidationSnapshot] = msgspec.field(default_factory=dict)
    """What the consolidations that it was ever given a place in say."""
    received_pieces: int = 0
    received_units: int = 0
    measured_units: int = 0
    """Of the received ones."""
    measured_volume_cm3: int = 0
    measured_gross_g: int = 0
    """Sums over received and measured units."""
    damaged_units: int = 0
    staged_units: int = 0
    loaded_units: int = 0
    loaded_pieces: int = 0
    load_moves: int = 0
    unloads: int = 0
    first_received_at: datetime | None = None
    last_received_at: datetime | None = None
    last_measured_at: datetime | None = None
    received_at: datetime | None = None
    """When the receipt was complete."""
    measured_at: datetime | None = None
    available_at: datetime | None = None
    loaded_at: datetime | None = None
    """When the last of what is loaded went in."""
    unloaded_at: datetime | None = None
    """Since when some of it is outside, taken out or received and not loaded; None: all is inside.
    """
    departed_at: datetime | None = None
    barrier_at: datetime | None = None
    """Newest fact about the whole consignment: an older unit fact makes it be folded anew."""

    @property
    def lane_id(self) -> str:
        """Where from and where to; empty before the booking is known."""
        return lane_of(pol=self.booking.pol, pod=self.booking.pod) if self.booking else ""

    @property
    def lines(self) -> tuple[CartonLine, ...]:
        """The declared cartons."""
        return self.booking.lines if self.booking else ()

    @property
    def fully_measured(self) -> bool:
        """Every received unit has been measured, and there is one."""
        return 0 < self.received_units == self.measured_units

    @property
    def volume_cm3(self) -> int:
        """Measured when all is measured, else as booked."""
        return self.measured_volume_cm3 if self.fully_measured else self.declared_volume_cm3

    @property
    def gross_g(self) -> int:
        """Measured when all is measured, else as booked."""
        return self.measured_gross_g if self.fully_measured else self.declared_gross_g

    @property
    def pieces(self) -> int:
        """Pieces that go: as received once the receipt is complete, else as booked."""
        return self.received_pieces if self.received_at is not None else self.declared_pieces

    @property
    def open_holds(self) -> dict[str, Hold]:
        """By hold id."""
        return {name: hold for name, hold in self.holds.items() if hold.released_at is None}

    @property
    def inside(self) -> bool:
        """All of it stands in its container."""
        return self.loaded_at is not None and self.unloaded_at is None

    def was_inside(self, at: datetime) -> bool:
        """All of it stood in its container at that moment."""
        if self.loaded_at is None or self.loaded_at > at:
            return False
        return self.unloaded_at is None or self.unloaded_at > at

    @property
    def committed(self) -> bool:
        """It is on the filed manifest of its consolidation: it stays where it is."""
        position = self.consolidation
        return position is not None and position.frozen_at is not None

    @property
    def consolidation(self) -> ConsolidationSnapshot | None:
        """What the consolidation that it has a place in says."""
        return (
            self.consolidations.get(self.allocation.consolidation_id) if self.allocation else None
        )
