"""The consolidation: its life cycle, and which handler applies which event.

    OPEN ─▶ PLANNED ─▶ BOOKED ─▶ FROZEN ─▶ STAGING ─▶ STUFFING ─▶ SEALED ─▶ VGM_OK ─▶ CLEARED
                         ▲         │ unfreeze                                           │
                         └─────────┘                       ON_BOARD ◀── GATED_OUT ◀─────┘
    exits: BROKEN_UP, CANCELLED (before stuffing); rolled: another voyage, same contents

`steps` handles the events that people and the lane report. Each status from STAGING on follows from
snapshots of the consignments, the container and the voyage (`guards`). `deadlines` decides how the
cut-offs stand, `outputs` lists what others must know.
"""

from datetime import datetime
from typing import ClassVar

from groupage.domain.events import consolidation as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.columns import ConsolidationColumns
from groupage.domain.state.consolidation import ConsolidationState
from processors.aggregates.consolidation import deadlines, guards, outputs, steps
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On
from processors.kernel.outputs import Publication
from processors.kernel.snapshots import keep_latest, keep_or_drop


def _keep_consignment(
    state: ConsolidationState, _entry: Entry, event: events.ConsignmentSnapshot
) -> None:
    keep_latest(state.members, event.consignment_id, event)


def _keep_container(
    state: ConsolidationState, _entry: Entry, event: events.ContainerSnapshot
) -> None:
    keep_or_drop(state.containers, state.withdrawn, event.equipment_ref, event)


def _keep_voyage(state: ConsolidationState, _entry: Entry, event: events.VoyageSnapshot) -> None:
    keep_or_drop(state.voyages, state.withdrawn, event.voyage_id, event)


class ConsolidationAggregate(Aggregate[ConsolidationState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "consolidation"
    state_type = ConsolidationState
    handlers = (
        On(events.ConsolidationOpened, steps.open_),
        On(events.ConsolidationPlanned, steps.plan),
        On(events.ConsolidationBooked, steps.book),
        On(events.ConsolidationUnfrozen, steps.unfreeze),
        On(events.ConsolidationFrozen, steps.freeze),
        On(events.StuffingStarted, steps.start_stuffing),
        On(events.StuffingCompleted, steps.complete_stuffing),
        On(events.ConsolidationRolled, steps.roll),
        On(events.ConsolidationCancelled, steps.cancel),
        On(events.ConsolidationBrokenUp, steps.break_up),
        On(events.ConsignmentSnapshot, _keep_consignment, order_independent=True),
        On(events.ContainerSnapshot, _keep_container, order_independent=True),
        On(events.VoyageSnapshot, _keep_voyage, order_independent=True),
    )

    def derive(self, state: ConsolidationState) -> None:
        """Derive status, sums, the list of cut-offs and the dead-freight threshold."""
        guards.derive(state, self._policies)
        deadlines.derive(state, self._policies)
        deadlines.derive_dead_freight(state, self._policies)

    def on_clock(self, state: ConsolidationState, clock_at: datetime) -> None:
        """Decide which cut-offs are at risk or missed."""
        deadlines.on_clock(state, self._policies, clock_at)

    def deadline(self, state: ConsolidationState) -> datetime | None:
        """Return the next instant at which a cut-off changes its standing."""
        return deadlines.deadline(state, self._policies)

    def outputs(self, state: ConsolidationState) -> dict[str, Publication]:
        """List snapshots for members, messages to voyage, container and lane, cut-offs, alerts."""
        return outputs.outputs(state, self._policies)

    def columns(self, state: ConsolidationState) -> ConsolidationColumns:
        """Return the query columns of table `consolidation`."""
        ahead = [
            (cutoff.due_at, code)
            for code, cutoff in state.cutoffs.items()
            if cutoff.state in ("ahead", "at_risk")
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
