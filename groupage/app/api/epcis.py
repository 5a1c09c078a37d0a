"""GS1's query interface (EPCIS 2.0, REST binding): the EPCIS events that came in, as they came.

``GET /events``, ``/events/{eventID}``, and the events of an EPC, a business step and so on. The
only member that the hub sets in an event is `recordTime`, which the standard asks for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from groupage.app.api.endpoints import Endpoint
from groupage.app.api.epcis_answers import EPCISQueryDocument, answer_events
from groupage.app.api.epcis_headers import HEADERS, DescribedEndpoint, read_extensions
from groupage.app.api.epcis_pages import read_page
from groupage.app.api.epcis_parameters import parameters_without, read_event_query, split_values
from groupage.app.api.query import require_single
from groupage.domain.errors import InvalidInput, NotFound
from groupage.store.captured_events import StoredCapture
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import captures_of


@dataclass(frozen=True, kw_only=True)
class EventsEndpoint(DescribedEndpoint):
    """A path that answers with captured events."""

    parameter: str = ""
    """The query's parameter whose value is in the path; empty: none is."""
    struct: type[msgspec.Struct] = field(default=msgspec.Struct)

    async def _find(self, request: Request) -> Response:
        given = require_single(request.query_params.multi_items(), separator="|")
        (value,) = request.path_params.values() or ("",)
        path = (self.parameter, value) if self.parameter else None
        query = read_event_query(
            split_values(given), self.struct, path, namespaces=read_extensions(request)
        )
        captures, token = await read_page(request.app.state.pool, query)
        headers = {}
        if token is not None:
            address = re.sub("{.*}", lambda _: quote(value, safe=""), self.path)
            following = urlencode({**given, "nextPageToken": token})
            headers["Link"] = f'<{address}?{following}>; rel="next"'
        return answer_events(request, captures, headers)


@dataclass(frozen=True, kw_only=True)
class EventEndpoint(DescribedEndpoint):
    """The path of one event and its error declarations."""

    async def _find(self, request: Request) -> Response:
        if request.query_params:
            raise InvalidInput(
                "this path has no parameters; a ? in the event's id is written as %3F"
            )
        (event_id,) = request.path_params.values()
        captures = await _event(request.app.state.pool, event_id)
        return answer_events(request, captures, {})


async def _event(pool: Connection, event_id: str) -> Sequence[StoredCapture]:
    captures = await captures_of(pool, event_id)
    if not captures:
        raise NotFound(f"the hub has no event with the id {event_id[:200]!r}")
    return captures


_MORE = "Also `EQ_bizTransaction_TYPE`, `EQ_source_TYPE` and `EQ_destination_TYPE`"


def _endpoint(path: str, parameter: str, summary: str) -> EventsEndpoint:
    struct = parameters_without(parameter)
    return EventsEndpoint(
        path=path,
        handle=read_page,
        answers_xml=True,
        queries=(struct,),
        struct=struct,
        parameter=parameter,
        result=EPCISQueryDocument,
        problems=(406, 413),
        headers=HEADERS,
        summary=f"{summary}; those that were captured, as they came. {_MORE}",
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("/events", "", "EPCIS events, captured ones and the hub's own"),
    EventEndpoint(
        path="/events/{event_id:path}",
        handle=_event,
        answers_xml=True,
        result=EPCISQueryDocument,
        problems=(404, 406),
        headers=HEADERS[:-1],
        summary="An EPCIS event, as it came or as the hub made it, and its error declarations",
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
