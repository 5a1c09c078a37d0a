"""``groupage status``: processes and addresses of the hub."""

import os
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr, ValidationError

from groupage.app.commands.printing import (
    AsJson,
    Column,
    print_json,
    print_line,
    print_table,
    text_of,
)
from groupage.app.local.hub import running_hub, use_running_hub
from groupage.app.local.state import HubState, ProcessState
from groupage.domain.errors import GroupageError, Unavailable
from groupage.domain.words import number_of
from groupage.settings import (
    DatabaseSettings,
    KafkaSettings,
    LocalSettings,
    TopicSettings,
    without_password,
)

if TYPE_CHECKING:
    from groupage.store.log_identity import OtherTopic

NOT_RUNNING = 1
_BUDGET_S = 2.0


def main(
    *,
    as_json: AsJson = False,
    targets: Annotated[
        bool,
        typer.Option("--targets", help="Print scrape targets for Prometheus' file_sd_configs."),
    ] = False,
) -> None:
    """Show the hub of the data directory; status 0 if it runs, else 1."""
    settings = LocalSettings()
    state = running_hub(settings.data_dir)
    described = describe(state, str(settings.data_dir))
    if targets:
        print_json(scrape_targets(described))
    elif as_json:
        time = _hub_time(state)
        hub_time = {"at": time.at, "simulated": time.simulated} if time else None
        print_json(
            {
                **described,
                "hub_time": hub_time,
                **_readings(state),
                "other_topics": [each.topic for each in _other_topics(state)],
            }
        )
    else:
        read = ["" if each is None else str(each) for each in _readings(state).values()]
        _print(described, _hub_time(state), *read)
        if others := _other_topics(state):
            topics = number_of(len(others), "topic")
            print_line(f"  {topics} not read, deleted or created again: see `groupage doctor`")
    if state is None or state.phase != "running":
        raise typer.Exit(NOT_RUNNING)


def describe(state: HubState | None, data_dir: str) -> dict[str, Any]:
    """Describe the hub as ``--json`` prints it; without a hub, the servers of the environment."""
    if state is None:
        kafka = os.environ.get("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS")
        database = os.environ.get("GROUPAGE_DATABASE_URL")
        return {
            "phase": "stopped",
            "data_dir": data_dir,
            "kafka": {"bootstrap_servers": kafka, "local": False},
            "database": {"url": without_password(database) if database else None, "local": False},
            "gateway": {"url": os.environ.get("GROUPAGE_GATEWAY_URL")},
            "api": {"url": os.environ.get("GROUPAGE_API_URL")},
            "metrics": [],
            "processes": [],
        }
    return {
        "phase": state.phase,
        "data_dir": data_dir,
        "clock": state.clock,
        "kafka": {
            "bootstrap_servers": state.kafka_bootstrap_servers,
            "local": state.kafka_is_local,
        },
        "database": {
            "url": without_password(state.database_url),
            "local": state.database_is_local,
        },
        "gateway": {"url": state.gateway_url or None},
        "api": {"url": state.api_url or None},
        "metrics": [process.metrics for process in state.processes if process.metrics],
        "processes": [_process(process) for process in state.processes],
    }


