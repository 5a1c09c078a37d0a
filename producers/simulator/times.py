"""When things happen on a simulated day and how long they take, with the source of each figure."""

from producers.simulator.rates import Figures


class Times(Figures, frozen=True, kw_only=True):
    """When things happen and how long they take. Local hours are those of Asia/Shanghai."""

    arrivals_from_h: float = 9.0
    """Trucks and tricycles arrive 09-20 (read: a day at a CFS)."""
    arrivals_until_h: float = 20.0
    closes_from_h: float = 12.0
    """The first lane's cut-off for LCL cargo (LCO); the lanes' cut-offs are spread over the day."""
    closes_until_h: float = 18.0
    booking_lead_h: float = 48.0
    """Bookings come in from so long before the first cut-off day's midnight."""
    unload_s: float = 7.0
    """One carton over the dock, two people. Assumption, as the next four."""
    measure_s: float = 90.0
    store_s: float = 600.0
    stage_s: float = 4.0
    stow_s: float = 9.0
    last_truck_before_lco_h: float = 2.0
    closes_every_h: float = 1.0
    """Cut-offs lie on such a grid: lanes share a time, as services of one terminal do."""
    rounds_before_lco_h: tuple[float, ...] = (9.0, 4.0)
    """When the dispatchers plan a departure before its last call: before the empties are ordered
    and again with the morning's cargo. Assumption."""
    plan_patience_s: int = 1_200
    """A plan that a dispatcher asked for is wanted within this."""
    last_call_before_lco_s: int = 2_400
    """The dispatcher asks for the last plan so long before cargo close: after it a departure takes
    nothing new."""
    freeze_after_lco_s: int = 1_800
    """The manifest is filed when the plan after cargo close is known."""
    staging_s: int = 900
    """From manifest to the first carton at the door."""
    crews_begin_every_s: int = 600
    """Crews begin a box at full ten minutes. Assumption."""
    manifest_retry_s: int = 1_800
    declare_after_s: int = 1_800
    release_from_s: int = 2_400
    release_until_s: int = 9_000
    """From declaration to release when customs selects nothing."""
    scan_from_s: int = 7_200
    scan_until_s: int = 14_400
    inspect_from_s: int = 21_600
    inspect_until_s: int = 72_000
    decide_after_miss_s: int = 1_800
    """A missed cut-off is seen and acted upon within this. Assumption, as the next five."""
    vgm_late_from_s: int = 3_600
    vgm_late_until_s: int = 10_800
    """After the VGM cut-off: the weighbridge works again."""
    dg_papers_from_s: int = 7_200
    dg_papers_until_s: int = 18_000
    """A missing safety data sheet is sent after."""
    back_order_after_h: float = 24.0
    """The rest of a short lot comes so long after it was found short."""
    early_s: int = 300
    jam_s: int = 900
    """A truck on a published route is so much early or late at the most. Assumption, as the next
    three."""
    delay_from_s: int = 3_600
    delay_until_s: int = 7_200
    """Of a truck that breaks down."""
    own_truck_before_s: int = 5_400
    """Where no route is published in time the hub sends a truck on its own, so long before the
    cargo is due."""
    empties_before_lco_s: int = 8 * 3_600
    """Empties are ordered so long before cargo close (07-11 of the day, read)."""
    haul_s: int = 4 * 3_600
    """Yiwu to Ningbo (domain planning figure, from memory)."""
    # Offsets from LCO in hours. Read for one weekly service: documents and cargo close within an
    # afternoon; the manifest at least 24 h before loading. The rest: assumptions in that spirit.
    dco_after_lco_h: float = 3.0
    afc_after_lco_h: float = 6.0
    cua_after_lco_h: float = 14.0
    vco_after_lco_h: float = 16.0
    pco_after_lco_h: float = 20.0
    etd_after_lco_h: float = 30.0

    # What follows is how long people and papers take: assumptions, all of them. Two figures: the
    # least and the most.
    # Bookings
    ready_before_arrival_s: int = 1_800
    ready_before_pickup_arrival_s: int = 9_000
    pickup_window_s: int = 7_200
    notice_before_arrival_s: tuple[int, int] = (7_200, 14_400)
    credit_settled_s: tuple[int, int] = (1_800, 7_200)
    dg_declared_after_s: int = 1_800
    amended_after_s: int = 600
    cancelled_before_arrival_s: int = 5_000
    late_after_lco_s: tuple[int, int] = (1_200, 7_200)
    """A late truck comes so long after cargo close."""
    booked_before_arrival_s: int = 18_000
    """At the least."""
    no_show_after_s: int = 21_600
    back_order_notice_s: int = 10_800
    # Dock and tally
    dock_wait_s: tuple[int, int] = (240, 1_200)
    tally_closed_after_s: int = 60
    tally_settled_after_s: int = 120
    shipper_answers_s: tuple[int, int] = (1_800, 7_200)
    cancelled_after_receipt_s: tuple[int, int] = (1_800, 7_200)
    rest_brought_after_s: int = 18_000
    hold_ends_s: tuple[int, int] = (2_400, 9_000)
    returned_after_s: int = 5_400
    repacked_stored_s: int = 120
    repacked_heavier_g: int = 300
    """The new box around the crushed one."""
    dg_found_declared_s: int = 1_800
    dg_found_judged_s: int = 5_400
    dg_found_returned_s: int = 9_000
    # Dangerous goods desk
    dg_papers_looked_at_s: int = 600
    dg_judged_after_s: int = 5_400
    dg_looked_at_again_s: int = 1_800
    dg_returned_after_s: int = 3_600
    # Customs
    declared_together_s: int = 600
    """Lots of one buyer that are complete within this go on one declaration."""
    broker_looks_again_s: int = 1_800
    broker_gives_up_s: int = 172_800
    selected_after_s: int = 1_800
    rejected_after_s: int = 3_600
    declared_again_after_s: int = 7_200
    # Container, seal and gate
    fetch_step_s: tuple[int, int] = (2_400, 5_400)
    """To the depot, back, and to the inspection: each."""
    tare_share: tuple[float, float] = (0.96, 1.0)
    """Of the heaviest usual tare: ±2 % (fredoniainc.com, read)."""
    empties_again_every_s: int = 10_800
    door_before_crew_s: int = 1_500
    door_least_s: int = 3_600
    change_after_freeze_s: int = 2_000
    first_carton_after_s: int = 120
    doors_shut_after_s: int = 300
    taken_out_s: int = 3
    sealed_after_s: int = 600
    weighed_after_s: int = 900
    weighed_again_after_s: int = 2_400
    misread_share: float = 0.125
    misread_least_g: int = 1_500_000
    """So wrong is a weighbridge that is wrong: always beyond the tolerance of 5 % or 1 t."""
    weighbridge_step_g: int = 20_000
    dunnage_g: int = 80_000
    """Nets, air bags, a few boards."""
    seal_found_broken_s: int = 900
    gate_after_weighing_s: int = 960
    """At the least; longer than a reseal takes."""
    tractor_comes_s: tuple[int, int] = (3_600, 7_200)
    """Where no published route sends one."""
    gate_spare_s: int = 600
    start_spare_s: int = 7_200
    """Before the last instant from which the terminal's deadline can still be met."""
    patience_after_lco_s: int = 10_800
    shut_out_retry_s: int = 1_800
    on_board_before_etd_s: int = 7_200
    delayed_by_s: int = 21_600
    """Of a ship or train."""
    # Devices of the warehouse
    clock_error_s: int = 28_800
    """UTC taken for local time (computed from the OCEL log)."""
    sent_again_s: tuple[int, int] = (1, 1_800)
    sent_late_s: tuple[int, int] = (20, 1_500)
    corrected_s: tuple[int, int] = (300, 1_800)
    ghost_seen_s: tuple[int, int] = (60, 300)
    ghost_taken_back_s: tuple[int, int] = (300, 1_200)
