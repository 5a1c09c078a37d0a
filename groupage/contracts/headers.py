"""Schemas of Kafka headers: CloudEvents attributes in binary mode, and those of dead letters."""

from typing import Any

from groupage.contracts.attributes import ATTRIBUTE_LENGTH_MAX, CLASSIFIERS

_TEXT = {"type": "string", "minLength": 1, "maxLength": ATTRIBUTE_LENGTH_MAX}
_INSTANT = {"type": "string", "format": "date-time"}

HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes; header values are UTF-8 text.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {
            **_TEXT,
            "description": "Id of the event, unique within its source.",
        },
        "ce_source": {
            **_TEXT,
            "description": "URI reference of the system that says so, like /wms/yiwu-1.",
        },
        "ce_type": {"type": "string", "description": "Name and version of the event."},
        "ce_subject": {
            **_TEXT,
            "description": "Id of what the event is about; when given, as in the data.",
        },
        "ce_time": {**_INSTANT, "description": "When it happened, RFC 3339 with offset."},
        "content-type": {"type": "string", "description": "application/json; that is the default."},
        "ce_recordtime": {
            **_INSTANT,
            "description": "When groupage took it in; leave it out, and Kafka's time counts.",
        },
        "ce_classifier": {
            "enum": list(CLASSIFIERS),
            "default": "ACT",
            "description": "Planned, estimated, actual or requested.",
        },
        "ce_correctionof": {
            **_TEXT,
            "description": "Id of the event (same source, same key) whose place this one takes. "
            "Refused as no_target until there is one.",
        },
        "ce_retracted": {
            "enum": ["true", "false"],
            "default": "false",
            "description": "true: the event named by ce_correctionof is withdrawn.",
        },
        "ce_relayedby": {**_TEXT, "description": "The processor of groupage that derived it."},
        "ce_traceparent": {**_TEXT, "description": "W3C trace context."},
        "ce_original": {
            "type": "string",
            "description": "The foreign document this event was made from, Base64.",
        },
    },
}

LETTER_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "Why the record lies here, and where it was meant to go.",
    "required": ["dlq_code", "dlq_reason", "dlq_topic"],
    "properties": {
        "dlq_id": {
            "type": "string",
            "format": "uuid",
            "description": "The same letter again, the same id.",
        },
        "dlq_code": {"type": "string", "description": "One word of a small set, like wrong_key."},
        "dlq_reason": {"type": "string", "description": "For people."},
        "dlq_source": {"type": "string", "description": "Which way in found it."},
        "dlq_at": {**_INSTANT, "description": "When it was found."},
        "dlq_partition": {"type": "string", "description": "Partition that it was read from."},
        "dlq_offset": {"type": "string", "description": "Offset that it was read from."},
        "dlq_topic": {"type": "string", "description": "Where it came from, or was meant to go."},
        "dlq_type": {"type": "string"},
        "dlq_event_source": {"type": "string"},
        "dlq_event_id": {"type": "string"},
        "dlq_key": {"type": "string"},
    },
}
