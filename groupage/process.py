"""The frame of every process: logs, an event loop, SIGTERM, an exit status."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import structlog
import uvloop

from groupage.domain.errors import GroupageError
from groupage.serving import raise_descriptor_limit, watch_descriptors
from groupage.settings import TelemetrySettings
from groupage.telemetry import configure_logging

_EXIT_MARGIN_S = 2.0
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger(__name__)

Body = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""The work of a process, until the event is set."""
Loop = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a coroutine on a new event loop."""


def run_process(
    name: str,
    body: Body,
    *,
    telemetry: TelemetrySettings,
    stop_budget_s: float,
    loop: Loop = uvloop.run,
) -> None:
    """Run `body(stop)` until it returns, and end the process: 0, or 1 after an error.

    SIGTERM and SIGINT set `stop`; the body then has `stop_budget_s` to end. After that and a margin
    of 2 s the process exits all the same: its data is safe in Kafka and PostgreSQL.
    """
    configure_logging(telemetry, process=name)
    raise_descriptor_limit()
    try:
        loop(_run_until_signalled(name, body, stop_budget_s))
    except GroupageError as error:
        log.error("process_ended", process=name, error=str(error))  # noqa: TRY400 - the message says all
        sys.exit(1)
    except Exception:
        log.exception("process_crashed", process=name)
        sys.exit(1)
    finally:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    log.info("process_ended", process=name)


def relax_garbage_collection() -> None:
    """Make Python's cycle collector run rarely, and skip the objects that exist now.

    By default it would look for cycles among all objects many times a second; nearly all of ours
    die by reference count.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 50, 50)


async def _run_until_signalled(name: str, body: Body, stop_budget_s: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request_stop() -> None:
        if not stop.is_set():
            log.info("process_stopping", process=name)
            stop.set()
            loop.call_later(stop_budget_s + _EXIT_MARGIN_S, _exit_now, name)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(request_stop)

    # Not the loop's own handlers: the loop drops them when it closes, and a second signal during
    # the exit would then change the status.
    for number in _STOP_SIGNALS:
        signal.signal(number, on_signal)
    watching = asyncio.create_task(watch_descriptors())
    try:
        await body(stop)
    finally:
        watching.cancel()


def _exit_now(name: str) -> None:
    log.warning("process_cut_short", process=name)
    sys.stderr.flush()
    # Not sys.exit: it would wait for the code that blocks the event loop.
    os._exit(0)
