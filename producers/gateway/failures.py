"""What a failed request is told, whoever found the failure: we, Kafka's client or the framework."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from structlog import get_logger

from groupage.domain.errors import GroupageError, InvalidInput
from groupage.telemetry import metrics
from producers.gateway.problems import Refusal, document, problem_response, response

log = get_logger(__name__)
_RETRY_AFTER = {"Retry-After": "1"}
EXPECTED = (Refusal, GroupageError, HTTPException, RecursionError)
"""What may end a request without being a bug. JSON that can just be read may still be nested too
deeply to be looked through."""
Expected = Refusal | GroupageError | HTTPException | RecursionError


def unavailable(detail: str) -> Refusal:
    """Kafka did not take what the request brought."""
    return Refusal(503, "kafka_unavailable", detail, outcome="unavailable", headers=_RETRY_AFTER)


def told(request: Request, error: Expected) -> Response:
    """The problem document for an error, counted."""
    refusal = _refusal(request, error)
    metrics.GATEWAY_REQUESTS.labels(outcome=refusal.outcome).inc()
    return response(refusal)


def broken(request: Request, error: Exception) -> Response:
    """A bug of ours: the sender learns no more than that, the log everything."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return problem_response(document(500, "internal", "the log of the gateway tells more"), 500)


def install(app: FastAPI) -> None:
    """Answer every failure of the application's routes with a problem document."""

    async def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, EXPECTED)
        return told(request, error)

    async def bug(request: Request, error: Exception) -> Response:
        return broken(request, error)

    for kind in EXPECTED:
        app.add_exception_handler(kind, expected)
    app.add_exception_handler(Exception, bug)


def _refusal(request: Request, error: Expected) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, InvalidInput):
        return Refusal(422, "invalid_event", str(error))  # a fact that is too large for its topic
    if isinstance(error, GroupageError):
        return unavailable(str(error))
    if isinstance(error, RecursionError):
        return Refusal(400, "bad_request", "the JSON is nested too deeply; a few levels are right")
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    detail = f"{request.method} {request.url.path[:200]}: see /openapi.json"
    return Refusal(error.status_code, code, detail, headers=error.headers)
