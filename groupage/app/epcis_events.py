"""Captured EPCIS events as members of another document: exports and answers to queries."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from groupage.contracts.captured_events import CapturedEvent
from groupage.domain.namespaces import Namespaces
from producers.epcis.xml_writing import WordForm, write_event

CONTEXT_URL = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def with_context(event: CapturedEvent) -> bytes:
    """Return the event's JSON with all that its own @context and its document's bind."""
    if event.context is None:
        return event.body
    members: dict[str, msgspec.Raw] = msgspec.json.decode(event.body, type=dict[str, msgspec.Raw])
    entries = _entries(msgspec.json.decode(event.context))
    if "@context" in members:
        entries += _entries(msgspec.json.decode(members.pop("@context")))
    own = [entry for entry in entries if entry != CONTEXT_URL]
    return msgspec.json.encode({"@context": own, **members})


def query_document(
    events: Iterable[CapturedEvent],
    *,
    query_name: str,
    created_at: datetime,
    subscription_id: str | None = None,
) -> bytes:
    """Return the document that answers a query; each event as it came, but for its `recordTime`."""
    subscription = {} if subscription_id is None else {"subscriptionID": subscription_id}
    results = {
        "queryName": query_name,
        **subscription,
        "resultsBody": {"eventList": [msgspec.Raw(_with_record_time(event)) for event in events]},
    }
    return msgspec.json.encode(
        {
            "@context": [CONTEXT_URL],
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": _text(created_at),
            "epcisBody": {"queryResults": results},
        }
    )


def xml_event(event: CapturedEvent, words: WordForm | None) -> str:
    """Return the event in XML, with its `recordTime`. Raises NotInXml."""
    context = None if event.context is None else msgspec.json.decode(event.context)
    namespaces = Namespaces().with_context(context)
    at = _text(event.recorded_at)
    return write_event(event.body, namespaces, record_time=at, words=words)


def xml_document(events: Iterable[str], *, query_name: str, created_at: datetime) -> str:
    """Return the document in XML that answers a query with these events."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<epcisq:EPCISQueryDocument xmlns:epcisq="urn:epcglobal:epcis-query:xsd:2" '
        f'schemaVersion="2.0" creationDate="{_text(created_at)}">'
        f"<EPCISBody><epcisq:QueryResults><queryName>{escape(query_name)}</queryName>"
        f"<resultsBody><EventList>{''.join(events)}</EventList></resultsBody>"
        "</epcisq:QueryResults></EPCISBody></epcisq:EPCISQueryDocument>\n"
    )


def _with_record_time(event: CapturedEvent) -> bytes:
    members = msgspec.json.decode(with_context(event), type=dict[str, msgspec.Raw])
    at = msgspec.Raw(msgspec.json.encode(_text(event.recorded_at)))
    return msgspec.json.encode({**members, "recordTime": at})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _entries(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]
