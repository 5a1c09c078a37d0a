"""From facts to Kafka records and JSON. Nothing is written that could not be read."""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import msgspec

from groupage.contracts.attributes import Attributes, Undecodable
from groupage.contracts.data import decode_data
from groupage.contracts.topics import topic_of
from groupage.contracts.types import CONTENT_TYPE_BINARY, DECODERS, TYPE_HEADERS, ce_type
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact

encode_data = msgspec.json.Encoder().encode
"""An event as JSON, unchecked."""
_TYPE_NAMES = {event: ce_type(event) for event in TYPE_HEADERS}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to Kafka.

    `topic` has its prefix; `timestamp_ms` is the fact's `recorded_at` since 1970 in UTC.
    """

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    timestamp_ms: int


def encode(
    fact: Fact, *, prefix: str = "", topic: str | None = None, derived: bool = False
) -> Record:
    """The record that states the fact, on its owner's topic.

    `topic` (without prefix) names another one: ticks go to every partition of many. Raises
    InvalidInput when the fact breaks the contract: nothing is written that could not be read.
    `derived` leaves out that check for what our own cores said of facts that were checked.
    """
    value = encode_data(fact.data) if derived else _checked_value(fact)
    return Record(
        topic=prefix + (topic or topic_of(fact.data).name),
        key=fact.key.encode(),
        value=value,
        headers=headers_of(fact),
        timestamp_ms=int(fact.recorded_at.timestamp() * 1_000),
    )


def headers_of(fact: Fact) -> list[tuple[str, bytes]]:
    """The fact's attributes as Kafka headers, in binary mode."""
    data = fact.data
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", fact.event_id.encode()),
        ("ce_source", fact.source.encode()),
        ("ce_type", TYPE_HEADERS[type(data)]),
        ("ce_subject", data.subject.encode()),
        ("ce_time", _stamp(fact.occurred_at).encode()),
        ("ce_recordtime", _stamp(fact.recorded_at).encode()),
        ("content-type", CONTENT_TYPE_BINARY),
    ]
    if fact.classifier != "ACT":
        headers.append(("ce_classifier", fact.classifier.encode()))
    if fact.correction_of is not None:
        headers.append(("ce_correctionof", fact.correction_of.encode()))
    if fact.retracted:
        headers.append(("ce_retracted", b"true"))
    if fact.relayed_by is not None:
        headers.append(("ce_relayedby", fact.relayed_by.encode()))
    if fact.traceparent is not None:
        headers.append(("ce_traceparent", fact.traceparent.encode()))
    if fact.original is not None:
        headers.append(("ce_original", encode_data(fact.original)[1:-1]))
    return headers


@lru_cache(maxsize=256)
def _stamp(at: datetime) -> str:
    text = at.isoformat() if at.tzinfo is UTC else at.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


def _checked_value(fact: Fact) -> bytes:
    """The data's JSON, after a reader's checks: structs are not validated when they are made."""
    header = TYPE_HEADERS.get(type(fact.data))
    if header is None:
        raise InvalidInput(f"{type(fact.data).__name__} is no event of the catalogue")
    for name, at in (("occurred_at", fact.occurred_at), ("recorded_at", fact.recorded_at)):
        if at.tzinfo is None:
            raise InvalidInput(f"{name} {at.isoformat()} has no offset; give an aware time in UTC")
    try:
        value = encode_data(fact.data)
        decode_data(DECODERS[header], value)
        Attributes(
            id=fact.event_id,
            source=fact.source,
            time="",
            classifier=fact.classifier,
            correctionof=fact.correction_of,
            retracted=fact.retracted,
            relayedby=fact.relayed_by,
            traceparent=fact.traceparent,
        ).check()
    except (Undecodable, TypeError, UnicodeEncodeError) as error:
        raise InvalidInput(f"{fact.type}: {error}") from None
    if fact.key != fact.data.key:
        raise InvalidInput(f"{fact.type}: key is {fact.key!r}, the owner is {fact.data.key!r}")
    return value


class _Envelope(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A structured CloudEvent, written from what a fact holds: times and Base64 by the encoder."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    partitionkey: str
    recordtime: datetime
    classifier: str = "ACT"
    correctionof: str | None = None
    retracted: bool = False
    relayedby: str | None = None
    traceparent: str | None = None
    original: bytes | None = None
    data: Event


def envelope_json(fact: Fact) -> bytes:
    """The whole fact as one structured CloudEvent: same fact, same bytes.

    Does not check the data; `encode` does.
    """
    data = fact.data
    return encode_data(
        _Envelope(
            specversion="1.0",
            id=fact.event_id,
            source=fact.source,
            type=_TYPE_NAMES[type(data)],
            subject=data.subject,
            time=fact.occurred_at.astimezone(UTC),
            datacontenttype="application/json",
            partitionkey=fact.key,
            recordtime=fact.recorded_at.astimezone(UTC),
            classifier=fact.classifier,
            correctionof=fact.correction_of,
            retracted=fact.retracted,
            relayedby=fact.relayed_by,
            traceparent=fact.traceparent,
            original=fact.original,
            data=data,
        )
    )


def fact_id(fact: Fact) -> UUID:
    """Identity under its owner: 16 bytes of BLAKE2b over owner kind, key, source and event id."""
    name = f"{fact.data.owner_kind}\0{fact.key}\0{fact.source}\0{fact.event_id}"
    return UUID(bytes=blake2b(name.encode(), digest_size=16).digest())
