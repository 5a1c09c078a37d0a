"""``GET /v3/events``: what the hub does and what carriers report, by DCSA Track & Trace.

Parameters and answers of version 3.0.0; the filters of 2.2 that have no counterpart there are
taken, too. An error has the members of a problem document and DCSA's `feedbackElements`.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from groupage.app.api.endpoints import JSON, Endpoint
from groupage.app.api.query import WrongParameters
from groupage.app.dcsa_events import EventFilter, read_page
from groupage.contracts.instants import EARLIEST, LATEST
from groupage.domain.checkdigits import is_container_number
from groupage.domain.errors import InvalidInput
from groupage.domain.near_names import did_you_mean
from groupage.serving.problems import WrongField, make_problem
from groupage.store.pool import Connection
from producers.dcsa.feedback import Feedback, feedback
from producers.dcsa.vocabulary import (
    DOCUMENTS,
    EQUIPMENT,
    EVENT_TYPES,
    SHIPMENT,
    TRANSPORT,
    Vocabulary,
)

API_VERSION = "3.0.0"
LIMIT_DEFAULT = 100
LIMIT_MAX = 1_000
_INSTANT = timedelta(microseconds=1)

Reference = Annotated[str, msgspec.Meta(max_length=200)]
Words = Annotated[
    str, msgspec.Meta(max_length=1_000, description="Several are separated by commas.")
]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of version 3.0.0."""

    booking: Reference | None = msgspec.field(name="carrierBookingReference", default=None)
    document: Reference | None = msgspec.field(name="transportDocumentReference", default=None)
    equipment: Reference | None = msgspec.field(name="equipmentReference", default=None)
    event_types: Words | None = msgspec.field(name="eventTypes", default=None)
    updated_min: Instant | None = msgspec.field(name="eventUpdatedDateTimeMin", default=None)
    updated_max: Instant | None = msgspec.field(name="eventUpdatedDateTimeMax", default=None)
    limit: Annotated[
        int,
        msgspec.Meta(ge=1, le=2**31 - 1, description=f"At most so many events, and {LIMIT_MAX:,}."),
    ] = LIMIT_DEFAULT
    cursor: (
        Annotated[
            str,
            msgspec.Meta(max_length=2_000, description="`Next-Page-Cursor` of the page before."),
        ]
        | None
    ) = None


class OlderQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of version 2.2."""

    event_type: Words | None = msgspec.field(name="eventType", default=None)
    shipment: Words | None = msgspec.field(name="shipmentEventTypeCode", default=None)
    transport: Words | None = msgspec.field(name="transportEventTypeCode", default=None)
    equipment: Words | None = msgspec.field(name="equipmentEventTypeCode", default=None)
    documents: Words | None = msgspec.field(name="documentTypeCode", default=None)
    created: Instant | None = msgspec.field(name="eventCreatedDateTime", default=None)
    created_eq: Instant | None = msgspec.field(name="eventCreatedDateTime:eq", default=None)
    created_gte: Instant | None = msgspec.field(name="eventCreatedDateTime:gte", default=None)
    created_gt: Instant | None = msgspec.field(name="eventCreatedDateTime:gt", default=None)
    created_lte: Instant | None = msgspec.field(name="eventCreatedDateTime:lte", default=None)
    created_lt: Instant | None = msgspec.field(name="eventCreatedDateTime:lt", default=None)


class TrackAndTraceEvents(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of Track & Trace events (DCSA 3.0.0)."""

    events: list[dict[str, Any]]
    feedback_elements: list[Feedback] = []


async def _events(
    pool: Connection, query: EventQuery, older: OlderQuery
) -> tuple[TrackAndTraceEvents, dict[str, str]]:
    limit = min(query.limit, LIMIT_MAX)
    page = await read_page(pool, _filter(query, older), cursor=query.cursor, limit=limit)
    headers = {"API-Version": API_VERSION}
    if page.cursor is not None:
        headers["Next-Page-Cursor"] = page.cursor
    return TrackAndTraceEvents(events=page.events), headers


