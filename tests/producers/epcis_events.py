"""EPCIS events and documents in few words, and what became of them."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from producers.entries import Accepted, Entry, Quarantined
from producers.epcis.documents import read_document
from producers.epcis.importing import entries_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)


SSCC_URN = "urn:epc:id:sscc:0614141.1234567890"


SSCC = "106141412345678908"


CARTON_URN = "urn:epc:id:sgtin:0614141.107346.2017"


CARTON_LINK = "https://example.com/some/01/10614141073464/21/2017"


CARTON = "https://id.gs1.org/01/10614141073464/21/2017"


BOX_URN = "urn:epc:id:bic:CSQU3054383"


BOX = "CSQU3054383"


def event(kind: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
    """An EPCIS event with what every event needs."""
    base: dict[str, Any] = {
        "type": kind,
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "eventTime": "2026-03-01T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
    }
    if kind != "TransformationEvent":
        base["action"] = "OBSERVE" if kind == "ObjectEvent" else "ADD"
    return base | fields


def document(*events: object, context: object = None) -> bytes:
    """A whole document."""
    return msgspec.json.encode(
        {
            "@context": [
                "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                context or {},
            ],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-03-01T08:00:00Z",
            "epcisBody": {"eventList": events},
        }
    )


def results_of(*events: object) -> list[Entry]:
    """Import events; return a result for each."""
    return list(entries_of(read_document(document(*events)), recorded_at=NOW, found_by="test"))


def facts(*events: object) -> list[Fact]:
    """Return the facts of events that must all be accepted."""
    found = results_of(*events)
    assert all(isinstance(entry, Accepted) for entry in found), found
    return [fact for entry in found if isinstance(entry, Accepted) for fact in entry.facts]


def mapped_events(*events: object) -> list[Event]:
    """Return the payloads of the facts."""
    return [fact.data for fact in facts(*events)]


def unmapped_code(raw_event: object) -> str:
    """Return the code with which an event is quarantined."""
    (entry,) = results_of(raw_event)
    assert isinstance(entry, Quarantined), entry
    return str(entry.dead_letter.code)


def mutate(document: bytes, seed: int, changes: int, marks: Sequence[bytes]) -> bytes:
    """Return the document with bytes changed, removed or doubled, or one of `marks` put in."""
    dice, data = random.Random(seed), bytearray(document)
    for _ in range(changes):
        at = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randrange(20)]
            case 2:
                data[at:at] = data[at : at + dice.randrange(40)]
            case _:
                data[at:at] = dice.choice(marks)
    return bytes(data)
