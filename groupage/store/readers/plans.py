"""Stored plans, and the difference between two plans."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.plan import Cost, Plan, PlannedContainer
from groupage.domain.words import join_names
from groupage.store.plan_codec import unpack_plan
from groupage.store.pool import Connection
from groupage.store.readers.plan_statuses import (
    PlanStatus,
    newest_waiting_or_in_force,
    plan_before,
    read_statuses,
)

_PLAN_ID_BEGINS = "PLN-"
_SHORT_ID_LENGTH_MIN = 3
_IDS_NAMED = 3


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A consignment that two plans treat differently. None: in no container."""

    consignment_id: str
    change: Literal["added", "removed", "moved"]
    from_consolidation_id: str | None
    to_consolidation_id: str | None
    from_voyage_id: str | None
    to_voyage_id: str | None
    code: str
    reason: str
    """The newer plan's reason; empty: a plan between the two moved it."""


class PlanDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two plans of a lane."""

    from_plan_id: str
    to_plan_id: str
    opened: tuple[str, ...]
    """Consolidations that only the newer plan has."""
    closed: tuple[str, ...]
    """Consolidations that only the older plan has, and that have not left."""
    departed: tuple[str, ...]
    """Consolidations of the older plan that left before the newer one; not counted as shifts."""
    shifts: tuple[Shift, ...]
    unchanged: int
    """Consignments in the same consolidation in both."""
    cost_change_minor: int
    """US cents; negative: the newer plan is cheaper."""
    cost_change: Cost
    """The same by term of the cost."""
    from_status: PlanStatus = PlanStatus()
    to_status: PlanStatus = PlanStatus()
    """What became of the two plans; of one in a file nobody knows."""


async def read_plan(connection: Connection, plan_id: str) -> Plan:
    """Load a stored plan. Raises NotFound."""
    row = await connection.fetchrow("select form, body from plan where plan_id = $1", plan_id)
    if row is None:
        raise NotFound(f"no plan {plan_id!r} is stored; `groupage plans` lists them")
    return unpack_plan(row["form"], row["body"])


async def find_plan(connection: Connection, name: str) -> Plan:
    """Load the plan with that id, the plan in force of that lane, or the plan whose id begins so.

    Raises NotFound, and InvalidInput if several ids begin so.
    """
    row = await connection.fetchrow(
        "select form, body from plan where plan_id = "
        "coalesce((select published_plan_id from lane where key = $1), $1)",
        name,
    )
    if row is not None:
        return unpack_plan(row["form"], row["body"])
    if await connection.fetchval("select exists (select from lane where key = $1)", name):
        raise NotFound(f"lane {name} has no plan in force; `groupage plans` lists its plans")
    rows = await connection.fetch(
        "select plan_id from plan where starts_with(plan_id, $1) or starts_with(plan_id, $2) "
        "order by decided_at desc, plan_id limit $3",
        name,
        _PLAN_ID_BEGINS + name,
        _IDS_NAMED + 1,
    )
    if not rows or len(name.removeprefix(_PLAN_ID_BEGINS)) < _SHORT_ID_LENGTH_MIN:
        raise NotFound(
            f"no plan {name!r} is stored, and no lane has that id; `groupage plans` lists plans "
            "and lanes, and the first characters of a plan id are enough"
        )
    if len(rows) > 1:
        ids = join_names([row["plan_id"] for row in rows], _IDS_NAMED)
        raise InvalidInput(f"several plan ids begin with {name!r}: {ids}; give more characters")
    return await read_plan(connection, rows[0]["plan_id"])


def find_container(
    plan: Plan, wanted: str, *, numbers: Mapping[str, str] | None = None
) -> PlannedContainer:
    """Return a plan's container by consolidation, container number, or place in the plan (1, 2 …).

    `numbers`: the containers that the consolidations go in, by consolidation, also those assigned
    after the plan. Raises NotFound.
    """
    names = numbers or {}
    for place, container in enumerate(plan.containers, start=1):
        number = names.get(container.consolidation_id, container.equipment_ref)
        if wanted in (container.consolidation_id, container.equipment_ref, number, str(place)):
            return container
    ids = ", ".join(container.consolidation_id for container in plan.containers) or "none"
    raise NotFound(f"plan {plan.plan_id} has no container {wanted!r}; it has {ids}")


async def read_numbers(connection: Connection, plan: Plan) -> dict[str, str]:
    """Return the containers that the plan's consolidations go in, or went in."""
    rows = await connection.fetch(
        "select key, equipment_ref from consolidation where key = any($1) and equipment_ref <> ''",
        [container.consolidation_id for container in plan.containers],
    )
    return {row["key"]: row["equipment_ref"] for row in rows}


