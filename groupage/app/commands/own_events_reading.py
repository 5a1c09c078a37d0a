"""How far the read API is with making EPCIS events of the hub's facts, for `groupage status`."""

import asyncio

import asyncpg
import msgspec

from groupage.domain.errors import Misconfigured
from groupage.domain.words import number_of
from groupage.settings import DatabaseSettings
from groupage.store.own_events import count_facts_left
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import require_schema

_BUDGET_S = 2.0
_COUNTED_MAX = 100_000
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, Misconfigured, *TRANSIENT_ERRORS)


class OwnEventsReading(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that are left to be made into EPCIS events; the largest number stands for more."""

    left: int

    def __str__(self) -> str:
        """Say how far the API is."""
        if not self.left:
            return "all facts are EPCIS events, as far as EPCIS has a place for them"
        more = " or more" if self.left == _COUNTED_MAX else ""
        return f"{number_of(self.left, 'fact')}{more} left to make into EPCIS events"


def own_events_reading(settings: DatabaseSettings) -> OwnEventsReading | None:
    """Count what is left.

    None: the database does not answer in two seconds, or has another schema.
    """

    async def read() -> OwnEventsReading:
        async with asyncio.timeout(_BUDGET_S):
            connection = await asyncpg.connect(settings.url.get_secret_value(), timeout=_BUDGET_S)
            try:
                await require_schema(connection, older_forms=True)
                left = await count_facts_left(connection, limit=_COUNTED_MAX)
            finally:
                await connection.close(timeout=_BUDGET_S)
        return OwnEventsReading(left=left)

    try:
        return asyncio.run(read())
    except _FAILURES:
        return None
