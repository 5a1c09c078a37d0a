"""Every failure of a request becomes an RFC 9457 problem document here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from groupage.app.api.query import WrongParameters
from groupage.domain.errors import InvalidInput, NotFound, Unavailable
from groupage.serving.epcis_exceptions import epcis_exception
from groupage.serving.other_paths import at_gateway
from groupage.serving.problems import WrongField, problem_response
from groupage.store.derivation import StatesUnderived
from groupage.store.pool import TRANSIENT_ERRORS

RETRY_AFTER_S = 5

log = structlog.get_logger(__name__)


class HttpProblem(Exception):
    """Ends a request with a problem document of that status.

    `exception` is the standard's name of the problem, where several have that status.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: tuple[WrongField, ...] = (),
        *,
        exception: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = errors
        self.exception = exception


def _problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    errors: tuple[WrongField, ...] = (),
    headers: Mapping[str, str] | None = None,
    exception: str = "",
) -> Response:
    return problem_response(
        status,
        "",
        status.phrase,
        detail,
        headers,
        errors=errors,
        standard_type=exception or epcis_exception(request.scope["path"], status),
    )


async def _handle_http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpProblem)
    return _problem(
        request, error.status, str(error), errors=error.errors, exception=error.exception
    )


async def _handle_invalid_input(request: Request, error: Exception) -> Response:
    errors = error.faults if isinstance(error, WrongParameters) else ()
    return _problem(request, HTTPStatus.BAD_REQUEST, str(error), errors=errors)


async def _handle_nul_character(request: Request, _error: Exception) -> Response:
    return _problem(
        request,
        HTTPStatus.BAD_REQUEST,
        "an id or a filter holds the character NUL, which no id does",
    )


async def _handle_missing_privilege(request: Request, error: Exception) -> Response:
    log.error("database_role_lacks_privilege", path=request.url.path, error=str(error))
    return _problem(
        request,
        HTTPStatus.NOT_IMPLEMENTED,
        "the API's account in the database may not do this: grant it the role groupage_api "
        "(deploy/postgres/roles.sql)",
    )


async def _handle_not_found(request: Request, error: Exception) -> Response:
    return _problem(request, HTTPStatus.NOT_FOUND, str(error))


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path[:200]
    # GS1's interface captures and queries at one path.
    elsewhere = at_gateway("/capture" if request.method == "POST" and path == "/events" else path)
    detail = f"{request.method} {path}: see /openapi.json{elsewhere}"
    return _problem(request, HTTPStatus(error.status_code), detail, headers=error.headers)


async def _handle_unavailable(request: Request, error: Exception) -> Response:
    log.warning("database_unavailable", path=request.url.path, error=repr(error))
    return _problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the database does not answer; try again",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


async def _handle_underived_states(request: Request, error: Exception) -> Response:
    return _problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        str(error),
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


async def _handle_defect(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return _problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "this is a defect of groupage; see its log"
    )


EXCEPTION_HANDLERS: Mapping[Any, ExceptionHandler] = {
    HttpProblem: _handle_http_problem,
    InvalidInput: _handle_invalid_input,
    NotFound: _handle_not_found,
    HTTPException: _handle_http_exception,
    StatesUnderived: _handle_underived_states,
    Unavailable: _handle_unavailable,
    **dict.fromkeys(TRANSIENT_ERRORS, _handle_unavailable),
    asyncpg.CharacterNotInRepertoireError: _handle_nul_character,
    asyncpg.InsufficientPrivilegeError: _handle_missing_privilege,
    asyncpg.PostgresError: _handle_defect,
    Exception: _handle_defect,
}
