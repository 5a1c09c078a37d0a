"""How the hub's clock stands and how far its calendar reaches, for `groupage doctor`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import asyncpg

from groupage.app.hub_time import time_text, use_zone_of
from groupage.domain.errors import Unavailable
from groupage.domain.policy import Policy
from groupage.domain.words import number_of
from groupage.domain.working_days import WorkingDays
from groupage.settings import ClockSource, DatabaseSettings, PolicySettings
from groupage.store.policies import hub_clock, read_history
from groupage.store.pool import TRANSIENT_ERRORS, Connection, refusals_in_words
from groupage.store.readers.clock import ClockReading, read_clock

_BUDGET_S = 2.0
_Read = TypeVar("_Read")
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, *TRANSIENT_ERRORS)


def clock_reading(settings: DatabaseSettings) -> tuple[ClockReading, timedelta]:
    """Read the clock, and how far it may be ahead by the hub's policy.

    Raises Unavailable when the database does not answer in two seconds.
    """

    async def read(connection: Connection) -> tuple[ClockReading, Policy]:
        policies = await read_history(connection, assumed=Policy)
        return await read_clock(connection), policies.newest

    clock, policy = _read(settings, read)
    use_zone_of(policy)
    return clock, timedelta(seconds=policy.clock_tolerance_s)


def calendar_reading(settings: DatabaseSettings) -> tuple[WorkingDays | None, datetime]:
    """Read the newest policy's calendar of working days and the time of the hub's clock.

    Raises Unavailable when the database does not answer in two seconds.
    """

    async def read(connection: Connection) -> tuple[WorkingDays | None, datetime]:
        policies = await read_history(connection, assumed=PolicySettings().load)
        return policies.newest.working_days, await hub_clock(connection) or datetime.now(UTC)

    return _read(settings, read)


def _read(settings: DatabaseSettings, read: Callable[[Connection], Awaitable[_Read]]) -> _Read:
    async def connect_and_read() -> _Read:
        async with asyncio.timeout(_BUDGET_S):
            with refusals_in_words():
                connection = await asyncpg.connect(
                    settings.url.get_secret_value(), timeout=_BUDGET_S
                )
            try:
                return await read(connection)
            finally:
                await connection.close(timeout=_BUDGET_S)

    try:
        return asyncio.run(connect_and_read())
    except _FAILURES as error:
        raise Unavailable(f"PostgreSQL at {settings.address} does not answer: {error!r}") from error


def describe_clock(
    clock: ClockReading, source: ClockSource, *, tolerance: timedelta
) -> tuple[bool, str, str]:
    """Return whether the clock can be right, how it stands, and what to do if it cannot."""
    now = datetime.now(UTC)
    if source == "wall" and clock.last_at is not None and clock.last_at > now + tolerance:
        stands, is_now = time_text(clock.last_at, exact=True), time_text(now, exact=True)
        found = (
            f"it stands at {stands}, and it is {is_now}: every deadline until then counts as missed"
        )
        after = now.isoformat(timespec="seconds")
        todo = f"take wrong ticks back: `groupage clock void --later-than {after} --reason WHY`"
        return False, found, todo
    if clock.doubts:
        senders = number_of(len(clock.doubts), "sender")
        return False, f"wrong ticks of {senders} were not believed", "; ".join(clock.doubts)
    if clock.last_at is None:
        return True, "no tick yet", ""
    return True, f"it stands at {time_text(clock.last_at, exact=True)}", ""
