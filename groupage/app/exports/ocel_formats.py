"""OCEL 2.0 as JSON, XML and SQLite (https://www.ocel-standard.org, specification of 2023)."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Literal, TypeAlias
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

import msgspec

from groupage.app.exports.ocel_draft import BEGINNING, OcelDraft
from groupage.app.exports.ocel_objects import (
    OBJECT_ATTRIBUTES,
    Value,
    ValueType,
    attribute_types,
)
from groupage.domain.catalogue import EVENTS

OcelFormat: TypeAlias = Literal["json", "xml", "sqlite"]
_SQL_TYPES: dict[ValueType, str] = {
    "string": "TEXT",
    "time": "TIMESTAMP",
    "integer": "INTEGER",
    "float": "REAL",
    "boolean": "BOOLEAN",
}


def object_attribute_types(object_type: str) -> dict[str, ValueType]:
    """Return the attributes of an object type by name, with their types."""
    names = OBJECT_ATTRIBUTES.get(object_type, frozenset())
    types: dict[str, ValueType] = {}
    for event in EVENTS.values():
        types.update(
            {name: type_ for name, type_ in attribute_types(event).items() if name in names}
        )
    return {name: types[name] for name in sorted(names)}


# --- JSON -----------------------------------------------------------------------------------------


def write_json(draft: OcelDraft, file: IO[bytes]) -> None:
    """Write the log as one JSON object, an event or object a line."""
    encode = msgspec.json.encode
    types = {
        "eventTypes": [
            {"name": name, "attributes": _named(attribute_types(EVENTS[name]))}
            for name in draft.event_types()
        ],
        "objectTypes": [
            {"name": name, "attributes": _named(object_attribute_types(name))}
            for name in draft.object_types()
        ],
    }
    file.write(b"{\n")
    for name, listed in types.items():
        file.write(b"%b: %b,\n" % (encode(name), encode(listed)))
    _write_list(file, "events", _events_as_json(draft))
    file.write(b",\n")
    _write_list(file, "objects", _objects_as_json(draft))
    file.write(b"\n}\n")


def _named(types: dict[str, ValueType]) -> list[dict[str, str]]:
    return [{"name": name, "type": type_} for name, type_ in types.items()]


def _write_list(file: IO[bytes], name: str, items: Iterator[object]) -> None:
    file.write(msgspec.json.encode(name) + b": [")
    separator = b"\n"
    for item in items:
        file.write(separator + msgspec.json.encode(item))
        separator = b",\n"
    file.write(b"\n]")


def _events_as_json(draft: OcelDraft) -> Iterator[object]:
    for event in draft.events():
        yield {
            "id": event.id,
            "type": event.type,
            "time": event.at,
            "attributes": [
                {"name": name, "value": value} for name, value in event.attributes.items()
            ],
            "relationships": _related(event.relations),
        }


def _objects_as_json(draft: OcelDraft) -> Iterator[object]:
    for item in draft.objects():
        yield {
            "id": item.id,
            "type": item.type,
            "attributes": [
                {"name": name, "time": since, "value": value}
                for name, since, value in item.attributes
            ],
            "relationships": _related(item.relations),
        }


def _related(relations: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"objectId": id_, "qualifier": qualifier} for id_, qualifier in relations]


# --- XML ------------------------------------------------------------------------------------------


def write_xml(draft: OcelDraft, file: IO[bytes]) -> None:
    """Write the log as XML."""
    writer = _Xml(file)
    with writer.element("log"):
        with writer.element("object-types"):
            for name in draft.object_types():
                writer.type("object-type", name, object_attribute_types(name))
        with writer.element("event-types"):
            for name in draft.event_types():
                writer.type("event-type", name, attribute_types(EVENTS[name]))
        with writer.element("objects"):
            for item in draft.objects():
                with writer.element("object", id=item.id, type=item.type):
                    with writer.element("attributes"):
                        for name, since, value in item.attributes:
                            writer.text("attribute", _text(value), name=name, time=since)
                    writer.relations(item.relations)
        with writer.element("events"):
            for event in draft.events():
                with writer.element("event", id=event.id, type=event.type, time=event.at):
                    with writer.element("attributes"):
                        for name, value in event.attributes.items():
                            writer.text("attribute", _text(value), name=name)
                    writer.relations(event.relations)
    writer.end()


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


class _Xml:
    """A writer of elements; each on a line of its own."""

    def __init__(self, file: IO[bytes]) -> None:
        self._generator = XMLGenerator(file, encoding="UTF-8", short_empty_elements=True)
        self._generator.startDocument()

    def end(self) -> None:
        self._generator.endDocument()

    def element(self, tag: str, /, **attributes: str) -> "_Element":
        return _Element(self._generator, tag, attributes)

    def text(self, tag: str, text: str, /, **attributes: str) -> None:
        with self.element(tag, **attributes):
            self._generator.characters(_visible(text))

    def type(self, element: str, name: str, attributes: dict[str, ValueType]) -> None:
        with self.element(element, name=name), self.element("attributes"):
            for attribute, type_ in attributes.items():
                with self.element("attribute", name=attribute, type=type_):
                    pass

    def relations(self, relations: list[tuple[str, str]]) -> None:
        with self.element("objects"):
            for id_, qualifier in relations:
                with self.element("relationship", **{"object-id": id_, "qualifier": qualifier}):
                    pass


class _Element:
    def __init__(self, generator: XMLGenerator, name: str, attributes: dict[str, str]) -> None:
        self._generator, self._name, self._attributes = generator, name, attributes

    def __enter__(self) -> None:
        shown = {key: _visible(value) for key, value in self._attributes.items()}
        self._generator.startElement(self._name, AttributesImpl(shown))

    def __exit__(self, *_: object) -> None:
        self._generator.endElement(self._name)
        self._generator.ignorableWhitespace("\n")


_FORBIDDEN = dict.fromkeys(
    [*(code for code in range(0x20) if chr(code) not in "\t\n\r"), 0xFFFE, 0xFFFF], "\ufffd"
)


def _visible(text: str) -> str:
    """Replace the characters that XML 1.0 cannot hold, even escaped."""
    return text.translate(_FORBIDDEN)


# --- SQLite ---------------------------------------------------------------------------------------

_TABLES = """
create table event_map_type (ocel_type text primary key, ocel_type_map text not null);
create table object_map_type (ocel_type text primary key, ocel_type_map text not null);
create table event (
    ocel_id text primary key, ocel_type text not null references event_map_type (ocel_type)
);
create table object (
    ocel_id text primary key, ocel_type text not null references object_map_type (ocel_type)
);
create table event_object (
    ocel_event_id text not null references event (ocel_id),
    ocel_object_id text not null references object (ocel_id),
    ocel_qualifier text not null,
    primary key (ocel_event_id, ocel_object_id, ocel_qualifier)
);
create table object_object (
    ocel_source_id text not null references object (ocel_id),
    ocel_target_id text not null references object (ocel_id),
    ocel_qualifier text not null,
    primary key (ocel_source_id, ocel_target_id, ocel_qualifier)
);
"""


def write_sqlite(draft: OcelDraft, path: Path) -> None:
    """Write the log as a SQLite database, with its keys and references."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma foreign_keys = on")
        connection.executescript(_TABLES)
        connection.execute("begin")
        insert_object = _object_tables(connection, draft)
        insert_event = _event_tables(connection, draft)
        for item in draft.objects():
            connection.execute("insert into object values (?, ?)", (item.id, item.type))
            insert_object(item.type, item.id, item.attributes)
        for item in draft.objects():
            connection.executemany(
                "insert into object_object values (?, ?, ?)",
                [(item.id, *relation) for relation in item.relations],
            )
        for event in draft.events():
            connection.execute("insert into event values (?, ?)", (event.id, event.type))
            insert_event(event.type, event.id, event.at, event.attributes)
            connection.executemany(
                "insert into event_object values (?, ?, ?)",
                [(event.id, *relation) for relation in event.relations],
            )
        connection.execute("commit")
    finally:
        connection.close()


