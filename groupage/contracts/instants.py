"""Instants from outside: RFC 3339 with any offset in, UTC within the calendar out."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import msgspec

from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""An instant outside is a sender's error, and deadlines computed from it overflow the calendar."""

_decode_instant = msgspec.json.Decoder(datetime).decode


def in_calendar(at: datetime) -> datetime | None:
    """Convert an aware instant to UTC; None when it is before `EARLIEST` or after `LATEST`."""
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        return None
    return utc if EARLIEST <= utc <= LATEST else None


def instant_from(text: str, name: str) -> datetime:
    """Parse RFC 3339 with any offset; return UTC. Raises Undecodable, which says `name`."""
    try:
        at = _decode_instant(f'"{text}"')
    except msgspec.DecodeError:
        raise Undecodable(
            Code.BAD_TIME,
            f"{name} is {text[:60]!r}; an RFC 3339 time like 2026-03-01T08:00:00+08:00 is right, "
            f"from {EARLIEST.year} to {LATEST.year}",
        ) from None
    return _utc(at, name)


def to_utc(struct: msgspec.Struct) -> None:
    """Convert every instant inside a freshly decoded struct to UTC, in place.

    Raises Undecodable for an instant without offset or outside the calendar.
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
            Code.NAIVE_TIME,
            f"{path} {at.isoformat()} has no offset from UTC; append Z or, in Yiwu, +08:00",
        )
    if (utc := in_calendar(at)) is not None:
        return utc
    raise Undecodable(
        Code.BAD_TIME,
        f"{path} {at.isoformat()} is outside the calendar: from {EARLIEST.year} to {LATEST.year} "
        "is right",
    )


@cache
def _has_instants(struct: type[msgspec.Struct]) -> bool:
    return bool(_instant_fields(struct))


@cache
def _instant_fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """Names of the fields that are instants or contain some; `to_utc` visits no others."""
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
