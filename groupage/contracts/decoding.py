"""From Kafka records and JSON to facts: the fast path first, the general path below it.

groupage's own publisher writes nearly every record, always in the same form. `decode_fast` reads
that form in one step: it joins attributes and event to one JSON list, which msgspec reads as a
`Fact`; that takes half the time of the general path. Any other record, and any error, goes to
`_decode_any`: it reads whatever a CloudEvents client may send, and raises Undecodable with a code
and a sentence.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeAlias, get_args

import msgspec
from msgspec.structs import force_setattr

from groupage.contracts.attributes import (
    ATTRIBUTE_LENGTH_MAX,
    CLASSIFIERS,
    CONTENT_TYPE_BINARY,
    VERSION,
    Attributes,
    ce_type,
)
from groupage.contracts.instants import (
    EARLIEST,
    LATEST,
    has_instants,
    instant_from,
    may_be_rounded,
    to_utc,
)
from groupage.contracts.known_codes import WITH_CODES, find_unknown_codes
from groupage.contracts.normal_ids import normalize_ids, normalize_plain_ids
from groupage.contracts.normal_values import WITH_PLACES, normal_form, normalize_places
from groupage.contracts.provenance import is_own, own_reason
from groupage.contracts.schemas import writer_struct
from groupage.contracts.signing import SIGNATURE_HEADER, Headers, HubKey, is_signed
from groupage.contracts.topics import INTERNAL_TOPIC_OF, INTERNAL_TOPICS, TOPIC_OF
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.gs1 import canonical_id
from groupage.domain.words import error_text

Decoded: TypeAlias = tuple[Fact, AggregateKind, bytes, str | None]
"""A fact with what the store needs besides. A plain tuple for speed.

1. The fact.
2. The kind of its aggregate.
3. The event's JSON as its sender wrote it, unknown fields included.
4. `occurred_at` and `recorded_at` as the record has them, with a tab between: formatting an instant
   takes four times as long as parsing it. None unless both are in UTC, to the microsecond at most.
"""

# --- entry points -------------------------------------------------------------------------------


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
    *,
    recorded_at: datetime,
    topic: str | None = None,
    hub_key: HubKey | None = None,
    older: bool = False,
) -> Decoded:
    """Decode as `decode` does, and keep what storing the fact needs.

    With `hub_key`, which needs `topic`, a fact that only the hub's own processes may state must
    have their signature, and so must any fact on an internal topic. `older`: a version before 0.3.0
    may have stored the record, so that the fact is the same: it has the key that its sender wrote.
    """
    decoded = decode_fast(headers, key, value, older) or _decode_any(
        headers, key, value, recorded_at, older=older
    )
    fact, kind, _, stamps = decoded
    if not older and type(fact.data) in _WITH_CODES_OR_PLACES:
        check_codes(fact.data)
        if normalize_places(fact.data):
            # As it is folded: it is read from the database as it is there.
            decoded = fact, kind, msgspec.json.encode(fact.data), stamps
    if topic is not None:
        _check_topic(fact.data, kind, topic)
        if (
            hub_key is not None
            and (topic in INTERNAL_TOPICS or is_own(fact))
            and not hub_key.verifies(topic, headers, value)
        ):
            raise _not_yours(fact, headers, topic)
    return decoded


def event_from_json(name: str, data_json: bytes) -> Event:
    """Decode the event called `name` (without version) from its JSON. Raises Undecodable."""
    return _decode_data(_decoder_of(f"{name}.{VERSION}"), data_json)


def fact_from_json(value: bytes, *, recorded_at: datetime | None = None) -> Fact:
    """Decode a structured CloudEvent: an item of a request, a line of a file.

    Without attribute ``recordtime`` the fact was recorded at `recorded_at`. Raises Undecodable.
    """
    return _decode_structured(value, recorded_at)[0]


# --- the fast path: a record as groupage's own publisher writes it --------------------------------

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
_FACT_DECODERS: dict[bytes, Callable[[bytes], Fact]] = {
    ce_type(event).encode(): msgspec.json.Decoder(Fact[event]).decode  # type: ignore[valid-type]
    for event in EVENTS.values()
}
_DATED_TYPES = frozenset(
    ce_type(event).encode() for event in EVENTS.values() if has_instants(event)
)
_NOT_RELAYED = b"null"
_RELAYED_BY = {kind.encode(): b'"%b"' % kind.encode() for kind in get_args(AggregateKind)}
_STAMP_LENGTH_MAX = len("2026-03-01T00:00:00.000000Z")


def decode_fast(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    older: bool = False,  # noqa: FBT001, FBT002 - inner, and called for each record
) -> Decoded | None:
    """Decode a record whose headers are those of `encoding.headers_of`, without extensions.

    ``ce_relayedby`` and the hub's signature may follow them. Returns None for any other record:
    the general path decides.
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
        decode_fact = _FACT_DECODERS[type_]
        fact = decode_fact(
            _FACT_JSON % (event_id, source, key, time, recordtime, relayed_by, value)
        )
        if type_ in _DATED_TYPES and may_be_rounded(type(fact.data), value or b""):
            return None
    except (KeyError, TypeError, ValueError, RecursionError, msgspec.DecodeError):
        return None
    names = (n0, n1, n2, n3, n4, n5, n6, n7)
    data, occurred_at, recorded_at = fact.data, fact.occurred_at, fact.recorded_at
    expected = (
        names == _NAMES
        and version == b"1.0"
        and content_type == CONTENT_TYPE_BINARY
        # Texts as long as their bytes: no quotation mark or escape in them changed the list.
        and len(fact.event_id) == len(event_id)
        and len(fact.source) == len(source)
        and len(fact.key) == len(key or b"")
        and len(time) <= _STAMP_LENGTH_MAX
        and len(recordtime) <= _STAMP_LENGTH_MAX
        and 0 < len(event_id) <= ATTRIBUTE_LENGTH_MAX
        and 0 < len(source) <= ATTRIBUTE_LENGTH_MAX
        and fact.event_id.isprintable()
        and fact.source.isprintable()
        and fact.key == data.key
        and subject == data.subject.encode()
        and occurred_at.tzinfo is UTC
        and recorded_at.tzinfo is UTC
        and EARLIEST <= occurred_at <= LATEST
        and EARLIEST <= recorded_at <= LATEST
    )
    if not expected or value is None:
        return None
    if _finish_data(data, value, older=older) and not older:
        force_setattr(fact, "key", data.key)
    return fact, data.aggregate_kind, value, (b"%b\t%b" % (time, recordtime)).decode()


