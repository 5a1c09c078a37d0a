"""Plays a simulated day: facts out, ticks out, plans in, at the wanted pace."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import structlog

from groupage.domain.events.base import Event
from producers.simulator.engine import Gate
from producers.simulator.simulation import Simulation
from producers.simulator.sinks import Sink

log = structlog.get_logger(__name__)

Pace = Literal["real", "fast", "max"]
Tick = Callable[[datetime], Awaitable[None]]
Drain = Callable[[], list[Event]]
Backlog = Callable[[], Awaitable[int]]
"""Records that the hub has not taken in, and messages that it has not published."""

_POLL_S = 0.05
_AGAIN_S = 1.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far the simulated day may run ahead of the hub. Real seconds unless the name says so."""

    beat_s: int = 300
    """Simulated seconds between ticks while things happen."""
    idle_beat_s: int = 3_600
    """The same when nothing happens."""
    backlog_max: int = 20_000
    """Wait while the hub has more than this before it (fast motion)."""
    plan_lag_s: int = 2_400
    """Simulated seconds that a plan request may stay unanswered before the day waits for it;
    less than the time after which the hub asks again."""
    gate_timeout_s: float = 120.0
    """How long a cut-off waits for its plan."""
    lag_timeout_s: float = 60.0
    settle_s: float = 1.0
    """What counts as taken in when nobody tells the backlog."""


class Progress(msgspec.Struct, kw_only=True):
    """How far it is. Changed in place while it plays."""

    now: datetime
    facts: int = 0
    waiting_for: str = ""
    waited_s: dict[str, float] = msgspec.field(default_factory=dict)
    """Real seconds spent waiting, by what for (lanes taken together)."""
    gave_up: int = 0
    """Gates that were passed without what they waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HubLink:
    """How the simulated day meets the hub, beside the facts. What is None is not there."""

    tick: Tick | None = None
    drain: Drain | None = None
    backlog: Backlog | None = None
    waits: bool = True
    """Wait for plans (a recording of plans is not waited for)."""


class Player:
    """Plays one simulation into one sink."""

    def __init__(
        self,
        simulation: Simulation,
        sink: Sink,
        *,
        pace: Pace,
        hub: HubLink,
        limits: Limits | None = None,
    ) -> None:
        self._simulation = simulation
        self._sink = sink
        self._pace: Pace = pace
        self._limits = limits or Limits()
        self._tick, self._drain, self._backlog = hub.tick, hub.drain, hub.backlog
        self._waits = hub.waits and hub.drain is not None and pace != "real"
        self._last_tick_at: datetime | None = None
        self.progress = Progress(now=simulation.now)

    async def play(self) -> None:
        """Play to the end of the simulated time."""
        simulation = self._simulation
        while not simulation.finished:
            if self._pace == "real":
                await self._wait_for_wall()
            await self._step(self._next_beat())
            if (gate := simulation.gate) is not None:
                await self._wait_at(gate)
                simulation.open_gate()
            elif self._pace == "fast":
                await self._keep_together()

    def _next_beat(self) -> datetime:
        """A beat, or as far as nothing happens."""
        now, limits = self._simulation.now, self._limits
        if self._pace == "real":
            return max(now, min(datetime.now(UTC), now + timedelta(seconds=limits.beat_s)))
        beat_at = now + timedelta(seconds=limits.beat_s)
        next_at = self._simulation.next_at or beat_at
        idle_until = min(next_at, now + timedelta(seconds=limits.idle_beat_s))
        return max(beat_at, idle_until)

    async def _step(self, until: datetime) -> None:
        simulation = self._simulation
        self._listen()
        facts = simulation.advance(until)
        if facts:
            await self._sink.send(facts)
        if self._tick and simulation.now != self._last_tick_at:
            self._last_tick_at = simulation.now
            await self._tick(simulation.now)
        self.progress.facts += len(facts)
        self.progress.now = simulation.now

    def _listen(self) -> None:
        if self._drain:
            for event in self._drain():
                self._simulation.hear(event)

    async def _wait_for_wall(self) -> None:
        """Not before the wall clock says so; at most a second at a time."""
        next_at = self._simulation.next_at or self._simulation.end_at
        wait_s = (next_at - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(min(max(wait_s, _POLL_S), _AGAIN_S))

    async def _wait_at(self, gate: Gate) -> None:
        if not self._waits:
            return
        if not gate.lane_id:
            done = await self._until(self._taken_in, "the hub", self._limits.lag_timeout_s)
        else:

            async def planned() -> bool:
                return self._simulation.book.is_settled(gate.lane_id, gate.since)

            what = f"a plan of {gate.lane_id}"
            done = await self._until(planned, what, self._limits.gate_timeout_s)
        if not done:
            self.progress.gave_up += 1
            log.warning("gate_given_up", lane=gate.lane_id, at=gate.at.isoformat())

    async def _taken_in(self) -> bool:
        if self._backlog is None:
            await asyncio.sleep(self._limits.settle_s)
            return True
        return await self._backlog() == 0

    async def _keep_together(self) -> None:
        """Fast motion: neither the facts nor the plan requests may pile up."""
        limits = self._limits
        if self._backlog is not None:
            backlog = self._backlog

            async def follows() -> bool:
                return await backlog() <= limits.backlog_max

            await self._until(follows, "the processors", limits.lag_timeout_s)
        if self._waits:
            await self._until(self._plans_follow, "the planner", limits.gate_timeout_s)

    async def _plans_follow(self) -> bool:
        oldest = self._simulation.book.oldest_unanswered()
        lag = timedelta(seconds=self._limits.plan_lag_s)
        return oldest is None or self._simulation.now - oldest <= lag

    async def _until(
        self, holds: Callable[[], Awaitable[bool]], what: str, timeout_s: float
    ) -> bool:
        """Wait until it holds, within the budget; the hub hears the same tick meanwhile."""
        began = time.monotonic()
        again_at = began + _AGAIN_S
        self._listen()
        while not (done := await holds()) and time.monotonic() < began + timeout_s:
            self.progress.waiting_for = what
            await asyncio.sleep(_POLL_S)
            self._listen()
            if self._tick and time.monotonic() >= again_at:
                again_at = time.monotonic() + _AGAIN_S
                await self._tick(self._simulation.now)
        self.progress.waiting_for = ""
        kind = "a plan" if what.startswith("a plan") else what
        waited = self.progress.waited_s
        waited[kind] = round(waited.get(kind, 0.0) + time.monotonic() - began, 1)
        return done
