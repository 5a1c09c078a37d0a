"""What reading and writing share: the names and decoders of every event type."""

import msgspec

from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event

VERSION = "v1"
CONTENT_TYPE_BINARY = b"application/json"


def ce_type(event: type[Event] | Event) -> str:
    """CloudEvents type: the event's name and the version of its meaning, ``unit.received.v1``."""
    return f"{event.name}.{VERSION}"


DECODERS: dict[bytes, msgspec.json.Decoder[Event]] = {
    ce_type(event).encode(): msgspec.json.Decoder(event) for event in EVENTS.values()
}
TYPE_HEADERS: dict[type[Event], bytes] = {
    event: ce_type(event).encode() for event in EVENTS.values()
}