def _relayed_by_json(more: list[tuple[str, bytes]]) -> bytes:
    if more[-1][0] == SIGNATURE_HEADER:
        more.pop()
        if not more:
            return _NOT_RELAYED
    ((name, kind),) = more
    if name != "ce_relayedby":
        raise ValueError
    return _RELAYED_BY[kind]


# --- the general path: any CloudEvent, in binary or structured mode -------------------------------

_ENVELOPES: msgspec.json.Decoder[Attributes] = msgspec.json.Decoder(Attributes)
_TEXT_EXTENSIONS = (
    "recordtime",
    "classifier",
    "retracted",
    "subject",
    "original",
    "correctionof",
    "relayedby",
    "traceparent",
)


def _decode_any(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    recorded_at: datetime,
    *,
    older: bool,
) -> Decoded:
    by_name = dict(headers)
    content_type = _text(by_name.get("content-type") or by_name.get("Content-Type"))
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/cloudevents+json":
        fact, data_json = _decode_structured(value, recorded_at, older=older)
    else:
        fact, data_json = _decode_binary(
            by_name, content_type, media_type, value, recorded_at, older=older
        )
    if older:
        as_sent = _DATA_DECODERS[ce_type(fact.data)].decode(data_json)
        force_setattr(fact, "key", as_sent.key)
    is_key = key is None or key == fact.key.encode()
    if not is_key and (older or canonical_id(_text(key)) != fact.key):
        raise Undecodable(
            Code.WRONG_KEY,
            f"the record's key is {_text(key)!r}, the {fact.data.aggregate_kind} of {fact.type} is "
            f"{fact.key!r}: send that id as the key",
        )
    return fact, fact.data.aggregate_kind, data_json, None


def _decode_binary(
    headers: dict[str, bytes],
    content_type: str,
    media_type: str,
    value: bytes | None,
    recorded_at: datetime,
    *,
    older: bool,
) -> tuple[Fact, bytes]:
    if "ce_specversion" not in headers:
        raise Undecodable(
            Code.NOT_CLOUDEVENTS,
            "there is no header ce_specversion, and content-type is not "
            "application/cloudevents+json: send CloudEvents 1.0 in binary or structured mode",
        )
    _check_version(_text(headers["ce_specversion"]))
    if media_type not in ("", "application/json") and not media_type.endswith("+json"):
        raise Undecodable(
            Code.BAD_ATTRIBUTE, f"content-type is {content_type!r}; data is application/json"
        )
    if "ce_type" not in headers:
        raise Undecodable(Code.MISSING_ATTRIBUTE, "header ce_type is missing")
    decoder = _decoder_of(_text(headers["ce_type"]))
    data = _decode_data(decoder, value, older=older)
    return _fact(_attributes_of(headers), data, recorded_at, older=older), value or b""


