"""Decode any CloudEvent, in binary or structured mode, whichever client sent it."""

from datetime import datetime

import msgspec
from msgspec.structs import force_setattr

from groupage.contracts.attributes import CLASSIFIERS, Attributes, ce_type
from groupage.contracts.digits import has_wrong_digits
from groupage.contracts.event_data import EVENT_DECODERS, decode_event, decoder_of
from groupage.contracts.foreign_formats import say_foreign
from groupage.contracts.instants import instant_from
from groupage.contracts.signing import Headers
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.gs1 import canonical_id

_ENVELOPES: msgspec.json.Decoder[Attributes] = msgspec.json.Decoder(Attributes)
_MODES = "CloudEvents 1.0 in binary or structured mode"
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


def fact_from_json(value: bytes, *, recorded_at: datetime | None = None) -> Fact:
    """Decode a structured CloudEvent: an item of a request, a line of a file.

    Without attribute ``recordtime`` the fact was recorded at `recorded_at`. Raises Undecodable.
    """
    return _decode_structured(value, recorded_at)[0]


def decode_cloudevent(
    headers: Headers,
    key: bytes | None,
    value: bytes | None,
    recorded_at: datetime,
    *,
    older: bool,
) -> tuple[Fact, AggregateKind, bytes, None, bool]:
    """Decode a record into what `groupage.contracts.decoding.Decoded` lists.

    The arguments are those of `decode_for_store`. Raises Undecodable.
    """
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
        as_sent = EVENT_DECODERS[ce_type(fact.data)].decode(data_json)
        force_setattr(fact, "key", as_sent.key)
    is_key = key is None or key == fact.key.encode()
    if not is_key and (older or canonical_id(_text(key)) != fact.key):
        raise Undecodable(
            Code.WRONG_KEY,
            f"the record's key is {_text(key)!r}, the {fact.data.aggregate_kind} of {fact.type} is "
            f"{fact.key!r}: send that id as the key, as `groupage deadletters "
            "replay` does",
        )
    return fact, fact.data.aggregate_kind, data_json, None, has_wrong_digits(fact.data)


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
            say_foreign(value or b"", f"send {_MODES}")
            or "there is no header ce_specversion, and content-type is not "
            f"application/cloudevents+json: send {_MODES}",
        )
    _check_version(_text(headers["ce_specversion"]))
    if media_type not in ("", "application/json") and not media_type.endswith("+json"):
        foreign = say_foreign(value or b"", "data is application/json")
        raise Undecodable(
            Code.BAD_ATTRIBUTE,
            f"content-type is {content_type!r}; {foreign or 'data is application/json'}",
        )
    if "ce_type" not in headers:
        raise Undecodable(Code.MISSING_ATTRIBUTE, "header ce_type is missing")
    decoder = decoder_of(_text(headers["ce_type"]))
    data = decode_event(decoder, value, older=older)
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
        reason = say_foreign(value, f"send {_MODES}") or str(error)
        raise Undecodable(Code.BAD_JSON, f"the value is not JSON: {reason}") from None
    _check_version(attributes.specversion)
    if not attributes.type:
        raise Undecodable(Code.MISSING_ATTRIBUTE, "attribute type is missing")
    decoder = decoder_of(attributes.type)
    if recorded_at is None:
        if not attributes.recordtime:
            raise Undecodable(Code.MISSING_ATTRIBUTE, "attribute recordtime is missing")
        recorded_at = instant_from(attributes.recordtime, "recordtime")
    data_json = attributes.data_bytes()
    data = decode_event(decoder, data_json, older=older)
    return _fact(attributes, data, recorded_at, older=older), data_json


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
        classifier=CLASSIFIERS[attributes.classifier or "ACT"],
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


def _text(raw: bytes | None) -> str:
    """Read bytes from outside for a message; never fails. A Kafka header may have no value."""
    return (raw or b"")[:200].decode("utf-8", "replace")
