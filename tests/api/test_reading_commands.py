"""The commands that read, as a user types them, on a real database."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from groupage.app.cli import run
from groupage.app.commands.printing import text_of
from groupage.app.commands.reading import query
from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import Adoption
from groupage.store.dead_letters import insert_dead_letters
from groupage.store.policies import write_adoptions
from groupage.store.readers.routes import RouteFilter, list_routes
from groupage.store.writers import DeadLetterRow, pack_headers
from tests.api.hub import START, store_plan
from tests.api.world import BOX, FIRST, LANE, first_plan, second_plan

pytestmark = pytest.mark.integration
Command = Callable[..., str]


@pytest.fixture
def groupage(
    hub: "asyncpg.Pool[asyncpg.Record]",
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Run `groupage("consignments", "--json")`; returns the output, the status must be 0."""
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", database_url)

    def command(*arguments: str) -> str:
        capsys.readouterr()
        status = run(list(arguments))
        printed = capsys.readouterr()
        assert status == 0, printed.err
        return printed.out

    return command


def test_lists_as_tables(groupage: Command) -> None:
    """Each list prints a heading and a line for each row."""
    for arguments, expected in {
        ("consignments", "--held"): ["CN-2", "ACCEPTED", LANE],
        ("consolidations", "--lane", LANE): [FIRST, "LCO 2:30 h", "51%"],
        ("consolidations", "--open"): [FIRST],  # plans gave the other one up
        ("containers", "--type", "45G1"): [BOX, "AT_HUB"],
        ("plans", "--in-force"): ["P-1", "3,000.00", "3.0%"],
        ("routes", "--truck", "van-01"): ["R-van-01", "CN-1", "42.00"],
        ("alerts", "--about", FIRST): ["cutoff_LCO", "warning"],
    }.items():
        lines = groupage(*arguments).splitlines()
        assert len(lines) == 2, lines
        for text in expected:
            assert text in lines[1]


def test_times_are_the_hubs_too(groupage: Command, hub: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Trucks leave by the clock on the wall of the hub, whose zone its policy names."""
    assert "2026-03-02 11:00Z (19:00+08)  2026-03-02 12:00Z (20:00+08)" in groupage("routes")
    assert "11:00:00Z" in groupage("routes", "--json")
    assert "LCO at 2026-03-02 14:00Z (22:00+08) is at risk" in groupage("alerts")


async def test_the_zone_is_that_of_the_policy_in_force(
    pool: "asyncpg.Pool[asyncpg.Record]", database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that adopted a policy for Madrid shows Madrid's time."""
    policy = msgspec.structs.replace(
        Policy(), hub=msgspec.structs.replace(Policy().hub, timezone="Europe/Madrid")
    )
    event = PolicyAdopted(digest="d", policy=policy, by="desk", reason="moved")
    adoption = Adoption(
        event=event, event_json=msgspec.json.encode(event), effective_at=START, adopted_at=START
    )
    async with pool.acquire() as connection:
        await write_adoptions(connection, [adoption])
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", database_url)

    def show() -> str:
        query(lambda pool: list_routes(pool, RouteFilter()))
        return text_of(START)

    assert await asyncio.to_thread(show) == "2026-03-02 08:00Z (09:00+01)"


def test_lists_as_json(groupage: Command) -> None:
    """The same rows for scripts, with `next_after` of the next page."""
    page = json.loads(groupage("consignments", "--limit", "2", "--json"))
    assert [row["consignment_id"] for row in page["items"]] == ["CN-1", "CN-2"]
    rest = json.loads(groupage("consignments", "--json", "--after", page["next_after"]))
    assert [row["consignment_id"] for row in rest["items"]] == ["CN-3"]
    for name in ("consolidations", "containers", "plans", "routes", "alerts"):
        assert json.loads(groupage(name, "--json"))["items"], name


def test_filters_ignore_the_case_of_states(groupage: Command) -> None:
    """`accepted` is as good as `ACCEPTED`."""
    page = json.loads(groupage("consignments", "--status", "accepted", "--json"))
    assert [row["consignment_id"] for row in page["items"]] == ["CN-2", "CN-3"]


def test_an_empty_list_says_so(groupage: Command) -> None:
    """In the words of the filters; the status is 0."""
    for arguments, says in {
        "consignments --lane CNNGB-USLAX": "no consignment on lane CNNGB-USLAX",
        "consignments --at-risk --held": "no consignment at risk, with an open hold",
        "consolidations --at-risk --lane X": "no consolidation at risk, on lane X",
        "containers --status SEALED": "no container with status SEALED",
        "plans --in-force --lane X": "no plan in force, of lane X",
        "alerts --code damaged": "no open alert with code damaged",
        "routes --truck T": "no route that has not ended of truck T",
    }.items():
        assert groupage(*arguments.split()) == says + "\n"


def test_an_empty_hub_has_nothing_yet(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is at risk, and there is no alert."""
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", empty_database_url)
    assert run(["migrate"]) == 0
    for arguments, says in {
        "consignments": "no consignment yet",
        "consolidations --at-risk": "no consolidation at risk",
        "plans": "no plan yet",
        "alerts": "no open alert",
        "alerts --all": "no alert yet",
        "routes": "no route that has not ended in the plans in force",
    }.items():
        capsys.readouterr()
        assert run(arguments.split()) == 0
        assert capsys.readouterr().out == says + "\n"


def test_what_is_at_risk_says_what_is_missing_and_whose(groupage: Command) -> None:
    """In the list, in JSON and in the alerts."""
    printed = groupage("consolidations", "--at-risk")
    missing = printed.splitlines()[-1]
    for part in (FIRST, "LCO cargo at the hub", "not received", "CN-1", "Futian D4-1207"):
        assert part in missing
    (row,) = json.loads(groupage("consolidations", "--at-risk", "--json"))["items"]
    (risk,) = row["risks"]
    assert (risk["code"], risk["state"]) == ("LCO", "at_risk")
    assert risk["missing"][0]["consignments"][0]["consignment_id"] == "CN-1"
    alert = groupage("alerts", "--code", "cutoff_LCO").splitlines()[1]
    assert "is at risk; not received: CN-1" in alert
    assert alert.endswith("Futian D4-1207")


def test_an_alert_says_since_when_it_is_critical(groupage: Command) -> None:
    """A cut-off at risk was missed at its time, later than the alert was raised."""
    assert "critical since" not in groupage("alerts")

    async def miss(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        await pool.execute("update alert set severity = 'critical' where code = 'cutoff_LCO'")

    query(miss)
    line = groupage("alerts", "--code", "cutoff_LCO").splitlines()[1]
    alert = json.loads(groupage("alerts", "--code", "cutoff_LCO", "--json"))["items"][0]
    assert alert["critical_since"] == alert["due_at"] > alert["raised_at"]
    assert f", critical since {text_of(datetime.fromisoformat(alert['due_at']))}" in line


def test_routes_are_those_that_have_not_ended(groupage: Command) -> None:
    """`--all` and `--from` show others; `--consignment` the truck that fetches it, and when."""
    assert "van-02" not in groupage("routes")
    assert "van-02" in groupage("routes", "--all")
    assert "van-02" in groupage("routes", "--from", "2026-03-02T18:00:00+08:00")
    line = groupage("routes", "--consignment", "CN-1").splitlines()[1]
    assert line.startswith("2026-03-02 11:30Z (19:30+08)  P-1   yes       R-van-01")
    assert groupage("routes", "--consignment", "CN-3").startswith("no plan has had a truck")


def test_trace_as_scripts_read_it(groupage: Command) -> None:
    """The JSON has id, kind, parents (nearest first) and facts with their changes."""
    trace: dict[str, Any] = json.loads(groupage("trace", "u-1", "--json"))
    assert (trace["id"], trace["kind"]) == ("u-1", "unit")
    assert trace["parents"] == ["pallet-9", "rack-1"]
    packed = trace["facts"][-1]
    assert packed["type"] == "unit.packed"
    assert packed["changed"] == {"parent": [None, "pallet-9"]}
    assert {"occurred_at", "recorded_at", "source", "event_id"} <= packed.keys()


def test_trace_for_people(groupage: Command) -> None:
    """A line for the parents, a line for each fact, its changes below."""
    printed = groupage("trace", "u-1")
    assert "in pallet-9 ▸ rack-1" in printed
    assert 'parent: – → "pallet-9"' in printed
    whole = groupage("trace", "CN-1")
    assert 'units.u-1.parent: – → "pallet-9"' in whole
    assert "barrier_at" not in whole, "what only the fold needs"


def test_trace_begins_with_how_it_stands(groupage: Command) -> None:
    """A line for each part that is known, in the hub's time, too; the history can be left out."""
    lines = groupage("trace", "CN-1", "--last", "0").splitlines()
    assert lines[2].startswith(
        "  state        RECEIVED; customs NONE; last event 2026-03-02 08:50Z"
    )
    texts = {line[2:13].strip(): line[15:] for line in lines[2:-2]}
    assert texts["cartons"] == "2: 2 received; 1 measured; 0.12 m³, 20 kg"
    assert texts["missing"] == "1 carton to measure; a declaration to customs"
    assert texts["pick-up"] == "none booked: the shipper brings it"
    assert texts["cut-off LCO"] == (
        "2026-03-02 14:00Z (22:00+08) AT RISK; cargo at the hub; waits for this consignment; "
        "not received: CN-1"
    )
    assert lines[-1] == "7 facts not shown"
    assert "H-1" not in groupage("trace", "CN-1", "--last", "0")
    assert "  held      DOCS by desk since" in groupage("trace", "CN-2", "--last", "0")


def test_trace_can_be_cut(groupage: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """`--since` takes a time or a duration by the hub's clock; `--only-status` the steps."""
    assert "consignment.booked" not in groupage("trace", "CN-1", "--since", "3h")
    assert "consignment.booked" in groupage("trace", "CN-1", "--since", "1d")
    assert "unit.packed" in groupage("trace", "CN-1", "--since", "2026-03-02T16:13:00+08:00")
    assert groupage("trace", "CN-1", "--since", "1s").endswith("none since 1s: 7 facts not shown\n")
    steps = groupage("trace", "CN-1", "--only-status")
    assert 'status: – → "ACCEPTED"' in steps
    assert "measured:" not in steps
    assert run(["trace", "CN-1", "--since", "yesterday"]) == 1
    assert "or a duration like 90m, 12h, 2d" in capsys.readouterr().err
    assert "…" in groupage("trace", "CN-1")
    assert "--full shows them" in groupage("trace", "CN-1")
    assert "…" not in groupage("trace", "CN-1", "--full")


def test_what_is_in_a_container(groupage: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """By its number or its consolidation; `--cartons` shows where each carton stands."""
    printed = groupage("consolidations", FIRST, "--cartons").splitlines()
    assert printed[0] == FIRST
    (row,) = [line for line in printed if line.startswith("CN-1")]
    assert row.split()[:3] == ["CN-1", "RECEIVED", "NONE"]
    assert " ".join(printed[-1].split()) == "2 CN-2/1 CN-2 1 2 1 0 500 0 400 500 300"
    assert "--cartons shows" in groupage("containers", FIRST)
    assert "AT_HUB" in groupage("containers", BOX)
    assert json.loads(groupage("containers", FIRST, "--json"))["cartons"][1]["column"] == 2
    assert run(["containers", "CSQU0000000"]) == 1
    assert "no container and no consolidation" in capsys.readouterr().err
    assert run(["containers", BOX, "--type", "45G1"]) == 2


def test_plan_show(groupage: Command) -> None:
    """It prints cost, origin, containers and stops; with --container, each carton."""
    printed = groupage("plan", "show", "P-1")
    assert "solved by groupage 0.1.0, OR-Tools 9.15.6755; seed 0, at most 0.65 units" in printed
    offsets = "hub.consignment.v1  812 0 790"
    assert offsets not in printed
    assert offsets in groupage("plan", "show", "P-1", "--verbose")
    assert "cost 3,000.00 USD (freight 3,000.00)" in printed
    assert FIRST in printed
    assert "collect" not in printed
    for named in (FIRST, BOX, "1"):
        box = groupage("plan", "show", "P-1", "--container", named)
        assert "CN-2/1" in box
        assert "row  column  layer" in box
    placed = json.loads(groupage("plan", "show", "P-1", "--container", "1", "--json"))
    assert placed["placements"][1]["y_mm"] == 500


def test_plan_show_names_held_members(groupage: Command) -> None:
    """With the type of the hold, the person, the consolidation and the id to release it by."""
    for arguments in ((), ("--container", FIRST)):
        lines = groupage("plan", "show", "P-1", *arguments).splitlines()
        head = next(n for n, line in enumerate(lines) if line.startswith("held"))
        cells = lines[head + 1].split()
        assert (cells[:3], cells[-2:]) == (["CN-2", "DOCS", "desk"], [FIRST, "H-1"])


def test_plan_show_says_which_containers_have_left(groupage: Command) -> None:
    """An older plan is read after the voyage has gone, too."""
    expected = f"{FIRST} left the hub {text_of(START)}"
    assert "left the hub" not in groupage("plan", "show", "P-1")

    async def leave(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        await pool.execute("update consolidation set departed_at = $1 where key = $2", START, FIRST)

    query(leave)
    for arguments in ((), ("--container", FIRST)):
        lines = groupage("plan", "show", "P-1", *arguments).splitlines()
        assert any(line.startswith(expected) for line in lines)


def test_plan_diff(groupage: Command) -> None:
    """It prints which consignments move and why, as text and as JSON."""
    printed = groupage("plan", "diff", "P-1", "P-2")
    assert "P-2 costs 185.00 USD less than P-1 (freight -200.00, change +15.00)" in printed
    assert "hold H-1 (DOCS) stands" in printed
    diff = json.loads(groupage("plan", "diff", "P-1", "P-2", "--json"))
    assert len(diff["shifts"]) == 3


def test_a_plan_is_named_by_its_lane_or_its_first_characters(
    groupage: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lane means its plan in force; characters with which several ids begin are refused."""
    whole = groupage("plan", "show", "P-1")
    assert groupage("plan", "show", LANE) == whole
    assert run(["plan", "show", "P-"]) == 1
    assert "no plan 'P-' is stored" in capsys.readouterr().err
    ids = ("PLN-0a1b2c3d-1", "PLN-0a1b2c3d-2", "PLN-0a9f-3")

    async def store(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        for number, plan_id in enumerate(ids, start=3):
            request_id = f"RQ-{number}"
            named = replace(first_plan(), plan_id=plan_id, request_id=request_id, sequence=number)
            await store_plan(pool, named)

    query(store)
    for name in ("PLN-0a9", "0a9f"):
        assert groupage("plan", "show", name).startswith("plan PLN-0a9f-3")
    assert run(["plan", "show", "0a1b2c3d"]) == 1
    error = capsys.readouterr().err
    assert "several plan ids begin with '0a1b2c3d': PLN-0a1b2c3d-1, PLN-0a1b2c3d-2" in error


def test_a_lane_without_two_plans_to_compare(
    groupage: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lane with fewer plans, or one plan alone, is refused."""
    del groupage
    assert run(["plan", "diff", "--lane", "CNNGB-CNXXX"]) == 1
    assert "has no plan in force and none that waits" in capsys.readouterr().err
    assert run(["plan", "diff", "--lane", LANE]) == 1
    assert f"no plan of lane {LANE} was in force before P-1" in capsys.readouterr().err
    for arguments in (["P-1"], ["--lane", LANE, "P-1"], []):
        assert run(["plan", "diff", *arguments]) == 2
        assert "name two plans, or a lane" in capsys.readouterr().err


def test_a_stored_plan_and_a_file_compare(groupage: Command, tmp_path: Path) -> None:
    """A try of `plan solve` beside the plan in force."""
    file = tmp_path / "plan.json"
    file.write_bytes(msgspec.json.encode(second_plan()))
    assert groupage("plan", "diff", LANE, str(file)) == groupage("plan", "diff", "P-1", "P-2")


def test_failures_are_sentences(groupage: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown id gives status 1 and one sentence, no traceback."""
    for arguments in (
        ["trace", "nobody"],
        ["plan", "show", "P-404"],
        ["plans", "--after", "x"],
        ["routes", "--from", "yesterday"],
        ["routes", "--consignment", "CN-404"],
    ):
        assert run(arguments) == 1
        printed = capsys.readouterr().err
        assert printed.startswith("groupage: ")
        assert "Traceback" not in printed


def test_a_missing_database_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says what to start."""
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert run(["consignments"]) == 1
    assert "groupage up" in capsys.readouterr().err


@pytest.fixture
async def stored_dead_letter(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """The only dead letter."""
    place = (START, "hub.unit.v1", 0, 7, "not_cloudevents", "no type", "", "", "", "U1")
    row = DeadLetterRow(UUID(int=1), *place, pack_headers([]), b"?")
    async with pool.acquire() as connection:
        await insert_dead_letters(connection, [row])


def test_dead_letters_in_words(stored_dead_letter: None, groupage: Command) -> None:
    """The command counts by code, names the codes there are, and writes times as other lists."""
    in_all = "1 dead letter: 1 not_cloudevents"
    assert groupage("deadletters", "list").splitlines()[-1] == in_all
    assert groupage("deadletters", "list", "--code", "nonsense").splitlines() == [
        "no open dead letter with code 'nonsense'",
        f"in total {in_all}",
    ]
    shown = groupage("deadletters", "show", "0000").splitlines()
    assert "at             2026-03-02 08:00Z (16:00+08)" in shown
    assert not [line for line in shown if "None" in line or "+00:00" in line]
    whole = json.loads(groupage("deadletters", "show", "0000", "--json"))
    assert (whole["at"], whole["replayed_at"]) == ("2026-03-02T08:00:00Z", None)
