"""Play the demo's day on a running hub, show it, and check it."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import NamedTuple

import asyncpg
from rich.console import Console

from groupage.app.demo.backlog import hub_backlog
from groupage.app.demo.checks import DayReport, check_day
from groupage.app.demo.view import Figures, View
from groupage.contracts.signing import hub_key_from
from groupage.domain.errors import Unavailable
from groupage.settings import (
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    PolicySettings,
    TopicSettings,
)
from groupage.store.policies import read_history
from groupage.store.pool import create_pool
from groupage.store.readers.lists import ConsolidationFilter, list_consolidations
from groupage.store.readers.overview import read_overview
from producers.simulator.feedback import Feedback
from producers.simulator.kafka_sink import KafkaSink, Ticker
from producers.simulator.play import Backlog, HubLink, Limits, Player
from producers.simulator.simulation import Outcome, Simulation

_SHOWN = 12
_SETTLE_TIMEOUT_S = 120.0
_POLL_S = 0.05
_QUIET_LOOKS = 3
LIMITS = {
    "small": Limits(beat_s=1_200),
    "t0": Limits(beat_s=600),
}
"""Limits of how far the day may run ahead of the hub, by scale."""


class Day(NamedTuple):
    """A played and checked day."""

    report: DayReport
    outcome: Outcome
    facts: int
    events: int
    unplanned: int
    """Gates that needed a plan of a lane that had not requested one."""
    unforeseen: int
    """Plans requested between gates: their time depends on the machine's speed."""
    took_s: float
    waited_s: dict[str, float]
    """Seconds of `took_s` spent waiting, by what for."""


async def play_day(simulation: Simulation, console: Console, *, scale: str) -> Day:
    """Play the day to its end, let the hub finish, and check the result."""
    kafka, topics = KafkaSettings(), TopicSettings()
    prefix, hub_key = topics.prefix, hub_key_from(HubSettings(), topics)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        pool = await create_pool(DatabaseSettings(), application_name="groupage-demo")
        stack.push_async_callback(pool.close)
        await _require_empty(pool)
        backlog = await hub_backlog(stack, kafka, prefix=prefix)
        assert backlog is not None, "the demo knows its database"
        feedback = await stack.enter_async_context(Feedback(kafka, prefix=prefix))
        ticker = await stack.enter_async_context(Ticker(kafka, hub_key=hub_key, prefix=prefix))
        sink = await stack.enter_async_context(KafkaSink(kafka, prefix=prefix))
        link = HubLink(
            tick=ticker.tick_others,
            tick_lanes=ticker.tick_lanes,
            drain=feedback.drain,
            received_all=feedback.received_all,
            backlog=backlog,
        )
        player = Player(simulation, sink, pace="fast", hub=link, limits=LIMITS[scale])
        with View(console) as view:
            looking = asyncio.create_task(_look(pool, simulation, player, view))
            try:
                await player.play()
                await _settle(backlog, player)
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
            view.show(await _figures(pool, simulation, player))
        took_s = time.monotonic() - began
        overview = await read_overview(pool)
        policies = await read_history(pool, assumed=PolicySettings().load)
        stuffed_by = {box.id: box.plan_id for box in simulation.boxes.values()}
        report = await check_day(pool, stuffed_by=stuffed_by, policy=policies.newest)
    return Day(
        report=report,
        outcome=simulation.outcome(),
        facts=player.progress.facts,
        events=overview.records,
        unplanned=player.progress.unplanned,
        unforeseen=player.progress.unforeseen,
        took_s=took_s,
        waited_s=player.progress.waited_s,
    )


async def _require_empty(pool: asyncpg.Pool) -> None:
    if await pool.fetchval("select exists (select from fact)"):
        raise Unavailable(
            "the database named by GROUPAGE_DATABASE_URL holds a hub's facts already, and the "
            "demo's day needs an empty one; unset it, or name an empty database"
        )


async def _look(pool: asyncpg.Pool, simulation: Simulation, player: Player, view: View) -> None:
    while True:
        view.show(await _figures(pool, simulation, player))
        await asyncio.sleep(view.every_s)


async def _figures(pool: asyncpg.Pool, simulation: Simulation, player: Player) -> Figures:
    overview = await read_overview(pool)
    waiting = ConsolidationFilter(open=True)
    page = await list_consolidations(pool, waiting, limit=_SHOWN, risks=False)
    gone = sum(overview.consolidations.get(name, 0) for name in ("GATED_OUT", "ON_BOARD"))
    whole = (simulation.end_at - simulation.start_at).total_seconds()
    done = (player.progress.now - simulation.start_at).total_seconds()
    ended = gone + sum(overview.consolidations.get(n, 0) for n in ("BROKEN_UP", "CANCELLED"))
    return Figures(
        overview=overview,
        consolidations=tuple(page.items),
        still_open=sum(overview.consolidations.values()) - ended,
        departed=gone,
        facts_sent=player.progress.facts,
        day_done=min(done / whole, 1.0),
        waiting_for=player.progress.waiting_for,
    )


async def _settle(backlog: Backlog, player: Player) -> None:
    """Wait until the worker has stored every record, the hub's own messages included."""
    player.progress.waiting_for = "the processors"
    quiet = 0
    try:
        async with asyncio.timeout(_SETTLE_TIMEOUT_S):
            while quiet < _QUIET_LOOKS:
                quiet = quiet + 1 if await backlog() == 0 else 0
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise Unavailable(
            f"the processors did not take in the day within {_SETTLE_TIMEOUT_S:g} s after its end; "
            "see their log with `groupage status`"
        ) from error
    finally:
        player.progress.waiting_for = ""
