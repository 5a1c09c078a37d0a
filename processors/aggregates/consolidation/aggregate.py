"""The consolidation's core.

    OPEN ─▶ PLANNED ─▶ BOOKED ─▶ FROZEN ─▶ STAGING ─▶ STUFFING ─▶ SEALED ─▶ VGM_OK ─▶ CLEARED
                         ▲         │ unfreeze                                           │
                         └─────────┘                       ON_BOARD ◀── GATED_OUT ◀─────┘
    exits: BROKEN_UP, CANCELLED (before stuffing); rolled: another voyage, same contents

`steps` are facts that somebody states; everything from STAGING on follows from what consignments,
container and voyage say of themselves (`guards`). `deadlines` are the cut-offs, `speech` is what
others must know.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consolidation import (
    ConsignmentPositionChanged,
    ContainerPositionChanged,
    VoyagePositionChanged,
)
from groupage.domain.policy import Policy
from groupage.domain.state.columns import ConsolidationColumns
from groupage.domain.state.consolidation import Box, ConsolidationState, Member, Sailing
from processors.aggregates.consolidation import deadlines, guards, speech, steps
from processors.kernel.aggregate import BaseAggregate, Rejection
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Output


def _member(state: ConsolidationState, event: ConsignmentPositionChanged) -> None:
    known = state.members.get(event.consignment_id)
    if known is not None and known.revision >= event.revision:
        return
    state.members[event.consignment_id] = Member(
        revision=event.revision,
        member=event.member,
        status=event.status,
        pieces=event.pieces,
        staged_pieces=event.staged_pieces,
        loaded_pieces=event.loaded_pieces,
        volume_cm3=event.volume_cm3,
        gross_g=event.gross_g,
        blocked=event.blocked,
        holds=event.holds,
        declarations=event.declarations,
        customs=event.customs,
        released_at=event.released_at,
        expected_at=event.expected_at,
        received_at=event.received_at,
        loaded_at=event.loaded_at,
        unloaded_at=event.unloaded_at,
    )


def _box(state: ConsolidationState, event: ContainerPositionChanged) -> None:
    known = state.boxes.get(event.equipment_ref)
    if known is not None and known.revision >= event.revision:
        return
    state.boxes[event.equipment_ref] = Box(
        revision=event.revision,
        status=event.status,
        iso_type=event.iso_type,
        tare_g=event.tare_g,
        max_gross_g=event.max_gross_g,
        fit=event.fit,
        inspected_at=event.inspected_at,
        seal_no=event.seal_no,
        sealed_at=event.sealed_at,
        vgm_g=event.vgm_g,
        vgm_at=event.vgm_at,
        gated_out_at=event.gated_out_at,
        on_board_at=event.on_board_at,
    )


def _sailing(state: ConsolidationState, event: VoyagePositionChanged) -> None:
    known = state.voyages.get(event.voyage_id)
    if known is not None and known.revision >= event.revision:
        return
    state.voyages[event.voyage_id] = Sailing(
        revision=event.revision,
        status=event.status,
        etd_at=event.etd_at,
        eta_at=event.eta_at,
        cutoffs=event.cutoffs,
        departed_at=event.departed_at,
    )


_STEPS: dict[str, Callable[[ConsolidationState, Entry, Any], Rejection | None]] = {
    "consolidation.opened": steps.opened,
    "consolidation.planned": steps.planned,
    "consolidation.booked": steps.booked,
    "consolidation.unfrozen": steps.unfrozen,
    "consolidation.frozen": steps.frozen,
    "stuffing.started": steps.started,
    "stuffing.completed": steps.completed,
    "consolidation.rolled": steps.rolled,
    "consolidation.cancelled": steps.cancelled,
    "consolidation.broken_up": steps.broken_up,
}
_NEWS: dict[str, Callable[[ConsolidationState, Any], None]] = {
    "consolidation.consignment_changed": _member,
    "consolidation.container_changed": _box,
    "consolidation.voyage_changed": _sailing,
}


class ConsolidationAggregate(BaseAggregate[ConsolidationState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "consolidation"
    state_type = ConsolidationState
    ranks: Mapping[str, int] = {name: rank for rank, name in enumerate(_STEPS)}
    commuting = frozenset(_NEWS)

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def new(self, key: str) -> ConsolidationState:
        """Nothing known yet."""
        return ConsolidationState(key=key)

    def apply(self, state: ConsolidationState, entry: Entry) -> Rejection | None:
        """One fact, in its order."""
        event = entry.fact.data
        news = _NEWS.get(event.name)
        if news is not None:
            news(state, event)
            return None
        step = _STEPS.get(event.name)
        if step is None:
            return Rejection("not_mine", f"a consolidation does not own {event.name}")
        return step(state, entry, event)

    def settle(self, state: ConsolidationState) -> None:
        """Derive status, sums and the list of cut-offs."""
        guards.settle(state, self._policy)
        deadlines.watch(state, self._policy)

    def observe(self, state: ConsolidationState, clock_at: datetime) -> None:
        """Cut-offs at risk or missed."""
        deadlines.observe(state, self._policy, clock_at)

    def deadline(self, state: ConsolidationState) -> datetime | None:
        """The next instant that changes a cut-off's standing."""
        return deadlines.deadline(state, self._policy)

    def outputs(self, state: ConsolidationState) -> dict[str, Output]:
        """News for members, voyage, container, lane; cut-offs and alerts."""
        return speech.outputs(state, self._policy)

    def columns(self, state: ConsolidationState) -> ConsolidationColumns:
        """Its row of table `consolidation`."""
        ahead = [
            (seen.due_at, code)
            for code, seen in state.cutoffs.items()
            if seen.state in ("ahead", "at_risk")
        ]
        due_at, code = min(ahead, default=(None, ""))
        return ConsolidationColumns(
            status=str(state.status),
            lane_id=state.lane_id,
            voyage_id=state.voyage_id,
            iso_type=state.iso_type,
            equipment_ref=state.equipment_ref,
            members=len(state.member_ids),
            planned_volume_cm3=state.planned_volume_cm3,
            loaded_volume_cm3=state.loaded_volume_cm3,
            gross_g=state.loaded_gross_g,
            next_cutoff=code,
            next_cutoff_at=due_at,
            departed_at=state.departed_at,
        )