def scrape_targets(described: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the processes in the format of file_sd_configs, with their names as labels."""
    return [
        {"targets": [urlsplit(process["metrics"]).netloc], "labels": {"process": process["name"]}}
        for process in described["processes"]
        if process["metrics"]
    ]


def _process(process: ProcessState) -> dict[str, Any]:
    alive = process.identity is not None and process.identity.process() is not None
    return {
        "name": process.name,
        "pid": process.identity.pid if process.identity and alive else None,
        "state": process.state if alive or process.state not in ("running", "hung") else "died",
        "problem": process.problem if alive else "",
        "restarts": process.restarts,
        "metrics": process.metrics,
        "log_file": process.log_file,
    }


_CLOCKS = {
    "wall": "the clock process sends the time of day",
    "external": "the simulator or the demo sends the time",
    "simulated": "the clock process goes on from the last tick of a simulator or the demo",
}
_COLUMNS = (
    Column("process", itemgetter("name")),
    Column("pid", itemgetter("pid")),
    Column("state", itemgetter("state")),
    Column("restarts", itemgetter("restarts"), right=True),
    Column("metrics", itemgetter("metrics")),
)


class HubTime(NamedTuple):
    """The time by which the hub judges everything: its last tick."""

    at: datetime | None
    """None: no tick yet."""
    simulated: bool
    """It is not the time of day."""
    problem: str = ""
    """Why it cannot be right."""

    def __str__(self) -> str:
        if self.problem:
            return f"WRONG, {self.problem}: see `groupage doctor`"
        if self.at is None:
            return "no tick yet"
        return text_of(self.at) + (", simulated" if self.simulated else "")


def _hub_time(state: HubState | None) -> HubTime | None:
    """Read the hub's time; None: without a hub, or if the database does not answer at once."""
    from groupage.app.commands import clock_reading as clocks  # noqa: PLC0415 - imports the driver

    if state is None or not state.database_url:
        return None
    try:
        reading, tolerance = clocks.clock_reading(
            DatabaseSettings(url=SecretStr(state.database_url))
        )
    except Unavailable:
        return None
    right, found, _ = clocks.describe_clock(reading, state.clock, tolerance=tolerance)
    return HubTime(reading.last_at, state.clock != "wall", "" if right else found)


def _readings(state: HubState | None) -> dict[str, Any]:
    """Read what the database says of the hub by name; None: nothing, or it does not answer."""
    from groupage.app.commands import database_readings as readings  # noqa: PLC0415 - the driver

    kinds = {
        "derivation": readings.derivation_reading,
        "own_events": readings.own_events_reading,
        "subscriptions": readings.subscriptions_reading,
    }
    if state is None or not state.database_url:
        return dict.fromkeys(kinds)
    settings = DatabaseSettings(url=SecretStr(state.database_url))
    return {name: read(settings) for name, read in kinds.items()}


def _other_topics(state: HubState | None) -> "list[OtherTopic]":
    """Return the topics that are not those whose offsets are stored; empty without an answer."""
    from groupage.app.log_identity import other_topics  # noqa: PLC0415 - imports the clients

    if state is None:
        return []
    use_running_hub(LocalSettings().data_dir)
    try:
        return other_topics(
            KafkaSettings(),
            DatabaseSettings(),
            prefix=TopicSettings().prefix,
            budget_s=_BUDGET_S,
        )
    except (GroupageError, ValidationError):  # Kafka's own check is `groupage doctor`
        return []


def _print(
    described: dict[str, Any],
    hub_time: HubTime | None = None,
    derivation: str = "",
    own_events: str = "",
    subscriptions: str = "",
) -> None:
    print_line(f"hub on {described['data_dir']}: {described['phase']}")
    for name, address in (
        ("Kafka", described["kafka"]["bootstrap_servers"]),
        ("PostgreSQL", described["database"]["url"]),
        ("gateway", described["gateway"]["url"]),
        ("API", described["api"]["url"]),
    ):
        if address:
            print_line(f"  {name:<11} {address}")
    if gateway := described["gateway"]["url"]:
        print_line(f"  {'events':<11} {gateway}/docs shows all types with examples")
    names = {process["name"] for process in described["processes"]}
    clock = described.get("clock", "")
    if clock == "external" or "clock" in names:  # servers alone have no clock
        print_line(f"  {'clock':<11} {clock}: {_CLOCKS[clock]}")
        if hub_time is not None:
            print_line(f"  {'hub time':<11} {hub_time}")
    for head, text in (
        ("states", derivation),
        ("EPCIS", own_events),
        ("subscribers", subscriptions),
    ):
        if text:
            print_line(f"  {head:<11} {text}")
    hint = "start a hub with `groupage up`, or try `groupage demo`"
    print_table(described["processes"], _COLUMNS, nothing=hint)
    for process in described["processes"]:
        if process["problem"]:
            print_line(f"  {process['name']} is not ready: {process['problem']}")
