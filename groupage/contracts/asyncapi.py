"""AsyncAPI 3.0 document of the hub: what a client needs to publish and to read facts.

Channels come from the topic table, messages from the catalogue, schemas from the strict twins. A
client that has read this document only, in any language, is understood.
"""

from typing import Any

from groupage import __version__
from groupage.contracts.admin import configs_of
from groupage.contracts.attributes import ce_type
from groupage.contracts.encoding import encode
from groupage.contracts.examples import example_envelope, example_fact
from groupage.contracts.headers import HEADERS, LETTER_HEADERS
from groupage.contracts.schemas import component_schemas
from groupage.contracts.topics import TOPICS, Topic
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitEvent

_BINDING_VERSION = "0.5.0"
_DESCRIPTION = """\
Facts about consignments, units, containers and voyages of a consolidation hub.

Every record is a CloudEvent 1.0. Binary mode: the attributes are Kafka headers `ce_...`, the value
is the data in JSON. Structured mode, with header `content-type: application/cloudevents+json` and
everything in the value, is understood as well.

- **Key**: the id of the owner of the state, as each message says. A record without key is accepted
  too, but only a key keeps the order of an owner's facts.
- **Identity**: (`source`, `id`). The same pair again is the same fact: sending twice does no harm.
  With other data, or at another time, it is a mistake: the first one stands.
- **Time**: `ce_time` is when it happened, with offset. Late and out-of-order facts are expected.
- **Correction**: a new event whose `ce_correctionof` names the id of an earlier one of the same
  source and key takes its place; with `ce_retracted: true` it withdraws it. It changes nothing, and
  is refused as `no_target`, as long as the owner has no such event. One sent under a wrong key is
  therefore put right in two steps: retract it under that key, then send it anew, with an id of its
  own, under the right one.
- **Units**: integers in the base unit that the field name ends in (mm, g, cm3, s, minor), written
  without a decimal point.
- **Check digits** of container numbers and SSCCs are looked at by the HTTP gateway and the file
  imports. A record on Kafka is taken as it is.
- **Mistakes**: what cannot be understood or applied is kept on the dead letter topic with a code
  and a reason. Fields that are not in the schema are passed over.

Published with kcat: `printf '%s' "$DATA" | kcat -P -b BROKER -t TOPIC -k KEY
-H ce_specversion=1.0 -H ce_id=ID -H ce_source=/your/system -H ce_type=unit.received.v1
-H ce_time=2026-03-02T09:30:00+08:00`
"""


def asyncapi_document(*, prefix: str = "", server: str = "localhost:9092") -> dict[str, Any]:
    """The document; `prefix` begins the topics' names, `server` is one bootstrap server."""
    events = tuple(EVENTS.values())
    data, parts = component_schemas(events, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "id": "urn:groupage:hub",
        "info": {
            "title": "groupage",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "servers": {"hub": {"host": server, "protocol": "kafka"}},
        "channels": {_channel_id(topic): _channel(topic, prefix) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "messages": {
                **{ce_type(event): _message(event, data[event.name]) for event in events},
                "dead-letter": _dead_letter(),
            },
            "schemas": {**parts, "CloudEventHeaders": HEADERS, "DeadLetterHeaders": LETTER_HEADERS},
        },
    }


def events_on(topic: Topic) -> tuple[type[Event], ...]:
    """Event types that a topic carries."""
    kinds = (*topic.kinds, "clock") if topic.ticks else topic.kinds
    return tuple(event for event in EVENTS.values() if event.kind in kinds)


def _channel_id(topic: Topic) -> str:
    return topic.name.split(".")[1]


def _channel(topic: Topic, prefix: str) -> dict[str, Any]:
    names = [ce_type(event) for event in events_on(topic)] or ["dead-letter"]
    return {
        "address": prefix + topic.name,
        "title": topic.about,
        "description": _channel_description(topic),
        "servers": [{"$ref": "#/servers/hub"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": prefix + topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _topic_configuration(topic),
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }


def _channel_description(topic: Topic) -> str:
    kept = "kept for ever" if topic.retention is None else f"kept {topic.retention.days} days"
    owners = " or ".join(topic.kinds)
    key = f"Key: the id of the {owners}. " if owners else "Key: that of the record, when known. "
    who = "Open to senders outside." if topic.public else "Written by groupage only."
    return f"{topic.about}. {key}Records are {kept}. {who}"


def _topic_configuration(topic: Topic) -> dict[str, Any]:
    configs = configs_of(topic)
    return {
        "cleanup.policy": [configs["cleanup.policy"]],
        "retention.ms": int(configs["retention.ms"]),
        "retention.bytes": int(configs["retention.bytes"]),
        "max.message.bytes": int(configs["max.message.bytes"]),
    }


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for topic in TOPICS:
        channel = _channel_id(topic)
        outside = [ce_type(event) for event in events_on(topic) if not event.internal]
        inside = [ce_type(event) for event in events_on(topic) if event.internal]
        if topic.public and outside:
            operations[f"receive-{channel}"] = _operation(
                "receive", channel, outside, f"Others publish: {topic.about.lower()}"
            )
        derived = inside if topic.public else [*inside, *outside]
        if derived or not topic.kinds:
            operations[f"send-{channel}"] = _operation(
                "send", channel, derived or ["dead-letter"], f"groupage says: {topic.about.lower()}"
            )
    return operations


def _operation(action: str, channel: str, names: list[str], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }


def _message(event: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    record = encode(example_fact(event), topic="-")
    headers = {name: value.decode() for name, value in record.headers}
    envelope = example_envelope(event)
    return {
        "name": ce_type(event),
        "title": event.name,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "description": _message_description(event),
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEventHeaders"},
                {"properties": {"ce_type": {"const": ce_type(event)}}},
            ]
        },
        "payload": payload,
        "bindings": {"kafka": {"key": _key_schema(event), "bindingVersion": _BINDING_VERSION}},
        "examples": [{"name": "example", "headers": headers, "payload": envelope["data"]}],
        "tags": [{"name": event.kind}, {"name": "derived" if event.internal else "published"}],
    }


def _message_description(event: type[Event]) -> str:
    text = " ".join((event.__doc__ or "").split())
    if event.internal:
        text += " Sent by groupage itself: read it, do not publish it."
    return f"{text} {_key_description(event)}"


def _key_schema(event: type[Event]) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "description": _key_description(event)}


def _key_description(event: type[Event]) -> str:
    if issubclass(event, UnitEvent) and not event.internal:
        return (
            "Key: `consignment_id` when it is given (topic hub.consignment.v1), "
            "else `unit_id` (topic hub.unit.v1)."
        )
    return f"Key: `{event.key_field}`."


def _dead_letter() -> dict[str, Any]:
    return {
        "name": "dead-letter",
        "title": "A record put aside",
        "summary": "What could not be understood or applied, untouched, with code and reason.",
        "contentType": "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "The record's value as it came."},
    }
