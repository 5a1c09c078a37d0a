"""Our checks and GS1's JSON Schema, on GS1's examples with one member changed at a time."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource

from producers.entries import Rejected
from producers.epcis.importing import entries_of
from producers.epcis.reading import read_json
from tests.producers.epcis_events import NOW

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CHANGES: dict[str, Any] = {"null": None, "number": 5, "object": {}}
_EVENT = (
    "https://gs1.github.io/EPCIS/JSON-Schema/EPCIS-Event-JSON-Schema.json"
    "#/definitions/EPCIS-Document-Event"
)
_FORMATS = {
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
}


def schema_of(folder: Path) -> Draft7Validator:
    """GS1's schema of an event, with the formats that it names."""
    documents = [json.loads(file.read_text()) for file in folder.rglob("*-JSON-Schema*.json")]
    resources = [(each["$id"], Resource.from_contents(each)) for each in documents]
    registry: Registry[Any] = Registry().with_resources(resources)
    formats = FormatChecker(())
    for name, pattern in _FORMATS.items():
        formats.checks(name)(
            lambda value, pattern=pattern: (
                not isinstance(value, str) or re.fullmatch(pattern, value) is not None
            )
        )
    return Draft7Validator({"$ref": _EVENT}, registry=registry, format_checker=formats)


def places_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each member."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for name, inner in items:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from places_in(inner, (*path, name))


def changed(event: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    """The event with that member renamed, or of another value."""
    for name in (*CHANGES, "renamed"):
        other: Any = copy.deepcopy(event)
        holder = other
        for step in path[:-1]:
            holder = holder[step]
        if name in CHANGES:
            holder[path[-1]] = CHANGES[name]
        else:
            value = holder.pop(path[-1])
            if isinstance(holder, dict):
                holder["unknown"] = value
        yield name, other


def test_they_agree(foreign_data: Path) -> None:
    """On each member of each type of event."""
    schema = schema_of(foreign_data / "epcis" / "json-schema")
    seen, differ, agreed = set(), set(), 0
    for file in sorted((foreign_data / "epcis" / "gs1-json").rglob("*.jsonld")):
        document = json.loads(file.read_text())
        for event in document["epcisBody"].get("eventList", ()):
            for path in places_in(event):
                shape = tuple(step for step in path if isinstance(step, str))
                if (event["type"], shape) in seen:
                    continue
                seen.add((event["type"], shape))
                for name, other in changed(event, path):
                    whole = document | {"epcisBody": {"eventList": [other]}}
                    read = read_json(msgspec.json.encode(whole))
                    (entry,) = entries_of(read, recorded_at=NOW, found_by="test")
                    if schema.is_valid(other) is isinstance(entry, Rejected):
                        differ.add((".".join(shape), name))
                    else:
                        agreed += 1
    assert agreed > 1_000
    assert differ == set()
