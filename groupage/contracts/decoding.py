"""From Kafka records to facts: the fast path, and what a topic asks of a fact.

groupage's own publisher writes nearly every record, always in the same form. `decode_fast` reads
that form in one step: it joins attributes and event to one JSON list, which msgspec reads as a
`Fact`; that takes half the time of the general path. Any other record, and any error, goes to
`groupage.contracts.cloudevents`, which reads whatever a CloudEvents client may send, and raises
Undecodable with a code and a sentence.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, get_args

import msgspec
from msgspec.structs import force_setattr

from groupage.contracts.attributes import (
    ATTRIBUTE_LENGTH_MAX,
    CONTENT_TYPE_BINARY,
    ce_type,
)
from groupage.contracts.cloudevents import decode_cloudevent
from groupage.contracts.event_data import FINISH, WITH_CODES_OR_PLACES, check_codes
from groupage.contracts.instants import (
    EARLIEST,
    LATEST,
    has_instants,
    may_be_rounded,
)
from groupage.contracts.normal_ids import CHANGED, WRONG_DIGIT, Finish
from groupage.contracts.normal_values import normalize_places
from groupage.contracts.provenance import OWN_EVENTS, OWN_SOURCES, is_own, own_reason
from groupage.contracts.signing import SIGNATURE_HEADER, Headers, HubKey, is_signed
from groupage.contracts.topics import INTERNAL_TOPIC_OF, INTERNAL_TOPICS, TOPIC_OF, TOPICS
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact

Decoded: TypeAlias = tuple[Fact, AggregateKind, bytes, bytes | None, bool]
"""A fact with what the store needs besides. A plain tuple for speed.

1. The fact.
2. The kind of its aggregate.
3. The event's JSON as its sender wrote it, unknown fields included.
4. Key, subject, name, source, event id, `occurred_at` and `recorded_at` as the record has them,
   with tabs between (`columns_of`): formatting an instant takes four times as long as parsing it.
   None unless both are in UTC, to the microsecond at most, and the record has no other attributes
   that a table must keep.
