"""GS1's query interface (EPCIS 2.0, REST binding): the EPCIS events that came in, as they came.

``GET /events``, ``/events/{eventID}``, and the events of an EPC, a business step and so on. The
only member that the hub sets in an event is `recordTime`, which the standard asks for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from groupage.app.api.endpoints import JSON, Endpoint
from groupage.app.api.epcis_parameters import EventQuery, parameters_without, read_event_query
from groupage.app.api.problems import HttpProblem
from groupage.app.api.query import WrongParameters, require_single
from groupage.app.epcis_events import CONTEXT_URL, with_context
from groupage.contracts.captured_events import CapturedEvent
from groupage.domain.errors import InvalidInput, NotFound
from groupage.serving.problems import WrongField
from groupage.store.captured_events import StoredCapture
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import captures_of, count_captures, find_captures
from groupage.store.readers.paging import cursor_of, values_of

VERSION = "2.0.0"
PAGE_BYTES_MAX = 8 * 2**20
"""A page ends with the event that brings it there; the next page goes on behind."""
HEADERS = (
    ("GS1-EPCIS-Version", "Version of EPCIS."),
    ("GS1-CBV-Version", "Version of the Core Business Vocabulary."),
    ("GS1-EPC-Format", "`Never_Translates`: EPCs stand as they came."),
    ("Link", "Address of the next page; absent: this is the last one."),
)
_DESCRIPTION = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-EPC-Format": "Never_Translates",
}
_VERSIONS = {f"GS1-{kind}-{end}": VERSION for kind in ("EPCIS", "CBV") for end in ("Min", "Max")}
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(\.\d{1,3}){0,2}", re.ASCII)
_OUR_VERSION = (2, 0)
_EPC_FORMATS = ("No_Preference", "Never_Translates")
_XML_FORMATS = ("No_Preference", "Never_Translates", "Always_Web_URI", "Always_URN")
_READABLE = {"", "*/*", "application/*", "application/json", "application/ld+json"}


class QueryResults(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The part of the answer that names the query."""

    query_name: str
    results_body: "ResultsBody"


class ResultsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The events."""

    event_list: list[dict[str, Any]]


class QueryBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of the document."""

    query_results: QueryResults


class EPCISQueryDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of EPCIS events (EPCIS 2.0)."""

    context: list[str] = msgspec.field(name="@context")
    type: Literal["EPCISQueryDocument"]
    schema_version: str
    creation_date: datetime
    epcis_body: QueryBody


@dataclass(frozen=True, kw_only=True)
class _DescribedEndpoint(Endpoint):
    """A path that says on OPTIONS what it understands, as the standard asks."""

    def route(self) -> Route:
        return Route(self.path, self._answer, methods=("GET", "OPTIONS"))

    async def _read(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            allowed = {"Allow": "GET, HEAD, OPTIONS"}
            return Response(status_code=204, headers=_DESCRIPTION | _VERSIONS | allowed)
        _require_acceptable(request)
        return await self._find(request)

    async def _find(self, request: Request) -> Response:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class EventsEndpoint(_DescribedEndpoint):
    """A path that answers with captured events."""

    parameter: str = ""
    """The query's parameter whose value is in the path; empty: none is."""
    struct: type[msgspec.Struct] = field(default=msgspec.Struct)

    async def _find(self, request: Request) -> Response:
        given = require_single(request.query_params.multi_items())
        (value,) = request.path_params.values() or ("",)
        path = (self.parameter, value) if self.parameter else None
        query = read_event_query(given, self.struct, path)
        captures, token = await _events(request.app.state.pool, query)
        headers = {}
        if token is not None:
            address = re.sub("{.*}", lambda _: quote(value, safe=""), self.path)
            following = urlencode({**given, "nextPageToken": token})
            headers["Link"] = f'<{address}?{following}>; rel="next"'
        return _answer(captures, headers)


@dataclass(frozen=True, kw_only=True)
class EventEndpoint(_DescribedEndpoint):
    """The path of one event and its error declarations."""

    async def _find(self, request: Request) -> Response:
        if request.query_params:
            raise InvalidInput("this path has no parameters")
        (event_id,) = request.path_params.values()
        captures = await _event(request.app.state.pool, event_id)
        return _answer(captures, {})


async def _events(
    pool: Connection, query: EventQuery
) -> tuple[Sequence[StoredCapture], str | None]:
    """Read a page, and the token of the next one."""
    after, left = _position(query)
    if query.at_most is not None and query.token is None:
        number = await count_captures(pool, query.filter, limit=query.at_most + 1)
        if number > query.at_most:
            raise HttpProblem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"more than {query.at_most} events match (maxEventCount)",
            )
    limit = query.per_page if left is None else min(query.per_page, left)
    page = await find_captures(
        pool, query.filter, query.order, after, limit=limit, bytes_max=PAGE_BYTES_MAX
    )
    if left is not None:
        left -= len(page.captures)
    if not page.more or left == 0:
        return page.captures, None
    last = page.captures[-1].event
    at = last.event_time if query.order.column == "event_time" else last.recorded_at
    names = [query.order.column, str(query.order.descending), "" if left is None else str(left)]
    return page.captures, cursor_of([*names, at.isoformat(), last.captured_id.hex])


