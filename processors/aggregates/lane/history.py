"""What the lane keeps of assignments and lists that a later plan or a closing replaced.

A consignment judges each loading by its allocation at that time, and a plan may be retracted after
the container has left. So earlier assignments stay among the lane's outputs. All of it is bounded;
what the lane forgets still holds for those who know it (`books`).
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from groupage.domain.state.lane import (
    ClosedConsolidation,
    EarlierAssignment,
    EarlierList,
    LaneState,
    OpenedConsolidation,
    PublishedAssignment,
)

_ASSIGNMENTS_MAX = 20
_LISTS_MAX = 8
_CLOSED_MAX = 30


def with_history(new: PublishedAssignment, old: PublishedAssignment | None) -> PublishedAssignment:
    """Return the assignment that follows another one, with that one in its history."""
    if old is None:
        return new
    last = EarlierAssignment(
        consolidation_id=old.consolidation_id,
        voyage_id=old.voyage_id,
        plan_id=old.plan_id,
        at=old.at,
        reason_code=old.reason_code,
        from_consolidation_id=old.from_consolidation_id,
    )
    earlier, forgotten_until = (*old.earlier, last), old.forgotten_until
    if len(earlier) > _ASSIGNMENTS_MAX:
        forgotten_until, earlier = earlier[0].at, earlier[1:]
    return msgspec.structs.replace(new, earlier=earlier, forgotten_until=forgotten_until)


def with_list(
    known: OpenedConsolidation,
    plan_id: str,
    at: datetime,
    consignment_ids: tuple[str, ...] = (),
    *,
    volume_cm3: int = 0,
    gross_g: int = 0,
) -> OpenedConsolidation:
    """Return the consolidation with the list of another plan."""
    last = EarlierList(
        plan_id=known.plan_id,
        at=known.planned_at,
        consignment_ids=known.consignment_ids,
        volume_cm3=known.volume_cm3,
        gross_g=known.gross_g,
    )
    earlier, forgotten_until = (*known.earlier, last), known.forgotten_until
    if len(earlier) > _LISTS_MAX:
        forgotten_until, earlier = earlier[0].at, earlier[1:]
    return msgspec.structs.replace(
        known,
        plan_id=plan_id,
        planned_at=at,
        consignment_ids=consignment_ids,
        volume_cm3=volume_cm3,
        gross_g=gross_g,
        earlier=earlier,
        forgotten_until=forgotten_until,
    )


def keep_closed(
    state: LaneState,
    name: str,
    opened: OpenedConsolidation | None,
    assignments: Mapping[str, PublishedAssignment],
) -> None:
    """Keep a closed consolidation as it was, and forget the one that closed first."""
    if opened is None and not assignments:
        return
    known = state.closed.get(name)
    if known is not None:  # release 0.2.0 published a second closing once it was on board
        opened, assignments = opened or known.opened, {**known.assignments, **assignments}
    state.closed[name] = ClosedConsolidation(opened=opened, assignments=dict(assignments))
    while len(state.closed) > _CLOSED_MAX:
        closed_at, oldest = min((state.closed_at[each], each) for each in state.closed)
        del state.closed[oldest]
        state.forgotten_until = max(
            (closed_at, oldest), state.forgotten_until or (closed_at, oldest)
        )
