"""Lists: ``/v1/consignments`` and its sisters."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from groupage.app.api.answers import Routes, described, json_answer
from groupage.app.api.parameters import only_known
from groupage.domain.events.alerts import Severity
from groupage.domain.events.base import AggregateKind
from groupage.domain.states import (
    ConsignmentStatus,
    ConsolidationStatus,
    ContainerStatus,
    CustomsStatus,
)
from groupage.store.readers import lists, plans
from groupage.store.readers.paging import LIMIT_DEFAULT, LIMIT_MAX

router = APIRouter(prefix="/v1", dependencies=[Depends(only_known)])

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many rows.")]
After = Annotated[
    str | None, Query(description="`next_after` of the page before.", max_length=2000)
]
Text = Annotated[str | None, Query(max_length=200)]
Flag = Annotated[bool | None, Query()]


def _pool(request: Request) -> Any:
    return request.app.state.pool


@router.get("/consignments", responses=described("Consignments"), response_class=Response)
async def consignments(  # noqa: PLR0913 - one parameter for each filter
    request: Request,
    *,
    lane: Text = None,
    status: ConsignmentStatus | None = None,
    customs: CustomsStatus | None = None,
    voyage: Text = None,
    consolidation: Text = None,
    shipper: Text = None,
    blocked: Flag = None,
    at_risk: Flag = None,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response:
    """Consignments by id."""
    wanted = lists.ConsignmentFilter(
        lane=lane,
        status=status,
        customs=customs,
        voyage=voyage,
        consolidation=consolidation,
        shipper=shipper,
        blocked=blocked,
        at_risk=at_risk,
    )
    return json_answer(
        await lists.list_consignments(_pool(request), wanted, limit=limit, after=after)
    )


@router.get("/consolidations", responses=described("Consolidations"), response_class=Response)
async def consolidations(  # noqa: PLR0913 - one parameter for each filter
    request: Request,
    *,
    lane: Text = None,
    status: ConsolidationStatus | None = None,
    voyage: Text = None,
    equipment: Text = None,
    departed: Flag = None,
    open: Annotated[bool | None, Query(description="Still to leave.")] = None,  # noqa: A002
    at_risk: Flag = None,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response:
    """Consolidations, the nearest cut-off first."""
    wanted = lists.ConsolidationFilter(
        lane=lane,
        status=status,
        voyage=voyage,
        equipment=equipment,
        departed=departed,
        open=open,
        at_risk=at_risk,
    )
    return json_answer(
        await lists.list_consolidations(_pool(request), wanted, limit=limit, after=after)
    )


@router.get("/containers", responses=described("Containers"), response_class=Response)
async def containers(
    request: Request,
    *,
    status: ContainerStatus | None = None,
    iso_type: Text = None,
    consolidation: Text = None,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response:
    """Containers by number."""
    wanted = lists.ContainerFilter(status=status, iso_type=iso_type, consolidation=consolidation)
    return json_answer(
        await lists.list_containers(_pool(request), wanted, limit=limit, after=after)
    )


@router.get("/plans", responses=described("Plans"), response_class=Response)
async def plans_list(
    request: Request,
    *,
    lane: Text = None,
    published: Flag = None,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response:
    """Plans, the newest first."""
    wanted = lists.PlanFilter(lane=lane, published=published)
    return json_answer(await lists.list_plans(_pool(request), wanted, limit=limit, after=after))


@router.get("/routes", responses=described("Routes"), response_class=Response)
async def routes(
    request: Request, *, lane: Text = None, plan: Text = None, truck: Text = None
) -> Response:
    """Truck routes of the plans in force (or of one plan), the earliest first."""
    found = await plans.list_routes(_pool(request), lane=lane, plan_id=plan, truck=truck)
    return json_answer(Routes(items=found))


@router.get("/alerts", responses=described("Alerts"), response_class=Response)
async def alerts(  # noqa: PLR0913 - one parameter for each filter
    request: Request,
    *,
    about: Text = None,
    about_kind: AggregateKind | None = None,
    code: Text = None,
    severity: Severity | None = None,
    cleared: Annotated[bool, Query(description="Cleared ones too.")] = False,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response:
    """Open alerts, the newest first."""
    wanted = lists.AlertFilter(
        about=about,
        about_kind=about_kind,
        code=code,
        severity=severity,
        open=None if cleared else True,
    )
    return json_answer(await lists.list_alerts(_pool(request), wanted, limit=limit, after=after))
