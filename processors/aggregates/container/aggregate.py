"""The container: its life cycle, and which handler applies which event.

NEW ─▶ RELEASED ─▶ PICKED_UP ─▶ AT_HUB ─▶ FIT ◀─▶ SEALED ─▶ GATED_OUT ─▶ ON_BOARD
└────▶ UNFIT
a container that left may be released again: its next use begins
"""

from typing import ClassVar

from groupage.domain.events import equipment as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.columns import ContainerColumns
from groupage.domain.state.container import ContainerState
from processors.aggregates.container import handlers
from processors.aggregates.container.snapshot import snapshot_of
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import rejection_alerts
from processors.kernel.handlers import On
from processors.kernel.outputs import Output, Publication


class ContainerAggregate(Aggregate[ContainerState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "container"
    state_type = ContainerState
    handlers = (
        On(events.ContainerReleased, handlers.release),
        On(events.ContainerAssigned, handlers.assign),
        On(events.ContainerPickedUp, handlers.pick_up),
        On(events.ContainerGatedIn, handlers.gate_in),
        On(events.ContainerInspected, handlers.inspect),
        On(events.ContainerBooked, handlers.book),
        On(events.ContainerWeighed, handlers.weigh),
        On(events.ContainerMoved, handlers.move),
        On(events.ContainerUnsealed, handlers.unseal),
        On(events.ContainerSealed, handlers.seal),
        On(events.ContainerResealed, handlers.reseal),
        On(events.VgmVerified, handlers.verify_gross_mass),
        On(events.ContainerGatedOut, handlers.gate_out),
        On(events.ContainerOnBoard, handlers.load_on_board),
    )

    def outputs(self, state: ContainerState) -> dict[str, Publication]:
        """List a snapshot for the consolidation of this use, and of each earlier one."""
        published = rejection_alerts("container", state)
        at = state.changed_at
        if at is None:
            return published
        for consolidation_id, ended in state.earlier_uses.items():
            published[f"snapshot:{consolidation_id}"] = Output(ended, at)
        if state.consolidation_id:
            published[f"snapshot:{state.consolidation_id}"] = Output(snapshot_of(state), at)
        return published

    def columns(self, state: ContainerState) -> ContainerColumns:
        """Return the query columns of table `container`."""
        return ContainerColumns(
            status=str(state.status),
            iso_type=state.iso_type,
            consolidation_id=state.consolidation_id or None,
            seal_no=state.seal_no,
            vgm_g=state.vgm_g,
        )
