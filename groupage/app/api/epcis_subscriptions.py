"""GS1's webhook subscriptions of named queries: ``/queries/{queryName}/subscriptions`` and below.

The hub then calls the client (`groupage.app.subscriptions`). Its WebSockets are not offered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from groupage.app.api.endpoints import JSON, Endpoint, Write
from groupage.app.api.epcis_headers import DESCRIPTION, HEADERS, DescribedEndpoint
from groupage.app.api.epcis_parameters import PER_PAGE_DEFAULT, PER_PAGE_MAX, Paging
from groupage.app.api.epcis_queries import require_query
from groupage.app.api.epcis_subscription_body import SubscriptionBody, read_request, read_wanted
from groupage.app.api.query import WrongParameters, parse_query, require_single
from groupage.app.subscriptions.destination import read_destination
from groupage.app.subscriptions.schedule import ScheduleFields
from groupage.domain.errors import InvalidInput, NotFound
from groupage.serving.problems import WrongField
from groupage.store.named_queries import NamedQuery
from groupage.store.pool import Connection
from groupage.store.readers.captured_log import ends_of_log
from groupage.store.readers.paging import cursor_of, values_of
from groupage.store.subscriptions import (
    NewSubscription,
    Subscription,
    delete_subscription,
    insert_subscription,
    list_subscriptions,
    read_subscription,
)


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A subscription as clients see it; the secret and the query of the address stay here."""

    subscription_id: UUID = msgspec.field(name="subscriptionID")
    query_name: str
    dest: str
    created_at: datetime
    report_if_empty: bool
    epc_format: str = "Never_Translates"
    state: str
    """`active`, `failing` or `stopped`."""
    delivered: int
    """Events that the receiver has confirmed."""
    stream: bool | msgspec.UnsetType = msgspec.UNSET
    schedule: ScheduleFields | msgspec.UnsetType = msgspec.UNSET
    next_run_at: datetime | msgspec.UnsetType = msgspec.UNSET
    initial_record_time: datetime | msgspec.UnsetType = msgspec.UNSET
    min_record_time: datetime | msgspec.UnsetType = msgspec.UNSET
    last_notified_at: datetime | msgspec.UnsetType = msgspec.UNSET
    failures: int | msgspec.UnsetType = msgspec.UNSET
    """Failed deliveries since the last one that the receiver confirmed."""
    failing_since: datetime | msgspec.UnsetType = msgspec.UNSET
    last_error: str | msgspec.UnsetType = msgspec.UNSET
    stopped_at: datetime | msgspec.UnsetType = msgspec.UNSET
    stop_reason: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, kw_only=True)
class SubscriptionsEndpoint(DescribedEndpoint):
    """The path of a query's subscriptions."""

    async def _find(self, request: Request) -> Response:
        pool = request.app.state.pool
        (name,) = request.path_params.values()
        query = await require_query(pool, name)
        if request.method == "POST":
            return await _create(request, query)
        given = require_single(request.query_params.multi_items())
        (paging,) = parse_query(given, Paging)
        limit = min(paging.perPage or PER_PAGE_DEFAULT, PER_PAGE_MAX)
        after = None if paging.nextPageToken is None else _place_in(paging.nextPageToken)
        page = await _subscriptions(pool, name, after, limit + 1)
        headers = dict(DESCRIPTION)
        if len(page) > limit:
            last = page[limit - 1]
            token = cursor_of([last.created_at.isoformat(), last.subscription_id.hex])
            following = urlencode({**given, "nextPageToken": token})
            headers["Link"] = f'<{_path(name)}?{following}>; rel="next"'
        return _json(200, [_view(each) for each in page[:limit]], headers)


@dataclass(frozen=True, kw_only=True)
class SubscriptionEndpoint(DescribedEndpoint):
    """The path of one subscription."""

    async def _find(self, request: Request) -> Response:
        pool = request.app.state.pool
        name, text = request.path_params.values()
        subscription = await _subscription(pool, name, text)
        if request.method == "DELETE":
            await delete_subscription(pool, name, subscription.subscription_id)
            return Response(status_code=204, headers=DESCRIPTION)
        return _json(200, _view(subscription), DESCRIPTION)


