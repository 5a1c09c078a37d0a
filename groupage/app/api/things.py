"""Single things: a plan, the difference of two, a state, a trace. Ids may hold slashes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from groupage.app.api.answers import described, json_answer
from groupage.app.api.parameters import only_known
from groupage.domain.errors import NotFound
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.base import State
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.container import ContainerState
from groupage.store.readers.facts import read_state
from groupage.store.readers.plans import read_diff, read_plan
from groupage.store.readers.tracing import trace

router = APIRouter(prefix="/v1", dependencies=[Depends(only_known)])


def _pool(request: Request) -> Any:
    return request.app.state.pool


@router.get("/plans/{plan_id}/diff", responses=described("PlanDiff", 404), response_class=Response)
async def plan_diff(
    request: Request,
    plan_id: str,
    *,
    against: Annotated[str, Query(max_length=200, description="The older plan.")],
) -> Response:
    """Who moves from plan `against` to this one, and why."""
    return json_answer(await read_diff(_pool(request), against, plan_id))


@router.get("/plans/{plan_id}", responses=described("Plan", 404), response_class=Response)
async def plan(
    request: Request,
    plan_id: str,
    *,
    container: Annotated[
        str | None, Query(max_length=200, description="Only this consolidation or container.")
    ] = None,
) -> Response:
    """A plan with every carton's place and every truck's stops."""
    found = await read_plan(_pool(request), plan_id)
    if container is None:
        return json_answer(found)
    chosen = [
        box for box in found.containers if container in (box.consolidation_id, box.equipment_ref)
    ]
    if not chosen:
        raise NotFound(f"plan {plan_id!r} has no container {container!r}")
    return json_answer(chosen[0])


@router.get(
    "/units/{unit_id:path}/trace", responses=described("Trace", 404), response_class=Response
)
async def unit_trace(request: Request, unit_id: str) -> Response:
    """Every fact about a unit, and what holds it from the nearest to the outermost."""
    return json_answer(await trace(_pool(request), unit_id, kind="unit"))


@router.get("/trace/{key:path}", responses=described("Trace", 404), response_class=Response)
async def any_trace(
    request: Request,
    key: str,
    *,
    kind: Annotated[AggregateKind | None, Query(description="When several are meant.")] = None,
) -> Response:
    """Every fact about a unit, consignment, container, consolidation or voyage."""
    return json_answer(await trace(_pool(request), key, kind=kind))


@router.get(
    "/consignments/{key:path}", responses=described("Consignment", 404), response_class=Response
)
async def consignment(request: Request, key: str) -> Response:
    """The whole state of one consignment."""
    return await _state(request, ConsignmentState, key)


@router.get(
    "/consolidations/{key:path}", responses=described("Consolidation", 404), response_class=Response
)
async def consolidation(request: Request, key: str) -> Response:
    """The whole state of one consolidation."""
    return await _state(request, ConsolidationState, key)


@router.get(
    "/containers/{key:path}", responses=described("Container", 404), response_class=Response
)
async def container_state(request: Request, key: str) -> Response:
    """The whole state of one container."""
    return await _state(request, ContainerState, key)


async def _state(request: Request, state_type: type[State], key: str) -> Response:
    found = await read_state(_pool(request), state_type, key)
    if found is None:
        raise NotFound(f"nothing was said about {key!r}")
    return json_answer(found)
