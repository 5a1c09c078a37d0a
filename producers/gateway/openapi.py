"""What FastAPI cannot see of routes that read their bodies themselves."""

from typing import Any

from producers.gateway.bodies import BATCH, JSON, STRUCTURED
from producers.gateway.cloudevents import OPTIONAL, public_events
from producers.gateway.problems import MEDIA_TYPE

_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "expected"],
                "properties": {
                    "field": {"type": "string"},
                    "value": {},
                    "expected": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {"description": "Kafka has it"},
    400: _problem("Cannot be read"),
    401: _problem("The token is missing or wrong"),
    413: _problem("Too large, or too many events"),
    415: _problem("Content type not understood"),
    422: _problem("Breaks the contract; every error is listed"),
    429: _problem("Too many requests; Retry-After says when"),
    503: _problem("Kafka is away or the gateway is full; Retry-After says when"),
}
MULTI_STATUS: dict[int | str, dict[str, Any]] = {
    207: {"description": "Some events were not taken; each item says what became of it"}
}


def _event_schema() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 1_000}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "additionalProperties": False,
        "properties": {
            **{name: text for name in OPTIONAL if name != "retracted"},
            "retracted": {"type": "boolean"},
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": {"type": "string", "enum": sorted(public_events())},
            "time": {"type": "string", "format": "date-time"},
            "data": {"type": "object", "description": "See /v1/schemas/{type}"},
        },
    }


def single_body() -> dict[str, Any]:
    """Request body of one event."""
    return _body({STRUCTURED: _event_schema(), JSON: {"type": "object"}})


def batch_body() -> dict[str, Any]:
    """Request body of a batch."""
    return _body({BATCH: {"type": "array", "items": _event_schema()}})


def capture_body() -> dict[str, Any]:
    """Request body of a capture."""
    document = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}
    behaviour = {"type": "string", "enum": ["rollback", "proceed"], "default": "rollback"}
    parameter = {"name": "GS1-Capture-Error-Behaviour", "in": "header", "schema": behaviour}
    return _body({JSON: document, "application/ld+json": document}) | {"parameters": [parameter]}


def _body(schemas: dict[str, dict[str, Any]]) -> dict[str, Any]:
    content = {kind: {"schema": schema} for kind, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}
