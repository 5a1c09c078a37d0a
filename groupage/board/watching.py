"""``/healthz``, ``/readyz`` and ``/metrics`` of the reading process."""

import asyncio

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from groupage.domain.errors import Misconfigured
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import require_schema

_READY_BUDGET_S = 3.0
_DATABASE_ERRORS: tuple[type[Exception], ...] = (*TRANSIENT_ERRORS, asyncpg.PostgresError)

REQUEST_S = Histogram(
    "groupage_api_request_seconds", "One request to the reading API", ["route", "status"]
)

router = APIRouter()


@router.get("/healthz", include_in_schema=False)
async def healthz() -> JSONResponse:
    """200 while the event loop turns."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> JSONResponse:
    """200 when the database answers and has our schema, else 503 and what is wrong."""
    checks = await readiness(request.app.state.pool)
    ready = all(value is True for value in checks.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status_code=200 if ready else 503,
    )


async def readiness(pool: "asyncpg.Pool[asyncpg.Record]") -> dict[str, bool | str]:
    """Whether the database answers and has our schema; else a sentence about what is wrong."""
    wrong = ""
    try:
        async with asyncio.timeout(_READY_BUDGET_S):
            await require_schema(pool)
    except TimeoutError:
        wrong = f"no answer within {_READY_BUDGET_S:g} s"
    except Misconfigured as error:
        wrong = str(error)
    except _DATABASE_ERRORS as error:
        wrong = f"{type(error).__name__}: {error}"
    return {"database": wrong or True}


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
