"""Output of `groupage status`, without a hub."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest
from pydantic import SecretStr

from groupage.app.commands.database_readings import derivation_reading, own_events_reading
from groupage.app.commands.status import HubTime, _hub_time, _print, describe
from groupage.app.local.child import Identity
from groupage.app.local.state import Clock, HubState, ProcessState
from groupage.domain.state.forms import FORMS
from groupage.settings import DatabaseSettings, without_password
from groupage.store.aggregates_by_offset import AggregateList, insert_lists


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
        ("simulated", ("kafka", "clock"), "  clock       simulated: the clock process goes on"),
        ("wall", ("kafka",), None),
    ],
    ids=["by a process", "by a simulation", "after a simulation", "servers alone"],
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


def test_status_says_where_the_events_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The page of the gateway, once that has an address."""
    state = HubState(
        phase="running",
        doing="",
        supervisor=Identity(pid=1, started_at_s=0),
        clock="wall",
        gateway_url="http://127.0.0.1:8080",
    )
    _print(describe(state, "/data"))
    assert "http://127.0.0.1:8080/docs shows all types" in capsys.readouterr().out


@pytest.mark.integration
@pytest.mark.parametrize(("clock", "simulated"), [("wall", False), ("external", True)])
def test_status_shows_the_hubs_time(
    clock: Clock,
    *,
    simulated: bool,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The last tick that a worker took in, and whether it is a simulated time."""
    state = HubState(
        phase="running",
        doing="",
        supervisor=Identity(pid=1, started_at_s=0),
        clock=clock,
        database_url=database_url,
        processes=(
            ProcessState(
                name="clock", state="running", identity=None, restarts=0, metrics=None, log_file=""
            ),
        ),
    )
    assert _hub_time(state) == HubTime(None, simulated)

    async def tick() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "insert into intake_offset (topic, partition, next_offset, clock_at) "
            "values ('hub.plan.v1', 0, 1, '2026-03-02T09:05:00Z')"
        )
        await connection.close()

    asyncio.run(tick())
    at = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    assert _hub_time(state) == HubTime(at, simulated)
    _print(describe(state, "/data"), _hub_time(state))
    line = "  hub time    2026-03-02 09:05Z (17:05+08)" + (", simulated" if simulated else "")
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.integration
def test_status_shows_how_far_the_states_are(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an adoption and after an upgrade; nothing when all states are derived."""
    settings = DatabaseSettings(url=SecretStr(database_url))

    def execute(*statements: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(database_url)
            for statement in statements:
                await connection.execute(statement)
            await connection.close()

        asyncio.run(run())

    assert derivation_reading(settings) is None
    execute(
        "insert into declaration "
        "(key, partition, revision, changed_at, form, policy, body, status, mode) "
        f"select 'D' || n, 0, 1, now(), {FORMS['declaration']}, (n <= 4)::integer, '', 's', 'm' "
        "from generate_series(1, 7) as n",
        # Visits do not judge by the policy: nobody derives them again.
        "insert into visit (key, partition, revision, changed_at, form, policy, body) "
        f"values ('V1', 0, 1, now(), {FORMS['visit']}, 0, '')",
        "insert into policy select n, 'd', now(), now(), 'x', 'y', '' "
        "from generate_series(0, 1) as n",
    )
    reading = derivation_reading(settings)
    assert str(reading) == ("5 of 8 (62 %) are derived again after an adoption of a policy; 3 left")
    execute(
        "update state_form set derived_at = null where kind = 'visit'",
        "update visit set form = form - 1 where key = 'V1'",
    )
    reading = derivation_reading(settings)
    assert str(reading) == "4 of 8 (50 %) are derived again after an upgrade; 4 left"
    _print(describe(None, "/data"), derivation=str(reading))
    assert f"  states      {reading}" in capsys.readouterr().out.splitlines()
    execute(
        "update state_form set derived_at = now()",
        "update declaration set policy = 1",
        f"update visit set form = {FORMS['visit']}",
    )
    assert derivation_reading(settings) is None
    nowhere = DatabaseSettings(url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    assert derivation_reading(nowhere) is None


@pytest.mark.integration
def test_status_shows_how_far_the_epcis_events_are(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Facts from outside count; ticks and messages of the hub do not."""
    settings = DatabaseSettings(url=SecretStr(database_url))
    assert "all facts are EPCIS events" in str(own_events_reading(settings))

    async def store() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "insert into fact (fact_id, kind, key, subject, type, source, event_id, occurred_at, "
            "recorded_at, topic, partition, record_offset, classifier, data, relayed_by) "
            "select gen_random_uuid(), 'unit', 'U', 'U', 'unit.received', '/wms', n, now(), now(), "
            "'hub.unit.v1', 0, n, 'ACT', '', case when n > 2 then 'unit' end "
            "from generate_series(0, 9) as n"
        )
        listed = AggregateList("hub.unit.v1", 0, 0, 2, 3, {"unit": ["U"]})
        await insert_lists(connection, [listed])
        await connection.execute("insert into intake_offset values ('hub.unit.v1', 0, 10, null)")
        await connection.close()

    asyncio.run(store())
    reading = own_events_reading(settings)
    assert str(reading) == "3 facts left to make into EPCIS events"
    _print(describe(None, "/data"), own_events=str(reading))
    assert f"  EPCIS       {reading}" in capsys.readouterr().out.splitlines()
    nowhere = DatabaseSettings(url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    assert own_events_reading(nowhere) is None
