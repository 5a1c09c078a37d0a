"""AsyncAPI 3.0 document of the hub: all that a client needs to publish and to read events.

Channels come from the topic table, messages from the catalogue, schemas from `schemas`. A test
writes a client from this document alone.
"""

from typing import Any

from groupage import __version__
from groupage.contracts.admin import configs_of
from groupage.contracts.attributes import ce_type
from groupage.contracts.encoding import encode
from groupage.contracts.examples import example_envelope, example_fact
from groupage.contracts.headers import (
    CAPTURED_EVENT_HEADERS,
    DEAD_LETTER_HEADERS,
    HEADERS,
)
from groupage.contracts.publication import LICENSE, publishable
from groupage.contracts.schemas import component_schemas
from groupage.contracts.topics import CAPTURE_TOPIC, DEAD_LETTER_TOPIC, TOPICS, Topic
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitEvent

_BINDING_VERSION = "0.5.0"
_DESCRIPTION = """\
Events of consignments, units, containers and voyages in a consolidation hub.

Every record is a CloudEvent 1.0. Binary mode: the attributes are Kafka headers `ce_...`, the value
is the data in JSON. Structured mode, with header `content-type: application/cloudevents+json` and
everything in the value, is understood as well.

- **Key**: the id of the aggregate, as each message says. A record without a key is accepted too,
  but only a key keeps the events of an aggregate in order.
- **Identity**: (`source`, `id`). The same pair again is the same event, so sending twice does no
  harm. With other data, or at another time, it is an error: the first event stands.
- **Time**: `ce_time` is when it happened, with offset. Events may come late and out of order.
- **Correction**: a new event whose `ce_correctionof` names the id of an earlier one of the same
  source and key replaces it; with `ce_retracted: true` it withdraws it. While the aggregate has no
  such event, the correction changes nothing and is rejected with code `no_target`. To correct an
  event that was sent under a wrong key, retract it under that key, then send it with a new id under
  the right key.
- **Messages of the hub** (`ce_relayedby`) lie on topics that only the hub writes, such as
  `hub.consolidation.internal.v1` beside `hub.consolidation.v1`, with the same keys and partitions.
  (Versions before 0.3.0 wrote them to the public topics.) One that may be taken back has the id
  `SERIES.REVISION.DIGEST`. Of a series only the message with the highest revision counts. If it
  takes the place of an earlier one, `ce_correctionof` names the series; with `ce_retracted: true`
  none of the series counts any more. A snapshot has a field `revision` in place of that.
- **Units**: integers in the base unit that the field name ends in (mm, g, cm3, s, minor); 12500.0
  and 1.25e4 are integers, too.
- **Check digits** of container numbers and SSCCs are judged by the hub's policy, as by HTTP: an
  event with a wrong digit goes to the dead letter topic (`check_digit`), unless the policy is
  `warn` or the record has the header `wrong_digits: accepted`. Other names are not judged.
- **Errors**: a record that groupage cannot decode, or an event that it rejects, goes to the
  dead letter topic with a code and a reason. Readers ignore fields that are not in the schema.

To publish with kcat: `printf '%s' "$DATA" | kcat -P -b BROKER -t TOPIC -k KEY
-H ce_specversion=1.0 -H ce_id=ID -H ce_source=/your/system -H ce_type=unit.received.v1
-H ce_time=2026-03-02T09:30:00+08:00`
"""


_FOREIGN_KEYS = {
    CAPTURE_TOPIC: "the id of the EPCIS event",
    DEAD_LETTER_TOPIC: "that of the record, when known",
}
_WITH_INTERNAL_TOPIC = frozenset(topic.internal_of for topic in TOPICS if topic.internal_of)


def asyncapi_document(*, prefix: str = "", server: str = "localhost:9092") -> dict[str, Any]:
    """Build the document for topics with that prefix and one bootstrap server."""
    document: dict[str, Any] = publishable(_document(prefix=prefix, server=server))
    return document


