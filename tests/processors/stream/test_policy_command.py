"""``groupage policy`` on a hub with a worker as a process."""

import json
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from groupage.app import policies
from groupage.domain.policy import Policy, policy_digest
from groupage.domain.policy_file import DEFAULT, load_policy
from tests.processors.stream.facts import NOON
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_operating import groupage, running

pytestmark = pytest.mark.integration
DECIDED = ("--by", "wang", "--reason", "the new road")


@pytest.fixture(autouse=True)
def external_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's time is that of its ticks."""
    monkeypatch.setenv("GROUPAGE_CLOCK_SOURCE", "external")


async def test_policies_are_shown_compared_and_adopted(
    stream_hub: StreamHub, tmp_path: Path
) -> None:
    """A file becomes the policy in force, and every worker takes it over."""
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text("haul_s = 7_200\n")
    second.write_text("haul_s = 3_600\nauto_approve = false\n[weights]\nchange = 1\n")
    settings = {"GROUPAGE_POLICY_FILE": str(first)}
    async with running(stream_hub, "processors", tmp_path / "worker.log", **settings):

        async def has_adopted() -> bool:
            return bool(await stream_hub.pool.fetchval("select count(*) from policy"))

        await stream_hub.until("the worker has adopted the policy of its file", has_adopted)
        await stream_hub.tick(NOON)
        await stream_hub.until_committed()
        status, output, errors = await groupage(
            stream_hub, "policy", "adopt", str(second), *DECIDED
        )
        assert status == 0, errors
        *changes, adopted, reach = output.splitlines()
        assert changes == [
            "haul_s: 7200 -> 3600",
            "auto_approve: true -> false",
            "weights.change: 1500 -> 1",
        ]
        assert adopted.endswith("in force from 2026-03-01 12:00Z (20:00+08)")
        assert reach.startswith("1 worker took it over")
        later = (NOON + timedelta(days=1)).isoformat()
        await groupage(stream_hub, "policy", "adopt", str(first), *DECIDED, "--at", later)
        early = (NOON - timedelta(days=1)).isoformat()
        status, output, errors = await groupage(
            stream_hub, "policy", "adopt", str(first), *DECIDED, "--at", early
        )
        assert status == 1
        assert "the hub's clock is at 2026-03-01 12:00Z (20:00+08)" in errors
    status, output, _ = await groupage(stream_hub, "policy", "show", "--json")
    shown = json.loads(output)
    assert [each["reason"] for each in shown["adoptions"]][1:] == [DECIDED[-1]] * 2
    status, output, _ = await groupage(stream_hub, "policy", "show", "--at", NOON.isoformat())
    again = tmp_path / "again.toml"
    again.write_text(output)
    assert load_policy(again) == load_policy(second) != Policy()
    digest = shown["adoptions"][0]["digest"]
    status, output, _ = await groupage(stream_hub, "policy", "diff", digest[:6], str(second))
    assert "auto_approve: true -> false" in output
    newest = tmp_path / "newest.toml"
    status, output, _ = await groupage(stream_hub, "policy", "show")
    newest.write_text(output.replace("clock_tolerance_s = 300", "clock_tolerance_s = 60"))
    status, output, _ = await groupage(stream_hub, "policy", "diff", str(newest))
    assert (status, output) == (0, "clock_tolerance_s: 300 -> 60\n")


