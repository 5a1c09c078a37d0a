"""The log while it is gathered: events, objects and their relations in a SQLite file.

Facts come aggregate by aggregate, and a log needs its events by time and its objects with their
whole history, so the draft sorts on disk: a day of a large hub does not fit into memory.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from groupage.app.exports.ocel_objects import (
    OBJECT_ATTRIBUTES,
    Value,
    attributes_of,
    relations_of,
    subject_of,
)
from groupage.domain.catalogue import EVENTS
from groupage.store.facts import StoredFact

_SCHEMA = """
create table event (
    id text primary key, type text not null, at text not null, attributes text not null
) without rowid;
create table object (id text primary key, type text not null) without rowid;
create table event_object (
    event_id text, object_id text, qualifier text, primary key (event_id, object_id, qualifier)
) without rowid;
create table object_object (
    source_id text, target_id text, qualifier text, primary key (source_id, target_id, qualifier)
) without rowid;
create table attribute (
    object_id text, name text, at text, event_id text, value text,
    primary key (object_id, name, at, event_id)
) without rowid;
"""
BEGINNING = "1970-01-01T00:00:00Z"
"""The time that OCEL 2.0 gives to the first value of an object's attribute."""
_PASSIVE = frozenset({"party", "plan", "lane"})
"""Objects that others refer to, and that never refer to others."""


class DraftEvent(NamedTuple):
    """An event of the log."""

    id: str
    type: str
    at: str
    attributes: dict[str, Value]
    relations: list[tuple[str, str]]
    """(object id, qualifier)."""


class DraftObject(NamedTuple):
    """An object of the log."""

    id: str
    type: str
    attributes: list[tuple[str, str, Value]]
    """(name, since when, value), oldest first."""
    relations: list[tuple[str, str]]
    """(object id, qualifier)."""


def instant_text(at: datetime) -> str:
    """Write an instant in UTC with a Z, and a fraction only if there is one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class OcelDraft:
    """Gathers facts; then gives events and objects in order. Close it; the file is the caller's."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("pragma journal_mode = off")
        self._connection.execute("pragma synchronous = off")
        self._connection.executescript(_SCHEMA)
        self._connection.execute("begin")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, facts: Iterable[StoredFact]) -> int:
        """Add facts with at least one object; return how many there were."""
        added = 0
        for stored in facts:
            relations = relations_of(stored.fact)
            if not relations:
                continue
            added += 1
            fact, event_id, at = stored.fact, stored.fact_id, instant_text(stored.fact.occurred_at)
            values = attributes_of(fact)
            execute = self._connection.execute
            execute(
                "insert or ignore into event values (?, ?, ?, ?)",
                (event_id, fact.type, at, msgspec.json.encode(values).decode()),
            )
            many = self._connection.executemany
            many(
                "insert or ignore into object values (?, ?)",
                [(each.object_id, each.object_type) for each in relations],
            )
            many(
                "insert or ignore into event_object values (?, ?, ?)",
                [(event_id, each.object_id, each.qualifier) for each in relations],
            )
            subject = subject_of(fact)
            if subject is None or fact.classifier != "ACT":
                continue
            many(
                "insert or ignore into object_object values (?, ?, ?)",
                [
                    (subject.object_id, each.object_id, each.qualifier)
                    for each in relations
                    if each.object_id != subject.object_id and subject.object_type not in _PASSIVE
                ],
            )
            names = OBJECT_ATTRIBUTES.get(subject.object_type, frozenset())
            many(
                "insert or replace into attribute values (?, ?, ?, ?, ?)",
                [
                    (subject.object_id, name, at, event_id, msgspec.json.encode(value).decode())
                    for name, value in values.items()
                    if name in names and value != ""
                ],
            )
        return added

    def event_types(self) -> list[str]:
        """Return the types that occur, in the order of the catalogue."""
        found = {row[0] for row in self._connection.execute("select distinct type from event")}
        return [name for name in EVENTS if name in found]

    def object_types(self) -> list[str]:
        """Return the types that occur."""
        rows = self._connection.execute("select distinct type from object order by type")
        return [row[0] for row in rows]

    def events(self) -> Iterator[DraftEvent]:
        """Yield the events by time."""
        rows = self._connection.execute(
            "select id, type, at, attributes from event order by at, id"
        )
        for id_, type_, at, attributes in rows:
            related = self._connection.execute(
                "select object_id, qualifier from event_object where event_id = ? order by 1, 2",
                (id_,),
            )
            yield DraftEvent(id_, type_, at, msgspec.json.decode(attributes), related.fetchall())

    def objects(self) -> Iterator[DraftObject]:
        """Yield the objects by type and id."""
        rows = self._connection.execute("select id, type from object order by type, id")
        for id_, type_ in rows:
            related = self._connection.execute(
                "select target_id, qualifier from object_object where source_id = ? order by 1, 2",
                (id_,),
            )
            yield DraftObject(id_, type_, self._history(id_), related.fetchall())

    def _history(self, id_: str) -> list[tuple[str, str, Value]]:
        """Return the values of the object's attributes that differ from the one before."""
        rows = self._connection.execute(
            "select name, at, value from attribute where object_id = ? order by name, at, event_id",
            (id_,),
        )
        history: list[tuple[str, str, Value]] = []
        last: tuple[str, str] | None = None
        for name, at, value in rows:
            if last == (name, value):
                continue
            since = BEGINNING if last is None or last[0] != name else at
            history.append((name, since, msgspec.json.decode(value)))
            last = (name, value)
        return history
