"""From facts to Kafka records and JSON; `encode` refuses what a reader would refuse."""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import msgspec

from groupage.contracts.attributes import CONTENT_TYPE_BINARY, Attributes, ce_type
from groupage.contracts.event_data import check_codes, event_from_json
from groupage.contracts.provenance import topic_of_fact
from groupage.contracts.topics import BY_NAME
from groupage.contracts.undecodable import Undecodable, UndecodableCode
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact

encode_data = msgspec.json.Encoder().encode
"""An event as JSON, unchecked."""
_HEADERS_BYTES = 16 * 2**10
"""More than the headers and the key of a record need."""
_TYPES: dict[type[Event], str] = {event: ce_type(event) for event in EVENTS.values()}
_begin_digest = blake2b(digest_size=16).copy
_TYPE_HEADERS = {event: name.encode() for event, name in _TYPES.items()}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record to send to Kafka."""

    topic: str
    """With the hub's prefix."""
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    timestamp_ms: int
    """When the fact was recorded, since 1970 in UTC."""


def encode(
    fact: Fact,
    *,
    prefix: str = "",
    topic: str | None = None,
    derived: bool = False,
    value: bytes | None = None,
) -> Record:
    """Encode a fact as a record on the topic of its aggregate, which may be an internal one.

    `topic` (without prefix) names another topic: the clock sends ticks to several. `derived` skips
    the check: an aggregate's outputs follow from facts that were checked. `value` is the JSON of
    the data, where the caller has checked and written it already. Raises InvalidInput when the fact
    breaks the contract.
    """
    if value is None:
        value = encode_data(fact.data) if derived else _checked_value(fact)
    return Record(
        topic=prefix + (topic or topic_of_fact(fact).name),
        key=fact.key.encode(),
        value=value,
        headers=headers_of(fact),
        timestamp_ms=int(fact.recorded_at.timestamp() * 1_000),
    )


def check_size(record: Record) -> None:
    """Raise Undecodable if Kafka would refuse the record (without a prefix) as too large.

    A sender that retries until Kafka has a record would wait for ever, and all behind it.
    """
    most = BY_NAME[record.topic].max_message_bytes - _HEADERS_BYTES
    if len(record.value) > most:
        raise Undecodable(
            UndecodableCode.BAD_DATA,
            f"the data has {len(record.value):,} bytes; at most {most:,} are right on "
            f"{record.topic}",
        )


def headers_of(fact: Fact) -> list[tuple[str, bytes]]:
    """Write the fact's attributes as Kafka headers, in binary mode."""
    data = fact.data
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", fact.event_id.encode()),
        ("ce_source", fact.source.encode()),
        ("ce_type", _TYPE_HEADERS[type(data)]),
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
    """Encode the data after a reader's checks: msgspec does not validate a struct in `__init__`."""
    if type(fact.data) not in _TYPES:
        raise InvalidInput(f"{type(fact.data).__name__} is not an event of the catalogue")
    for name, at in (("occurred_at", fact.occurred_at), ("recorded_at", fact.recorded_at)):
        if at.tzinfo is None:
            raise InvalidInput(f"{name} {at.isoformat()} has no offset; give an aware time in UTC")
    try:
        value = encode_data(fact.data)
        event_from_json(fact.data.name, value)
        check_codes(fact.data)
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
        raise InvalidInput(
            f"{fact.type}: key is {fact.key!r}; {fact.data.key!r}, the id of its "
            f"{fact.data.aggregate_kind}, is right"
        )
    return value


class _Envelope(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A structured CloudEvent; msgspec writes the instants and the Base64."""

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
    """Encode the whole fact as a structured CloudEvent: same fact, same bytes.

    The data is not checked; `encode` does that.
    """
    data = fact.data
    return encode_data(
        _Envelope(
            specversion="1.0",
            id=fact.event_id,
            source=fact.source,
            type=_TYPES[type(data)],
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


def fact_digest(fact: Fact, kind: AggregateKind) -> bytes:
    """Compute a fact's identity: 16 bytes of BLAKE2b over kind, key, source and event id.

    `kind` is that of its aggregate (`fact.data.aggregate_kind`), which a worker knows already.
    """
    digest = _begin_digest()  # for speed only: a copy takes two thirds of the time of a new one
    digest.update(f"{kind}\0{fact.key}\0{fact.source}\0{fact.event_id}".encode())
    return digest.digest()


def fact_id(fact: Fact) -> UUID:
    """Return the fact's identity as the UUID that the store keeps."""
    return UUID(bytes=fact_digest(fact, fact.data.aggregate_kind))
