"""Each event described for people, from its contract: fields, values, an example, how to send it.

`groupage events`, and the page of the gateway show these descriptions.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from groupage.contracts.attributes import VERSION, ce_type
from groupage.contracts.encoding import encode
from groupage.contracts.examples import example_envelope, example_fact
from groupage.contracts.provenance import OWN_EVENTS, topic_of_fact
from groupage.contracts.publication import publishable
from groupage.contracts.schemas import unit_of, writer_schema
from groupage.contracts.senders import usual_sender
from groupage.contracts.topics import CLOCK_TOPICS, TOPIC_OF
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import NotFound
from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitEvent
from groupage.domain.near_names import did_you_mean
from groupage.domain.value_names import names_of

STRUCTURED = "application/cloudevents+json"
_SENT_ATTRIBUTES = ("specversion", "id", "source", "type", "time", "data")
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}


class FieldDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an event."""

    name: str
    """With the fields around it: ``lines[].size.length_mm``."""
    type: str
    unit: str
    required: bool
    """Within the object that it is in."""
    meaning: str
    values: dict[str, str]
    """Of an enumeration, each with its name, which may be empty."""

    @property
    def required_text(self) -> str:
        """``yes``, or ``within it``: where the object around the field is."""
        if not self.required:
            return ""
        return "within it" if "." in self.name else "yes"


class EventDescription(msgspec.Struct, frozen=True, kw_only=True):
    """An event or a command."""

    type: str
    meaning: str
    """In one line."""
    details: str
    topics: tuple[str, ...]
    """Without the hub's prefix; that of the example comes first."""
    key: str
    """The field whose value is the record's key."""
    sent_by: str
    public: bool
    """Other systems may send it."""
    fields: tuple[FieldDescription, ...]
    example: dict[str, Any]
    """A CloudEvent in structured mode, as the gateway takes it."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hub listens."""

    gateway: str = "GATEWAY"
    broker: str = "BROKER"
    prefix: str = ""
    """Of its topics."""
    gateway_has_token: bool = False


def find_events(name: str) -> tuple[type[Event], ...]:
    """Return the event of that type, with or without version, or all whose types begin so.

    Raises NotFound with the type that may be meant.
    """
    bare = name.removesuffix(f".{VERSION}")
    if event := EVENTS.get(bare):
        return (event,)
    if group := tuple(event for event in EVENTS.values() if event.name.startswith(f"{bare}.")):
        return group
    hint = did_you_mean(name, [ce_type(event) for event in EVENTS.values()])
    raise NotFound(f"no event is called {name!r}{hint or '; `groupage events` lists all'}")


@cache
def describe_event(event: type[Event]) -> EventDescription:
    """Describe an event by its contract."""
    envelope = example_envelope(event)
    document = publishable(writer_schema(event))
    return EventDescription(
        type=ce_type(event),
        meaning=event.meaning(),
        details=_details(event),
        topics=_topics(event),
        key=key_text(event),
        sent_by=usual_sender(event),
        public=event not in OWN_EVENTS,
        fields=tuple(_fields(document, _resolve(document, document), "")),
        example={name: envelope[name] for name in _SENT_ATTRIBUTES},
    )


def with_time(described: EventDescription, at: datetime) -> EventDescription:
    """Return the description with an example of that time, such as the hub's present one."""
    return msgspec.structs.replace(
        described,
        example=described.example | {"time": at.astimezone(UTC).isoformat().replace("+00:00", "Z")},
    )


def describe_all() -> tuple[EventDescription, ...]:
    """Describe all events: those that others may send come first."""
    described = [describe_event(event) for event in EVENTS.values()]
    return tuple(sorted(described, key=lambda each: not each.public))


def key_text(event: type[Event]) -> str:
    """``consignment_id, else unit_id``: names of the fields that may hold the key."""
    if issubclass(event, UnitEvent) and not event.internal:
        return "consignment_id, else unit_id"
    return event.key_field


