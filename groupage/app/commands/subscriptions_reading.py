"""How subscriptions of EPCIS queries fare, for `groupage status`."""

import asyncio

import asyncpg
import msgspec

from groupage.domain.errors import Misconfigured
from groupage.domain.words import number_of
from groupage.settings import DatabaseSettings
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import require_schema
from groupage.store.subscriptions import count_by_state

_BUDGET_S = 2.0
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, Misconfigured, *TRANSIENT_ERRORS)


class SubscriptionsReading(msgspec.Struct, frozen=True, kw_only=True):
    """Subscriptions by state."""

    active: int
    failing: int
    stopped: int

    def __str__(self) -> str:
        """Say how many there are, and how many need somebody; empty: there are none."""
        total = self.active + self.failing + self.stopped
        if not total:
            return ""
        needing = [
            f"{number} {state}"
            for number, state in ((self.failing, "failing"), (self.stopped, "STOPPED"))
            if number
        ]
        if not needing:
            return f"{number_of(total, 'subscription')}, all delivered"
        states = ", ".join(needing)
        return f"{number_of(total, 'subscription')}, {states}: see `groupage subscriptions list`"


def subscriptions_reading(settings: DatabaseSettings) -> SubscriptionsReading | None:
    """Count the subscriptions.

    None: the database does not answer in two seconds, or has another schema.
    """

    async def read() -> SubscriptionsReading:
        async with asyncio.timeout(_BUDGET_S):
            connection = await asyncpg.connect(settings.url.get_secret_value(), timeout=_BUDGET_S)
            try:
                await require_schema(connection, older_forms=True)
                return SubscriptionsReading(**await count_by_state(connection))
            finally:
                await connection.close(timeout=_BUDGET_S)

    try:
        return asyncio.run(read())
    except _FAILURES:
        return None
