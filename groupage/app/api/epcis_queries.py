"""GS1's named queries: ``/queries`` and below. A client defines a query once, and runs it by name.

Queries are the only thing that this API writes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from groupage.app.api.endpoints import JSON, Endpoint, Write
from groupage.app.api.epcis_answers import UNNAMED, EPCISQueryDocument, answer_events
from groupage.app.api.epcis_headers import DESCRIPTION, HEADERS, DescribedEndpoint
from groupage.app.api.epcis_json_query import QUERY_BYTES_MAX, read_json_query
from groupage.app.api.epcis_pages import read_page
from groupage.app.api.epcis_parameters import PER_PAGE_DEFAULT, PER_PAGE_MAX, Paging, split_values
from groupage.app.api.problems import HttpProblem
from groupage.app.api.query import WrongParameters, parse_query, require_single
from groupage.domain.errors import Conflict, InvalidInput, NotFound
from groupage.serving.problems import WrongField
from groupage.store.named_queries import (
    NamedQuery,
    delete_named_query,
    insert_named_query,
    list_named_queries,
    read_named_query,
)
from groupage.store.pool import Connection
from groupage.store.readers.paging import cursor_of, values_of

_NAME = re.compile(r"[^/\x00-\x1f\x7f\ufffe\uffff]{1,100}")
_NAME_EXPECTED = "1 to 100 characters, without slashes and control characters"
_RESERVED = (UNNAMED, "SimpleMasterDataQuery")
"""The standard's own queries."""
_READABLE = (JSON, "application/ld+json")


class QueryDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A named query."""

    name: str
    query: dict[str, Any]
    """The parameters of the standard's `SimpleEventQuery`, in JSON."""


