"""Commands and what came of them: reader, read API and command line on a real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from groupage.app.api.app import create_app
from groupage.app.commands.command_sending import Wanted, _time_of_command, send_and_wait
from groupage.app.commands.commands import with_hints
from groupage.app.commands.refold import trace_effects
from groupage.domain import commands
from groupage.domain.errors import InvalidInput, NotFound
from groupage.store.readers.commands import CommandFilter, list_commands, read_command
from groupage.store.readers.lists import ConsignmentFilter, list_consignments
from groupage.store.readers.refused_names import require_known
from groupage.store.readers.tracing import trace
from tests.api.hub import START, fact, store_facts
from tests.processors.aggregates import events as w
from tests.processors.aggregates.booked_hub import publish, retract
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.test_impossible_commands import PIN, sailing_hub

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
ON_LANE: dict[str, Any] = {"by": "li", "lane_id": w.LANE}


def commanded_hub() -> MiniHub:
    """Give a command of each outcome, the last one twice, and take one back."""
    hub = sailing_hub()
    publish(hub, PIN)
    publish(hub, commands.HoldConsignment(command_id="K2", by="wang", consignment_id="CN-typo"))
    forbid = commands.ForbidConsignment(
        command_id="K3", consignment_id="CN-2", voyage_id=w.VOYAGE, **ON_LANE
    )
    retract(hub, publish(hub, forbid))
    publish(hub, commands.ReplanLane(command_id="K4", by="li", lane_id="NOWHERE"))
    publish(hub, commands.HoldConsignment(command_id="K5", by="wang", consignment_id="CN-2"))
    replan = commands.ReplanLane(command_id="K6/a", **ON_LANE)
    publish(hub, replan)
    publish(hub, replan)
    return hub


OUTCOMES = [
    ("K6/a", "replan", "received", ""),
    ("K5", "hold", "applied", ""),
    ("K4", "replan", "refused", "unknown_lane"),
    ("K3", "forbid", "superseded", ""),
    ("K2", "hold", "refused", "unknown_consignment"),
    ("K1", "pin", "applied", ""),
]


@pytest.fixture
async def commanded(pool: "Pool[asyncpg.Record]") -> "Pool[asyncpg.Record]":
    """The facts and states of that hub."""
    hub = commanded_hub()
    facts = [entry.fact for stored in hub.facts.values() for entry in stored.values()]
    await store_facts(pool, facts)
    return pool


async def test_the_newest_first_each_with_its_outcome(commanded: "Pool[asyncpg.Record]") -> None:
    """A command that was sent twice is one command; a retraction is none."""
    page = await list_commands(commanded, CommandFilter())
    found = [(each.command_id, each.command, each.state, each.code) for each in page.items]
    assert found == OUTCOMES
    assert page.next_after is None
    pinned = page.items[-1]
    assert (pinned.about, pinned.lane_id, pinned.voyage_id) == (w.CN, w.LANE, w.VOYAGE)
    assert (pinned.by, pinned.reason) == ("li", "buyer waits")
    assert pinned.outcome == f"pinned to {w.VOYAGE}; there is no published plan yet"
    assert page.items[1].lane_id == w.LANE, "of the consignment"


async def test_commands_are_dated_by_the_clock_of_the_hub(
    pool: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order between two ticks; one that was dated by the time of day does not count."""
    monkeypatch.setenv("GROUPAGE_CLOCK_SOURCE", "simulated")
    hold = commands.HoldConsignment(command_id="K1", by="wang", consignment_id="CN-1")
    by_wall = commands.HoldConsignment(command_id="K2", by="wang", consignment_id="CN-1")
    await store_facts(pool, [fact(hold, 30), fact(by_wall, 400_000)], clock_at=START)
    assert await _time_of_command(pool) == START
    same_tick = START + timedelta(minutes=30)
    await pool.execute("update intake_offset set clock_at = $1", same_tick)
    assert await _time_of_command(pool) == same_tick + timedelta(milliseconds=1)


