"""Single resources: a plan, the difference of two, a state, a trace. Ids may hold slashes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import msgspec

from groupage.app.api.endpoints import Endpoint
from groupage.domain.errors import NotFound
from groupage.domain.events.base import AggregateKind
from groupage.domain.plan import Plan
from groupage.domain.state.base import State
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.container import ContainerState
from groupage.store.pool import Connection
from groupage.store.readers.commands import CommandView, read_command
from groupage.store.readers.contents import Contents, read_contents
from groupage.store.readers.facts import read_state
from groupage.store.readers.plan_statuses import PlanStatus, read_status
from groupage.store.readers.plans import (
    PlanDiff,
    find_container,
    find_plan,
    read_diff,
    read_numbers,
)
from groupage.store.readers.tracing import Trace, cut_history, trace

FACTS_MAX = 1_000_000


class DiffQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The plan to compare with."""

    against: (
        Annotated[
            str,
            msgspec.Meta(description="The older plan; default: the one in force before."),
        ]
        | None
    ) = None


class PlanQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the plan that is asked for."""

    container: (
        Annotated[str, msgspec.Meta(description="Only this consolidation or container.")] | None
    ) = None


class TraceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The aggregate that is meant."""

    kind: (
        Annotated[
            AggregateKind,
            msgspec.Meta(description="Needed when aggregates of two kinds share an id."),
        ]
        | None
    ) = None


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a history that is asked for."""

    last: (
        Annotated[
            int,
            msgspec.Meta(ge=0, le=FACTS_MAX, description="Only so many facts, the newest ones."),
        ]
        | None
    ) = None
    since_at: (
        Annotated[datetime, msgspec.Meta(tz=True, description="Only facts from this time on.")]
        | None
    ) = None


async def _plan_diff(pool: Connection, plan_id: str, query: DiffQuery) -> PlanDiff:
    return await read_diff(pool, query.against, plan_id)


async def _plan(pool: Connection, plan_id: str, query: PlanQuery) -> object:
    plan = await find_plan(pool, plan_id)
    if query.container is None:
        return plan
    return find_container(plan, query.container, numbers=await read_numbers(pool, plan))


async def _plan_status(pool: Connection, plan_id: str) -> PlanStatus:
    return await read_status(pool, await find_plan(pool, plan_id))


async def _unit_trace(pool: Connection, unit_id: str, history: HistoryQuery) -> Trace:
    return await _trace(pool, unit_id, TraceQuery(kind="unit"), history)


async def _trace(pool: Connection, key: str, query: TraceQuery, history: HistoryQuery) -> Trace:
    found = await trace(pool, key, kind=query.kind)
    return cut_history(found, last=history.last, since_at=history.since_at)


def _state_reader(state_type: type[State]) -> Callable[[Connection, str], Awaitable[State]]:
    async def handle(pool: Connection, key: str) -> State:
        state = await read_state(pool, state_type, key)
        if state is None:
            raise NotFound(f"there is no event about {key!r}")
        return state

    return handle


ENDPOINTS = (
    Endpoint(
        path="/v1/plans/{plan_id}/diff",
        handle=_plan_diff,
        queries=(DiffQuery,),
        result=PlanDiff,
        problems=(404,),
        summary="Which consignments move from plan `against` to this one, and why",
    ),
    Endpoint(
        path="/v1/plans/{plan_id}/status",
        handle=_plan_status,
        result=PlanStatus,
        problems=(404,),
        summary="What became of a plan: in force, waiting for approval, rejected, replaced",
    ),
    Endpoint(
        path="/v1/plans/{plan_id}",
        handle=_plan,
        queries=(PlanQuery,),
        result=Plan,
        problems=(404,),
        summary="A plan, by its id, the id's beginning or its lane, with all places and stops",
    ),
    Endpoint(
        path="/v1/units/{unit_id:path}/trace",
        handle=_unit_trace,
        queries=(HistoryQuery,),
        result=Trace,
        problems=(404,),
        summary="How a unit stands now, what holds it, and every fact about it",
    ),
    Endpoint(
        path="/v1/trace/{key:path}",
        handle=_trace,
        queries=(TraceQuery, HistoryQuery),
        result=Trace,
        problems=(404,),
        summary="How a unit, consignment, container … stands now, and every fact about it",
    ),
    Endpoint(
        path="/v1/containers/{key:path}/contents",
        handle=read_contents,
        result=Contents,
        problems=(404,),
        summary="How a container stands, what is in it and where, also after it left",
    ),
    Endpoint(
        path="/v1/consolidations/{key:path}/contents",
        handle=read_contents,
        result=Contents,
        problems=(404,),
        summary="How a consolidation stands, what is in it and where, also after it left",
    ),
    Endpoint(
        path="/v1/commands/{command_id:path}",
        handle=read_command,
        result=CommandView,
        problems=(404,),
        summary="A command and what came of it",
    ),
    Endpoint(
        path="/v1/consignments/{key:path}",
        handle=_state_reader(ConsignmentState),
        result=ConsignmentState,
        problems=(404,),
        summary="The whole state of one consignment",
    ),
    Endpoint(
        path="/v1/consolidations/{key:path}",
        handle=_state_reader(ConsolidationState),
        result=ConsolidationState,
        problems=(404,),
        summary="The whole state of one consolidation",
    ),
    Endpoint(
        path="/v1/containers/{key:path}",
        handle=_state_reader(ContainerState),
        result=ContainerState,
        problems=(404,),
        summary="The whole state of one container",
    ),
)