def _document(*, prefix: str, server: str) -> dict[str, Any]:
    events = tuple(EVENTS.values())
    data, parts = component_schemas(events, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "id": "urn:groupage:hub",
        "info": {
            "title": "groupage",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": LICENSE,
        },
        "defaultContentType": "application/json",
        "servers": {"hub": {"host": server, "protocol": "kafka"}},
        "channels": {_channel_id(topic): _channel(topic, prefix) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "messages": {
                **{ce_type(event): _message(event, data[event.name]) for event in events},
                "captured-event": _captured_event(),
                "dead-letter": _dead_letter(),
            },
            "schemas": {
                **parts,
                "CloudEventHeaders": HEADERS,
                "CapturedEventHeaders": CAPTURED_EVENT_HEADERS,
                "DeadLetterHeaders": DEAD_LETTER_HEADERS,
            },
        },
    }


def events_on(topic: Topic) -> tuple[type[Event], ...]:
    """List the event classes that a topic carries.

    An internal topic carries events that other systems publish, too, where an aggregate forwards
    them to another one or a command causes them.
    """
    kinds = (*topic.kinds, "clock") if topic.ticks else topic.kinds
    return tuple(
        event
        for event in EVENTS.values()
        if event.kind in kinds
        and not (event.internal and event.kind != "clock" and topic.name in _WITH_INTERNAL_TOPIC)
    )


def _channel_id(topic: Topic) -> str:
    return topic.name.removeprefix("hub.").rpartition(".")[0].replace(".", "-")


def _channel(topic: Topic, prefix: str) -> dict[str, Any]:
    names = [ce_type(event) for event in events_on(topic)] or [_foreign_message(topic)]
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
    kept = "for ever" if topic.retention is None else f"for {topic.retention.days} days"
    kinds = " or ".join(topic.kinds)
    key = f"the id of the {kinds}" if kinds else _FOREIGN_KEYS[topic.name]
    writers = "Other systems publish to it." if topic.public else "Only groupage publishes to it."
    if topic.public and topic.ticks:
        writers += " On a hub with an external clock it carries that clock's ticks, too."
    return f"{topic.about}. Key: {key}. Kafka keeps records {kept}. {writers}"


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
                "receive", channel, outside, f"Other systems publish: {topic.about.lower()}"
            )
        derived = inside if topic.public else [*inside, *outside]
        if derived or not topic.kinds:
            operations[f"send-{channel}"] = _operation(
                "send",
                channel,
                derived or [_foreign_message(topic)],
                f"groupage publishes: {topic.about.lower()}",
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
        "summary": event.meaning(),
        "description": _message_description(event),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "allOf": [
                {"$ref": "#/components/schemas/CloudEventHeaders"},
                {"properties": {"ce_type": {"const": ce_type(event)}}},
            ],
        },
        "payload": payload,
        "bindings": {"kafka": {"key": _key_schema(event), "bindingVersion": _BINDING_VERSION}},
        "examples": [{"name": "example", "headers": headers, "payload": envelope["data"]}],
        "tags": [{"name": event.kind}, {"name": "derived" if event.internal else "published"}],
    }


def _message_description(event: type[Event]) -> str:
    text = " ".join((event.__doc__ or "").split())
    if event.internal:
        text += " Only groupage publishes it."
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


def _foreign_message(topic: Topic) -> str:
    """Return the name of the message on a topic without aggregates."""
    return "captured-event" if topic.name == CAPTURE_TOPIC else "dead-letter"


def _captured_event() -> dict[str, Any]:
    return {
        "name": "captured-event",
        "title": "A captured EPCIS event",
        "summary": "A valid EPCIS 2.0 event as its sender wrote it.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CapturedEventHeaders"},
        "payload": {"type": "object", "description": "The EPCIS event (JSON-LD), unchanged."},
    }


def _dead_letter() -> dict[str, Any]:
    return {
        "name": "dead-letter",
        "title": "A dead letter",
        "summary": "A record that groupage could not decode or rejected, with code and reason.",
        "contentType": "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "The value of the record, unchanged."},
    }
