"""State of a consignment: booking, units, holds, customs, allocation to a consolidation."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.base import Dimensions
from groupage.domain.events.consignment import (
    CartonLine,
    ConsignmentAmended,
    ConsignmentBooked,
    ConsolidationSnapshot,
    CustomsSnapshot,
    DangerousGoods,
    DeclaredTotals,
)
from groupage.domain.events.consolidation import InsideSpan
from groupage.domain.events.steering import ConsignmentSteered
from groupage.domain.ids import lane_of
from groupage.domain.state.base import State
from groupage.domain.states import ConsignmentStatus, CustomsStatus

CartonMeasures = tuple[int, int, int, int]
"""Length, width, height in mm, gross mass in g of one carton."""


class LoadMove(msgspec.Struct, kw_only=True, array_like=True, gc=False):
    """A reported move of a unit into a container, or out of it (`into` false)."""

    at: datetime
    fact_id: str
    into: bool
    equipment_ref: str
    consolidation_id: str | None = None
    standing: tuple[int, int, int, int, int, int] | None = None
    """x, y, z, dx, dy, dz in mm."""
    deviation: str = ""
    unready: Literal["", "not_measured", "dg_not_cleared"] = ""
    """The reason why the unit should not have been loaded then; empty: none."""
    gross_g: int = 0
    """As measured when it was loaded."""


class UnitPart(msgspec.Struct, kw_only=True, array_like=True, gc=False):
    """A unit of the consignment. For speed an array in JSON: each batch writes all units."""

    line: int = 0
    """Index of its booking line; -1: no delivery note (ASN) announced the unit."""
    pieces: int = 1
    received_at: datetime | None = None
    condition: str = ""
    """good, damaged, wet or wrong_marks; empty: not received."""
    measured: CartonMeasures | None = None
    measured_at: datetime | None = None
    location: str = ""
    staged_at: datetime | None = None
    loaded_in: str = ""
    """The container that it is legally loaded in; empty: none."""
    moves: list[LoadMove] = msgspec.field(default_factory=list)
    last_at: datetime | None = None
    """Time of the newest ordered fact about it."""
    parent: str = ""
    """The unit that it was packed into; empty: none."""
    gone: bool = False
    """It was repacked into other units."""
    gone_at: datetime | None = None
    loading: int = 0
    """Index in `moves` of the legal one that put it into `loaded_in`."""

    @property
    def standing(self) -> tuple[int, int, int, int, int, int] | None:
        """x, y, z, dx, dy, dz in mm in its container; None: not loaded, or not reported."""
        return self.moves[self.loading].standing if self.loaded_in else None

    @property
    def loaded_by(self) -> LoadMove | None:
        """The move by which it got into its container; None: it is in none."""
        return self.moves[self.loading] if self.loaded_in else None


class Hold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hold, which blocks the consignment until it is released."""

    hold: str
    placed_at: datetime
    by: str
    reason: str = ""
    released_at: datetime | None = None
    fact_id: str = ""
    """Of the fact that placed it, if a dispatcher commanded that."""