class _Definition(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    query: msgspec.Raw


async def require_query(pool: Connection, name: str) -> NamedQuery:
    """Read the query with that name. Raises NotFound."""
    found = await read_named_query(pool, name) if _NAME.fullmatch(name) else None
    if found is None:
        raise NotFound(f"no query has the name {name[:100]!r}: GET /queries lists them")
    return found


@dataclass(frozen=True, kw_only=True)
class QueriesEndpoint(DescribedEndpoint):
    """The path of all named queries."""

    async def _find(self, request: Request) -> Response:
        if request.method == "POST":
            return await _create(request)
        given = require_single(request.query_params.multi_items())
        (paging,) = parse_query(given, Paging)
        limit = min(paging.perPage or PER_PAGE_DEFAULT, PER_PAGE_MAX)
        after = "" if paging.nextPageToken is None else _name_in(paging.nextPageToken)
        page = await _queries(request.app.state.pool, after, limit + 1)
        headers = dict(DESCRIPTION)
        if len(page) > limit:
            token = cursor_of([page[limit - 1].name])
            following = urlencode({**given, "nextPageToken": token})
            headers["Link"] = f'</queries?{following}>; rel="next"'
        return _json([_definition(each) for each in page[:limit]], headers)


@dataclass(frozen=True, kw_only=True)
class QueryEndpoint(DescribedEndpoint):
    """The path of one named query."""

    async def _find(self, request: Request) -> Response:
        pool = request.app.state.pool
        (name,) = request.path_params.values()
        if request.method == "DELETE":
            await require_query(pool, name)
            await delete_named_query(pool, name)
            return Response(status_code=204, headers=DESCRIPTION)
        # An array of one definition: so says the schema of GS1's OpenAPI document.
        return _json([_definition(await require_query(pool, name))], DESCRIPTION)


@dataclass(frozen=True, kw_only=True)
class QueryEventsEndpoint(DescribedEndpoint):
    """The path of a named query's events."""

    async def _find(self, request: Request) -> Response:
        pool = request.app.state.pool
        (name,) = request.path_params.values()
        stored = await require_query(pool, name)
        if request.headers.get("upgrade", "").lower() == "websocket":
            raise HttpProblem(
                HTTPStatus.NOT_IMPLEMENTED,
                "the hub has no WebSockets; it calls a client that subscribes with "
                f"POST /queries/{quote(name, safe='')}/subscriptions",
            )
        given = require_single(request.query_params.multi_items())
        parse_query(given, Paging)
        query = read_json_query(stored.query, split_values(given))
        captures, token = await read_page(pool, query)
        headers = {}
        if token is not None:
            following = urlencode({**given, "nextPageToken": token})
            address = f"/queries/{quote(name, safe='')}/events"
            headers["Link"] = f'<{address}?{following}>; rel="next"'
        return answer_events(request, captures, headers, query_name=name)


@dataclass(frozen=True, kw_only=True)
class TokenEndpoint(DescribedEndpoint):
    """The path that would free what a token holds: the hub's tokens hold nothing."""

    async def _find(self, _request: Request) -> Response:
        raise HttpProblem(
            HTTPStatus.NOT_IMPLEMENTED,
            "a token says where a page begins; the hub keeps nothing for it that could be freed",
        )


async def _create(request: Request) -> Response:
    """Store a query. Raises HttpProblem, InvalidInput or WrongParameters."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _READABLE:
        field = WrongField(
            field="header content-type", value=kind[:200], expected=" or ".join(_READABLE)
        )
        raise HttpProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a query is JSON", (field,))
    try:
        definition = msgspec.json.decode(await _body(request), type=_Definition)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"send a JSON object with `name` and `query`: {error}") from None
    name, query = definition.name, bytes(definition.query)
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise WrongParameters(
            (WrongField(field="name", value=name[:200], expected=_NAME_EXPECTED),)
        )
    read_json_query(query, {})
    if name in _RESERVED:
        raise HttpProblem(HTTPStatus.CONFLICT, f"{name} is the standard's own: take another name")
    try:
        await insert_named_query(request.app.state.pool, name, query)
    except Conflict as error:
        raise HttpProblem(HTTPStatus.CONFLICT, str(error)) from None
    location = f"/queries/{quote(name, safe='')}"
    return Response(status_code=201, headers={**DESCRIPTION, "Location": location})


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > QUERY_BYTES_MAX:
            raise HttpProblem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a definition has at most {QUERY_BYTES_MAX} bytes",
            )
    return body


async def _queries(pool: Connection, after: str, limit: int) -> Sequence[NamedQuery]:
    return await list_named_queries(pool, after, limit=limit)


def _name_in(token: str) -> str:
    try:
        (name,) = values_of(token, 1)
        name.encode()
    except (InvalidInput, UnicodeEncodeError):
        expected = "that of the header Link of an answer"
        raise WrongParameters(
            (WrongField(field="nextPageToken", value=token[:200], expected=expected),)
        ) from None
    return name


def _definition(query: NamedQuery) -> dict[str, Any]:
    return {"name": query.name, "query": msgspec.Raw(query.query)}


def _json(content: object, headers: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(content), 200, headers, media_type=JSON)


_DEFINED = HEADERS[:2]
ENDPOINTS: tuple[Endpoint, ...] = (
    QueriesEndpoint(
        path="/queries",
        handle=_queries,
        queries=(Paging,),
        result=list[QueryDefinition],
        problems=(406,),
        headers=(*_DEFINED, HEADERS[-1]),
        summary="Named queries, by name",
        writes=(
            Write(
                method="POST",
                status=201,
                summary="Define a named query",
                body=QueryDefinition,
                problems=(406, 409, 413, 415),
            ),
        ),
    ),
    QueryEndpoint(
        path="/queries/{query_name}",
        handle=require_query,
        result=list[QueryDefinition],
        problems=(404, 406),
        headers=_DEFINED,
        summary="A named query: an array with its definition",
        writes=(
            Write(
                method="DELETE",
                status=204,
                summary="Delete a named query, and the subscriptions of it",
                problems=(404, 406),
            ),
        ),
    ),
    QueryEventsEndpoint(
        path="/queries/{query_name}/events",
        handle=read_page,
        answers_xml=True,
        queries=(Paging,),
        result=EPCISQueryDocument,
        problems=(404, 406, 413),
        headers=HEADERS,
        summary="EPCIS events that a named query asks for, as they came",
    ),
    TokenEndpoint(
        path="/nextPageToken/{token}",
        handle=read_page,
        result=None,
        reads=False,
        summary="",
        writes=(
            Write(
                method="DELETE",
                status=204,
                summary="Not implemented: tokens hold nothing",
                problems=(406, 501),
            ),
        ),
    ),
)
