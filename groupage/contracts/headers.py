"""Schemas of Kafka headers: of CloudEvents in binary mode, and of dead letters."""

from typing import Any

from groupage.contracts.attributes import ATTRIBUTE_LENGTH_MAX, CLASSIFIERS
from groupage.contracts.provenance import OWN_SOURCES
from groupage.contracts.signing import SIGNATURE_HEADER

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
            "description": "URI reference of the system that states it, like /wms/yiwu-1. "
            f"Sources that begin with {OWN_SOURCES} are the hub's own.",
        },
        "ce_type": {"type": "string", "description": "Name and version of the event."},
        "ce_subject": {
            **_TEXT,
            "description": "Id of the thing that the event is about; must agree with the data.",
        },
        "ce_time": {**_INSTANT, "description": "When the event happened, RFC 3339 with offset."},
        "content-type": {
            "type": "string",
            "description": "application/json, which is the default.",
        },
        "ce_recordtime": {
            **_INSTANT,
            "description": "When groupage took the event in; without it, Kafka's time counts.",
        },
        "ce_classifier": {
            "enum": list(CLASSIFIERS),
            "default": "ACT",
            "description": "Planned, estimated, actual or requested.",
        },
        "ce_correctionof": {
            **_TEXT,
            "description": "Id of the event (same source, same key) that this one replaces. "
            "Rejected as no_target while there is none. Of the hub's own messages: their series.",
        },
        "ce_retracted": {
            "enum": ["true", "false"],
            "default": "false",
            "description": "true: this withdraws the event that ce_correctionof names.",
        },
        "ce_relayedby": {
            **_TEXT,
            "description": "Kind of the aggregate that derived or forwarded the event. Only the "
            "hub's own processes set it.",
        },
        "ce_traceparent": {**_TEXT, "description": "W3C trace context."},
        "ce_original": {
            "type": "string",
            "description": "The foreign document from which the event was mapped, Base64.",
        },
        SIGNATURE_HEADER: {
            **_TEXT,
            "description": "The last header of a record that a process of the hub derived or "
            "forwarded, but for trace context: its signature with the hub's secret. Other systems "
            "leave it out.",
        },
    },
}

CAPTURED_EVENT_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["captured_id", "captured_format"],
    "properties": {
        "captured_id": {
            "type": "string",
            "description": "Id of the EPCIS event, like the key: its eventID, or its CBV event "
            "hash if the sender gave none.",
        },
        "captured_declaration": {
            "type": "string",
            "description": "Digest of the event's error declaration, if it has one.",
        },
        "captured_format": {"type": "string", "enum": ["json", "xml"], "description": "As sent."},
        "captured_context": {
            "type": "string",
            "description": "The document's @context in JSON, if it holds more than GS1's own.",
        },
    },
}
DEAD_LETTER_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "Why the record is a dead letter, and which topic it was for.",
    "required": ["dlq_code", "dlq_reason", "dlq_topic"],
    "properties": {
        "dlq_id": {
            "type": "string",
            "format": "uuid",
            "description": "Id of the dead letter; the same dead letter again has the same id.",
        },
        "dlq_code": {
            "type": "string",
            "description": "One of a closed set of codes, like wrong_key.",
        },
        "dlq_reason": {"type": "string", "description": "The reason, for people."},
        "dlq_source": {
            "type": "string",
            "description": "The process that found it: a worker, the gateway, a file import.",
        },
        "dlq_at": {**_INSTANT, "description": "When that was."},
        "dlq_partition": {"type": "string", "description": "Partition of the record."},
        "dlq_offset": {"type": "string", "description": "Offset of the record."},
        "dlq_topic": {
            "type": "string",
            "description": "Topic of the record, or the topic that it was for.",
        },
        "dlq_type": {"type": "string"},
        "dlq_event_source": {"type": "string"},
        "dlq_event_id": {"type": "string"},
        "dlq_key": {"type": "string"},
    },
}
