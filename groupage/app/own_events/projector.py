"""The task of the read API's process that runs the projection (`groupage.app.own_events`)."""

import asyncio
import time

import asyncpg
import structlog

from groupage.app.own_events.projection import run_step
from groupage.store.own_events import count_left
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.telemetry import metrics

LOOK_EVERY_S = 1.0
_SHARE = 0.25
"""Of the time that it works while facts are left: workers and queries go before."""
_REFUSED_S = 60.0
"""Until it tries again without the rights to write, which an operator may grant."""

log = structlog.get_logger(__name__)


async def project_continuously(
    pool: "asyncpg.Pool[asyncpg.Record]", *, look_every_s: float = LOOK_EVERY_S
) -> None:
    """Make the facts that workers store into EPCIS events, until cancelled.

    The pool's account needs the rights of `groupage_api` (deploy/postgres/roles.sql).
    """
    while True:
        began_s = time.perf_counter()
        pause_s = look_every_s
        try:
            step = await run_step(pool)
            if step is not None:
                metrics.OWN_EVENTS.inc(step.events)
            if step is not None and step.left:
                pause_s = (time.perf_counter() - began_s) * (1 / _SHARE - 1)
            metrics.OWN_EVENTS_LAG.set(await count_left(pool))
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
        await asyncio.sleep(pause_s)
