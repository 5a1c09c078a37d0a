"""How a consignment and its cartons stand now, from its state, its lane and the plans."""

from collections import Counter

from groupage.domain.plan import LeftOut, Plan
from groupage.domain.possible_pins import departures_of, pin_depends_on, possible_pin
from groupage.domain.state.consignment import ConsignmentState, UnitPart
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.lane import LaneState
from groupage.domain.state.visit import VisitState
from groupage.domain.state.voyage import VoyageState
from groupage.domain.states import ConsignmentStatus, CustomsStatus
from groupage.domain.words import number_of
from groupage.store.pool import Connection
from groupage.store.readers.approved_plans import plan_in_force
from groupage.store.readers.container_summaries import (
    cutoff_summaries,
    voyage_summary,
)
from groupage.store.readers.facts import read_state, read_states
from groupage.store.readers.holds import holds_of
from groupage.store.readers.lane_summaries import read_next_plan
from groupage.store.readers.routes import find_pickup
from groupage.store.readers.summary_views import (
    ConsignmentSummary,
    EndSummary,
    PickUpSummary,
    SteeringSummary,
    VisitSummary,
    WaitingCargo,
)

_NOWHERE = ConsolidationState(key="")


async def summarize_consignment(
    connection: Connection, state: ConsignmentState
) -> ConsignmentSummary:
    """Summarize how a consignment stands."""
    consolidation = await consolidation_of(connection, state)
    parts = [part for part in state.units.values() if not part.gone]
    cartons: Counter[str] = Counter()
    locations: Counter[str] = Counter()
    for part in parts:
        cartons[carton_status(state, part).lower()] += part.pieces
        if part.location and not part.loaded_in:
            locations[part.location] += part.pieces
    unannounced = state.declared_pieces - sum(part.pieces for part in parts)
    if unannounced > 0 and state.received_at is None:
        cartons["expected"] += unannounced
    booking = state.booking
    in_plan = state.allocation is not None or state.ended is not None or not state.lane_id
    plan = None if in_plan else await plan_in_force(connection, state.lane_id)
    left_out = next(
        (left for left in (plan.left_out if plan else ()) if left.consignment_id == state.key), None
    )
    return ConsignmentSummary(
        consignment_id=state.key,
        status=str(state.status),
        last_at=state.changed_at,
        ended=_end(state),
        shipper=booking.shipper if booking else "",
        consignee=booking.consignee if booking else "",
        lane_id=state.lane_id,
        cartons=dict(cartons),
        measured=sum(part.pieces for part in parts if part.measured),
        damaged=sum(part.pieces for part in parts if part.condition not in ("", "good")),
        locations=dict(locations.most_common()),
        volume_cm3=state.volume_cm3,
        gross_g=state.gross_g,
        customs=str(state.customs),
        missing=_missing(state),
        holds=holds_of(state),
        pick_up=await _pick_up(connection, state),
        consolidation_id=consolidation.key,
        consolidation_status=str(consolidation.status) if consolidation.key else "",
        container=consolidation.equipment_ref,
        plan_id=state.allocation.plan_id if state.allocation else "",
        voyage=voyage_summary(consolidation),
        cutoffs=cutoff_summaries(consolidation),
        left_out=left_out,
        available_at=state.available_at if state.departed_at is None else None,
        waiting=None if in_plan else await _waiting(connection, state, plan, left_out),
        steering=await _steering(connection, state),
        departed_at=state.departed_at,
    )


def carton_status(consignment: ConsignmentState, part: UnitPart) -> str:
    """Say where a carton of a consignment is, as far as the hub knows."""
    if part.gone:
        return "REPACKED"
    if part.loaded_in:
        return "LOADED" if consignment.departed_at is None else "DEPARTED"
    if consignment.status == ConsignmentStatus.RETURNED:
        return "RETURNED"
    if part.staged_at is not None:
        return "STAGED"
    if part.location:
        return "STORED"
    return "RECEIVED" if part.received_at is not None else "EXPECTED"


