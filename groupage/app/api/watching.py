"""What the reading process tells about itself: whether it is ready, how long requests take."""

import asyncio

import asyncpg
from prometheus_client import Histogram

from groupage.domain.errors import Misconfigured
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import require_schema

_READY_BUDGET_S = 3.0
_DATABASE_ERRORS: tuple[type[Exception], ...] = (*TRANSIENT_ERRORS, asyncpg.PostgresError)

REQUEST_S = Histogram(
    "groupage_api_request_seconds", "One request to the reading API", ["route", "status"]
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
