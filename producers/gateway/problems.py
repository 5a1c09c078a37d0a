"""Every failure of a request becomes an RFC 9457 problem document here, and is counted."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler
from structlog import get_logger

from groupage.domain.errors import GroupageError, InvalidInput
from groupage.serving.epcis_exceptions import epcis_exception
from groupage.serving.other_paths import at_api
from groupage.serving.problems import WrongField, problem_response
from groupage.telemetry import metrics
from producers.problems import FieldProblem

RETRY_AFTER_S = 1
RequestOutcome = Literal["invalid", "too_large", "limited", "unavailable", "unauthorized"]
"""Labels of the request counter."""

log = get_logger(__name__)


class HttpProblem(Exception):
    """Ends a request with a problem document. `code` is a key of `TITLES`."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        outcome: RequestOutcome = "invalid",
        errors: Iterable[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.outcome = outcome
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more
        """Members of the problem document beside those that every one has."""


TITLES = {
    "invalid_event": "The event breaks the contract",
    "invalid_document": "The document breaks the contract",
    "invalid_packing_list": "The packing list leaves questions open, or cannot be read",
    "bad_request": "The request cannot be read",
    "unsupported_media_type": "The content type is not understood",
    "too_large": "The request is too large",
    "too_many_items": "The batch has too many events",
    "rate_limited": "Too many requests",
    "overloaded": "The gateway is full",
    "kafka_unavailable": "Kafka does not answer",
    "not_found": "There is nothing here",
    "not_acceptable": "The answer cannot have that form",
    "method_not_allowed": "The method is not allowed",
    "too_slow": "The request took too long to arrive",
    "unauthorized": "The sender is not known",
    "internal": "The gateway failed",
}


def wrong_fields(problems: Iterable[FieldProblem]) -> tuple[WrongField, ...]:
    """Return the errors of fields as a problem document lists them."""
    return tuple(
        WrongField(field=each.field, value=each.value, expected=each.expected, detail=each.message)
        for each in problems
    )


def kafka_problem(detail: str) -> HttpProblem:
    """Kafka did not take the events of the request."""
    return HttpProblem(
        503,
        "kafka_unavailable",
        detail,
        outcome="unavailable",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def summarize_problems(problems: tuple[FieldProblem, ...]) -> str:
    """Write one sentence for `detail`."""
    number = len(problems)
    return problems[0].message if number == 1 else f"{number} errors; each is listed in `errors`"


def count_refusal(reason: str) -> None:
    """Count a request that the guard refused."""
    outcome: RequestOutcome = "unauthorized" if reason == "token" else "invalid"
    metrics.GATEWAY_REQUESTS.labels(outcome=outcome).inc()


async def _answer_expected(request: Request, error: Exception) -> Response:
    problem = _problem_of(request, error)
    metrics.GATEWAY_REQUESTS.labels(outcome=problem.outcome).inc()
    return problem_response(
        problem.status,
        problem.code,
        TITLES[problem.code],
        problem.detail,
        problem.headers,
        errors=wrong_fields(problem.errors),
        more=problem.more,
        standard_type=epcis_exception(request.url.path, problem.status, captures=True),
    )


async def _answer_bug(request: Request, error: Exception) -> Response:
    """Log the error whole; the sender learns only that it happened."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    detail = "the log of the gateway has the error"
    standard_type = epcis_exception(request.url.path, 500, captures=True)
    return problem_response(
        500, "internal", TITLES["internal"], detail, standard_type=standard_type
    )


EXCEPTION_HANDLERS: Mapping[Any, ExceptionHandler] = {
    HttpProblem: _answer_expected,
    GroupageError: _answer_expected,
    HTTPException: _answer_expected,
    # The parser accepts JSON of a depth that the checks cannot walk.
    RecursionError: _answer_expected,
    Exception: _answer_bug,
}


def _problem_of(request: Request, error: Exception) -> HttpProblem:
    match error:
        case HttpProblem():
            return error
        case InvalidInput():  # an event that is too large for its topic
            return HttpProblem(422, "invalid_event", str(error))
        case GroupageError():
            return kafka_problem(str(error))
        case HTTPException():
            codes = {404: "not_found", 405: "method_not_allowed"}
            code = codes.get(error.status_code, "bad_request")
            path = request.url.path[:200]
            detail = f"{request.method} {path}: see /openapi.json{at_api(path)}"
            return HttpProblem(error.status_code, code, detail, headers=error.headers)
    return HttpProblem(
        400, "bad_request", "the JSON is nested too deeply; events need only a few levels"
    )
