"""Events of a consignment: booked, announced, held, declared dangerous, allocated."""

from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from groupage.domain.events.base import AggregateKind, Dimensions, Event, Money, Place
from groupage.domain.events.quantities import (
    Celsius,
    Cm3,
    Cm3OrZero,
    Count,
    CountOrZero,
    Grams,
    GramsOrZero,
    Hs6,
    Id,
    ImoClass,
    Locode,
    Revision,
    Text,
    UnitId,
    UnNumber,
)

CustomsMode = Literal["1039", "0110", "9610", "9710", "9810", "1210"]
"""China's supervision modes (docs/trade.md); 1039 is market procurement."""
HoldType = Literal["CUSTOMS", "DG", "DAMAGE", "DOCS", "CREDIT", "MEASURE", "DISPATCHER"]
Incoterm = Literal["EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"]


class ConsignmentEvent(Event, frozen=True, kw_only=True):
    """An event of a consignment."""

    kind: ClassVar[AggregateKind] = "consignment"
    key_field: ClassVar[str] = "consignment_id"

    consignment_id: Id


class DangerousGoods(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dangerous article as declared (IMDG Code)."""

    un_number: UnNumber
    imo_class: ImoClass
    subsidiary_risks: tuple[ImoClass, ...] = ()
    """Segregated like the class itself."""
    packing_group: Literal["I", "II", "III", ""] = ""
    net_g: GramsOrZero = 0
    limited_quantity: bool = False
    flashpoint_c: Celsius | None = None
    """By the closed-cup test."""
    line: CountOrZero | None = None
    """Line of the booking whose cartons it is in, counted from 0; left out: not known."""


class CartonLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`pieces` equal cartons as the shipper declared them; size and gross mass are per carton."""

    pieces: Count
    """Number of cartons."""
    size: Dimensions
    """Outer size of one carton."""
    gross_g: Grams
    """Gross mass of one carton."""
    this_side_up: bool = False
    """True: the carton may turn, but its declared height stays vertical."""
    max_top_load_g: GramsOrZero | None = None
    """Mass that may stand on one carton. None: as much as an ordinary stack puts there; 0: nothing
    may stand on it."""
    fragile: bool = False
    """True: the carton is marked as fragile. Without `max_top_load_g`, plans put three times its
    own mass on it at most, or 20 kg if that is more."""
    keep_dry: bool = False
    """True: the carton is marked to be kept dry."""
    hs6: Hs6 | None = None
    goods: Text = ""


class DeclaredTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of cargo whose cartons' sizes are to follow."""

    pieces: Count
    """Number of cartons."""
    volume_cm3: Cm3
    gross_g: Grams


class PickUp(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when a truck of the hub collects the cargo."""

    place: Place
    """Where the cargo is."""
    ready_at: datetime
    latest_at: datetime


class ConsignmentBooked(ConsignmentEvent, frozen=True, kw_only=True):
    """A merchant or agent booked space; its figures are declared, until the hub has measured.

    Cartons may be received before it. Without it nothing is planned.
    """

    name: ClassVar[str] = "consignment.booked"

    shipper: Id
    consignee: Id
    buyer: Text = ""
    pol: Locode
    pod: Locode
    service_id: Text = ""
    """Wanted service. Empty: any that meets `latest_arrival_at`."""
    mode: CustomsMode
    """Customs mode: the supervision mode under which China's customs release the export."""
    incoterm: Incoterm = "FCA"
    incoterm_place: Text = ""
    lines: tuple[CartonLine, ...]
    """Lines of equal cartons; an ASN refers to them by their number, counted from 0. Empty only
    with `totals`."""
    totals: DeclaredTotals | None = None
    """What is booked while there are no lines: their sizes follow in an amendment or a second
    booking, or are measured at the hub."""
    value: Money
    dangerous_goods: tuple[DangerousGoods, ...] = ()
    danger_words: tuple[Text, ...] = ()
    """Goods in words that may be dangerous (batteries, liquids, powders, magnets), where it is
    open whether they are."""
    ready_at: datetime
    """When the cargo can be at the hub, or can be collected."""
    latest_arrival_at: datetime | None = None
    """Wanted arrival at `pod`; a later arrival has a price in the plan."""
    pickup: PickUp | None = None
    credit_ok: bool = True
    priority: Literal["must_go", "preferred", "filler"] = "preferred"


class ConsignmentAmended(ConsignmentEvent, frozen=True, kw_only=True):
    """The booking changed, in the fields that are given."""

    name: ClassVar[str] = "consignment.amended"

    reason: Text
    base_version: CountOrZero = 0
    lines: tuple[CartonLine, ...] | None = None
    totals: DeclaredTotals | None = None
    """New totals of a booking without lines; lines take their place."""
    value: Money | None = None
    dangerous_goods: tuple[DangerousGoods, ...] | None = None
    danger_words: tuple[Text, ...] | None = None
    """Goods in words that may be dangerous; empty: they are not."""
    mode: CustomsMode | None = None
    """Customs mode: the supervision mode under which China's customs release the export."""
    pod: Locode | None = None
    service_id: Text | None = None
    ready_at: datetime | None = None
    latest_arrival_at: datetime | None = None
    consignee: Id | None = None
    priority: Literal["must_go", "preferred", "filler"] | None = None
    credit_ok: bool | None = None


class ConsignmentAccepted(ConsignmentEvent, frozen=True, kw_only=True):
    """The forwarder accepted a booking that the hub does not accept by its own rules."""

    name: ClassVar[str] = "consignment.accepted"


class ConsignmentRejected(ConsignmentEvent, frozen=True, kw_only=True):
    """The forwarder rejected the booking or the cargo: unfit cargo, no credit, forbidden goods."""

    name: ClassVar[str] = "consignment.rejected"

    reason: Text


class ConsignmentCancelled(ConsignmentEvent, frozen=True, kw_only=True):
    """The merchant cancelled; after the dead-freight threshold, `fee_basis_cm3` is charged."""

    name: ClassVar[str] = "consignment.cancelled"

    reason: Text
    fee_basis_cm3: Cm3OrZero = 0


class ConsignmentReturned(ConsignmentEvent, frozen=True, kw_only=True):
    """The cargo went back to the merchant."""

    name: ClassVar[str] = "consignment.returned"

    reason: Text


class ConsignmentSplit(ConsignmentEvent, frozen=True, kw_only=True):
    """The consignment continues as `children`: it needs several containers, or part ships first."""

    name: ClassVar[str] = "consignment.split"

    children: tuple[Id, ...]
    reason: Text


class ConsignmentNoted(ConsignmentEvent, frozen=True, kw_only=True):
    """A milestone of the papers, such as an order registered; it never changes the state."""

    name: ClassVar[str] = "consignment.noted"

    milestone: Id
    """The milestone as a word: ``order_registered``."""
    references: tuple[Id, ...] = ()
    """Numbers of the papers."""


class AnnouncedUnit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One carton of a delivery note: its SSCC or mark, and its booking line, counted from 0."""

    unit_id: UnitId
    line: CountOrZero = 0
    """Line of the booking that the carton belongs to, counted from 0."""


class AsnReceived(ConsignmentEvent, frozen=True, kw_only=True):
    """An advance shipping notice (ASN) arrived: these units are on their way."""

    name: ClassVar[str] = "asn.received"

    units: tuple[AnnouncedUnit, ...]
    vehicle: Text = ""
    eta_at: datetime | None = None


class ReceiptDiscrepancy(ConsignmentEvent, frozen=True, kw_only=True):
    """The tally differs from the ASN, or cargo came damaged or wrongly marked."""

    name: ClassVar[str] = "receipt.discrepancy"

    discrepancy: Literal["short", "over", "damaged", "marks", "unfit"]
    pieces: Count
    unit_ids: tuple[UnitId, ...] = ()
    photo_ref: Text = ""


class DiscrepancyAccepted(ConsignmentEvent, frozen=True, kw_only=True):
    """The shipper decided about a discrepancy: ship what is there, or wait for the rest."""

    name: ClassVar[str] = "receipt.discrepancy_accepted"

    decision: Literal["ship_short", "wait", "accept_over"]


class TallyCompleted(ConsignmentEvent, frozen=True, kw_only=True):
    """The dock closed the tally sheet of this consignment."""

    name: ClassVar[str] = "tally.completed"

    pieces: CountOrZero


class RerateAccepted(ConsignmentEvent, frozen=True, kw_only=True):
    """The shipper accepted measured figures beyond the tolerance, and their freight."""

    name: ClassVar[str] = "rerate.accepted"

    volume_cm3: Cm3
    gross_g: Grams


class HoldPlaced(ConsignmentEvent, frozen=True, kw_only=True):
    """The consignment must not move on until the hold with this id is released."""

    name: ClassVar[str] = "hold.placed"

    hold_id: Id
    """Names the hold within the consignment. A dispatcher's hold has the `command_id` of its
    command."""
    hold: HoldType
    by: Text
    scope: Text = ""
    """The part of the consignment that the hold concerns, in words; all of it waits in any case."""
    reason: Text = ""


class HoldReleased(ConsignmentEvent, frozen=True, kw_only=True):
    """A hold ended: the one with this id, or all open holds of this type."""

    name: ClassVar[str] = "hold.released"

    hold_id: Id | None = None
    hold: HoldType | None = None
    by: Text
    reason: Text = ""


class DgDeclared(ConsignmentEvent, frozen=True, kw_only=True):
    """The shipper declared dangerous goods, with their papers."""

    name: ClassVar[str] = "dg.declared"

    goods: tuple[DangerousGoods, ...]
    """The dangerous articles."""
    msds_ref: Text = ""


class DgApproved(ConsignmentEvent, frozen=True, kw_only=True):
    """The DG desk approved the declaration."""

    name: ClassVar[str] = "dg.approved"

    by: Text = ""


class DgRejected(ConsignmentEvent, frozen=True, kw_only=True):
    """The DG desk rejected the declaration."""

    name: ClassVar[str] = "dg.rejected"

    reason: Text


class ConsignmentAllocated(ConsignmentEvent, frozen=True, kw_only=True):
    """The published plan of the lane puts the consignment into a consolidation."""

    name: ClassVar[str] = "consignment.allocated"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    voyage_id: Id
    plan_id: Id
    from_consolidation_id: Id | None = None
    reason_code: Text = ""


class ConsignmentDeallocated(ConsignmentEvent, frozen=True, kw_only=True):
    """The published plan of the lane takes the consignment out of its consolidation."""

    name: ClassVar[str] = "consignment.deallocated"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    plan_id: Id
    reason_code: Text


class ConsignmentRolled(ConsignmentEvent, frozen=True, kw_only=True):
    """The consignment goes with a later departure than the one it was planned for."""

    name: ClassVar[str] = "consignment.rolled"
    internal: ClassVar[bool] = True

    from_consolidation_id: Id
    to_consolidation_id: Id | None = None
    plan_id: Id = "manual"
    reason_code: Text


class CustomsSnapshot(ConsignmentEvent, frozen=True, kw_only=True):
    """Snapshot for a consignment: the status of a declaration that covers it."""

    name: ClassVar[str] = "consignment.customs_changed"
    internal: ClassVar[bool] = True
    dated: ClassVar[bool] = True

    declaration_id: Id
    status: Literal[
        "NONE", "DECLARED", "SELECTED_SCAN", "SELECTED_INSPECTION", "RELEASED", "REJECTED"
    ]
    """NONE: the declaration does not cover the consignment any more."""
    revision: Revision
    """Rises with each status of that declaration; a lower revision is stale."""
    declared_at: datetime | None = None

    def withdrawal(self) -> Self:
        """Return the status of a consignment that the declaration does not cover any more."""
        return msgspec.structs.replace(self, status="NONE")


class EarlierDoors(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When stuffing had to end, as it was until the cut-offs or the voyage changed."""

    until_at: datetime
    close_at: datetime | None = None
    """None: there was no limit, or none that is known any more."""


class ConsolidationSnapshot(ConsignmentEvent, frozen=True, kw_only=True):
    """Snapshot for a consignment: the consolidation that it is allocated to."""

    name: ClassVar[str] = "consignment.consolidation_changed"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    status: Text
    """A `ConsolidationStatus`."""
    revision: Revision
    equipment_ref: Text = ""
    voyage_id: Text = ""
    manifest_ref: Text = ""
    frozen_at: datetime | None = None
    stuffing_open: bool = False
    stuffing_started_at: datetime | None = None
    stuffing_completed_at: datetime | None = None
    door_close_at: datetime | None = None
    earlier_doors: tuple[EarlierDoors, ...] = ()
    """Oldest first: a loading that was in time by them stays legal."""
    lco_at: datetime | None = None
    departed_at: datetime | None = None
    withdrawn: bool = False
    """True: the consolidation does not list the consignment any more, so it has no manifest or
    container for it; its cut-off still counts for dead freight."""

    def doors_close_at(self, at: datetime) -> datetime | None:
        """Return the latest time at which stuffing had to end, of all that counted from then on."""
        closings = [each.close_at for each in self.earlier_doors if at < each.until_at]
        limits = [each for each in (*closings, self.door_close_at) if each is not None]
        return max(limits) if len(limits) == len(closings) + 1 else None

    def withdrawal(self) -> "ConsolidationSnapshot":
        """Return the snapshot of a consolidation that does not list the consignment any more."""
        return ConsolidationSnapshot(
            consignment_id=self.consignment_id,
            consolidation_id=self.consolidation_id,
            status=self.status,
            revision=0,
            voyage_id=self.voyage_id,
            lco_at=self.lco_at,
            withdrawn=True,
        )
