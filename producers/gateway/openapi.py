"""The gateway's OpenAPI document, written by hand: its handlers read their bodies themselves."""

from typing import Any, get_args

from groupage import __version__
from groupage.contracts.publication import LICENSE, SERVERS, bearer_scheme
from groupage.domain.fact import Classifier
from groupage.serving.problems import MEDIA_TYPE
from producers.gateway.bodies import BATCH, JSON, STRUCTURED
from producers.gateway.cloudevents import OPTIONAL, public_events
from producers.gateway.packing_lists import XLSX
from producers.packing_lists.jobs import FLAGS, TEXTS

_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {
            "type": "string",
            "description": "Ours, where the type is one of GS1's (epcisException:…)",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "expected"],
                "properties": {"field": _TEXT, "value": {}, "expected": _TEXT, "detail": _TEXT},
            },
        },
    },
}


def _response(description: str, content_type: str = JSON, schema: Any = None) -> dict[str, Any]:
    return {"description": description, "content": {content_type: {"schema": schema or {}}}}


def _problem(description: str) -> dict[str, Any]:
    return _response(description, MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"})


_EVERYWHERE = {
    "400": _problem("Cannot be read"),
    "401": _problem(
        "The header `authorization: Bearer TOKEN` is missing or wrong; GROUPAGE_GATEWAY_TOKEN "
        "of the gateway has the tokens that are right"
    ),
    "421": _problem("Host is not a name of this gateway"),
    "500": _problem("A defect of the gateway"),
    "503": _problem("Kafka is away or the gateway is full; Retry-After says when"),
}
_POST_RESPONSES = {
    "202": _response("Kafka has the events"),
    "403": _problem("The page of another site may not send"),
    "408": _problem("The body took too long to arrive"),
    "413": _problem("Too large, or too many events"),
    "415": _problem("Content type not understood"),
    "422": _problem("Breaks the contract; every error is listed"),
    "429": _problem("Too many requests; Retry-After says when"),
}
_CARRIER_RESPONSES = {
    status: response for status, response in _POST_RESPONSES.items() if status not in ("202", "422")
}
_SIGNATURE_HEADER = {
    "name": "Notification-Signature",
    "in": "header",
    "description": "sha256=, and in hex the HMAC of the body; in place of the token",
    "schema": {"type": "string"},
}
_PARTLY = {"207": _response("Some events were not taken; each item has its own result")}
_LIST_RESPONSES = {
    "200": {
        "description": "A dry run: what was understood; or, with explain, the list with comments",
        "content": {JSON: {"schema": {}}, XLSX: {"schema": {"type": "string", "format": "binary"}}},
    },
    "202": _response("What was understood; Kafka has its events"),
    "422": _problem(
        "Questions or errors: `questions` has their choices, `report` what was understood"
    ),
}
_NOT_FOUND = {"404": _problem("There is nothing here")}
_CAPTURE_HEADER = {
    "name": "GS1-Capture-Error-Behaviour",
    "in": "header",
    "schema": {"type": "string", "enum": ["rollback", "proceed"], "default": "rollback"},
}

_EPCIS: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": _TEXT},
}
_EPCIS_BODY = dict.fromkeys((JSON, "application/ld+json"), _EPCIS) | dict.fromkeys(
    ("application/xml", "text/xml"), _OBJECT
)
_NOT_ACCEPTABLE = {"406": _problem("A version or a form of answer that the gateway does not have")}
_VERSION_HEADERS = [
    {"name": name, "in": "header", "schema": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)*$"}}
    for name in ("GS1-EPCIS-Version", "GS1-CBV-Version")
]
_PAGE_PARAMETERS = [
    {
        "name": "perPage",
        "in": "query",
        "description": "Jobs on a page. More than 1,000 are not given: follow the header Link.",
        "schema": {"type": "integer", "minimum": 1, "default": 30},
    },
    {"name": "nextPageToken", "in": "query", "schema": _TEXT},
]


