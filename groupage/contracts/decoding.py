"""From Kafka records and JSON to facts. Every failure has a code and a sentence."""

from datetime import datetime

import msgspec

from groupage.contracts.attributes import (
    CLASSIFIERS,
    Attributes,
    Undecodable,
    instant_from,
    text_of,
)
from groupage.contracts.data import decode_data
from groupage.contracts.plain import Decoded, Headers, read_plain
from groupage.contracts.topics import TOPIC_OF
from groupage.contracts.types import DECODERS, VERSION, ce_type
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact

_ENVELOPES: msgspec.json.Decoder[Attributes] = msgspec.json.Decoder(Attributes)
_TEXT_HEADERS = ("ce_correctionof", "ce_relayedby", "ce_traceparent")


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
    """As `decode`, with what storing the fact needs besides."""
    decoded = read_plain(headers, key, value) or _read_any(headers, key, value, recorded_at)
    if topic is not None:
        fact, kind, _, _ = decoded
        _check_topic(fact.data, kind, topic)
    return decoded


def _read_any(
    headers: Headers, key: bytes | None, value: bytes | None, recorded_at: datetime
) -> Decoded:
    fact, data_json = _in_any_order(dict(headers), value, recorded_at)
    if key is not None and key != fact.key.encode():
        raise Undecodable(
            "wrong_key",
            f"the record's key is {text_of(key)!r}, the owner of {fact.type} is {fact.key!r}: "
            "send the owner's id as key",
        )
    return fact, fact.data.owner_kind, data_json, None


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


def _in_any_order(
    headers: dict[str, bytes], value: bytes | None, recorded_at: datetime
) -> tuple[Fact, bytes]:
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
    return fact, value or b""


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


def _check_topic(data: Event, kind: AggregateKind, topic: str) -> None:
    if kind == "clock":
        return
    right = TOPIC_OF[kind].name
    if right != topic:
        raise Undecodable(
            "wrong_topic", f"{ce_type(data)} about {data.key!r} belongs on {right}, not on {topic}"
        )


def _structured(value: bytes | None, recorded_at: datetime | None) -> tuple[Fact, bytes]:
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
    return fact, bytes(found.data)


def event_from_json(name: str, data_json: bytes) -> Event:
    """The event called `name` (without version) from its stored JSON. Raises Undecodable."""
    return decode_data(_decoder_of(f"{name}.{VERSION}"), data_json)


def fact_from_json(value: bytes, *, recorded_at: datetime | None = None) -> Fact:
    """The fact in a structured CloudEvent (an item of a request, a line of a file).

    Without attribute ``recordtime`` the fact was recorded at `recorded_at`. Raises Undecodable.
    """
    return _structured(value, recorded_at)[0]
