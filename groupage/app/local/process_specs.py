"""The processes of a hub: the order in which they start, and their settings."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from groupage.app.local.ports import PortBook
from groupage.settings import LOOPBACK, LocalSettings

FILL = 1
"""Stage of the processes that read the log: they start before the intake and stop after it."""
INTAKE = 2
"""Stage of the processes that write facts: they start last and stop first."""


@dataclass(frozen=True)
class ProcessSpec:
    """One process of groupage. Stages start in ascending order and stop in descending order."""

    name: str
    runs: str
    """Name of the process in ``groupage run NAME``."""
    stage: int
    metrics_port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_budget_s: float = 20.0

    @property
    def program(self) -> list[str]:
        """The command line."""
        return groupage("run", self.runs)

    @property
    def metrics_url(self) -> str:
        """Address of ``/metrics``, ``/healthz`` and ``/readyz``."""
        return f"http://{LOOPBACK}:{self.metrics_port}"


MIGRATE = ("migrate",)
TOPICS = ("topics",)
"""Commands that must succeed once their server is up and before the first process starts."""


def process_specs(
    settings: LocalSettings,
    ports: PortBook,
    *,
    gateway_port: int,
    api_port: int,
    with_clock: bool,
) -> tuple[ProcessSpec, ...]:
    """Return every process of the hub, in the order of their start."""

    def spec(
        name: str, runs: str, stage: int, environment: Mapping[str, str] | None = None
    ) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            runs=runs,
            stage=stage,
            metrics_port=ports.port(f"{name}-metrics"),
            environment=environment or {},
        )

    workers = [f"processors-{n}" for n in range(1, settings.processor_workers + 1)]
    table = [
        *(spec(name, "processors", FILL) for name in workers),
        spec("planner", "planner", FILL),
        spec("api", "api", FILL, {"GROUPAGE_API_PORT": str(api_port)}),
    ]
    if with_clock:
        table.append(spec("clock", "clock", INTAKE))
    table.append(spec("gateway", "gateway", INTAKE, {"GROUPAGE_GATEWAY_PORT": str(gateway_port)}))
    return tuple(table)


def groupage(*arguments: str) -> list[str]:
    """Return the command line of a groupage command of this installation."""
    return [sys.executable, "-m", "groupage", *arguments]
