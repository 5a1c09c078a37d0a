"""Logging of commands that print error messages of their own."""

import logging
from typing import Literal

from groupage.settings import TelemetrySettings
from groupage.telemetry.logs import configure_logging


def quiet_logs(process: str, *, level: Literal["WARNING", "ERROR"] = "WARNING") -> None:
    """Log messages of at least `level` on standard error.

    Messages of Kafka's client are dropped: when it reaches no broker, the command says so itself.
    """
    configure_logging(TelemetrySettings(log_level=level), process=process)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