async def diff_of_lane(connection: Connection, lane_id: str) -> PlanDiff:
    """Compare the plan in force with the one that was in force before it. Raises NotFound.

    Is there a newer plan that waits for approval, compare that with the plan in force.
    """
    newer = await read_plan(connection, await newest_waiting_or_in_force(connection, lane_id))
    return await diff_on_hub(connection, await plan_before(connection, newer), newer)


async def read_diff(connection: Connection, older_name: str | None, newer_name: str) -> PlanDiff:
    """Compare two stored plans, named as for `find_plan`.

    Without an older one: with the plan that was in force before. Raises NotFound, InvalidInput for
    different lanes.
    """
    newer = await find_plan(connection, newer_name)
    if older_name is None:
        older = await plan_before(connection, newer)
    else:
        older = await find_plan(connection, older_name)
    return await diff_on_hub(connection, older, newer)


async def diff_on_hub(connection: Connection, older: Plan, newer: Plan) -> PlanDiff:
    """Compare two plans; the hub knows which consolidations left between them."""
    rows = await connection.fetch(
        "select key from consolidation where key = any($1) and departed_at <= $2",
        [box.consolidation_id for box in older.containers],
        newer.decided_at,
    )
    difference = diff_plans(older, newer, departed=frozenset(row["key"] for row in rows))
    plans = (older, newer)
    statuses = await read_statuses(connection, [(plan.lane_id, plan.plan_id) for plan in plans])
    return msgspec.structs.replace(
        difference,
        from_status=statuses[older.plan_id],
        to_status=statuses[newer.plan_id],
    )


async def read_departures(connection: Connection, plan: Plan) -> dict[str, datetime]:
    """Return when consolidations of the plan left the hub; those that stand there are left out."""
    rows = await connection.fetch(
        "select key, departed_at from consolidation"
        " where key = any($1) and departed_at is not null order by departed_at, key",
        [container.consolidation_id for container in plan.containers],
    )
    return {row["key"]: row["departed_at"] for row in rows}


def diff_plans(older: Plan, newer: Plan, *, departed: frozenset[str] = frozenset()) -> PlanDiff:
    """List the consignments that move between two plans, and why. Raises InvalidInput: other lanes.

    `departed`: consolidations of the older plan that had left when the newer one was made.
    """
    if older.lane_id != newer.lane_id:
        raise InvalidInput(
            f"plan {older.plan_id} is for lane {older.lane_id}, {newer.plan_id} for lane "
            f"{newer.lane_id}; plans of one lane can be compared"
        )
    before, after = _places(older), _places(newer)
    gone = {name for name, (box, _) in before.items() if box in departed and name not in after}
    shifts = [
        _shift(name, before.get(name), after.get(name), newer)
        for name in sorted((before.keys() | after.keys()) - gone)
        if before.get(name) != after.get(name)
    ]
    boxes_before = {box.consolidation_id for box in older.containers}
    boxes_after = {box.consolidation_id for box in newer.containers}
    return PlanDiff(
        from_plan_id=older.plan_id,
        to_plan_id=newer.plan_id,
        opened=tuple(sorted(boxes_after - boxes_before)),
        closed=tuple(sorted(boxes_before - boxes_after - departed)),
        departed=tuple(sorted(boxes_before & departed)),
        shifts=tuple(shifts),
        unchanged=sum(before[name] == after.get(name) for name in before),
        cost_change_minor=newer.cost.total - older.cost.total,
        cost_change=Cost(
            **{
                name: getattr(newer.cost, name) - getattr(older.cost, name)
                for name in Cost.__struct_fields__
            }
        ),
    )


def _places(plan: Plan) -> dict[str, tuple[str, str]]:
    return {
        name: (box.consolidation_id, box.voyage_id)
        for box in plan.containers
        for name in box.consignment_ids
    }


def _shift(
    name: str, before: tuple[str, str] | None, after: tuple[str, str] | None, newer: Plan
) -> Shift:
    code, reason = _reason(name, before, after, newer)
    change: Literal["added", "removed", "moved"] = "moved"
    if before is None:
        change = "added"
    elif after is None:
        change = "removed"
    return Shift(
        consignment_id=name,
        change=change,
        from_consolidation_id=before and before[0],
        to_consolidation_id=after and after[0],
        from_voyage_id=before and before[1],
        to_voyage_id=after and after[1],
        code=code,
        reason=reason,
    )


def _reason(
    name: str, before: tuple[str, str] | None, after: tuple[str, str] | None, plan: Plan
) -> tuple[str, str]:
    for move in plan.moves:
        if move.consignment_id == name:
            return move.code, move.reason
    for left in plan.left_out:
        if left.consignment_id == name:
            return left.code, left.reason
    if before and after and before[0] == after[0]:
        return "voyage_changed", f"its consolidation goes on voyage {after[1]} now"
    if after is None:
        return "not_requested", "not in the newer request: cancelled, returned or gone since"
    return "", ""
