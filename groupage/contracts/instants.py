"""Instants from outside: RFC 3339 with any offset in, UTC within the calendar out.

All entrances read instants with `read_instant`, so that a fact has the same time, day and identity
by each of them. It takes three things that libraries read differently, or refuse:

- A fraction finer than microseconds is cut. Rounding would put the last instant of a day into the
  next day.
- ``24:00:00`` is midnight at the end of the day (ISO 8601-1): so Chinese cut-offs are written.
- A leap second, ``23:59:60`` UTC, is the last microsecond before it ends: no calendar of computers
  has it, and its day stays right.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

import msgspec

from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""An instant outside is a sender's error, and deadlines computed from it overflow the calendar."""

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_FINE_TEXT = re.compile(r"\.[0-9]{7}")
_FINE = re.compile(rb"\.[0-9]{7}")
_decode_rounded = msgspec.json.Decoder(datetime).decode


def read_instant(text: str) -> datetime | None:
    """Read an instant with its offset, or without any; None for any other text."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    microsecond = int((match[7] or "")[:6].ljust(6, "0"))
    ends_day = hour == 24 and minute == second == 0 and not (match[7] or "").strip("0")
    is_leap = second == 60
    if is_leap:
        second, microsecond = 59, 999_999
    try:
        clock = (0 if ends_day else hour, minute, second, microsecond)
        at = datetime(year, month, day, *clock, tzinfo=_offset(match))
        if ends_day:
            at += timedelta(days=1)
        return None if is_leap and not _is_last_minute(at) else at
    except (ValueError, OverflowError):
        return None


def usual_text(text: str) -> str:
    """Rewrite an instant that libraries read differently; any other text stays as it is."""
    if "24:" not in text and ":60" not in text and _FINE_TEXT.search(text) is None:
        return text
    at = read_instant(text)
    return text if at is None else at.isoformat()


def may_be_rounded(struct: type[msgspec.Struct], value: bytes) -> bool:
    """Tell whether msgspec may round an instant in the struct's JSON, which it does silently."""
    return has_instants(struct) and _FINE.search(value) is not None


def _offset(match: re.Match[str]) -> timezone | None:
    if match[8]:
        return UTC
    if not match[9]:
        return None
    if int(match[11]) > 59:
        raise ValueError(match[0])
    offset = timedelta(hours=int(match[10]), minutes=int(match[11]))
    return timezone(-offset if match[9] == "-" else offset)


def _is_last_minute(at: datetime) -> bool:
    """Tell whether it is the last minute of a day in UTC, where leap seconds are inserted."""
    utc = at.astimezone(UTC) if at.tzinfo else at
    return (utc.hour, utc.minute) == (23, 59)


def in_calendar(at: datetime) -> datetime | None:
    """Convert an aware instant to UTC; None when it is before `EARLIEST` or after `LATEST`."""
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        return None
    return utc if EARLIEST <= utc <= LATEST else None


def instant_from(text: str, name: str, *, rounded: bool = False) -> datetime:
    """Parse RFC 3339 with any offset; return UTC. Raises Undecodable, which says `name`.

    `rounded`: as versions before 0.3.0 did.
    """
    at = _rounded_instant(text) if rounded else read_instant(text)
    if at is None:
        raise Undecodable(
            Code.BAD_TIME,
            f"{name} is {text[:60]!r}; an RFC 3339 time like 2026-03-01T08:00:00+08:00 is right, "
            f"from {EARLIEST.year} to {LATEST.year}",
        )
    return _utc(at, name)


def _rounded_instant(text: str) -> datetime | None:
    try:
        return _decode_rounded(f'"{text}"')
    except msgspec.DecodeError:
        return None


def to_utc(struct: msgspec.Struct) -> None:
    """Convert every instant inside a freshly decoded struct to UTC, in place.

    Raises Undecodable for an instant without offset or outside the calendar.
    """
    if has_instants(type(struct)):
        _to_utc(struct, "$")


def _to_utc(struct: msgspec.Struct, path: str) -> None:
    for field in _instant_fields(type(struct)):
        value = getattr(struct, field)
        if isinstance(value, datetime):
            if value.tzinfo is not UTC or not EARLIEST <= value <= LATEST:
                msgspec.structs.force_setattr(struct, field, _utc(value, f"{path}.{field}"))
        elif isinstance(value, msgspec.Struct):
            if has_instants(type(value)):
                _to_utc(value, f"{path}.{field}")
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, msgspec.Struct) and has_instants(type(item)):
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
def has_instants(struct: type[msgspec.Struct]) -> bool:
    """Tell whether a field of the struct, or of a struct inside it, is an instant."""
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
