"""From a request's body to CloudEvents: structured, batch and binary mode of the HTTP binding."""

from typing import Any

import msgspec
from starlette.requests import Request

from groupage.settings import GatewaySettings
from producers.gateway.cloudevents import of_headers
from producers.gateway.problems import Refusal
from producers.problems import FieldProblem, shown

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"


def media_type(request: Request) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_json(body: bytes) -> Any:
    """The body as JSON. Raises Refusal (400)."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = FieldProblem(field="body", value=shown(body), expected=f"JSON: {error}")
        raise Refusal(
            400, "bad_request", f"the body is no JSON: {error}", errors=(problem,)
        ) from None


def read_single(request: Request, body: bytes) -> object:
    """One structured CloudEvent, whatever mode it came in. Raises Refusal."""
    kind = media_type(request)
    if kind == STRUCTURED:
        return read_json(body)
    if kind == JSON or kind.endswith("+json"):
        if "ce-specversion" in request.headers or "ce-type" in request.headers:
            return of_headers(request.headers, read_json(body))
        found = read_json(body)
        if isinstance(found, dict) and "specversion" in found:
            return found  # structured, called plain JSON: there is no other way to read it
        problem = FieldProblem(
            field="header ce-specversion",
            value=None,
            expected=f"ce- headers with the attributes, or content type {STRUCTURED}",
        )
        raise Refusal(400, "bad_request", "the body is JSON but no CloudEvent", errors=(problem,))
    raise _unsupported(kind, f"{STRUCTURED}, {BATCH}, or {JSON} with ce- headers")


def read_batch(request: Request, body: bytes, settings: GatewaySettings) -> list[object]:
    """A JSON array of structured CloudEvents. Raises Refusal."""
    kind = media_type(request)
    if kind not in (BATCH, JSON):
        raise _unsupported(kind, BATCH)
    items = read_json(body)
    if not isinstance(items, list):
        problem = FieldProblem(
            field="body", value=shown(items), expected="a JSON array of CloudEvents"
        )
        raise Refusal(400, "bad_request", "a batch is a JSON array", errors=(problem,))
    if len(items) > settings.max_batch_items:
        raise Refusal(
            413,
            "too_many_items",
            f"the batch has {len(items)} events; {settings.max_batch_items} are the most: split it",
            outcome="too_large",
        )
    return items


def _unsupported(kind: str, expected: str) -> Refusal:
    problem = FieldProblem(field="header content-type", value=kind, expected=expected)
    return Refusal(415, "unsupported_media_type", problem.message, errors=(problem,))
