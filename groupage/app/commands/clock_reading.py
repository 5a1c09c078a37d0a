"""How the hub's clock stands, for `groupage doctor` and `groupage status`."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from groupage.app.commands.hub_time import time_text, use_zone_of
from groupage.domain.errors import Unavailable
from groupage.domain.policy import Policy
from groupage.domain.words import number_of
from groupage.settings import ClockSource, DatabaseSettings
from groupage.store.policies import read_history
from groupage.store.pool import TRANSIENT_ERRORS, refusals_in_words
from groupage.store.readers.clock import ClockReading, read_clock

_BUDGET_S = 2.0
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, *TRANSIENT_ERRORS)


def clock_reading(settings: DatabaseSettings) -> tuple[ClockReading, timedelta]:
    """Read the clock, and how far it may be ahead by the hub's policy.

    Raises Unavailable when the database does not answer in two seconds.
    """

    async def read() -> tuple[ClockReading, Policy]:
        async with asyncio.timeout(_BUDGET_S):
            with refusals_in_words():
                connection = await asyncpg.connect(
                    settings.url.get_secret_value(), timeout=_BUDGET_S
                )
            try:
                policies = await read_history(connection, assumed=Policy)
                return await read_clock(connection), policies.newest
            finally:
                await connection.close(timeout=_BUDGET_S)

    try:
        clock, policy = asyncio.run(read())
    except _FAILURES as error:
        raise Unavailable(f"PostgreSQL at {settings.address} does not answer: {error!r}") from error
    use_zone_of(policy)
    return clock, timedelta(seconds=policy.clock_tolerance_s)


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
