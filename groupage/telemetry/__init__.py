"""Telemetry of every process: logs, metrics, health."""

from groupage.telemetry import metrics
from groupage.telemetry.logs import configure_logging
from groupage.telemetry.probes import Checks
from groupage.telemetry.server import TelemetryServer

__all__ = ["Checks", "TelemetryServer", "configure_logging", "metrics"]
