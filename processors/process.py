"""What the processes of this room share: logs, metrics, an event loop, SIGTERM, an exit status."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from groupage.domain.errors import GroupageError
from groupage.settings import TelemetrySettings
from groupage.telemetry import configure_logging

_EXIT_MARGIN_S = 2.0

log = structlog.get_logger(__name__)


def run_process(
    name: str,
    body: Callable[[asyncio.Event], Awaitable[None]],
    *,
    telemetry: TelemetrySettings,
    stop_budget_s: float,
) -> None:
    """Run `body(stop)` until it returns, and end the process: 0, or 1 after an error.

    SIGTERM and SIGINT set `stop`; the body then has `stop_budget_s` to end. After that, and a
    margin, the process ends without it: whatever it held is safe in Kafka and PostgreSQL.
    """
    configure_logging(telemetry, process=name)
    try:
        uvloop.run(_watched(name, body, stop_budget_s))
    except GroupageError as error:
        log.error("process_ended", process=name, error=str(error))  # noqa: TRY400 - said in words
        sys.exit(1)
    except Exception:
        log.exception("process_crashed", process=name)
        sys.exit(1)
    log.info("process_ended", process=name)


async def _watched(
    name: str, body: Callable[[asyncio.Event], Awaitable[None]], stop_budget_s: float
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if not stop.is_set():
            log.info("process_stopping", process=name)
            stop.set()
            loop.call_later(stop_budget_s + _EXIT_MARGIN_S, _end, name)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    await body(stop)


def _end(name: str) -> None:
    log.warning("process_cut_short", process=name)
    sys.stderr.flush()
    # Not sys.exit: something holds on to the event loop, and nothing here needs its goodbye.
    os._exit(0)
