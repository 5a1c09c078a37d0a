"""The load plan of a container, also after it left, and where its cartons really stand."""

from datetime import datetime

import msgspec

from groupage.domain.plan import Placement, PlannedContainer
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.stowage import Stowage, stowage_of
from groupage.store.pool import Connection
from groupage.store.readers.approved_plans import approved_plans
from groupage.store.readers.facts import read_states


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A container of a plan, and which plan that is."""

    plan_id: str
    sequence: int
    """Number of the plan in its lane."""
    decided_at: datetime
    in_force: bool
    container: PlannedContainer


async def find_load_plan(
    connection: Connection, consolidation: ConsolidationState
) -> LoadPlan | None:
    """Find how a consolidation is loaded; None: no plan puts anything into it.

    While it is open the plan in force decides. A plan after its departure does not know it any
    more: then the newest plan before that decides, which the warehouse loaded by.
    """
    if consolidation.over or not consolidation.plan_id:
        return None
    plans = approved_plans(connection, consolidation.lane_id, until_at=consolidation.departed_at)
    async for plan, in_force in plans:
        for container in plan.containers:
            if container.consolidation_id == consolidation.key:
                return LoadPlan(
                    plan_id=plan.plan_id,
                    sequence=plan.sequence,
                    decided_at=plan.decided_at,
                    in_force=in_force,
                    container=container,
                )
        if consolidation.departed_at is None or plan.plan_id == consolidation.plan_id:
            return None
    return None


async def find_stowage(
    connection: Connection, consolidation: ConsolidationState, load_plan: LoadPlan | None
) -> tuple[Stowage, ...]:
    """Find where each carton stands: as those who loaded it reported, else by the load plan.

    Once the container has left, only loaded cartons are in it.
    """
    if consolidation.over:
        return ()
    placements = {
        placement.unit_id: placement
        for placement in (load_plan.container.placements if load_plan else ())
    }
    members = await read_states(connection, ConsignmentState, list(consolidation.member_ids))
    loaded: set[str] = set()
    reported: dict[str, Placement] = {}
    for member in members:
        for unit_id, part in member.units.items():
            if not part.loaded_in or part.loaded_in != consolidation.equipment_ref:
                continue
            loaded.add(unit_id)
            if part.standing is not None:
                planned = placements.get(unit_id)
                sequence = planned.sequence if planned else 0
                reported[unit_id] = _placement(unit_id, member.key, part.standing, sequence)
    if consolidation.departed_at is not None:
        placements = {name: placements[name] for name in placements if name in loaded}
    return stowage_of((placements | reported).values(), reported=reported.keys())


def _placement(
    unit_id: str,
    consignment_id: str,
    standing: tuple[int, int, int, int, int, int],
    sequence: int,
) -> Placement:
    x, y, z, dx, dy, dz = standing
    return Placement(
        unit_id=unit_id,
        consignment_id=consignment_id,
        x_mm=x,
        y_mm=y,
        z_mm=z,
        dx_mm=dx,
        dy_mm=dy,
        dz_mm=dz,
        sequence=sequence,
    )
