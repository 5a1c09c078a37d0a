"""Turn the consolidations of a lane into the containers that a plan starts from."""

from collections.abc import Iterable

from groupage.domain.containers import SPECS, ContainerSpec
from groupage.domain.instance import OpenConsolidation, PreloadedCarton
from groupage.domain.plan import Placement, Stage
from groupage.domain.state.consignment import ConsignmentState, LoadMove
from groupage.domain.state.container import ContainerState
from groupage.domain.states import ConsolidationStatus as Status
from optimizer.instance.snapshot import Snapshot

_STAGES: dict[Status, Stage] = {
    Status.NEW: "slushy",
    Status.OPEN: "slushy",
    Status.PLANNED: "slushy",
    Status.BOOKED: "slushy",
    Status.FROZEN: "frozen",
    Status.STAGING: "frozen",
    Status.STUFFING: "locked",
    Status.SEALED: "locked",
    Status.VGM_OK: "locked",
    Status.CLEARED: "locked",
}
GONE = frozenset({Status.GATED_OUT, Status.ON_BOARD})
"""Statuses of consolidations that have left the hub with their cargo."""


def consolidations_of(snapshot: Snapshot) -> tuple[OpenConsolidation, ...]:
    """Return every consolidation at the hub, with its stage and its loaded cartons."""
    consolidations = [
        _open_consolidation(snapshot, key)
        for key, state in snapshot.consolidations.items()
        if state.status in _STAGES and not state.ended and _iso_type(snapshot, key) in SPECS
    ]
    known_ids = snapshot.consolidations.keys() | set(snapshot.lane.closed_at)
    for key, box in snapshot.lane.open_consolidations.items():
        # Opened by the plan in force; the consolidation has not processed that plan yet.
        if key not in known_ids and box.iso_type in SPECS:
            consolidations.append(
                OpenConsolidation(
                    consolidation_id=key,
                    voyage_id=box.voyage_id,
                    spec=SPECS[box.iso_type],
                    stage="slushy",
                    consignment_ids=box.consignment_ids,
                    planned=_load_plan_in_force(snapshot, key),
                )
            )
    return tuple(sorted(consolidations, key=lambda c: c.consolidation_id))


def _iso_type(snapshot: Snapshot, key: str) -> str:
    state = snapshot.consolidations[key]
    container = snapshot.containers.get(state.equipment_ref)
    return (container.iso_type if container else "") or state.iso_type


def _open_consolidation(snapshot: Snapshot, key: str) -> OpenConsolidation:
    state = snapshot.consolidations[key]
    container = snapshot.containers.get(state.equipment_ref)
    stage = _STAGES[state.status]
    seats = snapshot.lane.assignments
    assigned = tuple(sorted(c for c, seat in seats.items() if seat.consolidation_id == key))
    return OpenConsolidation(
        consolidation_id=key,
        voyage_id=state.voyage_id,
        spec=_spec(_iso_type(snapshot, key), container),
        equipment_ref=state.equipment_ref,
        stage=stage,
        consignment_ids=assigned if stage == "slushy" else state.member_ids,
        standing=_loaded_cartons(snapshot, key),
        planned=_load_plan_in_force(snapshot, key),
    )


def _spec(iso_type: str, container: ContainerState | None) -> ContainerSpec:
    """Return the figures on the container's own plate, else the minimum of its type."""
    minimum = SPECS[iso_type]
    if container is None:
        return minimum
    inside = container.inside
    return ContainerSpec(
        iso_type=iso_type,
        length_mm=inside.length_mm if inside else minimum.length_mm,
        width_mm=inside.width_mm if inside else minimum.width_mm,
        height_mm=inside.height_mm if inside else minimum.height_mm,
        door_width_mm=container.door_width_mm or minimum.door_width_mm,
        door_height_mm=container.door_height_mm or minimum.door_height_mm,
        tare_g=container.tare_g or minimum.tare_g,
        max_gross_g=container.max_gross_g or minimum.max_gross_g,
    )


def _load_plan_in_force(snapshot: Snapshot, key: str) -> tuple[Placement, ...]:
    published = snapshot.published.get(key)
    return published.placements if published else ()


def _loaded_cartons(snapshot: Snapshot, key: str) -> tuple[PreloadedCarton, ...]:
    """Return the cartons in the container in the order of loading.

    A carton whose place was not reported stands where the load plan in force has it.
    """
    planned = (
        {p.unit_id: p for p in snapshot.published[key].placements}
        if (key in snapshot.published)
        else {}
    )
    cartons = []
    for state, unit_id, move in _last_loadings(snapshot.consignments, snapshot, key):
        edges = move.standing
        if edges is None:
            place = planned.get(unit_id)
            if place is None:
                continue
            edges = (
                place.x_mm, place.y_mm, place.z_mm, place.dx_mm, place.dy_mm, place.dz_mm,
            )  # fmt: skip
        x_mm, y_mm, z_mm, dx_mm, dy_mm, dz_mm = edges
        carton = PreloadedCarton(
            unit_id=unit_id,
            consignment_id=state.key,
            x_mm=x_mm,
            y_mm=y_mm,
            z_mm=z_mm,
            dx_mm=dx_mm,
            dy_mm=dy_mm,
            dz_mm=dz_mm,
        )
        number = planned[unit_id].sequence if unit_id in planned else 0
        cartons.append(((move.at, number, unit_id), carton))
    return tuple(carton for _, carton in sorted(cartons, key=lambda pair: pair[0]))


def _last_loadings(
    consignments: Iterable[ConsignmentState], snapshot: Snapshot, key: str
) -> Iterable[tuple[ConsignmentState, str, LoadMove]]:
    """Yield consignment, unit id and loading of each unit in the container."""
    equipment_ref = snapshot.consolidations[key].equipment_ref
    for state in consignments:
        for unit_id, part in state.units.items():
            if not part.loaded_in or part.loaded_in != equipment_ref:
                continue
            move = part.loaded_by
            if move is not None:
                yield state, unit_id, move
