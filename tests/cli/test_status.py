"""Output of `groupage status`, without a hub."""

import pytest

from groupage.app.commands.status import _print, describe
from groupage.app.local.child import Identity
from groupage.app.local.state import Clock, HubState, ProcessState
from groupage.settings import without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://hub:s3cret@db:5432/hub", "postgresql://hub:***@db:5432/hub"),
        ("postgresql://hub@db/hub", "postgresql://hub@db/hub"),
        ("postgresql://postgres@/groupage?host=/run", "postgresql://postgres@/groupage?host=/run"),
    ],
)
def test_status_hides_a_password(url: str, shown: str) -> None:
    """Users paste the output into tickets."""
    assert without_password(url) == shown


def test_status_without_a_hub_shows_servers_named_by_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a cluster, where this machine supervises no process."""
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "broker:9092")
    described = describe(None, "/data")
    assert described["kafka"]["bootstrap_servers"] == "broker:9092"
    assert described["metrics"] == []


@pytest.mark.parametrize(
    ("clock", "processes", "line"),
    [
        ("wall", ("kafka", "clock"), "  clock       wall: the clock process"),
        ("external", ("kafka",), "  clock       external: the simulator or the demo"),
        ("wall", ("kafka",), None),
    ],
    ids=["by a process", "by a simulation", "servers alone"],
)
def test_status_says_where_the_time_comes_from(
    clock: Clock,
    processes: tuple[str, ...],
    line: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the clock process or the simulator; servers alone have no clock."""
    state = HubState(
        phase="running",
        doing="",
        supervisor=Identity(pid=1, started_at_s=0),
        clock=clock,
        processes=tuple(
            ProcessState(
                name=name, state="running", identity=None, restarts=0, metrics=None, log_file=""
            )
            for name in processes
        ),
    )
    described = describe(state, "/data")
    _print(described)
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  clock")]
    assert [text[: len(line or "")] for text in printed] == ([line] if line else [])
    assert described["clock"] == clock
