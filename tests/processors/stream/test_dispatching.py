"""``groupage command`` and ``groupage commands`` on a hub with a worker."""

import asyncio
import json
import sys
from typing import Any, NamedTuple

import pytest

from groupage.domain import commands
from tests.processors.aggregates import events as w
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_operating import environment

pytestmark = pytest.mark.integration

END_S = 60.0


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    output: str
    errors: str


async def groupage(hub: StreamHub, *arguments: str) -> Ended:
    """Run the command line as a dispatcher does."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "groupage",
        *arguments,
        env=environment(hub),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(END_S):
            output, errors = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    assert child.returncode is not None
    assert "Traceback" not in errors.decode()
    return Ended(child.returncode, output.decode(), errors.decode())


async def listed(hub: StreamHub, *filters: str) -> list[dict[str, Any]]:
    """Return what `groupage commands` lists."""
    ended = await groupage(hub, "commands", "--json", *filters)
    assert ended.status == 0, ended.errors
    items: list[dict[str, Any]] = json.loads(ended.output)["items"]
    return items


async def test_a_dispatcher_learns_what_came_of_each_command(stream_hub: StreamHub) -> None:
    """The exit status says whether the hub refused; a hold is released by its type."""
    hold = ("--by", "li", "--wait")
    async with stream_hub.worker():
        await stream_hub.send(fact_of(w.booked(), event_id="b"), fact_of(sailing(), event_id="s"))
        await stream_hub.until_committed()
        pinned = await groupage(stream_hub, "command", "pin", w.CN, w.VOYAGE, *hold)
        assert (pinned.status, pinned.errors) == (0, "")
        assert f"applied: pinned to {w.VOYAGE}" in pinned.output
        refused = await groupage(stream_hub, "command", "pin", w.CN, "FE4/NOPE", *hold)
        assert refused.status == 3
        assert "refused (not_published)" in refused.output
        assert f"voyages of {w.LANE} that have not left: {w.VOYAGE}" in refused.output
        held = await groupage(stream_hub, "command", "hold", w.CN, "--id", "H-7", *hold)
        assert (held.status, "H-7: hold of" in held.output) == (0, True)
        released = await groupage(
            stream_hub, "command", "release", w.CN, "--type", "DISPATCHER", "--json", *hold
        )
        assert json.loads(released.output)["outcome"]["outcome"] == "released: H-7 (DISPATCHER)"
        nowhere = await groupage(stream_hub, "command", "replan", "CNNGB-NLRT", "--wait")
        assert (nowhere.status, "did you mean CNNGB-NLRTM?" in nowhere.output) == (3, True)
        slow = ("--wait", "--timeout", "0.5")
        waiting = await groupage(stream_hub, "command", "replan", w.LANE, "--id", "R-1", *slow)
        assert (waiting.status, "not known within 0.5 s" in waiting.output) == (4, True)
        assert [each["command_id"] for each in await listed(stream_hub, "--open")] == ["R-1"]
        codes = [each["code"] for each in await listed(stream_hub, "--refused")]
        assert codes == ["unknown_lane", "not_published"]
        states = {each["state"] for each in await listed(stream_hub, "--lane", w.LANE)}
        assert states == {"applied", "received", "refused", "superseded"}
        refused_id = refused.output.partition(":")[0]
        withdrawn = await groupage(stream_hub, "command", "withdraw", refused_id, "--wait")
        assert (withdrawn.status, "its sender withdrew" in withdrawn.output) == (0, True)
        codes = [each["code"] for each in await listed(stream_hub, "--refused")]
        assert codes == ["unknown_lane"]
        dead_letters = "select code from dead_letter where settled_at is null"
        assert [row[0] for row in await stream_hub.pool.fetch(dead_letters)] == ["unknown_lane"]
        traced = await groupage(stream_hub, "trace", "H-7")
        assert "hold of CN-1, by li: superseded: the hold was released" in traced.output


async def test_what_is_not_sent_and_what_is_not_awaited(stream_hub: StreamHub) -> None:
    """An unknown consignment without a lane is an error; without --wait the id is all."""
    async with stream_hub.worker():
        await stream_hub.send(fact_of(w.booked(), event_id="b"))
        await stream_hub.until_committed()
        unknown = await groupage(stream_hub, "command", "pin", "CN-typo", w.VOYAGE)
        assert unknown.status == 1
        assert "no consignment 'CN-typo' is booked, and nothing was sent" in unknown.errors
        in_no_plan = await groupage(stream_hub, "command", "roll", w.CN)
        assert (in_no_plan.status, "name the voyage" in in_no_plan.errors) == (1, True)
        for wrong in (("pin", w.CN), ("release", w.CN), ("release", w.CN, "H", "--type", "DOCS")):
            assert (await groupage(stream_hub, "command", *wrong)).status == 2
        assert await listed(stream_hub) == []
        sent = await groupage(stream_hub, "command", "hold", w.CN)
        assert sent.status == 0
        command_id = sent.output.partition(":")[0]
        assert command_id.startswith("hold-")
        await stream_hub.until_committed()
        (command,) = await listed(stream_hub)
        assert (command["command_id"], command["state"]) == (command_id, "applied")


async def test_an_id_names_one_command(stream_hub: StreamHub) -> None:
    """Nothing is sent under an id that is used, and no dead letter comes of it."""
    wait = ("--by", "li", "--wait")
    hold = ("command", "hold", w.CN, "--id", "I")
    other = w.booked(consignment_id="CN-2")
    async with stream_hub.worker():
        await stream_hub.send(fact_of(w.booked(), event_id="b"), fact_of(other, event_id="c"))
        await stream_hub.until_committed()
        assert (await groupage(stream_hub, *hold, *wait)).status == 0
        again = await groupage(stream_hub, *hold, *wait)
        assert (again.status, "the same command was given" in again.output) == (0, True)
        for wrong in ((*hold, "--type", "DOCS"), ("command", "hold", "CN-2", "--id", "I")):
            used = await groupage(stream_hub, *wrong, *wait)
            assert used.status == 1
            assert f"the id 'I' is used: hold of {w.CN} by li at" in used.errors
        withdrawn = await groupage(stream_hub, "command", "withdraw", "I", "--wait")
        assert withdrawn.status == 0
        used = await groupage(stream_hub, *hold, *wait)
        assert (used.status, "superseded; nothing was sent" in used.errors) == (1, True)
        assert await stream_hub.pool.fetchval("select count(*) from dead_letter") == 0


async def test_one_of_several_commands_with_an_id_is_withdrawn(stream_hub: StreamHub) -> None:
    """Another sender gave an id to holds of two consignments; a hold that has ended is status 5."""
    other = w.booked(consignment_id="CN-2")
    async with stream_hub.worker():
        await stream_hub.send(fact_of(w.booked(), event_id="b"), fact_of(other, event_id="c"))
        for number, name in enumerate((w.CN, "CN-2")):
            held = commands.HoldConsignment(command_id="I", by="li", consignment_id=name)
            await stream_hub.send(fact_of(held, event_id=f"h{number}"))
        await stream_hub.until_committed()
        unclear = await groupage(stream_hub, "command", "withdraw", "I")
        assert (unclear.status, "name the one that you mean with --about" in unclear.errors) == (
            1,
            True,
        )
        chosen = await groupage(stream_hub, "command", "withdraw", "I", "--about", "CN-2", "--wait")
        assert chosen.status == 0
        states = {each["about"]: each["state"] for each in await listed(stream_hub)}
        assert states == {w.CN: "applied", "CN-2": "superseded"}
        release = ("command", "release", w.CN, "I", "--by", "li", "--wait")
        assert (await groupage(stream_hub, *release)).status == 0
        ended = ("command", "hold", w.CN, "--id", "I", "--by", "li", "--wait")
        assert (await groupage(stream_hub, *ended)).status == 5
