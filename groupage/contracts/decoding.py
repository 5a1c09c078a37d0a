"""From Kafka records and JSON to facts. Every failure has a code and a sentence."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias, get_args

import msgspec

from groupage.contracts.attributes import (
    ATTRIBUTE_LENGTH_MAX,
    CLASSIFIERS,
    EARLIEST,
    LATEST,
    Attributes,
    Undecodable,
    instant_from,
    text_of,
)
from groupage.contracts.data import decode_data
from groupage.contracts.topics import topic_of
from groupage.contracts.types import CONTENT_TYPE_BINARY, DECODERS, VERSION, ce_type
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event, Kind
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact

Headers = Collection[tuple[str, bytes]]

_ENVELOPES: msgspec.json.Decoder[Attributes] = msgspec.json.Decoder(Attributes)
_OUR_ORDER = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_recordtime",
    "content-type",
)
_OUR_ORDER_RELAYED = (*_OUR_ORDER, "ce_relayedby")
_KINDS: dict[bytes, Kind] = {kind.encode(): kind for kind in get_args(Kind)}
_decode_times = msgspec.json.Decoder(tuple[datetime, datetime]).decode
_STAMP_LENGTH_MAX = len("2026-03-01T00:00:00.000000Z")
_TEXT_HEADERS = ("ce_correctionof", "ce_relayedby", "ce_traceparent")


Decoded: TypeAlias = tuple[Fact, bytes, str | None]
"""A fact; its event's JSON as the sender wrote it, unknown fields included; and, when they are
written in UTC and to the microsecond at most, when it happened and was recorded, with a tab
between: to write an instant takes four times as long as to read one."""


def decode(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    *,
    recorded_at: datetime,
    topic: str | None = None,
) -> Fact:
    """The fact in a Kafka record.

    `recorded_at` (UTC) counts unless the record says when groupage took it in
    (``ce_recordtime``). With `topic` (its name without prefix) an event on another owner's topic
    is refused. Raises Undecodable.
    """
    return decode_whole(headers, key, value, recorded_at=recorded_at, topic=topic)[0]


def decode_whole(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    *,
    recorded_at: datetime,
    topic: str | None = None,
) -> Decoded:
    """As `decode`, with the event's JSON beside the fact."""
    decoded = _in_our_order(headers, value) or _in_any_order(dict(headers), value, recorded_at)
    fact = decoded[0]
    if key is not None and key != fact.key.encode():
        raise Undecodable(
            "wrong_key",
            f"the record's key is {text_of(key)!r}, the owner of {fact.type} is {fact.key!r}: "
            "send the owner's id as key",
        )
    if topic is not None:
        _check_topic(fact.data, topic)
    return decoded


def _in_our_order(headers: Headers, value: bytes | None) -> Decoded | None:
    """A fact with headers as `encoding.headers_of` writes them for a plain one; else None.

    The processor that derived it may be named besides. Nearly every fact is like this, and passes
    in half of the time of the general way, which says what is wrong with the others.
    """
    try:
        names, values = zip(*headers, strict=True)
        version, event_id, source, type_, subject, time, recordtime, content_type, *by = values
        relayed_by = _KINDS[by[0]] if by else None
        decoder = DECODERS[type_]
        id_text = str(event_id, "utf-8")
        source_text = _source_of(source) if len(source) <= ATTRIBUTE_LENGTH_MAX else ""
        occurred_at, recorded_at = _decode_times(b'["%b","%b"]' % (time, recordtime))
    except (KeyError, TypeError, ValueError, msgspec.DecodeError):
        return None
    regular = (
        names in (_OUR_ORDER, _OUR_ORDER_RELAYED)
        and version == b"1.0"
        and content_type == CONTENT_TYPE_BINARY
        and source_text
        and 0 < len(id_text) <= ATTRIBUTE_LENGTH_MAX
        and id_text.isprintable()
        and occurred_at.tzinfo is UTC
        and recorded_at.tzinfo is UTC
        and EARLIEST <= occurred_at <= LATEST
        and EARLIEST <= recorded_at <= LATEST
    )
    if not regular:
        return None
    data = decode_data(decoder, value)
    if subject != data.subject.encode():
        return None
    fact = Fact(
        event_id=id_text,
        source=source_text,
        key=data.key,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        data=data,
        relayed_by=relayed_by,
    )
    to_microseconds = len(time) <= _STAMP_LENGTH_MAX and len(recordtime) <= _STAMP_LENGTH_MAX
    stamps = str(b"%b\t%b" % (time, recordtime), "ascii") if to_microseconds else None
    return fact, value or b"", stamps


@lru_cache(maxsize=1_024)
def _source_of(source: bytes) -> str:
    """The text of a source, "" when it is none. Facts share it: there are few sources."""
    text = str(source, "utf-8")
    return text if text.isprintable() else ""


def _attributes(headers: dict[str, bytes]) -> Attributes:
    try:
        found = Attributes(
            id=headers["ce_id"].decode(),
            source=headers["ce_source"].decode(),
            time=headers["ce_time"].decode(),
        )
        _extensions(found, headers)
    except KeyError as error:
        name = str(error.args[0]).removeprefix("ce_")
        raise Undecodable("missing_attribute", f"header ce_{name} is missing") from None
    except (UnicodeDecodeError, AttributeError) as error:
        raise Undecodable("bad_attribute", f"headers must be UTF-8 text: {error}") from None
    return found


