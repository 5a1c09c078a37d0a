"""The snapshot of a container for its consolidation."""

from groupage.domain.events.consolidation import ContainerSnapshot
from groupage.domain.state.container import ContainerState


def snapshot_of(state: ContainerState) -> ContainerSnapshot:
    """Return how it stands in its present use."""
    return ContainerSnapshot(
        consolidation_id=state.consolidation_id,
        equipment_ref=state.key,
        revision=0,
        status=state.status,
        iso_type=state.iso_type,
        tare_g=state.tare_g,
        max_gross_g=state.max_gross_g,
        fit=state.fit,
        inspected_at=state.inspected_at,
        seal_no=state.seal_no,
        sealed_at=state.sealed_at,
        vgm_g=state.vgm_g,
        vgm_at=state.vgm_at,
        gated_out_at=state.gated_out_at,
        on_board_at=state.on_board_at,
    )