def _filter(query: EventQuery, older: OlderQuery) -> EventFilter:
    """Put the parameters together. Raises WrongParameters for words that DCSA does not define."""
    faults: list[WrongField] = []

    def words(name: str, text: str | None, vocabulary: Vocabulary) -> frozenset[str] | None:
        given = [part for part in (text or "").split(",") if part.strip()]
        return _words(name, given, vocabulary, faults) if given else None

    types = words("eventTypes", query.event_types, EVENT_TYPES)
    older_types = words("eventType", older.event_type, EVENT_TYPES)
    subtypes = [
        found
        for name, text, vocabulary in (
            ("shipmentEventTypeCode", older.shipment, SHIPMENT),
            ("transportEventTypeCode", older.transport, TRANSPORT),
            ("equipmentEventTypeCode", older.equipment, EQUIPMENT),
        )
        if (found := words(name, text, vocabulary)) is not None
    ]
    documents = words("documentTypeCode", older.documents, DOCUMENTS)
    if faults:
        raise WrongParameters(tuple(faults))
    return EventFilter(
        carrier_booking=query.booking,
        transport_document=query.document,
        equipment=_container(query.equipment) if query.equipment is not None else None,
        event_types=_both(types, older_types),
        # Two codes of different kinds match nothing: no event has both.
        subtypes=frozenset.intersection(*subtypes) if subtypes else None,
        document_types=documents,
        since_at=_latest(
            query.updated_min, older.created_gte, _moved(older.created_gt, 1), *_equal(older)
        ),
        until_at=_earliest(
            query.updated_max, older.created_lte, _moved(older.created_lt, -1), *_equal(older)
        ),
    )


def _container(reference: str) -> str:
    """Return a container number as the hub writes it; any other name unchanged."""
    compact = re.sub(r"[\s-]", "", reference).upper()
    return compact if is_container_number(compact) else reference


def _words(
    name: str, given: list[str], vocabulary: Vocabulary, faults: list[WrongField]
) -> frozenset[str]:
    found = set()
    for part in given:
        word = vocabulary.word_of(part)
        if word is None:
            hint = did_you_mean(part.strip().upper(), vocabulary.words)
            expected = f"one of {', '.join(sorted(vocabulary.words))}{hint}"
            faults.append(WrongField(field=name, value=part[:80], expected=expected))
        else:
            found.add(word)
    return frozenset(found)


def _both(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _equal(older: OlderQuery) -> tuple[datetime | None, datetime | None]:
    return older.created, older.created_eq


def _moved(at: datetime | None, steps: int) -> datetime | None:
    return None if at is None else _within(at) + steps * _INSTANT


def _within(at: datetime) -> datetime:
    """Return the instant, or the end of the hub's calendar that it lies behind."""
    return min(max(at, EARLIEST), LATEST)


def _latest(*times: datetime | None) -> datetime | None:
    return max(_given(times), default=None)


def _earliest(*times: datetime | None) -> datetime | None:
    return min(_given(times), default=None)


def _given(times: Iterable[datetime | None]) -> list[datetime]:
    return [_within(at) for at in times if at is not None]


def _answer_invalid(error: InvalidInput) -> Response:
    faults = error.faults if isinstance(error, WrongParameters) else ()
    status = HTTPStatus.BAD_REQUEST
    document = make_problem(status, "", status.phrase, str(error), faults)
    texts = [f"{each.field}: {each.value!r} is given, {each.expected} is right" for each in faults]
    elements = [feedback("ERROR", text) for text in texts or [str(error)]]
    body = msgspec.to_builtins(document) | {"feedbackElements": msgspec.to_builtins(elements)}
    headers = {"API-Version": API_VERSION}
    return Response(msgspec.json.encode(body), status, headers, media_type=JSON)


ENDPOINTS = (
    Endpoint(
        path="/v3/events",
        handle=_events,
        queries=(EventQuery, OlderQuery),
        result=TrackAndTraceEvents,
        headers=(
            ("API-Version", "Version of DCSA Track & Trace."),
            ("Next-Page-Cursor", "`cursor` of the next page; absent: this is the last one."),
        ),
        separator=",",
        answer_invalid=_answer_invalid,
        summary="What the hub does and carriers report, as DCSA Track & Trace events, as recorded",
    ),
)
