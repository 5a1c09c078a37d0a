"""A page of EPCIS events as the document that answers a query."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from groupage.app.api.endpoints import JSON
from groupage.app.api.epcis_headers import DESCRIPTION, XML, form_of_words, wants_xml
from groupage.app.api.problems import HttpProblem
from groupage.app.epcis_events import query_document, xml_document, xml_event
from groupage.serving.problems import WrongField
from groupage.store.captured_events import StoredCapture
from producers.epcis.xml_writing import NotInXml

UNNAMED = "SimpleEventQuery"
"""The standard's name of the query whose parameters stand in the request."""


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


def answer_events(
    request: Request,
    captures: Sequence[StoredCapture],
    headers: Mapping[str, str],
    *,
    query_name: str = UNNAMED,
) -> Response:
    """Build the answer with these events, each as it came but for its `recordTime`.

    In XML, if the client prefers that. Raises HttpProblem for an event that XML cannot hold.
    """
    events = [capture.event for capture in captures]
    now = datetime.now(UTC)
    headers = {**DESCRIPTION, **headers}
    if not wants_xml(request):
        body = query_document(events, query_name=query_name, created_at=now)
        return Response(body, 200, headers, media_type=JSON)
    words = form_of_words(request)
    faults: list[WrongField] = []
    written = []
    for event in events:
        try:
            written.append(xml_event(event, words))
        except NotInXml as error:
            field = f"{event.event_id}: {error.member}"
            faults.append(WrongField(field=field[:300], value=None, expected=error.reason))
    if faults:
        raise HttpProblem(
            HTTPStatus.NOT_ACCEPTABLE,
            "XML cannot hold members of these events: ask for application/json",
            tuple(faults),
        )
    document = xml_document(written, query_name=query_name, created_at=now)
    headers["GS1-CBV-XML-Format"] = words or "No_Preference"
    return Response(document, 200, headers, media_type=XML)