def curl_line(described: EventDescription, at: Addresses) -> str:
    """Return the command that sends the example by HTTP."""
    parts = ["curl", "-s", f"{at.gateway}/v1/events", "-H", f"content-type: {STRUCTURED}"]
    if at.gateway_has_token:
        parts += ["-H", "authorization: Bearer TOKEN"]
    body = msgspec.json.encode(described.example).decode()
    return f"{shlex.join(parts)} -d {shlex.quote(body)}"


def kcat_line(described: EventDescription, at: Addresses) -> str:
    """Return the command that sends the example over Kafka, or reads what the hub sent."""
    topic = at.prefix + described.topics[0]
    if not described.public:
        return f"kcat -C -b {at.broker} -t {topic} -o beginning -e"
    event = EVENTS[described.type.removesuffix(f".{VERSION}")]
    record = encode(example_fact(event))
    values = {name: value.decode() for name, value in record.headers if name != "ce_recordtime"}
    values["ce_time"] = described.example["time"]
    headers = [f"{name}={value}" for name, value in values.items()]
    command = ["kcat", "-P", "-b", at.broker, "-t", topic, "-k", record.key.decode()]
    command += [part for header in headers for part in ("-H", header)]
    value = msgspec.json.encode(described.example["data"]).decode()
    return f"printf %s {shlex.quote(value)} | {shlex.join(command)}"


def _topics(event: type[Event]) -> tuple[str, ...]:
    if event.kind == "clock":
        return tuple(topic.name for topic in CLOCK_TOPICS)
    first = topic_of_fact(example_fact(event)).name
    others = [] if event.internal else [TOPIC_OF[kind].name for kind in event.aggregate_kinds()]
    return tuple(dict.fromkeys([first, *others]))


def _details(event: type[Event]) -> str:
    """Return the rest of the docstring, in one line."""
    _, _, rest = (event.__doc__ or "").strip().partition("\n")
    return re.sub(r"\s+", " ", rest).strip()


def _fields(
    document: Mapping[str, Any], struct: Mapping[str, Any], path: str
) -> Iterator[FieldDescription]:
    required = struct.get("required", ())
    for name, schema in struct["properties"].items():
        value, suffix = _value_of(document, schema)
        inner = value.get("properties") is not None
        values = _values(value)
        yield FieldDescription(
            name=path + name + suffix,
            type=_type_text(value, values),
            unit=unit_of(name).rstrip("."),
            required=name in required,
            meaning=_meaning(schema.get("description") or value.get("description", ""), values),
            values=values,
        )
        if inner:
            yield from _fields(document, value, f"{path}{name}{suffix}.")


def _value_of(
    document: Mapping[str, Any], schema: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str]:
    """Return the schema of what a field holds: not null, of a list its items (``[]``)."""
    schema = _resolve(document, schema)
    for option in schema.get("anyOf", ()):
        if option != {"type": "null"}:
            return _value_of(document, option)
    if schema.get("type") == "array" and schema.get("items"):
        value, suffix = _value_of(document, schema["items"])
        return value, f"[]{suffix}"
    return schema, ""


def _resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if reference := schema.get("$ref"):
        found: Mapping[str, Any] = document["$defs"][reference.rpartition("/")[2]]
        return found
    return schema


def _values(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return an enumeration's values with their names, in the order of the names."""
    values = [str(value) for value in schema.get("enum", ()) if value is not None]
    return dict(names_of(values)) or dict.fromkeys(values, "")


def _type_text(schema: Mapping[str, Any], values: Mapping[str, str]) -> str:
    if values:
        return "one of the values"
    if schema.get("format") == "date-time":
        return "instant"
    text = _TYPES.get(str(schema.get("type", "")), "value")
    if "minimum" in schema and "maximum" in schema:
        text += f", {schema['minimum']:,} to {schema['maximum']:,}"
    return text


def _meaning(text: str, values: Mapping[str, str]) -> str:
    """Take the names of an enumeration's values from its text: they are listed on their own."""
    starts = [text.find(f" {value or repr('')}: ") for value, name in values.items() if name]
    end = min((start for start in starts if start >= 0), default=len(text))
    return text[:end].replace("``", "`")