5. Whether a container number or an SSCC has a wrong check digit.
"""


def decode(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    *,
    recorded_at: datetime,
    topic: str | None = None,
) -> Fact:
    """Decode the fact in a Kafka record.

    `recorded_at` (UTC) counts unless the record says when groupage took it in (``ce_recordtime``).
    With `topic` (without the hub's prefix) an event that belongs on another topic is an error.
    Raises Undecodable.
    """
    return decode_for_store(headers, key, value, recorded_at=recorded_at, topic=topic)[0]


def decode_for_store(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    recorded_at: datetime,
    topic: str | None = None,
    hub_key: HubKey | None = None,
    older: bool = False,  # noqa: FBT001, FBT002 - called for each record
) -> Decoded:
    """Decode as `decode` does, and keep what storing the fact needs.

    With `hub_key`, which needs `topic`, a fact that only the hub's own processes may state must
    have their signature, and so must any fact on an internal topic. `older`: a version before 0.3.0
    may have stored the record, so that the fact is the same: it has the key that its sender wrote.
    """
    is_internal = topic in INTERNAL_TOPICS
    is_verified = (
        is_internal
        and topic is not None
        and hub_key is not None
        and hub_key.verifies(topic, headers, value)
    )
    decoded = decode_fast(headers, key, value, older, is_verified) or decode_cloudevent(
        headers, key, value, recorded_at, older=older
    )
    fact, kind, _, columns, has_wrong_digit = decoded
    event = type(fact.data)
    if event in WITH_CODES_OR_PLACES and not older:
        check_codes(fact.data)
        if normalize_places(fact.data):
            # As it is folded: it is read from the database as it is there.
            decoded = fact, kind, msgspec.json.encode(fact.data), columns, has_wrong_digit
    if topic is None:
        return decoded
    if topic not in _TOPIC_NAMES[kind]:
        raise _wrong_topic(fact.data, kind, topic)
    if is_verified or hub_key is None:
        return decoded
    if is_internal or (
        # For speed: `is_own`, without a call.
        (event in OWN_EVENTS or fact.relayed_by is not None or fact.source.startswith(OWN_SOURCES))
        and not hub_key.verifies(topic, headers, value)
    ):
        raise _not_yours(fact, headers, topic)
    return decoded


_NAMES = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_recordtime",
    "content-type",
)
_FACT_JSON = b'["%b","%b","%b","%b","%b","ACT",null,false,%b,null,null,%b]'
"""The fields of `Fact` in their order."""
_OF_TYPE: dict[bytes, tuple[Callable[[bytes], Fact], Finish, bytes, bool]] = {
    ce_type(event).encode(): (
        msgspec.json.Decoder(Fact[event]).decode,  # type: ignore[valid-type]
        FINISH[event],
        event.name.encode(),
        has_instants(event),
    )
    for event in EVENTS.values()
}
"""By type: its decoder, its finisher, its name, and whether its data has instants."""
_NOT_RELAYED = b"null"
_RELAYED_BY = {kind.encode(): b'"%b"' % kind.encode() for kind in get_args(AggregateKind)}
_STAMP_LENGTH_MAX = len("2026-03-01T00:00:00.000000Z")
_join = b"\t".join
# One byte is searched as a number: that takes a fifth of the time.
_QUOTATION_MARK, _BACKSLASH, _DELETE = b'"\\\x7f'


def decode_fast(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    older: bool = False,  # noqa: FBT001, FBT002 - inner, and called for each record
    is_verified: bool = False,  # noqa: FBT001, FBT002
) -> Decoded | None:
    """Decode a record whose headers are those of `encoding.headers_of`, without extensions.

    ``ce_relayedby`` and the hub's signature may follow them. Returns None for any other record:
    the general path decides. `is_verified`: a process of the hub wrote it, and in its data every
    id and instant has its normal form already.
    Raises Undecodable for errors in the data that the types of an event cannot express.
    """
    try:
        (
            (n0, version),
            (n1, event_id),
            (n2, source),
            (n3, type_),
            (n4, subject),
            (n5, time),
            (n6, recordtime),
            (n7, content_type),
            *more,
        ) = headers
        relayed_by = _relayed_by_json(more) if more else _NOT_RELAYED
        decode_fact, finish, name, is_dated = _OF_TYPE[type_]
        columns = _join((key, subject, name, source, event_id, time, recordtime))  # type: ignore[arg-type]
        fact = decode_fact(
            _FACT_JSON % (event_id, source, key, time, recordtime, relayed_by, value)
        )
        if is_dated and not is_verified and may_be_rounded(type(fact.data), value or b""):
            return None
    except (KeyError, TypeError, ValueError, RecursionError, msgspec.DecodeError):
        return None
    names = (n0, n1, n2, n3, n4, n5, n6, n7)
    data, occurred_at, recorded_at = fact.data, fact.occurred_at, fact.recorded_at
    expected = (
        names == _NAMES
        and version == b"1.0"
        and content_type == CONTENT_TYPE_BINARY
        # All at once, for speed: printable ASCII (JSON has no other control character than DEL)
        # in which no quotation mark or escape changed the list.
        and columns.isascii()
        and _QUOTATION_MARK not in columns
        and _BACKSLASH not in columns
        and _DELETE not in columns
        and len(columns) <= ATTRIBUTE_LENGTH_MAX
        and len(time) <= _STAMP_LENGTH_MAX >= len(recordtime)
        and event_id
        and source
        and fact.key == data.key
        and subject == data.subject.encode()
        and occurred_at.tzinfo is UTC
        and recorded_at.tzinfo is UTC
        and EARLIEST <= occurred_at <= LATEST
        and EARLIEST <= recorded_at <= LATEST
    )
    if not expected or value is None:
        return None
    found = 0 if is_verified else finish(data, value, older)
    if found & CHANGED:
        if not older:
            force_setattr(fact, "key", data.key)
        columns = columns_of(fact, _join((time, recordtime)))
    return fact, data.aggregate_kind, value, columns, found >= WRONG_DIGIT


def columns_of(fact: Fact, instants: bytes) -> bytes:
    """Return the fourth part of `Decoded` for a fact that differs from its record.

    `instants` are those of the record, with a tab between.
    """
    data = fact.data
    texts = f"{fact.key}\t{data.subject}\t{data.name}\t{fact.source}\t{fact.event_id}"
    return _join((texts.encode(), instants))


def _relayed_by_json(more: list[tuple[str, bytes]]) -> bytes:
    if more[-1][0] == SIGNATURE_HEADER:
        more.pop()
        if not more:
            return _NOT_RELAYED
    ((name, kind),) = more
    if name != "ce_relayedby":
        raise ValueError
    return _RELAYED_BY[kind]


_TOPIC_NAMES = {kind: {TOPIC_OF[kind].name, INTERNAL_TOPIC_OF[kind].name} for kind in TOPIC_OF}
"""The topics on which facts about an aggregate may lie. Versions before 0.3.0 published the hub's
own messages on the public topics; a clock ticks on every topic that has deadlines."""
_TOPIC_NAMES["clock"] = {topic.name for topic in TOPICS}


def _wrong_topic(data: Event, kind: AggregateKind, topic: str) -> Undecodable:
    right = TOPIC_OF[kind].name
    return Undecodable(
        Code.WRONG_TOPIC,
        f"{ce_type(data)} about {data.key!r} belongs on {right}, not on {topic}",
    )


def _not_yours(fact: Fact, headers: Headers, topic: str) -> Undecodable:
    how = "the signature is wrong" if is_signed(headers) else "the record has no signature"
    if is_own(fact):
        return Undecodable(Code.NOT_YOURS, f"{own_reason(fact)}, and {how}")
    right = TOPIC_OF[fact.data.aggregate_kind].name
    return Undecodable(
        Code.NOT_YOURS,
        f"only the hub's own processes write to {topic}, and {how}; send {fact.type} to {right}",
    )
