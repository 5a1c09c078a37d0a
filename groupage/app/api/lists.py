"""Lists: ``/v1/consignments`` and the like. The filters of the readers are the parameters."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from groupage.app.api.endpoints import Endpoint
from groupage.domain.events.alerts import Severity
from groupage.domain.events.base import AggregateKind
from groupage.store.pool import Connection
from groupage.store.readers import commands, lists, routes
from groupage.store.readers.paging import LIMIT_DEFAULT, LIMIT_MAX, Page
from groupage.store.readers.views import (
    AlertView,
    ConsignmentView,
    ConsolidationView,
    ContainerView,
    PlanView,
    RouteView,
)


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a list that is asked for."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="At most so many rows.")] = (
        LIMIT_DEFAULT
    )
    after: (
        Annotated[
            str, msgspec.Meta(max_length=2_000, description="`next_after` of the page before.")
        ]
        | None
    ) = None


class AlertQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts that are asked for."""

    about: str | None = None
    about_kind: AggregateKind | None = None
    code: str | None = None
    severity: Severity | None = None
    cleared: Annotated[bool, msgspec.Meta(description="Cleared alerts too.")] = False


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """Truck routes, the earliest first."""

    items: tuple[RouteView, ...]


def _page_handler(read: Callable[..., Awaitable[Page[Any]]]) -> Callable[..., Awaitable[Page[Any]]]:
    """Adapt a reader of the store to an endpoint's filter and paging."""

    async def handle(pool: Connection, wanted: msgspec.Struct, paging: Paging) -> Page[Any]:
        return await read(pool, wanted, limit=paging.limit, after=paging.after)

    return handle


async def _alerts(pool: Connection, query: AlertQuery, paging: Paging) -> Page[AlertView]:
    wanted = lists.AlertFilter(
        about=query.about,
        about_kind=query.about_kind,
        code=query.code,
        severity=query.severity,
        open=None if query.cleared else True,
    )
    return await lists.list_alerts(pool, wanted, limit=paging.limit, after=paging.after)


async def _routes(pool: Connection, wanted: routes.RouteFilter) -> Routes:
    return Routes(items=await routes.list_routes(pool, wanted))


ENDPOINTS = (
    Endpoint(
        path="/v1/consignments",
        handle=_page_handler(lists.list_consignments),
        queries=(lists.ConsignmentFilter, Paging),
        result=Page[ConsignmentView],
        summary="Consignments by id",
    ),
    Endpoint(
        path="/v1/consolidations",
        handle=_page_handler(lists.list_consolidations),
        queries=(lists.ConsolidationFilter, Paging),
        result=Page[ConsolidationView],
        summary="Consolidations, the nearest cut-off first",
    ),
    Endpoint(
        path="/v1/containers",
        handle=_page_handler(lists.list_containers),
        queries=(lists.ContainerFilter, Paging),
        result=Page[ContainerView],
        summary="Containers by number",
    ),
    Endpoint(
        path="/v1/plans",
        handle=_page_handler(lists.list_plans),
        queries=(lists.PlanFilter, Paging),
        result=Page[PlanView],
        summary="Plans, the newest first",
    ),
    Endpoint(
        path="/v1/routes",
        handle=_routes,
        queries=(routes.RouteFilter,),
        result=Routes,
        problems=(404,),
        summary="Truck routes in force, of one plan, or of one consignment; the earliest first",
    ),
    Endpoint(
        path="/v1/commands",
        handle=_page_handler(commands.list_commands),
        queries=(commands.CommandFilter, Paging),
        result=Page[commands.CommandView],
        summary="Commands of dispatchers and what came of each, the newest first",
    ),
    Endpoint(
        path="/v1/alerts",
        handle=_alerts,
        queries=(AlertQuery, Paging),
        result=Page[AlertView],
        summary="Open alerts, the newest first",
    ),
)