def _missing(state: ConsignmentState) -> tuple[str, ...]:
    if state.ended is not None or state.departed_at is not None:
        return ()
    absent = state.declared_pieces - state.received_pieces
    unmeasured = state.received_units - state.measured_units
    texts = {
        state.not_accepted: state.accepted_at is None and bool(state.not_accepted),
        f"{number_of(absent, 'carton')} to arrive": state.received_at is None and absent > 0,
        f"{number_of(unmeasured, 'carton')} to measure": unmeasured > 0,
        "the shipper's word on the measured figures": state.needs_rerate,
        "approval of its dangerous goods": state.dg_status in ("declared", "rejected"),
        "a declaration to customs": state.customs == CustomsStatus.NONE,
        f"customs' release ({state.customs})": state.customs
        not in (CustomsStatus.NONE, CustomsStatus.RELEASED),
    }
    return tuple(text for text, is_missing in texts.items() if is_missing)


def _end(state: ConsignmentState) -> EndSummary | None:
    end = state.ended
    if end is None:
        return None
    return EndSummary(at=end.at, reason=end.reason, fee_due=end.fee_due, children=end.children)


async def _pick_up(connection: Connection, state: ConsignmentState) -> PickUpSummary:
    wanted = state.booking.pickup if state.booking else None
    return PickUpSummary(
        place=(wanted.place.name or wanted.place.place_id) if wanted else "",
        ready_at=wanted.ready_at if wanted else None,
        latest_at=wanted.latest_at if wanted else None,
        job=await find_pickup(connection, state) if wanted else None,
        expected_at=state.eta_at,
        arrived_at=state.arrived_at,
        vehicle=state.vehicle,
        visits=tuple(
            VisitSummary(
                visit_id=visit.key, plate=visit.plate, dock=visit.dock, arrived_at=visit.arrived_at
            )
            for visit in await read_states(connection, VisitState, state.visits)
        ),
    )


async def _waiting(
    connection: Connection, state: ConsignmentState, plan: Plan | None, left_out: LeftOut | None
) -> WaitingCargo | None:
    """Return what the plans of its lane say of cargo that no plan has a container for."""
    if state.available_at is None and left_out is None:
        return None
    left_voyage = ""
    if left_out is not None:
        rows = await connection.fetch(
            "select key from voyage where lane_id = $1 and status in ('DEPARTED', 'ARRIVED')"
            " order by etd_at desc",
            state.lane_id,
        )
        departed = [row["key"] for row in rows]
        named = [left_out.next_voyage_id] if left_out.next_voyage_id else []
        named = named or [name for name in departed if name in left_out.reason]
        left_voyage = next((name for name in named if name in departed), "")
    return WaitingCargo(
        plan_id=plan.plan_id if plan else "",
        plan_sequence=plan.sequence if plan else 0,
        plan_decided_at=plan.decided_at if plan else None,
        left_voyage_id=left_voyage,
        next=await read_next_plan(connection, state.lane_id),
    )


async def _steering(connection: Connection, state: ConsignmentState) -> tuple[SteeringSummary, ...]:
    lane = await read_state(connection, LaneState, state.lane_id)
    if lane is None or state.ended is not None or state.departed_at is not None:
        return ()
    pin = lane.pins.get(state.key)
    needed = pin_depends_on(lane, state.key)
    named = [key for kind, key in needed if kind == "consolidation"]
    voyages = [key for kind, key in needed if kind == "voyage"]
    pin = possible_pin(
        lane,
        state.key,
        {each.key: each for each in await read_states(connection, ConsolidationState, named)},
        departures_of(await read_states(connection, VoyageState, voyages)),
    )
    pins = [pin] if pin is not None else []
    return (
        *(
            SteeringSummary(
                does="pinned",
                voyage_id=pin.voyage_id,
                consolidation_id=pin.consolidation_id,
                by=pin.by,
                at=pin.at,
                reason=pin.reason,
            )
            for pin in pins
        ),
        *(
            SteeringSummary(
                does="rolled" if forbid.roll else "kept_off",
                voyage_id=voyage_id,
                consolidation_id="",
                by=forbid.by,
                at=forbid.at,
                reason=forbid.reason,
            )
            for voyage_id, forbid in lane.forbids.get(state.key, {}).items()
            if pin is None or voyage_id != pin.voyage_id  # a later pin overrides it
        ),
    )


async def consolidation_of(
    connection: Connection, consignment: ConsignmentState
) -> ConsolidationState:
    """Read the consolidation that it is allocated to; one without key if there is none."""
    if consignment.allocation is None:
        return _NOWHERE
    name = consignment.allocation.consolidation_id
    return await read_state(connection, ConsolidationState, name) or ConsolidationState(key=name)
