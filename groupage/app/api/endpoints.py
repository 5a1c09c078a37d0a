"""Declaration of an endpoint, from which the route and its OpenAPI operations are made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from groupage.app.api.query import parse_query, require_single
from groupage.domain.errors import InvalidInput

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Write:
    """A method of a path that changes something."""

    method: Literal["POST", "DELETE"]
    status: int
    """Of success."""
    summary: str
    body: Any = None
    """Type of the request's body; None: it has none."""
    result: Any = None
    """Type of the answer's body; None: it has none."""
    problems: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A path that answers with what `handle` reads from the database."""

    path: str
    """As Starlette writes it: ``/v1/consignments/{key:path}``."""
    handle: Callable[..., Awaitable[object]]
    """Called with the pool, the path's parameters in their order, and a struct for each query."""
    result: Any
    """Type of the body."""
    summary: str
    queries: tuple[type[msgspec.Struct], ...] = ()
    """Structs whose fields are the query's parameters."""
    problems: tuple[int, ...] = ()
    """Statuses of problem documents besides those of every path."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names and descriptions of headers; `handle` then returns the body and the headers."""
    writes: tuple[Write, ...] = ()
    """Methods besides GET; a class of endpoints that has some answers them itself."""
    reads: bool = True
    """Whether the path has the method GET."""
    separator: str = ""
    """What stands between several values of a parameter."""
    answer_invalid: Callable[[InvalidInput], Response] | None = None
    """Answers a request with wrong parameters in a form of its own, besides the problem document's
    members."""

    @property
    def other_media_types(self) -> tuple[str, ...]:
        """Media types of the answer besides JSON."""
        return ()

    def route(self) -> Route:
        """Build the route."""
        return Route(self.path, self._answer)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._read(request)
        except InvalidInput as error:
            if self.answer_invalid is None:
                raise
            return self.answer_invalid(error)

    async def _read(self, request: Request) -> Response:
        given = require_single(request.query_params.multi_items(), separator=self.separator)
        queries = parse_query(given, *self.queries)
        await request.app.state.derivation.require()
        pool = request.app.state.pool
        body: Any = await self.handle(pool, *request.path_params.values(), *queries)
        headers = None
        if self.headers:
            body, headers = body
        return Response(msgspec.json.encode(body), 200, headers, media_type=JSON)
