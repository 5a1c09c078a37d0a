"""Captured EPCIS events as members of another document: exports and answers to queries."""

from typing import Any

import msgspec

from groupage.contracts.captured_events import CapturedEvent

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


def _entries(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]