class NotedSteering(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A dispatcher's pin, forbid or roll of the consignment."""

    at: datetime
    fact_id: str
    event: ConsignmentSteered


class DatedCustomsStatus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The newest snapshot of a declaration of the consignment, and since when it holds."""

    at: datetime
    snapshot: CustomsSnapshot

    @property
    def revision(self) -> int:
        """Revision of the declaration."""
        return self.snapshot.revision

    @property
    def status(self) -> CustomsStatus:
        """Status of the declaration."""
        return CustomsStatus(self.snapshot.status)

    @property
    def declared_at(self) -> datetime:
        """When the declaration was filed."""
        return self.snapshot.declared_at or self.at


class AllocationChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An allocation that the lane made, took away or rolled."""

    at: datetime
    fact_id: str
    change: Literal["allocated", "deallocated", "rolled"]
    consolidation_id: str
    """The consolidation that it is allocated to, or (deallocated, rolled) was before."""
    voyage_id: str = ""
    plan_id: str = ""
    to_consolidation_id: str | None = None
    reason_code: str = ""


class Allocation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The consolidation that the consignment is allocated to."""

    consolidation_id: str
    voyage_id: str
    plan_id: str
    since_at: datetime


class Discrepancy(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A difference that the dock reported: missing, too much, damaged, wrongly marked or unfit."""

    kind: str
    pieces: int
    at: datetime
    unit_ids: tuple[str, ...] = ()


class ExitReport(msgspec.Struct, frozen=True, array_like=True):
    """A fact that reported an exit: a rejection, cancellation, return or split."""

    at: datetime
    fact_id: str
    type: str


class Exit(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The end of a consignment that does not depart: rejected, cancelled, returned or split."""

    status: ConsignmentStatus
    at: datetime
    reason: str
    reports: tuple[ExitReport, ...]
    """The facts that reported it: a return may follow a cancellation or rejection."""
    children: tuple[str, ...] = ()
    cancelled_at: datetime | None = None
    """Kept when it was returned afterwards."""
    fee_due: bool = False
    """Cancelled after the dead-freight threshold."""
    fee_basis_cm3: int = 0

    @property
    def since_at(self) -> datetime:
        """When it was first rejected, cancelled, returned or split."""
        return self.reports[0].at


def provisional_line(totals: DeclaredTotals) -> CartonLine:
    """Return the line of equal cubes that stands for cartons whose sizes are to follow."""
    mm3 = -(-totals.volume_cm3 * 1_000 // totals.pieces)
    edge_mm = round(mm3 ** (1 / 3))
    edge_mm += edge_mm**3 < mm3
    return CartonLine(
        pieces=totals.pieces,
        size=Dimensions(length_mm=edge_mm, width_mm=edge_mm, height_mm=edge_mm),
        gross_g=-(-totals.gross_g // totals.pieces),
    )


class ConsignmentState(State, kw_only=True, omit_defaults=True):
    """State of a consignment."""

    status: ConsignmentStatus = ConsignmentStatus.UNKNOWN
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
    """The guard of the acceptance that fails, in words; empty: none."""
    exit: Exit | None = None
    """As its senders reported it: nothing that they report afterwards is legal."""
    contested_exits: list[Exit] = msgspec.field(default_factory=list)
    """Exits that were reported while a unit was reported in a container, oldest first."""
    settled_exit: Exit | None = None
    """The first contested exit at which no loading was legal; it counts before `exit`."""
    departed_before_exit: bool = False
    """The exit was reported after the consignment had departed, and is rejected."""
    units: dict[str, UnitPart] = msgspec.field(default_factory=dict)
    forwarded: dict[str, datetime | None] | None = None
    """Units received or made by a fact that a unit forwarded, and when a fact from outside under
    the consignment's own key reported the same later, or in an event that is rejected; None: none
    did."""
    asns: list[tuple[datetime, tuple[str, ...]]] = msgspec.field(default_factory=list)
    """(when, unit ids) of each delivery note."""
    announced_units: int = 0
    """How many units they name; a unit on two of them counts once."""
    vehicle: str = ""
    eta_at: datetime | None = None
    arrived_at: datetime | None = None
    visits: list[str] = msgspec.field(default_factory=list)
    tally: tuple[datetime, int] | None = None
    """(when, pieces) of the closed tally sheet."""
    discrepancies: list[Discrepancy] = msgspec.field(default_factory=list)
    decision: str = ""
    """The shipper's decision on a discrepancy: ship_short, wait or accept_over."""
    decision_at: datetime | None = None
    rerate: tuple[datetime, int, int] | None = None
    """(when, cm³, g) of the measured figures that the shipper accepted."""
    needs_rerate: bool = False
    holds: dict[str, Hold] = msgspec.field(default_factory=dict)
    """By id."""
    late_holds: dict[str, Hold] = msgspec.field(default_factory=dict)
    """Those that a dispatcher placed after it had left the hub, and do not count."""
    steerings: dict[str, NotedSteering] = msgspec.field(default_factory=dict)
    """By lane and command; which of them the lane gets is decided from loads and departure."""
    dg_goods: tuple[DangerousGoods, ...] = ()
    dg_status: Literal["none", "declared", "approved", "rejected"] = "none"
    dg_at: datetime | None = None
    declarations: dict[str, DatedCustomsStatus] = msgspec.field(default_factory=dict)
    released_at: datetime | None = None
    """Customs' release."""
    declared_at: datetime | None = None
    allocation_changes: list[AllocationChange] = msgspec.field(default_factory=list)
    allocation: Allocation | None = None
    allocation_at_exit: Allocation | None = None
    """The allocation that the exit ended."""
    assigned_to: tuple[str, ...] = ()
    """The consolidation that the lane last gave it, and the one that a filed manifest kept it in:
    `allocation` is one of them, unless it or the consignment has ended."""
    consolidations: dict[str, ConsolidationSnapshot] = msgspec.field(default_factory=dict)
    """The newest snapshot of each consolidation that it was ever allocated to."""
    received_pieces: int = 0
    received_units: int = 0
    measured_units: int = 0
    """Measured among the received units."""
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
    """When the last unit that is in the container was loaded."""
    unloaded_at: datetime | None = None
    """Since when a received unit is outside the container; None: all units are inside."""
    loaded_gross_g: int = 0
    """Of the loaded units, as measured when they were loaded."""
    earlier_inside: tuple[InsideSpan, ...] = ()
    """When all received units were inside before, oldest first."""
    departed_at: datetime | None = None
    barrier_at: datetime | None = None
    """Time of the newest fact about the whole; a unit fact before it needs a refold."""

    @property
    def lane_id(self) -> str:
        """Port of loading and of discharge; empty before the booking."""
        return lane_of(pol=self.booking.pol, pod=self.booking.pod) if self.booking else ""

    @property
    def lines(self) -> tuple[CartonLine, ...]:
        """The declared cartons; of a booking with totals only, equal cubes with these totals."""
        if self.booking is None:
            return ()
        if self.booking.lines or self.booking.totals is None:
            return self.booking.lines
        return (provisional_line(self.booking.totals),)

    @property
    def sizes_missing(self) -> bool:
        """It is booked with totals only, and its cartons are not yet received and measured."""
        return self.booking is not None and not self.booking.lines and self.measured_at is None

    @property
    def fully_measured(self) -> bool:
        """All received units are measured, and there is at least one."""
        return 0 < self.received_units == self.measured_units

    @property
    def volume_cm3(self) -> int:
        """As measured if all units are, else as booked."""
        return self.measured_volume_cm3 if self.fully_measured else self.declared_volume_cm3

    @property
    def gross_g(self) -> int:
        """As measured if all units are, else as booked."""
        return self.measured_gross_g if self.fully_measured else self.declared_gross_g

    @property
    def pieces(self) -> int:
        """As received once the receipt is complete, else as booked."""
        return self.received_pieces if self.received_at is not None else self.declared_pieces

    @property
    def is_known(self) -> bool:
        """Somebody booked, announced or held it, or units of it came."""
        return self.booked is not None or bool(self.units or self.asns or self.holds)

    @property
    def open_holds(self) -> dict[str, Hold]:
        """By hold id."""
        return {name: hold for name, hold in self.holds.items() if hold.released_at is None}

    @property
    def ended(self) -> Exit | None:
        """The exit, unless the consignment had departed before."""
        return None if self.departed_before_exit else self.settled_exit or self.exit

    @property
    def inside(self) -> bool:
        """All received units are in the container."""
        return self.loaded_at is not None and self.unloaded_at is None

    def was_inside(self, at: datetime) -> bool:
        """Tell whether all received units were in the container at that moment."""
        if self.loaded_at is None or self.loaded_at > at:
            return False
        return self.unloaded_at is None or self.unloaded_at > at

    @property
    def committed(self) -> bool:
        """It is on the filed manifest of its consolidation, so no plan may move it."""
        position = self.consolidation
        return position is not None and position.frozen_at is not None

    @property
    def consolidation(self) -> ConsolidationSnapshot | None:
        """The newest snapshot of its consolidation."""
        return (
            self.consolidations.get(self.allocation.consolidation_id) if self.allocation else None
        )

    @property
    def last_consolidation(self) -> ConsolidationSnapshot | None:
        """The newest snapshot of its consolidation; after an exit, of the one that it was in."""
        allocation = self.allocation or self.allocation_at_exit
        return self.consolidations.get(allocation.consolidation_id) if allocation else None
