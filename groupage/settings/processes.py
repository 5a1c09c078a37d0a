"""Settings of processor workers and planners."""

from pydantic import Field
from pydantic_settings import BaseSettings

from groupage.settings.base import config


class ProcessorSettings(BaseSettings):
    """A processor worker (``GROUPAGE_PROCESSOR_*``)."""

    model_config = config("GROUPAGE_PROCESSOR_")

    batch_records_max: int = Field(default=20_000, ge=1, le=100_000)
    batch_bytes_max: int = Field(default=16 * 2**20, ge=1)
    """Approximate limit for record values: a plan is a thousand times as large as a scan."""
    batch_aggregates_max: int = Field(default=4_000, ge=1)
    """Approximate limit: the worker holds the states of a batch in memory until it commits."""
    batch_wait_s: float = Field(default=0.1, gt=0, le=10)
    """How long the worker collects records for the next batch after a batch that was not full."""
    cached_states_max: int = Field(default=50_000, ge=100)
    cached_bytes_max: int = Field(default=88 * 2**20, ge=2**20)
    """Estimated memory of cached states; the worker reads evicted states from PostgreSQL again."""
    commit_timeout_s: float = Field(default=30.0, gt=0, le=300)
    shutdown_timeout_s: float = Field(default=20.0, gt=0, le=60)
    """Kubernetes kills after 30 s."""


class PlannerSettings(BaseSettings):
    """The planner (``GROUPAGE_PLANNER_*``)."""

    model_config = config("GROUPAGE_PLANNER_")

    solver_processes: int = Field(default=1, ge=1, le=64)
    seed: int = Field(default=20_260_301, ge=0)
    solve_timeout_s: float = Field(default=30.0, gt=0, le=3600)
    attempts_max: int = Field(default=3, ge=1, le=10)
    shutdown_timeout_s: float = Field(default=20.0, gt=0, le=60)
