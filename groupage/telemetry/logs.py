"""Logging by structlog; records of other packages through the standard library end in it too."""

import io
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import stamina.instrumentation
import structlog

from groupage.settings import TelemetrySettings

# Their INFO lines interest only their maintainers.
_CHATTY = (
    "aiokafka",
    "faust",
    "mode",
    "venusian",
    "httpx",
    "httpcore",
    "asyncio",
    "uvicorn",
)

_REPEATED_EVERY_S = 10.0
_BURST_MAX = 20
"""Lines with the same message of our own in that time: a start writes fewer."""
_REMEMBERED_MAX = 1_000

# Without local variables: they may hold a password.
_TRACEBACK = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logging(
    settings: TelemetrySettings, *, process: str, stream: TextIO | None = None
) -> None:
    """Write all logs of this process to ``stream`` (by default standard error).

    Each line carries ``process``, a UTC time and the bound values; console form on a terminal,
    JSON elsewhere unless ``settings.log_format`` says which. Call once, in an entry point.
    """
    out = stream if stream is not None else sys.stderr
    console = settings.log_format == "console" or (settings.log_format == "auto" and out.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared = _shared_processors()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(out)
    handler.addFilter(RepeatFilter())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_renderers(console=console, colors=out.isatty())
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    stamina.instrumentation.set_on_retry_hooks([_log_retry])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Log a retry. stamina's own hooks also count them, in a time series per number of attempts."""
    structlog.get_logger("stamina").warning(
        "retry_scheduled",
        call=details.name,
        attempt=details.retry_num,
        error=repr(details.caused_by),
        wait_s=round(details.wait_for, 2),
    )


class RepeatFilter(logging.Filter):
    """Writes the same message a few times in ten seconds, then a count of those held back.

    Whoever sends bad records must not fill the disk with log lines, and a Kafka client whose broker
    is away logs forty lines a second until the broker is back. Messages are the same if they differ
    only in their values; those of dead letters if they have the same code.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[tuple[str, str, str], _Passed] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide whether to write the record; `repeated` counts the ones held back before it."""
        if isinstance(record.msg, dict):  # structlog's, before it is rendered
            event, code = str(record.msg.get("event")), str(record.msg.get("code", ""))
        else:
            event, code = str(record.msg), ""
        key = (record.name, event, code)
        passed = self._passed.get(key)
        if passed is None or record.created - passed.since_s >= _REPEATED_EVERY_S:
            if len(self._passed) >= _REMEMBERED_MAX:
                self._passed.clear()
            self._passed[key] = _Passed(record.created)
            if passed is not None and passed.held_back:
                _note_repeated(record, passed.held_back)
            return True
        limit = 1 if record.name.partition(".")[0] in _CHATTY else _BURST_MAX
        if passed.count < limit:
            passed.count += 1
            return True
        passed.held_back += 1
        return False


@dataclass
class _Passed:
    """How often a message passed and was held back, since when (POSIX time)."""

    since_s: float
    count: int = 1
    held_back: int = 0


def _note_repeated(record: logging.LogRecord, times: int) -> None:
    if isinstance(record.msg, dict):
        record.msg["repeated"] = times
    else:
        record.repeated = times


def _shared_processors() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _renderers(*, console: bool, colors: bool) -> Sequence[structlog.typing.Processor]:
    clean: Any = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if console:
        return [
            clean,
            _escape_values,
            structlog.dev.ConsoleRenderer(
                colors=colors, timestamp_key="at", exception_formatter=_write_traceback
            ),
        ]
    return [
        clean,
        _TRACEBACK,
        structlog.processors.JSONRenderer(default=str),
    ]


def _escape_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what controls a terminal; the console renderer escapes some of it only."""
    return {
        name: _escape(value) if isinstance(value, str) else value for name, value in event.items()
    }


def _write_traceback(out: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    out.write("\n".join(map(_escape, written.getvalue().split("\n"))))


def _escape(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )
