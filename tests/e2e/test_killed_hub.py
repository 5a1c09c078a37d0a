"""A day through the front door while everything is killed; then everything is counted."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
import pytest

from groupage.app.demo.checks import check_day
from groupage.app.demo.policy import write_policy
from groupage.app.local.hub import stop
from groupage.domain.policy_file import load_policy
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from processors.aggregates.registry import all_aggregates
from producers.simulator.parameters import Parameters, parameters_for
from producers.simulator.simulation import Simulation
from tests.e2e.commanded import CommandedHub, show
from tests.e2e.day import DisturbedDay, play_disturbed
from tests.e2e.disturbance import KILLS_EACH, WORKERS, PlannedKills, planned_kills
from tests.e2e.ledger import Ledger
from tests.e2e.unforeseen import unforeseen

pytestmark = [pytest.mark.e2e, pytest.mark.crash, pytest.mark.timeout(600)]

SEED = int(os.environ.get("GROUPAGE_TEST_CRASH_SEED", "7"))
KILLED_BEFORE_EVENTS = 14_000
EVENTS_MIN = 20_000
UNDER_LOAD_MIN = 12
_SHOWN = 5


class Aftermath(NamedTuple):
    """The hub after its day, and what was sent to it."""

    hub: CommandedHub
    day: DisturbedDay
    ledger: Ledger
    folded: dict[Any, Any]
    status: dict[str, Any]
    policy_file: Path


def parameters() -> Parameters:
    """A small hub's day; every exception of a day is in it."""
    return parameters_for("small", seed=SEED)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """Play the day once for all tests of this file, killing as it goes."""
    root = tmp_path_factory.mktemp("e")
    policy_file = write_policy(root / "policy.toml")
    hub = CommandedHub(
        root / "hub",
        {"GROUPAGE_POLICY_FILE": str(policy_file), "GROUPAGE_PROCESSOR_WORKERS": str(len(WORKERS))},
    )
    try:
        hub.output_of("up", "--detach", "--clock", "external")
        kills = PlannedKills(hub, planned_kills(seed=SEED, events=KILLED_BEFORE_EVENTS))
        day = asyncio.run(play_disturbed(hub, Simulation(parameters()), kills))
        status = hub.status()
        ledger = asyncio.run(_read(status, policy_file))
        yield Aftermath(hub, day, ledger, ledger.folded(), status, policy_file)
    finally:
        stop(hub.folder)


async def _read(status: dict[str, Any], policy_file: Path) -> Ledger:
    aggregates = all_aggregates(load_policy(policy_file))
    pool = await create_pool(
        DatabaseSettings(url=status["database"]["url"]), application_name="test"
    )
    try:
        return await Ledger.read(pool, status["kafka"]["bootstrap_servers"], aggregates)
    finally:
        await pool.close()


def shown(problems: list[str]) -> str:
    """The first few, for an assertion's message."""
    return f"{len(problems)} problems:\n" + "\n".join(problems[:_SHOWN])


def test_everything_was_killed_under_load_and_started_again(aftermath: Aftermath) -> None:
    """Gateway, workers and planner several times, Kafka and PostgreSQL once; all run again."""
    day = aftermath.day
    restarts = {row["name"]: row["restarts"] for row in aftermath.status["processes"]}
    killed = Counter(one.name for one in day.killed)
    show(f"\nthe day took {day.took_s:.0f} s, {len(day.client.accepted)} events accepted")
    show(f"answers {dict(day.client.answers)}, ticks repeated {day.ticks_repeated}")
    show(f"killed {[(one.name, one.at_events) for one in day.killed]}")
    show(f"restarts {restarts}, gates given up {day.gave_up}")
    assert killed["gateway"] == killed["planner"] == KILLS_EACH
    assert sum(killed[name] for name in WORKERS) == KILLS_EACH
    assert killed["kafka"] == killed["postgres"] == 1
    assert sum(one.under_load for one in day.killed) >= UNDER_LOAD_MIN
    # A worker or planner that starts while a server is away ends, and is started again: more.
    assert all(restarts[name] >= times for name, times in killed.items())
    assert restarts["api"] == 0
    assert {row["state"] for row in aftermath.status["processes"]} == {"running"}


def test_nobody_failed_in_an_unforeseen_way(aftermath: Aftermath) -> None:
    """No traceback in any log but those of the client library that complains of a lost broker."""
    logs = sorted((aftermath.hub.folder / "logs").glob("*.log"))
    failures = [f"{file.stem}: {line[:800]}" for file in logs for line in unforeseen(file)]
    assert not failures, shown(failures)


def test_every_accepted_event_is_one_fact_and_no_other_is(aftermath: Aftermath) -> None:
    """By (source, event id): none lost, none doubled, none invented, and each as it was sent."""
    client, stored = aftermath.day.client, aftermath.ledger.from_outside()
    assert client.otherwise == []
    assert len(client.accepted) >= EVENTS_MIN
    assert client.accepted.keys() - stored.keys() == set(), "lost"
    assert stored.keys() - client.accepted.keys() == set(), "invented"
    assert [identity for identity, copies in stored.items() if len(copies) > 1] == [], "doubled"
    for identity, (fact,) in stored.items():
        sent = client.accepted[identity]
        assert msgspec.structs.replace(fact, recorded_at=sent.recorded_at) == sent
    show(f"\n{len(stored)} accepted events, {sum(map(len, stored.values()))} facts from outside")


def test_what_aggregates_publish_is_stored_once(aftermath: Aftermath) -> None:
    """A message of the outbox that was published twice is one fact."""
    derived = aftermath.ledger.derived()
    assert derived
    assert [identity for identity, copies in derived.items() if copies > 1] == []
    show(f"\n{len(derived)} derived facts")


def test_every_state_is_the_fold_of_its_facts(aftermath: Aftermath) -> None:
    """By the pure aggregates over the stored facts, body by body; no owner without a state."""
    wrong = aftermath.ledger.wrong_states(aftermath.folded)
    assert not wrong, shown(wrong)
    show(f"\nstates {dict(Counter(kind for kind, _ in aftermath.folded))}")


def test_every_message_reached_its_addressee(aftermath: Aftermath) -> None:
    """A message is a fact of its addressee, an alert a row, a rejection a dead letter."""
    undelivered = aftermath.ledger.undelivered(aftermath.folded)
    assert not undelivered, shown(undelivered)
    assert aftermath.ledger.alerts_raised(aftermath.folded) == aftermath.ledger.alerts_open
    wrong_dead_letters = aftermath.ledger.wrong_dead_letters(aftermath.folded)
    assert not wrong_dead_letters, shown(wrong_dead_letters)
    refused = sum(len(state.rejected) for state in aftermath.folded.values())
    show(f"\n{len(aftermath.ledger.alerts_open)} alerts open, {refused} facts refused")
    show(f"dead letters {dict(aftermath.ledger.dead_letters)}")


def test_every_plan_request_has_one_answer(aftermath: Aftermath) -> None:
    """One row, and one plan or one failure that the lane received, for each request id."""
    ledger = aftermath.ledger
    wrong = ledger.wrong_answers()
    assert not wrong, shown(wrong)
    asked = sum(map(len, ledger.requests.values()))
    show(f"\n{asked} records of {len(ledger.requests)} requests")
    show(f"ended {dict(Counter(ledger.request_rows.values()))}")


def test_every_stored_plan_is_certified(aftermath: Aftermath) -> None:
    """Each has a certificate, answers its request, and passes the verifier again."""
    ledger = aftermath.ledger
    assert ledger.plans
    bad = ledger.bad_plans()
    assert not bad, shown(bad)
    show(f"\n{len(ledger.plans)} plans verified again")


def test_the_day_is_as_sound_as_an_undisturbed_one(aftermath: Aftermath) -> None:
    """What left was planned, certified, loaded as planned; the demonstration's own checks hold."""
    stuffed_by = {box.id: box.plan_id for box in aftermath.day.simulation.boxes.values()}

    async def report() -> Any:
        settings = DatabaseSettings(url=aftermath.status["database"]["url"])
        pool = await create_pool(settings, application_name="test")
        try:
            policy = load_policy(aftermath.policy_file)
            return await check_day(pool, stuffed_by=stuffed_by, policy=policy)
        finally:
            await pool.close()

    found = asyncio.run(report())
    assert not found.problems, shown(list(found.problems))
    assert found.departed
    show(f"\n{len(found.departed)} containers left; consignments {found.consignments}")


_COMPARED = {
    **{
        table: f"select * from {table}"
        for table in (
            "fact",
            "consignment",
            "unit",
            "container",
            "visit",
            "declaration",
            "voyage",
            "consolidation",
            "lane",
            "command",
            "intake_offset",
            "plan",
            "plan_request",
            "outbox",
            "dead_letter",
        )
    },
    "open alerts": "select alert_id, about, about_kind, code, severity, message, due_at "
    "from alert where cleared_at is null",
}


async def _digests(url: str) -> dict[str, str]:
    """Rows and a digest of all of them, by table."""
    connection = await asyncpg.connect(url, timeout=30)
    try:
        return {
            name: await connection.fetchval(
                "select count(*) || ' ' || coalesce(md5(string_agg(r, '' order by r)), '') "
                f"from (select md5(t::text) as r from ({query}) as t) as x"
            )
            for name, query in _COMPARED.items()
        }
    finally:
        await connection.close()


def test_a_rebuild_from_the_log_gives_the_same_rows(aftermath: Aftermath) -> None:
    """Refused beside workers; then equal row for row, compared and put in place."""
    hub, url = aftermath.hub, aftermath.status["database"]["url"]
    refused = hub.command("rebuild", "--verify")
    assert refused.returncode == 1
    assert "groupage down" in refused.stderr
    hub.output_of("down")
    hub.output_of("up", "--servers-only", "--detach")
    before = asyncio.run(_digests(url))
    began_s = time.monotonic()
    compared = msgspec.json.decode(hub.output_of("rebuild", "--verify", "--json"))
    took_s = time.monotonic() - began_s
    differing = [t for t in compared["tables"] if t["only_stored"] or t["only_rebuilt"]]
    assert compared["equal"], differing
    assert asyncio.run(_digests(url)) == before, "a comparison changes nothing"
    assert msgspec.json.decode(hub.output_of("rebuild", "--json"))["replaced"]
    assert asyncio.run(_digests(url)) == before
    show(f"\n{compared['records']} records folded again in {took_s:.0f} s")
    show(str({name: digest.partition(" ")[0] for name, digest in before.items()}))
