"""EPCIS events as one EPCIS 2.0 document in JSON: the hub's own, and captured ones as they came.

An event whose document bound prefixes or terms of its own carries that @context itself: events of
many documents stand in one, and each prefix means what its sender meant.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

import msgspec

from groupage.app.epcis_events import CONTEXT_URL, with_context
from groupage.contracts.captured_events import CapturedEvent
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import captures_by_time

_PAGE = 1_000


async def read_captured(
    connection: Connection, *, since: datetime | None, until: datetime | None
) -> AsyncIterator[CapturedEvent]:
    """Yield the captured events that happened from `since` until before `until`, by time."""
    after: tuple[datetime, UUID] | None = None
    while page := await captures_by_time(connection, after, since=since, until=until, limit=_PAGE):
        for stored in page:
            yield stored.event
        after = (page[-1].event.event_time, page[-1].event.captured_id)


async def write_document(
    events: AsyncIterator[CapturedEvent], file: IO[bytes], *, created_at: datetime
) -> int:
    """Write the document, an event a line; return how many events it has."""
    head = {
        "@context": [CONTEXT_URL],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    file.write(msgspec.json.encode(head)[:-1] + b',"epcisBody":{"eventList":[')
    number = 0
    async for event in events:
        file.write((b",\n" if number else b"\n") + with_context(event))
        number += 1
    file.write(b"\n]}}\n")
    return number
