"""Containers and their consolidations, from their states and the plans."""

from typing import NamedTuple

from groupage.domain.cutoff_lacks import lacks_of, terminal_cutoff
from groupage.domain.state.consolidation import ConsolidationState, CutoffWatch
from groupage.domain.state.container import ContainerState
from groupage.domain.value_names import CUTOFFS
from groupage.store.pool import Connection
from groupage.store.readers.facts import read_state
from groupage.store.readers.holds import OpenHold, read_holds_of
from groupage.store.readers.load_plans import LoadPlan, find_load_plan
from groupage.store.readers.routes import TransportJob, find_job
from groupage.store.readers.summary_views import (
    ContainerSummary,
    CutoffSummary,
    VoyageSummary,
)


class ContainerReading(NamedTuple):
    """A container, and its consolidation with the load plan that it is or was loaded by."""

    summary: ContainerSummary
    consolidation: ConsolidationState
    load_plan: LoadPlan | None


async def read_container(connection: Connection, equipment_ref: str) -> ContainerReading:
    """Read a container, with the consolidation that it was last used for."""
    container = await read_state(connection, ContainerState, equipment_ref)
    name = container.consolidation_id if container else ""
    consolidation = await read_state(connection, ConsolidationState, name) if name else None
    if consolidation is not None and consolidation.equipment_ref != equipment_ref:
        consolidation = None  # it goes in another container
    return await _read(connection, equipment_ref, container, consolidation)


async def read_consolidation(connection: Connection, consolidation_id: str) -> ContainerReading:
    """Read a consolidation, with its container."""
    consolidation = await read_state(connection, ConsolidationState, consolidation_id)
    name = consolidation.equipment_ref if consolidation else ""
    container = await read_state(connection, ContainerState, name) if name else None
    return await _read(connection, name, container, consolidation)


async def _read(
    connection: Connection,
    equipment_ref: str,
    container: ContainerState | None,
    consolidation: ConsolidationState | None,
) -> ContainerReading:
    state = consolidation or ConsolidationState(key="")
    load_plan = await find_load_plan(connection, state)
    haul = None
    if state.lane_id and state.plan_id and not state.over:
        haul = await find_job(
            connection, state.key, lane_id=state.lane_id, until_at=state.departed_at
        )
    summary = _summary(
        container or ContainerState(key=equipment_ref),
        state,
        load_plan,
        haul,
        await read_holds_of(connection, () if state.over else state.member_ids),
        container_status=str(container.status) if container else "",
        status=str(consolidation.status) if consolidation else "",
    )
    return ContainerReading(summary, state, load_plan)


def _summary(
    container: ContainerState,
    state: ConsolidationState,
    load_plan: LoadPlan | None,
    haul: TransportJob | None,
    held: tuple[OpenHold, ...],
    *,
    container_status: str,
    status: str,
) -> ContainerSummary:
    departed_at = state.departed_at or container.gated_out_at
    member_ids = () if state.over else state.member_ids
    found = (state.find_member(name) for name in member_ids)
    members = [member for member in found if member is not None]
    return ContainerSummary(
        container=container.key,
        container_status=container_status,
        iso_type=container.iso_type or state.iso_type,
        location="" if departed_at else container.location,
        seals=tuple(container.seals),
        vgm_g=container.vgm_g,
        consolidation_id=state.key,
        status=status,
        since_at=state.status_at or container.status_at,
        ended_reason=state.ended_reason if state.over else "",
        lane_id=state.lane_id,
        voyage=voyage_summary(state),
        consignments=len(member_ids),
        held=held,
        pieces=sum(member.pieces for member in members),
        staged_pieces=sum(member.staged_pieces for member in members),
        loaded_pieces=sum(member.loaded_pieces for member in members),
        volume_cm3=state.loaded_volume_cm3 or state.planned_volume_cm3,
        gross_g=state.loaded_gross_g or state.planned_gross_g,
        cutoffs=cutoff_summaries(state),
        plan_id=load_plan.plan_id if load_plan else "",
        plan_in_force=load_plan is not None and load_plan.in_force,
        haul=haul,
        departed_at=departed_at,
        on_board_at=state.on_board_at or container.on_board_at,
    )


def voyage_summary(state: ConsolidationState) -> VoyageSummary | None:
    """Summarize the voyage of a consolidation; None: it has none yet."""
    if not state.voyage_id:
        return None
    voyage = state.voyage
    return VoyageSummary(
        voyage_id=state.voyage_id,
        status=voyage.status if voyage else "",
        etd_at=voyage.etd_at if voyage else None,
        eta_at=voyage.eta_at if voyage else None,
    )


def cutoff_summaries(state: ConsolidationState) -> tuple[CutoffSummary, ...]:
    """List the cut-offs of a consolidation, the earliest first."""
    in_order = sorted(state.cutoffs.items(), key=lambda item: item[1].due_at)
    return tuple(_cutoff_summary(state, code, watched) for code, watched in in_order)


def _cutoff_summary(state: ConsolidationState, code: str, watched: CutoffWatch) -> CutoffSummary:
    terminal = terminal_cutoff(state, code)
    return CutoffSummary(
        code=code,
        name=CUTOFFS.get(code, "") if terminal is None else "leave the hub for the terminal",
        due_at=watched.due_at,
        terminal_code=terminal.code if terminal else "",
        terminal_due_at=terminal.due_at if terminal else None,
        state=watched.state,
        met_at=watched.met_at,
        projected_at=watched.projected_at,
        waits_for=watched.waits_for,
        missing=tuple(map(str, lacks_of(state, code))) if watched.state != "met" else (),
    )
