"""DCSA events that the hub took, by id and version; and what a retraction takes back.

All of it is in the ids of the facts, so whoever reads the log knows it:

| id of a fact | what it is |
|---|---|
| ``E1@U1#1`` | the first fact of event E1 as its sender stated it at U1 (``-``: not stated) |
| ``E1@U1#1~withdrawn`` | its withdrawal, because a newer version came |
| ``E1@U1#1~withdrawn@U2`` | its withdrawal, because the sender retracted E1 at U2 |

Versions of E1 that were stated before U2 and come after the retraction count as little as those
that came before it.
"""

import re
from collections import OrderedDict
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, TypeVar

import msgspec

from groupage.domain.fact import Fact
from producers.dcsa.report import SOURCE, CarrierReport

REPORTS_MAX = 100_000
"""Beyond this number the oldest events are forgotten."""
UNSTATED = "-"
"""The stamp of a version whose sender gave no time; it sorts before all times."""
_STAMP = r"-|[0-9]{4}-[0-9T:.\-]+Z"
_WITHDRAWN = "~withdrawn"
_FACT_ID = re.compile(
    rf"(?P<event>.+)@(?P<stamp>{_STAMP})#[0-9]+(?P<gone>{_WITHDRAWN}(?:@(?P<at>{_STAMP}))?)?",
    re.DOTALL,
)

K = TypeVar("K")
V = TypeVar("V")


class Version(msgspec.Struct, kw_only=True):
    """A version of a DCSA event that the hub took."""

    stamp: str
    facts: dict[str, Fact]
    """By event id; without the original events, which would fill the memory."""
    content: bytes = b""
    """Digest of the original event."""
    withdrawn: bool = False
    overridden: bool = False
    """A newer version came, so its facts were withdrawn."""


class TakenEvent(msgspec.Struct, kw_only=True):
    """A DCSA event that the hub took."""

    versions: dict[str, Version] = msgspec.field(default_factory=dict)
    """By their stamps."""
    retracted_at: str = ""
    """Stamp of the newest retraction; empty: nobody retracted it."""

    def is_after(self, stamp: str) -> bool:
        """Tell whether something newer than such a version came before it."""
        newest = max(self.versions, default="")
        return newest > stamp or self.retracted_at >= stamp

    def versions_until(self, stamp: str) -> list[Version]:
        """Return the versions that a retraction takes back: all, if it states no time."""
        return [
            version
            for version in self.versions.values()
            if not version.overridden and (stamp == UNSTATED or version.stamp <= stamp)
        ]


class FactId(NamedTuple):
    """What the id of a fact says."""

    event_id: str
    """Of the sender's event."""
    stamp: str
    """Of the version."""
    withdrawn: bool
    retracted_at: str | None
    """Stamp of the sender's retraction; None: it is none."""


def read_fact_id(text: str) -> FactId | None:
    """Read the id of a fact that a DCSA event became; None: it is of another form."""
    match = _FACT_ID.fullmatch(text)
    if match is None:
        return None
    return FactId(match["event"], match["stamp"], bool(match["gone"]), match["at"])


class TakenEvents:
    """The DCSA events that the hub took."""

    def __init__(self) -> None:
        self._events: OrderedDict[tuple[str, str], TakenEvent] = OrderedDict()
        self._sources: dict[str, set[str]] = {}

    def note(self, fact: Fact) -> None:
        """Learn from a fact that an event became, or from its withdrawal."""
        part = read_fact_id(fact.event_id)
        if part is None:
            return
        event = self._event_to_note(fact.source, part.event_id)
        version = event.versions.setdefault(part.stamp, Version(stamp=part.stamp, facts={}))
        if part.withdrawn:
            # Before there were stamps of retractions, both withdrawals looked like this one.
            version.withdrawn = True
            version.overridden |= part.retracted_at is None
            event.retracted_at = max(event.retracted_at, part.retracted_at or "")
            return
        # Of two contents of a version the worker takes the first.
        version.facts.setdefault(fact.event_id, msgspec.structs.replace(fact, original=None))
        if fact.original is not None and not version.content:
            version.content = content_digest(fact.original)

    def find(self, source: str, event_id: str) -> TakenEvent:
        """Return an event of these parties; one without versions if there is none."""
        return self._events.get((source, event_id)) or TakenEvent()

    def find_to_retract(self, source: str, event_id: str) -> TakenEvent:
        """Return an event; a retraction may leave out the originating parties."""
        sources = self._sources.get(event_id, set())
        if (source, event_id) not in self._events and source == SOURCE and len(sources) == 1:
            source = next(iter(sources))
        return self.find(source, event_id)

    def _event_to_note(self, source: str, event_id: str) -> TakenEvent:
        key = (source, event_id)
        event = self._events.get(key)
        if event is None:
            event = TakenEvent()
            self._sources.setdefault(event_id, set()).add(source)
            if gone := put(self._events, key, event, REPORTS_MAX):
                forgotten_source, forgotten = gone[0]
                self._sources[forgotten].discard(forgotten_source)
                if not self._sources[forgotten]:
                    del self._sources[forgotten]
        return event


def fact_id_of(report: CarrierReport, number: int) -> str:
    """Compose the id of a fact from the sender's event id, its version and the fact's number."""
    return f"{report.event_id}@{stamp_of(report)}#{number}"


def stamp_of(report: CarrierReport) -> str:
    """Return the version of an event: when its sender stated it."""
    return report.version or UNSTATED


def content_digest(event_json: bytes) -> bytes:
    """Digest an event's content, in whatever order its members are written."""
    content = msgspec.json.encode(msgspec.json.decode(event_json), order="sorted")
    return blake2b(content, digest_size=16).digest()


def withdrawal_of(fact: Fact, *, recorded_at: datetime, retracted_at: str | None = None) -> Fact:
    """Return the retraction of a fact; `retracted_at`: the stamp of the sender's retraction."""
    by_sender = "" if retracted_at is None else f"@{retracted_at}"
    return msgspec.structs.replace(
        fact,
        event_id=f"{fact.event_id}{_WITHDRAWN}{by_sender}",
        correction_of=fact.event_id,
        retracted=True,
        recorded_at=recorded_at,
        original=None,
    )


def put(table: OrderedDict[K, V], key: K, value: V, most: int) -> tuple[K, V] | None:
    """Add an item; return the oldest one if there is no room for that."""
    table[key] = value
    table.move_to_end(key)
    return table.popitem(last=False) if len(table) > most else None
