"""Readiness of the read API: its database answers, and the states are in this version's form."""

import asyncio

import asyncpg

from groupage.domain.errors import Misconfigured
from groupage.store.derivation import check_states
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import require_schema

_BUDGET_S = 3.0
_DATABASE_ERRORS: tuple[type[Exception], ...] = (*TRANSIENT_ERRORS, asyncpg.PostgresError)


async def check_readiness(pool: "asyncpg.Pool[asyncpg.Record]") -> dict[str, bool | str]:
    """Check whether the database answers and has our schema; else return a sentence about it.

    While workers derive states after an upgrade, another check says how many are left.
    """
    failure, states = "", dict[str, bool | str]()
    try:
        async with asyncio.timeout(_BUDGET_S):
            states = await check_states(pool, await require_schema(pool, older_forms=True))
    except TimeoutError:
        failure = f"no answer within {_BUDGET_S:g} s"
    except Misconfigured as error:
        failure = str(error)
    except _DATABASE_ERRORS as error:
        failure = f"{type(error).__name__}: {error}"
    return {"database": failure or True, **states}
