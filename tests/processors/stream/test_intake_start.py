"""A worker whose servers go away while it starts."""

from pathlib import Path

import pytest

from groupage.domain.errors import Unavailable
from groupage.settings import DatabaseSettings, KafkaSettings, ProcessorSettings
from processors.worker.assignment import Assignment
from processors.worker.intake import Intake, Source
from processors.worker.lock import WorkerLock
from tests.hub_key import hub_key


@pytest.mark.slow
async def test_a_missing_broker_is_a_clear_error() -> None:
    """The process ends with a message, not a traceback, and its supervisor restarts it."""
    intake = Intake(
        source=Source(
            kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"),
            prefix="",
            hub_key=hub_key(),
            topics=["hub.cmd.v1"],
        ),
        settings=ProcessorSettings(),
        pool=None,  # type: ignore[arg-type] # not reached
        channel=None,  # type: ignore[arg-type]
        assignment=Assignment(),
        fail=lambda _error: None,
    )
    try:
        with pytest.raises(Unavailable, match="does not give the ids of its topics"):
            await intake.on_start()
    finally:
        await intake.on_stop()


async def test_a_missing_database_is_a_clear_error(tmp_path: Path) -> None:
    """The same for PostgreSQL."""
    lock = WorkerLock(DatabaseSettings(url=f"postgresql:///x?host={tmp_path}"), policies=lambda: 0)
    with pytest.raises(Unavailable, match="went away while the worker was starting"):
        async with lock:
            pass
