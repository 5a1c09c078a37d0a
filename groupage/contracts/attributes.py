"""CloudEvents attributes: their checks, and instants that are always in UTC."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Literal, get_args

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.fact import Classifier

UndecodableCode = Literal[
    "not_cloudevents",
    "missing_attribute",
    "bad_attribute",
    "bad_time",
    "naive_time",
    "unknown_type",
    "wrong_version",
    "no_data",
    "bad_json",
    "bad_data",
    "wrong_key",
    "wrong_topic",
]
"""Why a record cannot be understood: the closed set that labels dead letters and metrics."""

ATTRIBUTE_LENGTH_MAX = 1_000
CLASSIFIERS: dict[str, Classifier] = {name: name for name in get_args(Classifier)}


class Undecodable(InvalidInput):
    """The record is no fact of this hub. Read code and message, mend the sender, send again."""

    def __init__(self, code: UndecodableCode, message: str) -> None:
        super().__init__(message)
        self.code: UndecodableCode = code


class Attributes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Context attributes and our extensions as they travel; in structured mode with `data`."""

    specversion: str = ""
    id: str
    source: str
    type: str = ""
    subject: str | None = None
    time: str
    datacontenttype: str | None = None
    partitionkey: str | None = None
    recordtime: str | None = None
    classifier: str = "ACT"
    correctionof: str | None = None
    retracted: bool | str = False
    relayedby: str | None = None
    traceparent: str | None = None
    original: str | None = None
    data: msgspec.Raw = msgspec.Raw()

    def check(self) -> None:
        """Raises Undecodable when one is empty, too long, unprintable or outside its values."""
        _check_text(self.id, "id")
        _check_text(self.source, "source")
        if self.classifier not in CLASSIFIERS:
            raise Undecodable(
                "bad_attribute",
                f"classifier is {self.classifier[:40]!r}; one of {', '.join(CLASSIFIERS)} is right",
            )
        if self.correctionof is not None:
            _check_text(self.correctionof, "correctionof")
        elif self.retracted and self.is_retracted():
            raise Undecodable(
                "missing_attribute", "retracted needs correctionof: the id of the event to withdraw"
            )
        if self.relayedby is not None:
            _check_text(self.relayedby, "relayedby")
        if self.traceparent is not None:
            _check_text(self.traceparent, "traceparent")

    def is_retracted(self) -> bool:
        """``true`` as JSON or as header text."""
        if isinstance(self.retracted, bool):
            return self.retracted
        if self.retracted not in ("true", "false"):
            raise Undecodable(
                "bad_attribute", f"retracted is {self.retracted[:40]!r}; true or false"
            )
        return self.retracted == "true"

    def original_bytes(self) -> bytes | None:
        """The foreign document; binary attributes travel in Base64."""
        if self.original is None:
            return None
        try:
            return base64.b64decode(self.original, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Undecodable("bad_attribute", f"original is no Base64: {error}") from None


def _check_text(value: str, name: str) -> None:
    if not value:
        raise Undecodable("missing_attribute", f"attribute {name} is empty")
    if len(value) > ATTRIBUTE_LENGTH_MAX or not value.isprintable():
        raise Undecodable(
            "bad_attribute",
            f"attribute {name} is {value[:40]!r}; "
            f"1 to {ATTRIBUTE_LENGTH_MAX} printable characters are right",
        )


def text_of(raw: bytes | None) -> str:
    """Bytes from outside as text, for messages: never fails. A Kafka header may have no value."""
    return (raw or b"")[:200].decode("utf-8", "replace")


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2199, 12, 31, tzinfo=UTC)
"""Instants beyond are errors of a sender, and deadlines reckoned from them leave the calendar."""


_decode_instant = msgspec.json.Decoder(datetime).decode


def in_calendar(at: datetime) -> datetime | None:
    """An instant with any offset as UTC; None when it is before `EARLIEST` or after `LATEST`."""
    try:
        found = at.astimezone(UTC)
    except OverflowError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def instant_from(text: str, name: str) -> datetime:
    """RFC 3339 with any offset, as UTC. Raises Undecodable."""
    try:
        at = _decode_instant(f'"{text}"')
    except msgspec.DecodeError:
        raise Undecodable(
            "bad_time",
            f"{name} is {text[:60]!r}; an RFC 3339 time like 2026-03-01T08:00:00+08:00 is right, "
            f"from {EARLIEST.year} to {LATEST.year}",
        ) from None
    return _utc(at, name)


def to_utc(struct: msgspec.Struct) -> None:
    """Turn every instant inside a freshly decoded struct into UTC, in place.

    Raises Undecodable for a naive one.
    """
    if _has_instants(type(struct)):
        _to_utc(struct, "$")


def _to_utc(struct: msgspec.Struct, path: str) -> None:
    for field in _instant_fields(type(struct)):
        value = getattr(struct, field)
        if isinstance(value, datetime):
            if value.tzinfo is not UTC or not EARLIEST <= value <= LATEST:
                msgspec.structs.force_setattr(struct, field, _utc(value, f"{path}.{field}"))
        elif isinstance(value, msgspec.Struct):
            if _has_instants(type(value)):
                _to_utc(value, f"{path}.{field}")
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, msgspec.Struct) and _has_instants(type(item)):
                    _to_utc(item, f"{path}.{field}[{index}]")


def _utc(at: datetime, path: str) -> datetime:
    if at.tzinfo is None:
        raise Undecodable(
            "naive_time",
            f"{path} {at.isoformat()} has no offset from UTC; append Z or, in Yiwu, +08:00",
        )
    if (found := in_calendar(at)) is not None:
        return found
    raise Undecodable(
        "bad_time",
        f"{path} {at.isoformat()} is beyond the calendar: from {EARLIEST.year} to {LATEST.year} "
        "is right",
    )


@cache
def _has_instants(struct: type[msgspec.Struct]) -> bool:
    return bool(_instant_fields(struct))


@cache
def _instant_fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """Fields that are instants or hold some deeper down; the others need not be walked."""
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    return tuple(field.name for field in info.fields if _holds_instants(field.type, set()))


def _holds_instants(node: object, seen: set[int]) -> bool:
    if isinstance(node, msgspec.inspect.DateTimeType):
        return True
    if id(node) in seen:
        return False
    seen.add(id(node))
    return any(_holds_instants(part, seen) for part in _parts(node))


def _parts(node: object) -> Iterable[object]:
    if isinstance(node, msgspec.inspect.StructType):
        return (field.type for field in node.fields)
    if isinstance(node, msgspec.inspect.UnionType):
        return node.types
    if isinstance(node, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
        return (node.item_type,)
    return (node.type,) if isinstance(node, msgspec.inspect.Metadata) else ()
