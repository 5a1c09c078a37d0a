"""Captured EPCIS events as they lie on ``hub.capture.v1``: each as its sender wrote it.

The gateway and the file import publish a valid EPCIS event there before the facts that they map
from it. The record's value is the event in JSON, unchanged; its key is the event's id, so that all
records about an event lie in one partition. No state follows from these records: workers store
them for queries, and the first record of a captured event counts.

An event and the error declaration that repeats it are two captured events with one event id.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from groupage.contracts.encoding import Record
from groupage.contracts.instants import in_calendar, read_instant
from groupage.contracts.topics import CAPTURE_TOPIC
from groupage.contracts.undecodable import Undecodable, UndecodableCode

Format = Literal["json", "xml"]
EVENT_ID_LENGTH_MAX = 2_000
"""Characters of an event id."""
CONTEXT_BYTES_MAX = 16 * 2**10
"""Of a document's own @context: it lies beside each event of the document."""
_DIGEST_LENGTH_MAX = 100
_HEADER_ID = "captured_id"
_HEADER_DECLARATION = "captured_declaration"
_HEADER_FORMAT = "captured_format"
_HEADER_CONTEXT = "captured_context"


class CapturedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A valid EPCIS event as it came, with what identifies it."""

    event_id: str
    """Its eventID as the sender wrote it, else its CBV event hash."""
    declaration: str = ""
    """Digest of its error declaration; empty if it has none."""
    event_time: datetime
    """When it happened, in UTC."""
    recorded_at: datetime
    """When the hub took it in, in UTC: before publication by the publisher's clock, from then on
    Kafka's time of the record."""
    body: bytes
    """The event in JSON. An event that came as XML stands in the standard's JSON form."""
    context: bytes | None = None
    """The document's @context in JSON, if it holds more than GS1's own."""
    format: Format = "json"
    """How it came."""

    @property
    def captured_id(self) -> UUID:
        """Identify it by event id and declaration (the same as function `captured_id` in SQL)."""
        text = f"{self.event_id}\n{self.declaration}"
        return UUID(bytes=sha256(text.encode()).digest()[:16])

    def record(self, *, prefix: str = "") -> Record:
        """Build the Kafka record."""
        headers = [
            (_HEADER_ID, self.event_id.encode()),
            (_HEADER_FORMAT, self.format.encode()),
            ("content-type", b"application/json"),
        ]
        if self.declaration:
            headers.append((_HEADER_DECLARATION, self.declaration.encode()))
        if self.context is not None:
            headers.append((_HEADER_CONTEXT, self.context))
        return Record(
            topic=prefix + CAPTURE_TOPIC,
            key=self.event_id.encode(),
            value=self.body,
            headers=headers,
            timestamp_ms=int(self.recorded_at.timestamp() * 1_000),
        )


def declaration_digest(declaration: dict[str, Any]) -> str:
    """Tell one error declaration from another: an event may have several, each with its time."""
    return sha256(msgspec.json.encode(declaration, order="sorted")).hexdigest()[:32]


class _Times(msgspec.Struct):
    eventTime: str  # noqa: N815 (GS1's name)


_decode_times = msgspec.json.Decoder(_Times).decode


def decode_captured(record: Any) -> CapturedEvent:
    """Decode a record of the topic (aiokafka's). Raises Undecodable: any sender may write there."""
    headers = dict(record.headers)
    event_id = _text(headers, _HEADER_ID)
    if not event_id or len(event_id) > EVENT_ID_LENGTH_MAX:
        raise _bad(f"{_HEADER_ID} has {len(event_id)} characters; 1 to {EVENT_ID_LENGTH_MAX}")
    if record.key != event_id.encode():
        raise Undecodable(UndecodableCode.WRONG_KEY, f"the key is not {_HEADER_ID}")
    declaration = _text(headers, _HEADER_DECLARATION)
    if len(declaration) > _DIGEST_LENGTH_MAX:
        raise _bad(f"{_HEADER_DECLARATION} has {len(declaration)} characters")
    form = _text(headers, _HEADER_FORMAT)
    if form not in get_args(Format):
        raise _bad(f"{_HEADER_FORMAT} is {form[:40]!r}; expected {' or '.join(get_args(Format))}")
    context = headers.get(_HEADER_CONTEXT)
    if context is not None and len(context) > CONTEXT_BYTES_MAX:
        raise _bad(f"{_HEADER_CONTEXT} has {len(context)} bytes; at most {CONTEXT_BYTES_MAX}")
    return CapturedEvent(
        event_id=event_id,
        declaration=declaration,
        event_time=_event_time(record.value),
        recorded_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        body=record.value,
        context=context,
        format=form,  # type: ignore[arg-type] # checked above
    )


def _event_time(value: bytes | None) -> datetime:
    if value is None:
        raise Undecodable(UndecodableCode.NO_DATA, "the record has no value; expected an event")
    try:
        text = _decode_times(value).eventTime
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(UndecodableCode.BAD_JSON, f"not an EPCIS event: {error}") from None
    at = read_instant(text)
    at = None if at is None else in_calendar(at)
    if at is None:
        raise Undecodable(UndecodableCode.BAD_TIME, f"eventTime is {text[:80]!r}")
    return at


def _text(headers: dict[str, bytes | None], name: str) -> str:
    try:
        text = (headers.get(name) or b"").decode()
    except UnicodeDecodeError:
        raise Undecodable(UndecodableCode.BAD_ATTRIBUTE, f"{name} is not UTF-8") from None
    if not text.isprintable():
        raise _bad(f"{name} has a control character")
    return text


def _bad(message: str) -> Undecodable:
    return Undecodable(UndecodableCode.BAD_ATTRIBUTE, message)
