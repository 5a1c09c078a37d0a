"""What `groupage status` reads in the database: each within two seconds, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import msgspec

from groupage.domain.errors import Misconfigured
from groupage.domain.words import number_of
from groupage.settings import DatabaseSettings
from groupage.store.older_states import count_left_of_all
from groupage.store.own_events import count_facts_left
from groupage.store.policies import count_adoptions
from groupage.store.pool import TRANSIENT_ERRORS, Connection
from groupage.store.schema import Schema, require_schema
from groupage.store.subscriptions import count_by_state

T = TypeVar("T")
_BUDGET_S = 2.0
_COUNTED_MAX = 100_000
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, Misconfigured, *TRANSIENT_ERRORS)


class DerivationReading(msgspec.Struct, frozen=True, kw_only=True):
    """States that are left to be derived again, and all states."""

    left: int
    total: int
    after: str
    """The reason: `an upgrade` or `an adoption of a policy`."""

    def __str__(self) -> str:
        """Say how far the workers are."""
        done = self.total - self.left
        return (
            f"{done:,} of {self.total:,} ({100 * done // self.total} %) are derived again after "
            f"{self.after}; {self.left:,} left"
        )


class OwnEventsReading(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that are left to be made into EPCIS events; the largest number stands for more."""

    left: int

    def __str__(self) -> str:
        """Say how far the API is."""
        if not self.left:
            return "all facts are EPCIS events, as far as EPCIS has a place for them"
        more = " or more" if self.left == _COUNTED_MAX else ""
        return f"{number_of(self.left, 'fact')}{more} left to make into EPCIS events"


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


def derivation_reading(settings: DatabaseSettings) -> DerivationReading | None:
    """Count the states that are left; None: none is, or the database does not answer."""

    async def read(connection: Connection, schema: Schema) -> DerivationReading | None:
        changes = max(0, await count_adoptions(connection) - 1)
        if not (schema.underived or changes):
            return None
        left, total = await count_left_of_all(connection, policy=changes)
        after = "an upgrade" if schema.underived else "an adoption of a policy"
        return DerivationReading(left=left, total=total, after=after) if left else None

    return _ask(settings, read)


def own_events_reading(settings: DatabaseSettings) -> OwnEventsReading | None:
    """Count the facts that are left; None: the database does not answer."""

    async def read(connection: Connection, _: Schema) -> OwnEventsReading:
        return OwnEventsReading(left=await count_facts_left(connection, limit=_COUNTED_MAX))

    return _ask(settings, read)


def subscriptions_reading(settings: DatabaseSettings) -> SubscriptionsReading | None:
    """Count the subscriptions; None: the database does not answer."""

    async def read(connection: Connection, _: Schema) -> SubscriptionsReading:
        return SubscriptionsReading(**await count_by_state(connection))

    return _ask(settings, read)


def _ask(
    settings: DatabaseSettings, read: Callable[[Connection, Schema], Awaitable[T | None]]
) -> T | None:
    """Read with a connection of its own.

    None, too: the database does not answer in two seconds, or has another schema.
    """

    async def connect_and_read() -> T | None:
        async with asyncio.timeout(_BUDGET_S):
            connection = await asyncpg.connect(settings.url.get_secret_value(), timeout=_BUDGET_S)
            try:
                return await read(connection, await require_schema(connection, older_forms=True))
            finally:
                await connection.close(timeout=_BUDGET_S)

    try:
        return asyncio.run(connect_and_read())
    except _FAILURES:
        return None