async def test_only_the_first_start_adopts_the_file(
    stream_hub: StreamHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restarted worker says that the file differs, or is wrong; a rebuild does not read it."""
    file, log_file = tmp_path / "policy.toml", tmp_path / "worker.log"
    monkeypatch.setenv("GROUPAGE_POLICY_FILE", str(file))
    contents = ("haul_s = 7_200\n", "haul_s = 3_600\n", "haul_s = -1\n")
    logged = []
    for content in contents:
        file.write_text(content)
        async with running(stream_hub, "processors", log_file):

            async def has_started() -> bool:
                return "partitions_assigned" in log_file.read_text(encoding="utf-8")

            await stream_hub.until("the worker has started", has_started)
        lines = [json.loads(line) for line in log_file.read_text(encoding="utf-8").splitlines()]
        logged.append(
            [line["problem"] for line in lines if line["event"] == "policy_file_not_adopted"]
        )
    assert logged[:2] == [[], ["the hub has never adopted it"]]
    assert "haul_s is -1; a whole number from 0" in logged[2][0]
    status, output, errors = await groupage(stream_hub, "rebuild", "--verify")
    assert status == 0, output + errors
    status, output, errors = await groupage(stream_hub, "policy", "show")
    assert "haul_s = 7200" in output.splitlines(), errors


async def test_a_start_of_the_hub_adopts_a_file_that_is_new_to_it(stream_hub: StreamHub) -> None:
    """A file with an earlier policy changes nothing, and during an upgrade none is adopted."""
    hub = policies.Hub(
        kafka=stream_hub.settings.kafka,
        database=stream_hub.settings.database,
        prefix=stream_hub.prefix,
        hub_key=stream_hub.settings.hub_key(),
        wall_clock=True,
    )

    async def start(haul_s: int) -> str:
        return await policies.adopt_changed_file(hub, Policy(haul_s=haul_s), file="F")

    assert await start(1) == "", "the first worker of a new hub adopts it"
    first = await policies.adopt(hub, Policy(haul_s=1), by="groupage", reason="first start")
    assert first is not None
    assert first.first
    assert await start(1) == ""
    by_other_codes = tuple(
        msgspec.structs.replace(each, place_id={"CNYIU": "CNYIW"}.get(each.place_id, each.place_id))
        for each in Policy().terminals
    )
    same = Policy(haul_s=1, terminals=by_other_codes)
    assert same != Policy(haul_s=1)
    assert await policies.adopt_changed_file(hub, same, file="F") == "", "it means the same"
    assert await policies.adopt(hub, same, by="anna", reason="another code") is None
    assert policy_digest(same) == policy_digest(Policy(haul_s=1))
    printed = await start(2)
    assert "adopted from F, in force from" in printed
    assert printed.endswith("changed: haul_s: 1 -> 2")
    assert await start(2) == ""
    printed = await start(1)
    assert printed.startswith("F: an earlier policy; in force is")
    await stream_hub.pool.execute("update state_form set derived_at = null where kind = 'lane'")
    assert "F: not adopted: after an upgrade" in await start(3)
    async with hub.policy_log() as log:
        assert [each.policy.haul_s for each in await log.read_to_end()] == [1, 2]


async def test_a_start_renews_the_calendar_of_the_policy_in_force(stream_hub: StreamHub) -> None:
    """A new version has the holidays of another year; it takes nobody's policy out of force."""
    hub = policies.Hub(
        kafka=stream_hub.settings.kafka,
        database=stream_hub.settings.database,
        prefix=stream_hub.prefix,
        hub_key=stream_hub.settings.hub_key(),
        wall_clock=True,
    )
    assert DEFAULT.working_days is not None
    older = msgspec.structs.replace(DEFAULT.working_days, known_until=date(2026, 12, 30))
    before = msgspec.structs.replace(DEFAULT, working_days=older)
    await policies.adopt(hub, before, by="groupage", reason="first start")
    printed = await policies.adopt_changed_file(hub, DEFAULT, file="the defaults")
    assert "adopted from the defaults, in force from" in printed
    assert 'working_days.known_until: "2026-12-30" -> "2026-12-31"' in printed
    assert await policies.adopt_changed_file(hub, DEFAULT, file="the defaults") == ""
    printed = await policies.adopt_changed_file(hub, before, file="the defaults")
    assert printed.startswith("the defaults: an earlier policy"), "an older version goes back"
    await policies.adopt(
        hub, msgspec.structs.replace(DEFAULT, haul_s=1), by="anna", reason="the new road"
    )
    newer = msgspec.structs.replace(DEFAULT.working_days, known_until=date(2027, 1, 3))
    printed = await policies.adopt_changed_file(
        hub, msgspec.structs.replace(DEFAULT, working_days=newer), file="the defaults"
    )
    assert printed.startswith("the defaults: an earlier policy; in force is")
    assert "adopted by anna: the new road" in printed