def _event_tables(
    connection: sqlite3.Connection, draft: OcelDraft
) -> Callable[[str, str, str, dict[str, Value]], None]:
    columns: dict[str, list[str]] = {}
    for name in draft.event_types():
        types = attribute_types(EVENTS[name])
        columns[name] = list(types)
        connection.execute("insert into event_map_type values (?, ?)", (name, _table_part(name)))
        connection.execute(
            f"create table event_{_table_part(name)} "
            f"(ocel_id text primary key references event (ocel_id), ocel_time timestamp not null"
            f"{_columns(types)})"
        )

    def insert(type_: str, id_: str, at: str, attributes: dict[str, Value]) -> None:
        values = (id_, at, *(attributes.get(name) for name in columns[type_]))
        connection.execute(
            f"insert into event_{_table_part(type_)} values ({_marks(values)})",  # noqa: S608 - ours
            values,
        )

    return insert


def _object_tables(
    connection: sqlite3.Connection, draft: OcelDraft
) -> Callable[[str, str, list[tuple[str, str, Value]]], None]:
    columns: dict[str, list[str]] = {}
    for name in draft.object_types():
        types = object_attribute_types(name)
        columns[name] = list(types)
        connection.execute("insert into object_map_type values (?, ?)", (name, _table_part(name)))
        connection.execute(
            f"create table object_{_table_part(name)} "
            "(ocel_id text not null references object (ocel_id), ocel_time timestamp not null, "
            f"ocel_changed_field text{_columns(types)})"
        )

    def insert(type_: str, id_: str, history: list[tuple[str, str, Value]]) -> None:
        """Insert a row with the first values, then one for each change."""
        names = columns[type_]
        first = {name: value for name, since, value in history if since == BEGINNING}
        rows = [(id_, BEGINNING, None, *(first.get(name) for name in names))]
        rows += [
            (id_, since, name, *(value if each == name else None for each in names))
            for name, since, value in history
            if since != BEGINNING
        ]
        connection.executemany(
            f"insert into object_{_table_part(type_)} values ({_marks(rows[0])})",  # noqa: S608 - ours
            rows,
        )

    return insert


def _table_part(type_: str) -> str:
    """Return the name of a type in the name of a table: ``unit.received`` is ``UnitReceived``."""
    return "".join(part.capitalize() for part in type_.replace(".", "_").split("_"))


def _columns(types: dict[str, ValueType]) -> str:
    return "".join(f', "{name}" {_SQL_TYPES[type_]}' for name, type_ in types.items())


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join("?" * len(values))
