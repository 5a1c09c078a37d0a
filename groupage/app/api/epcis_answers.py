"""A page of EPCIS events as the document that answers a query."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from starlette.responses import Response

from groupage.app.api.endpoints import JSON
from groupage.app.api.epcis_headers import DESCRIPTION
from groupage.app.epcis_events import query_document
from groupage.store.captured_events import StoredCapture

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
    captures: Sequence[StoredCapture], headers: Mapping[str, str], *, query_name: str = UNNAMED
) -> Response:
    """Build the answer with these events, each as it came but for its `recordTime`."""
    body = query_document(
        [capture.event for capture in captures], query_name=query_name, created_at=datetime.now(UTC)
    )
    return Response(body, 200, {**DESCRIPTION, **headers}, media_type=JSON)
