"""A record as groupage itself writes it, read in one step.

Nearly every record is like this. Its attributes and its event are one JSON list then, the fact as
the JSON reader knows it, which takes half of the time of the general way (`decoding`). What is
written in another way, or wrong, is left to that: it says what is wrong.
"""

from collections.abc import Callable, Collection
from datetime import UTC
from typing import TypeAlias, get_args

import msgspec

from groupage.contracts.attributes import ATTRIBUTE_LENGTH_MAX, EARLIEST, LATEST
from groupage.contracts.data import make_fit
from groupage.contracts.types import CONTENT_TYPE_BINARY, ce_type
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact

Headers = Collection[tuple[str, bytes]]
Decoded: TypeAlias = tuple[Fact, AggregateKind, bytes, str | None]
"""A fact, and what its record spares those who store it.

The kind of its owner; the event's JSON as its sender wrote it, unknown fields included; when it
happened and was recorded, with a tab between, or None when these are not written in UTC and to the
microsecond at most: to write an instant takes four times as long as to read one.
"""

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
_LIST = b'["%b","%b","%b","%b","%b","ACT",null,false,%b,null,null,%b]'
"""The fields of `Fact` in their order."""
_FROM_OUTSIDE = b"null"
_RELAYED_BY = {kind.encode(): b'"%b"' % kind.encode() for kind in get_args(AggregateKind)}
_READERS: dict[bytes, Callable[[bytes], Fact]] = {
    ce_type(event).encode(): msgspec.json.Decoder(Fact[event]).decode  # type: ignore[valid-type]
    for event in EVENTS.values()
}
_STAMP_LENGTH_MAX = len("2026-03-01T00:00:00.000000Z")


def read_plain(headers: Headers, key: bytes | None, value: bytes | None) -> Decoded | None:
    """The fact in a record that is as `encoding.headers_of` writes it without extensions; or None.

    The processor that derived it may be named besides. Raises Undecodable for what the types of an
    event cannot say.
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
        relayed_by = _relayed_by(more) if more else _FROM_OUTSIDE
        read = _READERS[type_]
        fact = read(_LIST % (event_id, source, key, time, recordtime, relayed_by, value))
    except (KeyError, TypeError, ValueError, RecursionError, msgspec.DecodeError):
        return None
    names = (n0, n1, n2, n3, n4, n5, n6, n7)
    data, occurred_at, recorded_at = fact.data, fact.occurred_at, fact.recorded_at
    plain = (
        names == _NAMES
        and version == b"1.0"
        and content_type == CONTENT_TYPE_BINARY
        # Texts as long as their bytes: no quotation mark or escape among these said more.
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
    if not plain or value is None:
        return None
    make_fit(data, value)
    return fact, data.owner_kind, value, (b"%b\t%b" % (time, recordtime)).decode()


def _relayed_by(more: list[tuple[str, bytes]]) -> bytes:
    ((name, kind),) = more
    if name != "ce_relayedby":
        raise ValueError
    return _RELAYED_BY[kind]