def document() -> dict[str, Any]:
    """Build the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "groupage gateway",
            "description": "Takes events as CloudEvents 1.0 or EPCIS, and packing lists. "
            "A 202 means that Kafka has them.",
            "version": __version__,
            "license": LICENSE,
        },
        "servers": SERVERS,
        "paths": _paths(),
        "components": {
            "schemas": {"CloudEvent": _event_schema(), "Problem": _PROBLEM_SCHEMA},
            "securitySchemes": {"token": bearer_scheme("GROUPAGE_GATEWAY_TOKEN")},
        },
        "security": [{}, {"token": []}],
    }


def _paths() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/CloudEvent"}
    events = {"type": "array", "items": {"type": "object"}}
    carrier_events = {
        "anyOf": [
            events,
            {"type": "object", "required": ["events"], "properties": {"events": events}},
        ]
    }
    feedback = {"type": "object", "properties": {"feedbackElements": events}}
    return {
        "/v1/events": {
            "post": _operation(
                "post_events",
                "Take one event (or a batch, by its content type)",
                _POST_RESPONSES | _PARTLY,
                body={
                    STRUCTURED: event,
                    JSON: {"type": "object"},
                    BATCH: {"type": "array", "items": event},
                },
            )
        },
        "/v1/events:batch": {
            "post": _operation(
                "post_batch",
                "Take many events; the response has a result for each",
                _POST_RESPONSES | _PARTLY,
                body={BATCH: {"type": "array", "items": event}},
            )
        },
        "/v1/packing-lists": {
            "post": _operation(
                "post_packing_list",
                "Take a packing list: book its consignments and announce their cartons",
                _POST_RESPONSES | _LIST_RESPONSES,
                body={"multipart/form-data": _list_form()},
            )
        },
        "/capture": {
            "post": _operation(
                "post_capture",
                "Capture an EPCIS document: 2.0 in JSON, 1.x or 2.0 in XML",
                _POST_RESPONSES | _NOT_ACCEPTABLE,
                body=_EPCIS_BODY,
                parameters=[_CAPTURE_HEADER, *_VERSION_HEADERS],
            ),
            "options": _operation(
                "describe_capture",
                "Limits and versions of the capture interface, as headers",
                {"204": {"description": "See the GS1 headers"}},
            ),
            "get": _operation(
                "list_capture_jobs",
                "The capture jobs that are kept, the newest first",
                {
                    "200": _response(
                        "Capture jobs", schema={"type": "array", "items": {"type": "object"}}
                    ),
                    **_NOT_ACCEPTABLE,
                },
                parameters=_PAGE_PARAMETERS,
            ),
        },
        "/capture/{capture_id}": {
            "get": _operation(
                "get_capture_job",
                "One capture job",
                {"200": _response("The capture job"), **_NOT_FOUND, **_NOT_ACCEPTABLE},
                parameters=[_path_parameter("capture_id")],
            ),
            "options": _operation(
                "describe_capture_job",
                "Versions of the capture interface, as headers",
                {"204": {"description": "See the GS1 headers"}, **_NOT_FOUND},
                parameters=[_path_parameter("capture_id")],
            ),
        },
        "/events": {
            "post": _operation(
                "post_epcis_event",
                "Capture one EPCIS event: 2.0 in JSON, 1.x or 2.0 in XML",
                {key: each for key, each in _POST_RESPONSES.items() if key not in ("202", "422")}
                | {
                    "201": _response("Kafka has the event; with the eventID that it has now"),
                    "400": _problem("Breaks EPCIS; every error is listed"),
                }
                | _NOT_ACCEPTABLE,
                body=_EPCIS_BODY,
                parameters=_VERSION_HEADERS,
            ),
            "options": _operation(
                "describe_epcis_event",
                "Limits and versions of the capture interface, as headers",
                {"204": {"description": "See the GS1 headers"}},
            ),
        },
        "/dcsa/tnt/v3/events": {
            "post": _operation(
                "post_carrier_events",
                "Take DCSA Track & Trace events (3.0.0); the response has feedback for each",
                _CARRIER_RESPONSES
                | {
                    "200": _response(
                        "Kafka has the events, or the dead letters of some", JSON, feedback
                    ),
                    "400": _problem(
                        "No event keeps to the standard (each in `feedbackElements`, too), or the "
                        "body has no list of events"
                    ),
                },
                body={JSON: carrier_events},
                parameters=[_SIGNATURE_HEADER],
            )
        },
        "/dcsa/tnt/v2/events": {
            "post": _operation(
                "notify_carrier_events",
                "Take a signed bundle of DCSA Track & Trace events (2.2), as a subscriber does",
                _CARRIER_RESPONSES | {"204": {"description": "Kafka has them"}},
                body={JSON: carrier_events},
                parameters=[_SIGNATURE_HEADER],
            ),
        },
        "/v1/schemas": {
            "get": _operation(
                "list_schemas",
                "The event types that may be sent, and where their schemas are",
                {
                    "200": _response(
                        "Paths by event type",
                        schema={"type": "object", "additionalProperties": _TEXT},
                    )
                },
            )
        },
        "/v1/schemas/{ce_type}": {
            "get": _operation(
                "get_schema",
                "JSON Schema of an event's data, for writers",
                {"200": _response("The schema", "application/schema+json"), **_NOT_FOUND},
                parameters=[_path_parameter("ce_type")],
            )
        },
    }


def _operation(
    operation_id: str,
    summary: str,
    responses: dict[str, Any],
    *,
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": operation_id, "summary": summary}
    if parameters:
        operation["parameters"] = parameters
    if body:
        content = {kind: {"schema": schema} for kind, schema in body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation | {"responses": dict(sorted((_EVERYWHERE | responses).items()))}


def _list_form() -> dict[str, Any]:
    properties = {
        "file": {"type": "string", "format": "binary", "description": "xlsx, xls, ods, csv, …"},
        "answer": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[^=]+=[^\n]+$"},
            "description": "Answers to questions, each KEY=VALUE",
        },
        **dict.fromkeys(TEXTS, _TEXT),
        "listed_at": {
            "type": "string",
            "format": "date-time",
            "description": "When the list was written. Send it: the same list at the same time is "
            "the same events. Default: the beginning of the day",
        },
        **{name: {"type": "boolean", "default": False} for name in FLAGS},
    }
    return {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": properties,
    }


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _event_schema() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 1_000}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time"],
        "oneOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
        "propertyNames": {"pattern": "^(data_base64|[a-z0-9]+)$"},
        "properties": {
            **dict.fromkeys(OPTIONAL, text),
            "retracted": {"type": "boolean"},
            "classifier": {"enum": list(get_args(Classifier))},
            "datacontenttype": {"type": "string", "examples": [JSON]},
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": {"type": "string", "enum": sorted(public_events())},
            "time": {"type": "string", "format": "date-time"},
            "data": {"type": "object", "description": "See /v1/schemas/{type}"},
            "data_base64": {"type": "string", "description": "The JSON of the data as Base64"},
        },
    }
