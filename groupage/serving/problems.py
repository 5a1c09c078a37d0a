"""Problem documents (RFC 9457): every HTTP error of every listener is one."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class WrongField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wrong field of a request: a parameter, a header, a path into the body."""

    field: str
    value: Any
    expected: str
    detail: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request failed: `title` is the same for all of a kind, `detail` is about this one."""

    type: str = ""
    """A URN, or a name that a standard gives; without it the status says all."""
    title: str
    status: int
    detail: str = ""
    code: str = ""
    """Ours, where the type is a standard's."""
    errors: tuple[WrongField, ...] = ()


def make_problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: tuple[WrongField, ...] = (),
    *,
    standard_type: str = "",
) -> Problem:
    """Build a problem document. `code` ends its type; empty: it has none.

    With `standard_type` that is the type, and the code a member of its own.
    """
    return Problem(
        type=standard_type or (f"urn:groupage:problem:{code}" if code else ""),
        code=code if standard_type else "",
        title=title,
        status=status,
        detail=detail,
        errors=errors,
    )


def problem_json(status: int, code: str, title: str, detail: str) -> bytes:
    """Encode a problem document."""
    return msgspec.json.encode(make_problem(status, code, title, detail))


def problem_response(  # noqa: PLR0913 - the members of a problem document
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    *,
    errors: tuple[WrongField, ...] = (),
    more: Mapping[str, Any] | None = None,
    standard_type: str = "",
) -> Response:
    """Build the response of a problem. `more` are members of its own (RFC 9457, 3.2)."""
    problem = make_problem(status, code, title, detail, errors, standard_type=standard_type)
    body = msgspec.json.encode({**msgspec.to_builtins(problem), **more} if more else problem)
    return Response(body, status, headers, media_type=MEDIA_TYPE)
