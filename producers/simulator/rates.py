"""How often each exception happens in a simulated day."""

import msgspec


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures that somebody may set otherwise."""


class Rates(Figures, frozen=True, kw_only=True):
    """Shares of the exceptions, each of what its comment names.

    Assumptions unless a source is given. Each kind happens at least once a day, so that every one
    can be seen: where rate × occasions is below one, more of it happens than is stated. 0: never.
    """

    # of consignments
    short: float = 0.02
    over: float = 0.007
    damaged: float = 0.01
    wrong_marks: float = 0.007
    unfit: float = 0.002
    measured_deviates: float = 0.06
    """All its cartons are larger or heavier than declared, beyond the hub's tolerance. (A few more
    lots are beyond it for one carton: a bulging, a repacked or a missing small one.)"""
    dangerous: float = 0.005
    dangerous_undeclared: float = 0.002
    """The dock finds a label that the papers do not mention."""
    late_truck: float = 0.018
    """Cut-off missed by the shipper: the OCEL log's share of rescheduled containers, 36 of 1,966
    (computed)."""
    no_show: float = 0.004
    cancelled_before_arrival: float = 0.01
    cancelled_after_receipt: float = 0.004
    amended: float = 0.03
    credit_hold: float = 0.005
    docs_hold: float = 0.01
    # of those among them
    short_waits: float = 0.15
    """Of the short ones: the shipper brings the rest instead of shipping short."""
    short_back_orders: float = 0.25
    """Of the short ones: the hub ships what it has; the shipper books the rest again."""
    wet: float = 0.25
    """Of the damaged ones."""
    damaged_rejected: float = 0.1
    """Of the damaged ones: beyond repacking, the cargo goes back."""
    dangerous_docs_missing: float = 0.3
    """Of the dangerous ones: declared without the safety data sheet."""
    dangerous_rejected: float = 0.4
    """Of the dangerous ones."""
    # of pick-up trucks that drive a published route
    truck_delayed: float = 0.05
    """A breakdown or a jam: one to two hours later than planned."""
    # of declarations
    customs_scan: float = 0.03
    customs_inspection: float = 0.01
    customs_rejected: float = 0.003
    # of voyages
    voyage_delayed: float = 0.08
    voyage_blank: float = 0.03
    carrier_roll: float = 0.06
    """Of those that are no trains: the carrier takes a container's place back."""
    train_slot_cut: float = 0.05
    """Of trains: the platform runs fewer wagons, a quarter of the places is gone."""
    # of consolidations
    documents_late: float = 0.015
    """A shipper's instructions come after the documents cut-off (DCO): no manifest by then."""
    dead_freight: float = 0.3
    """Of those: no place on the next sailing, the box is dissolved and its space is paid empty.
    The others are rolled."""
    vgm_late: float = 0.01
    """Of sealed ones: the weighbridge stands still, the gross mass comes after the VGM cut-off
    (VCO)."""
    cancelled_after_freeze: float = 0.02
    amended_after_freeze: float = 0.02
    container_unfit: float = 0.03
    container_swapped: float = 0.02
    vgm_mismatch: float = 0.02
    seal_broken: float = 0.01
    # of cartons
    bulging: float = 0.03
    """Measured one grid step larger than declared."""
    restowed: float = 0.002
    """Two alike cartons change places while stuffing, with a named deviation."""
    taken_out: float = 0.0005
    """Loaded, taken out to be looked at, and loaded again."""
    # of facts of the warehouse
    duplicate: float = 0.005
    late: float = 0.005
    # of put-aways
    wrong_clock: float = 0.0015
    """A device eight hours ahead (UTC taken for local time), corrected later: the trap found in the
    OCEL log."""
    retracted: float = 0.0015
    """A reading from an aisle where the carton never was, retracted later."""
    # of measurements
    corrected: float = 0.003
    """A typing error; the right figure follows."""
