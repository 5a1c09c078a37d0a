"""Logs of commands that tell in words of their own what went wrong."""

import logging
from typing import Literal

from groupage.settings import TelemetrySettings
from groupage.telemetry.logs import configure_logging


def quiet_logs(process: str, *, level: Literal["WARNING", "ERROR"] = "WARNING") -> None:
    """What is as grave as `level` or worse, on standard error.

    Not what Kafka's client says when it reaches nobody: the command says that, with its remedy.
    """
    configure_logging(TelemetrySettings(log_level=level), process=process)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
