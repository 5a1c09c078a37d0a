"""JSON Schema 2020-12 of every event: strict for writers, tolerant for readers."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from groupage.contracts.attributes import ce_type
from groupage.contracts.strict import event_twin
from groupage.domain.events.base import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def writing_schema(event: type[Event]) -> Mapping[str, Any]:
    """What a writer may send: unknown fields are refused, instants have an offset."""
    return _document(event, "write", _schema(event))


@cache
def reading_schema(event: type[Event]) -> Mapping[str, Any]:
    """What a reader understands: the same, with any other fields beside it."""
    return _document(event, "read", tolerant(_schema(event)))


def component_schemas(
    events: tuple[type[Event], ...], *, ref_template: str
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Schemas by event name, and the parts they share, for documents that hold many events."""
    schemas, parts = msgspec.json.schema_components(
        [event_twin(event) for event in events], ref_template=ref_template
    )
    return {event.name: schema for event, schema in zip(events, schemas, strict=True)}, parts


def tolerant(schema: Any) -> Any:
    """The schema without its refusals of unknown fields."""
    if isinstance(schema, dict):
        return {
            name: tolerant(value)
            for name, value in schema.items()
            if not (name == "additionalProperties" and value is False)
        }
    if isinstance(schema, list):
        return [tolerant(item) for item in schema]
    return schema


def _schema(event: type[Event]) -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.schema(event_twin(event))
    return schema


def _document(event: type[Event], use: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"urn:groupage:{use}:{ce_type(event)}",
        "title": ce_type(event),
        **schema,
    }
