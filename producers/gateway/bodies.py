"""From a request's body to CloudEvents: structured, batch and binary mode of the HTTP binding."""

from typing import Any

import msgspec
from starlette.requests import Request

from groupage.contracts.foreign_formats import say_foreign
from groupage.settings import GatewaySettings
from producers.duplicate_keys import find_repeated_key
from producers.gateway.cloudevents import event_of_headers
from producers.gateway.problems import HttpProblem
from producers.problems import FieldProblem, abbreviate

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
_TAKEN = (
    "send CloudEvents 1.0 in JSON, EPCIS to /capture, DCSA Track & Trace to /dcsa/tnt/v3/events, "
    "packing lists to /v1/packing-lists"
)
_SINGLE_HEADERS = frozenset({b"content-type", b"gs1-capture-error-behaviour"})


def media_type(request: Request) -> str:
    """Return the content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_single(request: Request, body: bytes) -> object:
    """Parse one CloudEvent of either mode into structured form. Raises HttpProblem."""
    kind = media_type(request)
    is_binary = "ce-specversion" in request.headers or "ce-type" in request.headers
    if kind == STRUCTURED:
        return _parse_json(body)
    # The Python SDK states no content type for data of which the event states none.
    if kind == JSON or kind.endswith("+json") or (is_binary and not kind):
        parsed = _parse_json(body)
        if is_binary:
            return event_of_headers(request.headers, parsed)
        if isinstance(parsed, dict) and "specversion" in parsed:
            return parsed  # structured, sent as plain JSON: it cannot mean anything else
        problem = FieldProblem(
            field="header ce-specversion",
            value=None,
            expected=f"ce- headers with the attributes, or content type {STRUCTURED}",
        )
        raise HttpProblem(
            400, "bad_request", "the body is JSON but no CloudEvent", errors=(problem,)
        )
    raise media_type_problem(kind, f"{STRUCTURED}, {BATCH}, or {JSON} with ce- headers", body)


def read_batch(request: Request, body: bytes, settings: GatewaySettings) -> list[object]:
    """Parse a JSON array of structured CloudEvents. Raises HttpProblem."""
    kind = media_type(request)
    if kind not in (BATCH, JSON):
        raise media_type_problem(kind, BATCH, body)
    items = _parse_json(body)
    if not isinstance(items, list):
        problem = FieldProblem(
            field="body", value=abbreviate(items), expected="a JSON array of CloudEvents"
        )
        raise HttpProblem(400, "bad_request", "a batch is a JSON array", errors=(problem,))
    if len(items) > settings.max_batch_items:
        raise HttpProblem(
            413,
            "too_many_items",
            f"the batch has {len(items)} events; at most {settings.max_batch_items} are accepted: "
            "split it",
            outcome="too_large",
        )
    return items


def _parse_json(body: bytes) -> Any:
    try:
        parsed = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = say_foreign(body, _TAKEN) or str(error)
        problem = FieldProblem(field="body", value=abbreviate(body), expected=f"JSON: {error}")
        raise HttpProblem(
            400, "bad_request", f"the body is not JSON: {reason}", errors=(problem,)
        ) from None
    if repeated := find_repeated_key(body, parsed):
        problem = FieldProblem(field=repeated.path, value=repeated.key, expected="each key once")
        raise HttpProblem(400, "bad_request", f"{repeated}; send each key once", errors=(problem,))
    return parsed


def check_headers(request: Request) -> None:
    """Refuse headers that come twice where each value would mean another event."""
    headers = request.scope["headers"]
    if len(dict(headers)) == len(headers):
        return
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and (name.startswith(b"ce-") or name in _SINGLE_HEADERS):
            text = name.decode("latin-1")
            problem = FieldProblem(field=f"header {text}", value=text, expected="this header once")
            raise HttpProblem(400, "bad_request", f"header {text} comes twice", errors=(problem,))
        seen.add(name)


def media_type_problem(kind: str, expected: str, body: bytes) -> HttpProblem:
    """Describe a content type that is not taken; the body may have a name of its own."""
    problem = FieldProblem(field="header content-type", value=kind, expected=expected)
    foreign = say_foreign(body, _TAKEN)
    detail = f"{problem.message}; the body: {foreign}" if foreign else problem.message
    return HttpProblem(415, "unsupported_media_type", detail, errors=(problem,))
