"""Answers to requests that cannot be met: problem documents by RFC 9457."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from groupage.domain.errors import InvalidInput, NotFound, Unavailable
from groupage.store.pool import TRANSIENT_ERRORS

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

log = structlog.get_logger(__name__)


class FieldFault(msgspec.Struct, frozen=True, kw_only=True):
    """One wrong parameter: where, what was found, what would be right."""

    field: str
    value: Any
    expected: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not met: `title` for all of a kind, `detail` about this one."""

    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldFault, ...] = ()


def problem(
    status: HTTPStatus,
    detail: str = "",
    *,
    errors: tuple[FieldFault, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer."""
    body = Problem(title=status.phrase, status=status, detail=detail, errors=errors)
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def install(app: FastAPI) -> None:
    """Make every failure of the app a problem document."""
    app.add_exception_handler(RequestValidationError, _wrong_parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(InvalidInput, _invalid)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Unavailable, _unavailable)
    for error in TRANSIENT_ERRORS:
        app.add_exception_handler(error, _unavailable)
    app.add_exception_handler(asyncpg.CharacterNotInRepertoireError, _nul)
    app.add_exception_handler(asyncpg.PostgresError, _failed)
    app.add_exception_handler(Exception, _failed)


async def _wrong_parameters(_: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    faults = tuple(
        FieldFault(
            field=".".join(str(part) for part in item["loc"][1:]),
            value=msgspec.to_builtins(item.get("input"), str_keys=True),
            expected=str(item["msg"]).removeprefix("Input should be "),
        )
        for item in found
    )
    return problem(HTTPStatus.BAD_REQUEST, "parameters are wrong", errors=faults)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path[:200]}: see /openapi.json"
    return problem(HTTPStatus(error.status_code), detail, headers=error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    return problem(HTTPStatus.BAD_REQUEST, str(error))


async def _nul(_: Request, _error: Exception) -> Response:
    return problem(HTTPStatus.BAD_REQUEST, "an id or a filter holds the character NUL: no id does")


async def _not_found(_: Request, error: Exception) -> Response:
    return problem(HTTPStatus.NOT_FOUND, str(error))


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("database_unavailable", path=request.url.path, error=repr(error))
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the database does not answer; try again",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


async def _failed(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a defect of groupage; see its log")