def _decode_structured(
    value: bytes | None, recorded_at: datetime | None, *, older: bool = False
) -> tuple[Fact, bytes]:
    if not value:
        raise Undecodable(Code.NO_DATA, "the record has no value")
    try:
        attributes = _ENVELOPES.decode(value)
    except msgspec.ValidationError as error:
        if "missing required" in str(error):
            raise Undecodable(Code.MISSING_ATTRIBUTE, str(error)) from None
        raise Undecodable(Code.BAD_ATTRIBUTE, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(Code.BAD_JSON, f"the value is not JSON: {error}") from None
    _check_version(attributes.specversion)
    if not attributes.type:
        raise Undecodable(Code.MISSING_ATTRIBUTE, "attribute type is missing")
    decoder = _decoder_of(attributes.type)
    if recorded_at is None:
        if not attributes.recordtime:
            raise Undecodable(Code.MISSING_ATTRIBUTE, "attribute recordtime is missing")
        recorded_at = instant_from(attributes.recordtime, "recordtime")
    data = _decode_data(decoder, attributes.data, older=older)
    return _fact(attributes, data, recorded_at, older=older), bytes(attributes.data)


def _attributes_of(headers: dict[str, bytes]) -> Attributes:
    try:
        attributes = Attributes(
            id=headers["ce_id"].decode(),
            source=headers["ce_source"].decode(),
            time=headers["ce_time"].decode(),
        )
        for name in _TEXT_EXTENSIONS:
            header = f"ce_{name}"
            if header in headers:
                setattr(attributes, name, headers[header].decode())
    except KeyError as error:
        raise Undecodable(Code.MISSING_ATTRIBUTE, f"header {error.args[0]} is missing") from None
    except (UnicodeDecodeError, AttributeError) as error:
        raise Undecodable(Code.BAD_ATTRIBUTE, f"headers must be UTF-8 text: {error}") from None
    return attributes


def _fact(attributes: Attributes, data: Event, recorded_at: datetime, *, older: bool) -> Fact:
    attributes.check()
    subject = attributes.subject
    if subject is not None and subject != data.subject and canonical_id(subject) != data.subject:
        raise Undecodable(
            Code.BAD_ATTRIBUTE,
            f"subject is {subject!r}, the data is about {data.subject!r}",
        )
    if attributes.recordtime:
        recorded_at = instant_from(attributes.recordtime, "recordtime", rounded=older)
    return Fact(
        event_id=attributes.id,
        source=attributes.source,
        key=data.key,
        occurred_at=instant_from(attributes.time, "time", rounded=older),
        recorded_at=recorded_at,
        data=data,
        classifier=CLASSIFIERS[attributes.classifier],
        correction_of=attributes.correctionof,
        retracted=attributes.is_retracted(),
        relayed_by=attributes.relayedby,
        traceparent=attributes.traceparent,
        original=attributes.original_bytes(),
    )


def _check_version(specversion: str) -> None:
    if specversion != "1.0":
        raise Undecodable(
            Code.NOT_CLOUDEVENTS, f"specversion is {specversion!r}; 1.0 is understood"
        )


def _check_topic(data: Event, kind: AggregateKind, topic: str) -> None:
    if kind == "clock":
        return
    # Versions before 0.3.0 published the hub's own messages on the public topics.
    if topic not in (TOPIC_OF[kind].name, INTERNAL_TOPIC_OF[kind].name):
        right = TOPIC_OF[kind].name
        raise Undecodable(
            Code.WRONG_TOPIC,
            f"{ce_type(data)} about {data.key!r} belongs on {right}, not on {topic}",
        )


def check_codes(data: Event) -> None:
    """Raise Undecodable for codes that are in no published list."""
    errors = [
        error_text(pointer, code, expected=expected)
        for pointer, code, expected in find_unknown_codes(data)
    ]
    if errors:
        raise Undecodable(Code.BAD_DATA, "; ".join(errors[:_EXPLAINED_MAX]))


def _not_yours(fact: Fact, headers: Headers, topic: str) -> Undecodable:
    how = "the signature is wrong" if is_signed(headers) else "the record has no signature"
    if is_own(fact):
        return Undecodable(Code.NOT_YOURS, f"{own_reason(fact)}, and {how}")
    right = TOPIC_OF[fact.data.aggregate_kind].name
    return Undecodable(
        Code.NOT_YOURS,
        f"only the hub's own processes write to {topic}, and {how}; send {fact.type} to {right}",
    )


def _text(raw: bytes | None) -> str:
    """Read bytes from outside for a message; never fails. A Kafka header may have no value."""
    return (raw or b"")[:200].decode("utf-8", "replace")


# --- the event's data ---------------------------------------------------------------------------

_DATA_DECODERS: dict[str, msgspec.json.Decoder[Event]] = {
    ce_type(event): msgspec.json.Decoder(event) for event in EVENTS.values()
}
_WITH_CODES_OR_PLACES = WITH_CODES | WITH_PLACES
_SPACE, _BACKSLASH = b" \\"
_EXPLAINED_MAX = 5
_EXPLAINED_BYTES_MAX = 65_536
"""Finding every error takes a hundred times as long as finding the first."""


def _decoder_of(type_name: str) -> msgspec.json.Decoder[Event]:
    if decoder := _DATA_DECODERS.get(type_name):
        return decoder
    name, _, version = type_name.rpartition(".")
    if name in EVENTS:
        raise Undecodable(
            Code.WRONG_VERSION,
            f"type {type_name!r} has version {version!r}; {name}.{VERSION} is understood",
        )
    hint = f"; did you mean {type_name}.{VERSION}?" if type_name in EVENTS else ""
    raise Undecodable(Code.UNKNOWN_TYPE, f"no event is called {type_name[:200]!r}{hint}")


def _decode_data(
    decoder: msgspec.json.Decoder[Event],
    value: bytes | msgspec.Raw | None,
    *,
    older: bool = False,
) -> Event:
    if not value:
        raise Undecodable(
            Code.NO_DATA,
            "the record has no value; a tombstone states nothing, withdraw with retracted",
        )
    value = bytes(value)
    try:
        data = _read_data(decoder, value, older=older)
    except msgspec.ValidationError as error:
        reason = _explain(decoder.type, value) or str(error)
        raise Undecodable(Code.BAD_DATA, reason) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(Code.BAD_JSON, f"the value is not JSON: {error}") from None
    _finish_data(data, value, older=older)
    return data


def _read_data(decoder: msgspec.json.Decoder[Event], value: bytes, *, older: bool) -> Event:
    """Decode the data; where its types are wrong, with each value in its usual form.

    Instants are cut in older records, too: their facts are read like that from the database.
    """
    try:
        data = decoder.decode(value)
    except msgspec.ValidationError as error:
        if older:
            raise
        try:
            usual = normal_form(decoder.type, msgspec.json.decode(value))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise error from None
        return msgspec.convert(usual, decoder.type)
    if may_be_rounded(decoder.type, value):
        usual = normal_form(decoder.type, msgspec.json.decode(value))
        return msgspec.convert(usual, decoder.type)
    return data


def _finish_data(data: Event, value: bytes, *, older: bool = False) -> bool:
    """Do what the types of an event cannot: instants to UTC, the forms of ids, rules for texts.

    Return whether an id may have changed.
    """
    to_utc(data)
    # One byte is searched as a number: that takes a fifth of the time.
    spaced = _SPACE in value and (b'" ' in value or b' "' in value)
    if not spaced and _BACKSLASH not in value and value.isascii():
        return normalize_plain_ids(data)
    if b"\\u0000" in value and _has_nul(msgspec.json.decode(value)):
        # PostgreSQL's text cannot hold it.
        raise Undecodable(Code.BAD_DATA, "a text holds the character NUL (\\u0000); leave it out")
    if older:
        _check_texts(data)
    normalize_ids(data)
    if not older:
        _check_texts(data)
    return True


def _check_texts(data: Event) -> None:
    """Reject ids with white space at an end.

    The caller has seen a cause in the bytes: an escape, a space beside a quotation mark,
    characters beyond ASCII.
    """
    value = msgspec.json.encode(data)
    try:
        _text_checker(type(data)).decode(value)
    except msgspec.ValidationError as error:
        raise Undecodable(Code.BAD_DATA, _explain(type(data), value) or str(error)) from None


@cache
def _text_checker(event: type[Event]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(writer_struct(event, forbid_unknown_fields=False))


def _has_nul(node: object) -> bool:
    if isinstance(node, str):
        return "\x00" in node
    if isinstance(node, dict):
        return any(_has_nul(item) for pair in node.items() for item in pair)
    return isinstance(node, list) and any(_has_nul(item) for item in node)


def _explain(event: type[Event], value: bytes) -> str:
    """Say the first errors of an event's JSON, each with field, value and what would be right."""
    # Only here, because jsonschema takes as long to import as all the rest.
    from groupage.contracts.validation import reading_errors  # noqa: PLC0415

    errors = reading_errors(event, value) if len(value) <= _EXPLAINED_BYTES_MAX else ()
    more = len(errors) - _EXPLAINED_MAX
    tail = f" (and {more} more)" if more > 0 else ""
    return "; ".join(error.message for error in errors[:_EXPLAINED_MAX]) + tail
