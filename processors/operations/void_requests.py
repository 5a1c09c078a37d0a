"""Take back the requests for plans that lanes made at wrong ticks, and the plans for them.

The number of a request is used up, so the request stays: it gets a time at which the clock stands,
and has failed. Its plan is retracted, and the lane wants another one.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from groupage.domain.events.planning import (
    PlanApproved,
    PlanAsked,
    PlanFailed,
    PlanProposed,
    ReplanWanted,
)
from groupage.domain.fact import Fact
from groupage.store.facts import SELECTED, StoredFact, stored_fact
from processors.operations.hub_link import HubLink
from processors.worker.assignment import Partition

_SOURCE = "/groupage/clock"
_POLL_S = 0.2
_INSTANT = timedelta(microseconds=1)
_OF_ONE_TICK = timedelta(milliseconds=1)
"""The requests of a lane at one tick are microseconds apart."""
_REASON = "its tick is void"
_SUPERSEDE = """
with ended as (
    insert into plan_request (request_id, lane_id, sequence, asked_at, state, detail)
    values ($1, $2, $3, $4, 'superseded', $5)
    on conflict (request_id) do update set state = 'superseded', detail = excluded.detail,
        updated_at = now() where plan_request.state = 'running'
    returning state
)
select state from ended union all select state from plan_request where request_id = $1 limit 1
"""
"""Ends a request, and returns its state: a planner that has not stored a plan drops it then."""


class VoidRequests:
    """Finds and takes back what wrong ticks made lanes do."""

    def __init__(self, link: HubLink) -> None:
        self._link = link

    async def take_back(
        self, times: Sequence[datetime], clock_at: datetime, deadline_s: float
    ) -> tuple[int, bool]:
        """Take back the requests of these ticks; return how many, and whether all have ended.

        A plan that a planner has stored may not have reached its lane. It is retracted then.
        """
        requests, taken_back = await self._facts_at(PlanAsked.name, times), 0
        ends: dict[Partition, int] = {}
        for number, asked in enumerate(requests):
            at = clock_at + (2 * number + 1) * _INSTANT
            if not await self._is_corrected(asked.fact):
                taken_back += 1
                for fact in _repairs(asked.fact, at):
                    partition, end = await self._link.send(fact)
                    ends[partition] = end
        lanes = sorted({asked.fact.key for asked in requests})
        wanted = {getattr(asked.fact.data, "request_id", "") for asked in requests}
        planned = await self._end_requests(requests)
        while True:
            plans, answered = await self._answers(lanes, wanted)
            for plan in plans:
                partition, ends[partition] = await self._link.send(_retraction(plan.fact))
            if not await self._link.until_read(ends, deadline_s):
                return taken_back, False
            if planned <= answered:
                return taken_back, True
            if time.monotonic() >= deadline_s:
                return taken_back, False
            await asyncio.sleep(_POLL_S)

    async def _answers(
        self, lanes: Sequence[str], wanted: set[str]
    ) -> tuple[list[StoredFact], set[str]]:
        """Return what still counts of plans for these requests, and the requests that have one."""
        plans, names, answered = [], set(), set()
        for stored in await self._facts_of(PlanProposed.name, lanes):
            event = stored.fact.data
            if isinstance(event, PlanProposed) and event.request_id in wanted:
                plans.append(stored)
                names.add(event.plan_id)
                answered.add(event.request_id)
        for stored in await self._facts_of(PlanApproved.name, lanes):
            event = stored.fact.data
            # A dispatcher's word stays in the log: it is rejected without its plan.
            by_policy = stored.fact.relayed_by == "lane"
            if isinstance(event, PlanApproved) and event.plan_id in names and by_policy:
                plans.append(stored)
        standing = [
            stored
            for stored in plans
            if not stored.fact.retracted and not await self._is_corrected(stored.fact)
        ]
        return standing, answered

    async def _end_requests(self, requests: Sequence[StoredFact]) -> set[str]:
        """End the requests for all planners; return those whose plan is on its way already."""
        planned = set()
        for stored in requests:
            asked = stored.fact.data
            assert isinstance(asked, PlanAsked)
            state = await self._link.pool.fetchval(
                _SUPERSEDE,
                asked.request_id,
                asked.lane_id,
                asked.sequence,
                stored.fact.occurred_at,
                _REASON,
            )
            if state == "planned":
                planned.add(asked.request_id)
        return planned

    async def _is_corrected(self, fact: Fact) -> bool:
        """Tell whether a fact of a lane is corrected or retracted."""
        found: bool = await self._link.pool.fetchval(
            "select exists (select from fact where kind = 'lane' and key = $1 and source = $2 "
            "and correction_of = $3)",
            fact.key,
            fact.source,
            fact.event_id,
        )
        return found

    async def _facts_at(self, name: str, times: Sequence[datetime]) -> list[StoredFact]:
        rows = await self._link.pool.fetch(
            f"select {SELECTED} from fact where kind = 'lane' and type = $1 "  # noqa: S608 - ours
            "and exists (select from unnest($2::timestamptz[]) as tick (at) "
            "where occurred_at >= tick.at and occurred_at < tick.at + $3) "
            "order by key, record_offset",
            name,
            times,
            _OF_ONE_TICK,
        )
        return [stored_fact(row) for row in rows]

    async def _facts_of(self, name: str, lanes: Sequence[str]) -> list[StoredFact]:
        rows = await self._link.pool.fetch(
            f"select {SELECTED} from fact where kind = 'lane' and type = $1 "  # noqa: S608 - ours
            "and key = any($2::text[])",
            name,
            lanes,
        )
        return [stored_fact(row) for row in rows]


def _repairs(asked: Fact, at: datetime) -> tuple[Fact, ...]:
    """Return the facts that take back a request: it was asked at `at` and failed.

    The lane has made the request, so its number is used up.
    """
    event = asked.data
    assert isinstance(event, PlanAsked)
    recorded_at = datetime.now(UTC)
    corrected = msgspec.structs.replace(
        asked,
        event_id=f"void-{asked.event_id}",
        correction_of=asked.event_id,
        occurred_at=at,
        recorded_at=recorded_at,
    )
    failed = PlanFailed(
        lane_id=event.lane_id,
        request_id=event.request_id,
        sequence=event.sequence,
        reason=_REASON,
    )
    wanted = ReplanWanted(lane_id=event.lane_id, cause="timer", about=event.request_id)
    return (
        corrected,
        *(
            Fact(
                event_id=f"void-{each.name}-{event.request_id}",
                source=_SOURCE,
                key=event.lane_id,
                occurred_at=at + _INSTANT,
                recorded_at=recorded_at,
                data=each,
                relayed_by="clock",
            )
            for each in (failed, wanted)
        ),
    )


def _retraction(plan: Fact) -> Fact:
    return msgspec.structs.replace(
        plan,
        event_id=f"void-{plan.event_id}",
        correction_of=plan.event_id,
        retracted=True,
        recorded_at=datetime.now(UTC),
    )
