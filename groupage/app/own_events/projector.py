"""The task of the read API's process that runs the projection (`groupage.app.own_events`)."""

import asyncio
import time

import asyncpg
import structlog

from groupage.app.own_events.projection import run_step
from groupage.store.own_events import count_left, count_taken_in
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.telemetry import metrics

LOOK_EVERY_S = 1.0
SHARE = 0.25
"""Of the time that it works while facts are left: workers and queries go before."""
BUSY_SHARE = 0.02
"""The same while the workers are busy: their facts wait for a calmer time."""
BUSY_RECORDS_PER_S = 1_000
"""Taken in by busy workers. At this rate a quarter of the time hardly follows either."""
BUSY_FOR_S = 10.0
"""Workers count as busy for so long after that: in between they wait, for plans perhaps."""
_MEASURED_OVER_S = 1.0
_REFUSED_S = 60.0
"""Until it tries again without the rights to write, which an operator may grant."""
_DATABASE_ERRORS: tuple[type[Exception], ...] = (*TRANSIENT_ERRORS, asyncpg.PostgresError)

log = structlog.get_logger(__name__)


class Pace:
    """Chooses the share of the time in which the projection works."""

    def __init__(self) -> None:
        self._records: int | None = None
        self._measured_at_s = 0.0
        self._busy_until_s = float("-inf")

    def share(self, records: int, now_s: float) -> float:
        """Return the share, given how many records the workers have taken in until now."""
        if self._records is None:
            self._records, self._measured_at_s = records, now_s
        passed_s = now_s - self._measured_at_s
        if passed_s >= _MEASURED_OVER_S:
            if records - self._records >= BUSY_RECORDS_PER_S * passed_s:
                self._busy_until_s = now_s + BUSY_FOR_S
            self._records, self._measured_at_s = records, now_s
        return BUSY_SHARE if now_s < self._busy_until_s else SHARE


async def project_continuously(
    pool: "asyncpg.Pool[asyncpg.Record]", *, look_every_s: float = LOOK_EVERY_S
) -> None:
    """Make the facts that workers store into EPCIS events, until cancelled.

    The pool's account needs the rights of `groupage_api` (deploy/postgres/roles.sql).
    """
    pace = Pace()
    while True:
        began_s = time.perf_counter()
        pause_s = look_every_s
        try:
            step = await run_step(pool)
            if step is not None:
                metrics.OWN_EVENTS.inc(step.events)
            now_s = time.perf_counter()
            share = pace.share(await count_taken_in(pool), now_s)
            if step is not None and step.left:
                pause_s = (now_s - began_s) * (1 / share - 1)
        except asyncpg.InsufficientPrivilegeError as error:
            pause_s = _REFUSED_S
            log.warning(
                "own_events_refused",
                error=str(error),
                advice="grant groupage_api to the account (deploy/postgres/roles.sql)",
            )
        except TRANSIENT_ERRORS as error:
            log.warning("own_events_retried", error=repr(error))
        except Exception:
            # The API answers without these events rather than not at all; the lag shows it.
            log.exception("own_events_failed")
            pause_s = _REFUSED_S
        await _show_lag(pool)
        await asyncio.sleep(pause_s)


async def _show_lag(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Set the metric, also when another process makes the events or this one may not."""
    try:
        metrics.OWN_EVENTS_LAG.set(await count_left(pool))
    except _DATABASE_ERRORS as error:
        log.warning("own_events_lag_unknown", error=repr(error))
