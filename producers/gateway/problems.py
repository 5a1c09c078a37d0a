"""Answers that refuse: RFC 9457 problem documents that name every error at once."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
from starlette.responses import Response

from producers.problems import FieldProblem

MEDIA_TYPE = "application/problem+json"
Outcome = Literal["invalid", "too_large", "limited", "unavailable", "unauthorized"]
"""Labels of the request counter."""


class Refusal(Exception):
    """A request that is answered with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        outcome: Outcome = "invalid",
        errors: Iterable[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.outcome = outcome
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


TITLES = {
    "invalid_event": "The event breaks the contract",
    "invalid_document": "The document breaks the contract",
    "bad_request": "The request cannot be read",
    "unsupported_media_type": "The content type is not understood",
    "too_large": "The request is too large",
    "too_many_items": "The batch has too many events",
    "rate_limited": "Too many requests",
    "overloaded": "The gateway is full",
    "kafka_unavailable": "Kafka does not answer",
    "unauthorized": "A token is needed",
    "not_found": "There is nothing here",
    "method_not_allowed": "The method is not allowed",
    "too_slow": "The request took too long to arrive",
    "internal": "The gateway failed",
}


def document(
    status: int, code: str, detail: str, errors: Iterable[FieldProblem] = ()
) -> dict[str, Any]:
    """The problem document. `errors` is there when fields are wrong."""
    listed = [msgspec.to_builtins(error) | {"detail": error.message} for error in errors]
    return {
        "type": f"urn:groupage:problem:{code}",
        "title": TITLES[code],
        "status": status,
        "detail": detail,
        **({"errors": listed} if listed else {}),
    }


def response(refusal: Refusal) -> Response:
    """The answer to a refused request."""
    body = document(refusal.status, refusal.code, refusal.detail, refusal.errors)
    return problem_response(body, refusal.status, refusal.headers)


def problem_response(
    body: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document as an answer."""
    return Response(msgspec.json.encode(body), status, headers, media_type=MEDIA_TYPE)


def counted(problems: tuple[FieldProblem, ...]) -> str:
    """A sentence for `detail`."""
    number = len(problems)
    return problems[0].message if number == 1 else f"{number} errors; each is listed in `errors`"