def _extensions(found: Attributes, headers: dict[str, bytes]) -> None:
    if "ce_recordtime" in headers:
        found.recordtime = headers["ce_recordtime"].decode()
    if "ce_classifier" in headers:
        found.classifier = headers["ce_classifier"].decode()
    if "ce_retracted" in headers:
        found.retracted = headers["ce_retracted"].decode()
    if "ce_subject" in headers:
        found.subject = headers["ce_subject"].decode()
    if "ce_original" in headers:
        found.original = headers["ce_original"].decode()
    for name in _TEXT_HEADERS:
        if name in headers:
            setattr(found, name.removeprefix("ce_"), headers[name].decode())


def _fact(found: Attributes, data: Event, recorded_at: datetime) -> Fact:
    found.check()
    if found.subject is not None and found.subject != data.subject:
        raise Undecodable(
            "bad_attribute", f"subject is {found.subject!r}, the data is about {data.subject!r}"
        )
    if found.recordtime:
        recorded_at = instant_from(found.recordtime, "recordtime")
    return Fact(
        event_id=found.id,
        source=found.source,
        key=data.key,
        occurred_at=instant_from(found.time, "time"),
        recorded_at=recorded_at,
        data=data,
        classifier=CLASSIFIERS[found.classifier],
        correction_of=found.correctionof,
        retracted=found.is_retracted(),
        relayed_by=found.relayedby,
        traceparent=found.traceparent,
        original=found.original_bytes(),
    )


def _in_any_order(headers: dict[str, bytes], value: bytes | None, recorded_at: datetime) -> Decoded:
    """Binary and structured mode as anybody may send them, and everything that is wrong."""
    content_type = text_of(headers.get("content-type") or headers.get("Content-Type") or b"")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/cloudevents+json":
        return _structured(value, recorded_at)
    if "ce_specversion" not in headers:
        raise Undecodable(
            "not_cloudevents",
            "no header ce_specversion and content-type is not application/cloudevents+json: "
            "send CloudEvents 1.0 in binary or structured mode",
        )
    _check_version(text_of(headers["ce_specversion"]))
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise Undecodable(
            "bad_attribute", f"content-type is {content_type!r}; data is application/json"
        )
    if "ce_type" not in headers:
        raise Undecodable("missing_attribute", "header ce_type is missing")
    decoder = _decoder_of(text_of(headers["ce_type"]))
    fact = _fact(_attributes(headers), decode_data(decoder, value), recorded_at)
    return fact, value or b"", None


def _check_version(specversion: str) -> None:
    if specversion != "1.0":
        raise Undecodable("not_cloudevents", f"specversion is {specversion!r}; 1.0 is understood")


def _decoder_of(type_name: str) -> msgspec.json.Decoder[Event]:
    if decoder := DECODERS.get(type_name.encode()):
        return decoder
    name, _, version = type_name.rpartition(".")
    if name in EVENTS:
        raise Undecodable(
            "wrong_version",
            f"type {type_name!r} has version {version!r}; {name}.{VERSION} is understood",
        )
    hint = f"; did you mean {type_name}.{VERSION}?" if type_name in EVENTS else ""
    raise Undecodable("unknown_type", f"no event is called {type_name[:200]!r}{hint}")


def _check_topic(data: Event, topic: str) -> None:
    if type(data) is ClockTicked:
        return
    right = topic_of(data).name
    if right != topic:
        raise Undecodable(
            "wrong_topic", f"{ce_type(data)} about {data.key!r} belongs on {right}, not on {topic}"
        )


def _structured(value: bytes | None, recorded_at: datetime | None) -> Decoded:
    if not value:
        raise Undecodable("no_data", "the record has no value")
    try:
        found = _ENVELOPES.decode(value)
    except msgspec.ValidationError as error:
        if "missing required" in str(error):
            raise Undecodable("missing_attribute", str(error)) from None
        raise Undecodable("bad_attribute", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable("bad_json", f"the value is no JSON: {error}") from None
    _check_version(found.specversion)
    if not found.type:
        raise Undecodable("missing_attribute", "attribute type is missing")
    decoder = _decoder_of(found.type)
    if recorded_at is None:
        if not found.recordtime:
            raise Undecodable("missing_attribute", "attribute recordtime is missing")
        recorded_at = instant_from(found.recordtime, "recordtime")
    fact = _fact(found, decode_data(decoder, found.data), recorded_at)
    return fact, bytes(found.data), None


def event_from_json(name: str, data_json: bytes) -> Event:
    """The event called `name` (without version) from its stored JSON. Raises Undecodable."""
    return decode_data(_decoder_of(f"{name}.{VERSION}"), data_json)


def fact_from_json(value: bytes, *, recorded_at: datetime | None = None) -> Fact:
    """The fact in a structured CloudEvent (an item of a request, a line of a file).

    Without attribute ``recordtime`` the fact was recorded at `recorded_at`. Raises Undecodable.
    """
    return _structured(value, recorded_at)[0]
