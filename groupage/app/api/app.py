"""The read-only HTTP API: lists, plans and traces, by the same queries as the command line."""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from groupage import __version__
from groupage.app.api import lists, problems, things, watching
from groupage.app.api.answers import component_schemas
from groupage.telemetry.probes import Probes


def create_app(pool: "asyncpg.Pool[asyncpg.Record] | None") -> FastAPI:
    """The application over a pool. Without one it only describes itself."""
    app = FastAPI(
        title="groupage: reading",
        version=__version__,
        summary="Consignments, consolidations, plans and what was said about them. Read-only.",
        redoc_url=None,
        docs_url=None,
    )
    app.state.pool = pool
    # `things` has ids that may hold slashes: the lists must be asked first.
    app.include_router(lists.router)
    app.include_router(things.router)
    if pool is not None:
        app.router.routes.extend(Probes(partial(watching.readiness, pool)).routes())
    problems.install(app)
    app.middleware("http")(_measured)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


async def _measured(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    started_s = time.perf_counter()
    response = await call_next(request)
    route = request.scope.get("route")
    watching.REQUEST_S.labels(getattr(route, "path", "none"), str(response.status_code)).observe(
        time.perf_counter() - started_s
    )
    return response


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 with the schemas of our own answers."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            license_info={
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas |= component_schemas()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        app.openapi_schema = document
    return app.openapi_schema