async def _create(request: Request, query: NamedQuery) -> Response:
    """Store a subscription. Raises HttpProblem."""
    state = request.app.state
    now = datetime.now(UTC)
    wanted = read_wanted(await read_request(request), query, state.subscriptions, now=now)
    new = NewSubscription(
        query_name=query.name,
        dest=wanted.dest,
        signature_token=wanted.signature_token,
        schedule=None if wanted.schedule is None else msgspec.json.encode(wanted.schedule),
        report_if_empty=wanted.report_if_empty,
        initial_record_time=wanted.initial_record_time,
        due_at=wanted.due_at,
        # Without a time it begins with what is stored from now on: nothing falls between the
        # subscription and a query that the client runs after it.
        places=await ends_of_log(state.pool) if wanted.initial_record_time is None else {},
    )
    stored = await insert_subscription(state.pool, new, limit=state.subscriptions.subscriptions_max)
    location = f"{_path(query.name)}/{stored.subscription_id}"
    return _json(201, _view(stored), {**DESCRIPTION, "Location": location})


async def _subscriptions(
    pool: Connection, name: str, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Subscription]:
    return await list_subscriptions(pool, name, after, limit=limit)


async def _subscription(pool: Connection, name: str, text: str) -> Subscription:
    """Read a subscription. Raises NotFound."""
    await require_query(pool, name)
    try:
        found = await read_subscription(pool, UUID(text), name)
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"the query {name[:100]!r} has no subscription {text[:100]!r}")
    return found


def _view(subscription: Subscription) -> SubscriptionView:
    schedule = subscription.schedule
    optional: dict[str, Any] = {
        "next_run_at": subscription.due_at,
        "initial_record_time": subscription.initial_record_time,
        "min_record_time": subscription.executed_at or subscription.initial_record_time,
        "last_notified_at": subscription.last_notified_at,
        "failures": subscription.failures or None,
        "failing_since": subscription.failing_since,
        "last_error": subscription.last_error or None,
        "stopped_at": subscription.stopped_at,
        "stop_reason": subscription.stop_reason or None,
    }
    if schedule is None:
        optional["stream"] = True
    else:
        optional["schedule"] = msgspec.json.decode(schedule, type=ScheduleFields)
    return SubscriptionView(
        subscription_id=subscription.subscription_id,
        query_name=subscription.query_name,
        dest=read_destination(subscription.dest).shown,
        created_at=subscription.created_at,
        report_if_empty=subscription.report_if_empty,
        state=subscription.state,
        delivered=subscription.delivered,
        **{name: value for name, value in optional.items() if value is not None},
    )


def _place_in(token: str) -> tuple[datetime, UUID]:
    try:
        at, subscription_id = values_of(token, 2)
        return datetime.fromisoformat(at).astimezone(UTC), UUID(subscription_id)
    except (InvalidInput, ValueError, OverflowError):
        expected = "that of the header Link of an answer"
        raise WrongParameters(
            (WrongField(field="nextPageToken", value=token[:200], expected=expected),)
        ) from None


def _path(name: str) -> str:
    return f"/queries/{quote(name, safe='')}/subscriptions"


def _json(status: int, content: object, headers: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type=JSON)


_DEFINED = HEADERS[:2]
ENDPOINTS: tuple[Endpoint, ...] = (
    SubscriptionsEndpoint(
        path="/queries/{query_name}/subscriptions",
        handle=_subscriptions,
        queries=(Paging,),
        result=list[SubscriptionView],
        problems=(404, 406),
        headers=(*_DEFINED, HEADERS[-1]),
        summary="Subscriptions of a named query, the oldest first",
        writes=(
            Write(
                method="POST",
                status=201,
                summary="Subscribe to a named query: the hub posts its events to `dest`",
                body=SubscriptionBody,
                result=SubscriptionView,
                problems=(404, 406, 413, 415),
            ),
        ),
    ),
    SubscriptionEndpoint(
        path="/queries/{query_name}/subscriptions/{subscription_id}",
        handle=_subscription,
        result=SubscriptionView,
        problems=(404, 406),
        headers=_DEFINED,
        summary="A subscription, and how it fares",
        writes=(Write(method="DELETE", status=204, summary="Unsubscribe", problems=(404, 406)),),
    ),
)