def _position(query: EventQuery) -> tuple[tuple[datetime, UUID] | None, int | None]:
    """Return where the page begins, and how many events `eventCountLimit` leaves."""
    if query.token is None:
        return None, query.first
    try:
        column, descending, left, at, captured_id = values_of(query.token, 5)
        if (column, descending) != (query.order.column, str(query.order.descending)):
            raise _wrong_token(query.token)
        after = datetime.fromisoformat(at).astimezone(UTC), UUID(captured_id)
        if (query.first is None) != (left == ""):
            raise _wrong_token(query.token)
        return after, None if query.first is None else min(max(int(left[:10]), 1), query.first)
    except (InvalidInput, ValueError, OverflowError):
        raise _wrong_token(query.token) from None


def _wrong_token(token: str) -> WrongParameters:
    expected = "that of the header Link of an answer to the same query"
    return WrongParameters(
        (WrongField(field="nextPageToken", value=token[:200], expected=expected),)
    )


async def _event(pool: Connection, event_id: str) -> Sequence[StoredCapture]:
    captures = await captures_of(pool, event_id)
    if not captures:
        raise NotFound(f"no event with the id {event_id[:200]!r} was captured")
    return captures


def _answer(captures: Sequence[StoredCapture], headers: dict[str, str]) -> Response:
    head = {
        "@context": [CONTEXT_URL],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": _text(datetime.now(UTC)),
    }
    events = [msgspec.Raw(_with_record_time(capture.event)) for capture in captures]
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}
    body = msgspec.json.encode(head | {"epcisBody": {"queryResults": results}})
    return Response(body, 200, _DESCRIPTION | headers, media_type=JSON)


def _with_record_time(event: CapturedEvent) -> bytes:
    members = msgspec.json.decode(with_context(event), type=dict[str, msgspec.Raw])
    at = msgspec.Raw(msgspec.json.encode(_text(event.recorded_at)))
    return msgspec.json.encode({**members, "recordTime": at})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _require_acceptable(request: Request) -> None:
    """Refuse a client that needs another form or version. Raises HttpProblem."""
    faults = []
    accepted = request.headers.get("accept", "*/*")
    if not {each.partition(";")[0].strip().lower() for each in accepted.split(",")} & _READABLE:
        faults.append(_wrong_header("Accept", accepted, JSON))
    for name, known in (("GS1-EPC-Format", _EPC_FORMATS), ("GS1-CBV-XML-Format", _XML_FORMATS)):
        if (value := request.headers.get(name)) is not None and value not in known:
            faults.append(_wrong_header(name, value, " or ".join(known)))
    for kind in ("EPCIS", "CBV"):
        for suffix in ("Min", "Max", "Version"):
            name = f"GS1-{kind}-{suffix}"
            value = request.headers.get(name)
            if value is not None and not _admits_our_version(value, suffix):
                faults.append(_wrong_header(name, value, f"a version that admits {VERSION}"))
    if faults:
        detail = "the answer cannot have that form"
        raise HttpProblem(HTTPStatus.NOT_ACCEPTABLE, detail, tuple(faults))


def _admits_our_version(value: str, suffix: str) -> bool:
    match = _VERSION.fullmatch(value.strip())
    if match is None:
        return False
    version = (int(match[1]), int(match[2]))
    if suffix == "Min":
        return version <= _OUR_VERSION
    return version >= _OUR_VERSION if suffix == "Max" else version == _OUR_VERSION


def _wrong_header(name: str, value: str, expected: str) -> WrongField:
    return WrongField(field=f"header {name}", value=value[:200], expected=expected)


_MORE = "Also `EQ_bizTransaction_TYPE`, `EQ_source_TYPE` and `EQ_destination_TYPE`"


def _endpoint(path: str, parameter: str, summary: str) -> EventsEndpoint:
    struct = parameters_without(parameter)
    return EventsEndpoint(
        path=path,
        handle=_events,
        queries=(struct,),
        struct=struct,
        parameter=parameter,
        result=EPCISQueryDocument,
        problems=(406, 413),
        headers=HEADERS,
        summary=f"{summary}, as they came. {_MORE}",
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("/events", "", "EPCIS events that were captured"),
    EventEndpoint(
        path="/events/{event_id:path}",
        handle=_event,
        result=EPCISQueryDocument,
        problems=(404, 406),
        headers=HEADERS[:-1],
        summary="An EPCIS event that was captured, as it came, and its error declarations",
    ),
    *(
        _endpoint(f"/{collection}/{{{name}:path}}/events", parameter, f"EPCIS events {which}")
        for collection, name, parameter, which in (
            ("eventTypes", "event_type", "eventType", "of a type"),
            ("epcs", "epc", "MATCH_anyEPC", "about an EPC"),
            ("bizSteps", "biz_step", "EQ_bizStep", "of a business step"),
            ("bizLocations", "biz_location", "EQ_bizLocation", "at a business location"),
            ("readPoints", "read_point", "EQ_readPoint", "at a read point"),
            ("dispositions", "disposition", "EQ_disposition", "with a disposition"),
        )
    ),
)