async def test_pages_and_filters(commanded: "Pool[asyncpg.Record]") -> None:
    """Pages follow one another without gap; filters are by outcome, lane, thing and person."""
    names, after = [], None
    while True:
        page = await list_commands(commanded, CommandFilter(), limit=2, after=after)
        names += [each.command_id for each in page.items]
        after = page.next_after
        if after is None:
            break
    assert names == [name for name, *_ in OUTCOMES]
    for wanted, expected in (
        (CommandFilter(state="refused"), ["K4", "K2"]),
        (CommandFilter(state="received"), ["K6/a"]),
        (CommandFilter(lane=w.LANE), ["K6/a", "K5", "K3", "K1"]),
        (CommandFilter(about="CN-2"), ["K5", "K3"]),
        (CommandFilter(by="wang", state="applied"), ["K5"]),
    ):
        page = await list_commands(commanded, wanted)
        assert [each.command_id for each in page.items] == expected, wanted
    one = await list_commands(commanded, CommandFilter(state="refused"), limit=1)
    assert one.next_after is not None
    rest = await list_commands(commanded, CommandFilter(state="refused"), after=one.next_after)
    assert [each.command_id for each in rest.items] == ["K2"]
    with pytest.raises(InvalidInput, match="no page"):
        await list_commands(commanded, CommandFilter(), after="nonsense")


async def test_a_command_alone(commanded: "Pool[asyncpg.Record]") -> None:
    """By its id; a trace by this id shows the outcome and the facts about the command."""
    assert (await read_command(commanded, "K2")).code == "unknown_consignment"
    with pytest.raises(NotFound, match="K99"):
        await read_command(commanded, "K99")
    for found in (await trace(commanded, "K1"), await trace_effects(commanded, "K1")):
        assert (found.kind, found.command and found.command.state) == ("command", "applied")
        types = sorted(each.type for each in found.facts)
        assert types == ["command.pin", "consignment.steered", "voyage.steered"]
    with pytest.raises(NotFound):
        await trace(commanded, "K1", kind="consignment")


async def test_a_refused_command_says_what_would_be_right(
    commanded: "Pool[asyncpg.Record]",
) -> None:
    """The list has the hint that the sender gets."""
    page = await with_hints(commanded, await list_commands(commanded, CommandFilter()))
    outcomes = {each.command_id: each.outcome for each in page.items}
    assert outcomes["K4"].endswith(f"; lanes: {w.LANE}")
    assert ";" not in outcomes["K5"].removeprefix("on hold;")


async def test_an_id_that_only_refused_commands_name_is_unknown(
    commanded: "Pool[asyncpg.Record]",
) -> None:
    """A mistyped consignment or lane: the error names the commands, and the id that is near."""
    for asked, names in (
        ("CN-typo", r"no consignment 'CN-typo' is known.*K2 \(unknown_consignment\)"),
        ("NOWHERE", r"no lane 'NOWHERE' is known.*K4 \(unknown_lane\)"),
    ):
        with pytest.raises(NotFound, match=names):
            await require_known(commanded, await trace_effects(commanded, asked))
    await require_known(commanded, await trace_effects(commanded, w.CN))
    await require_known(commanded, await trace_effects(commanded, "K2"))


async def test_a_pin_to_no_open_consolidation_is_not_sent(
    commanded: "Pool[asyncpg.Record]",
) -> None:
    """It would take the place of the pin that the consignment has."""
    fields = {"voyage_id": w.VOYAGE, "consolidation_id": "C-typo", "by": "li"}
    wanted = Wanted(commands.PinConsignment, consignment=w.CN, fields=fields)
    with pytest.raises(InvalidInput, match=r"C-typo .*not_opened.*nothing was sent.*is open"):
        await send_and_wait(commanded, wanted)
    page = await list_commands(commanded, CommandFilter(about=w.CN))
    assert [(each.command_id, each.state) for each in page.items] == [("K1", "applied")]


async def test_a_mistyped_id_is_in_no_list(commanded: "Pool[asyncpg.Record]") -> None:
    """Unless somebody asks for unknown ones."""
    page = await list_consignments(commanded, ConsignmentFilter())
    assert [each.consignment_id for each in page.items] == ["CN-1", "CN-2", "CN-3"]
    page = await list_consignments(commanded, ConsignmentFilter(status="UNKNOWN"))  # type: ignore[arg-type]
    assert [each.consignment_id for each in page.items] == ["CN-typo"]


@pytest.fixture
async def api(commanded: "Pool[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the read API."""
    transport = httpx.ASGITransport(create_app(commanded), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


async def test_the_read_api(api: httpx.AsyncClient) -> None:
    """The same list and the same command; an id may hold slashes."""
    answer = await api.get("/v1/commands", params={"state": "refused", "limit": "1"})
    assert answer.status_code == 200
    assert [each["command_id"] for each in answer.json()["items"]] == ["K4"]
    assert (await api.get("/v1/commands/K6/a")).json()["state"] == "received"
    missing = await api.get("/v1/commands/K99")
    assert (missing.status_code, "K99" in missing.json()["detail"]) == (404, True)
    wrong = await api.get("/v1/commands", params={"state": "lost"})
    assert wrong.status_code == 400
    assert "superseded" in wrong.text
