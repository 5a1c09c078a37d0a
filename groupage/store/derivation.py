"""Whether the workers have derived all states again after an upgrade (docs/upgrading.md).

Until then readers would misread states of older forms: the read API and the planner wait.
"""

import asyncio

import asyncpg
import structlog

from groupage.domain.errors import Unavailable
from groupage.domain.state.forms import DERIVATION_CHECK
from groupage.store.older_states import count_left
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import Schema, read_schema

_COUNT_BUDGET_S = 1.5
_LOOK_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class StatesUnderived(Unavailable):
    """States of an older form are left: what the caller wants to read is not there yet."""


async def check_states(
    pool: "asyncpg.Pool[asyncpg.Record]", schema: Schema
) -> dict[str, bool | str]:
    """Return the readiness check with the number of states left; nothing when all are derived."""
    if not schema.underived:
        return {}
    try:
        async with asyncio.timeout(_COUNT_BUDGET_S):
            left = f"{await count_left(pool, schema.underived):,} left"
    except TimeoutError:
        left = f"those of {', '.join(schema.underived)} left"
    return {DERIVATION_CHECK: f"after an upgrade the workers are deriving states again: {left}"}


class Derivation:
    """Asks the database until all states are derived, and never again afterwards."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._complete = False

    async def is_complete(self) -> bool:
        """Return whether no state of an older form is left."""
        if not self._complete:
            self._complete = not (await read_schema(self._pool)).underived
        return self._complete

    async def require(self) -> None:
        """Raise StatesUnderived while states of an older form are left."""
        if not await self.is_complete():
            raise StatesUnderived(
                "after an upgrade the workers are deriving states again; /readyz says how many "
                "are left"
            )

    async def check(self) -> dict[str, bool | str]:
        """Return the readiness check; nothing when all states are derived."""
        if await self.is_complete():
            return {}
        return await check_states(self._pool, await read_schema(self._pool))

    async def wait(self) -> None:
        """Wait until all states are derived."""
        waits = False
        while not await self._answers_complete():
            if not waits:
                log.info("waiting_for_states")
            waits = True
            await asyncio.sleep(_LOOK_EVERY_S)
        if waits:
            log.info("states_complete")

    async def _answers_complete(self) -> bool:
        try:
            return await self.is_complete()
        except TRANSIENT_ERRORS:
            return False
