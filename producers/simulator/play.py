"""Plays a simulated day: facts out, ticks out, plans in, at the wanted pace.

Real time is an open loop: facts and ticks go out when the wall clock says so, plans count when
they come. Every other pace with a hub is a closed loop, because the same seed shall give the same
day however fast the machine is:

    facts ─▶ … ─▶ gate: the hub has taken in everything ─▶ the lanes are told the time
                  ─▶ every plan asked for is in, and what follows from it ─▶ plans are heard ─▶ …

Lanes hear of time only at such gates, so they ask for plans when all that was said is known and
nothing else is on its way; between gates the facts flow freely. A wait has no end in time but in
patience: when nothing moves any more it is an error that says what was waited for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import structlog

from groupage.domain.errors import Unavailable
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
HeardAll = Callable[[], Awaitable[bool]]
"""Whether `Drain` has had everything that the hub published until the call."""

_POLL_S = 0.02
_AGAIN_S = 1.0
_LOOKS = 4
"""Between gates the hub is asked for its backlog so often in `Limits.backlog_max` facts."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far the simulated day may run ahead of the hub. Real seconds unless the name says so."""

    beat_s: int = 600
    """Simulated seconds between ticks while things happen."""
    idle_beat_s: int = 3_600
    """The same when nothing happens."""
    backlog_max: int = 20_000
    """Between gates: wait while the hub has more than this before it (fast motion)."""
    ahead_s: int = 7_200
    """Fast motion: no tick so many simulated seconds after the hub last had everything. Else a
    night passes before the hub has heard of the evening, and it warns of what was met long ago."""
    stall_s: float = 300.0
    """So long nothing at all may move while the day waits for the hub."""
    settle_s: float = 1.0
    """What counts as taken in when nobody tells the backlog."""


class Progress(msgspec.Struct, kw_only=True):
    """How far it is. Changed in place while it plays."""

    now: datetime
    facts: int = 0
    waiting_for: str = ""
    waited_s: dict[str, float] = msgspec.field(default_factory=dict)
    """Real seconds spent waiting, by what for."""
    unplanned: int = 0
    """Gates at which a plan was wanted and the hub, with all in hand, had asked for none (or, in
    an open loop: had not answered yet)."""
    unforeseen: int = 0
    """Plans that the hub asked for by itself between two gates: these depend on its speed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HubLink:
    """How the simulated day meets the hub, beside the facts. What is None is not there."""

    tick: Tick | None = None
    """Tells the time: to all owners, or to all but the lanes when there is `tick_lanes`."""
    tick_lanes: Tick | None = None
    drain: Drain | None = None
    heard_all: HeardAll | None = None
    backlog: Backlog | None = None
    waits: bool = True
    """A closed loop (a recording of plans is not waited for)."""


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
        self._hub = hub
        self._closed = hub.waits and hub.drain is not None and pace != "real"
        self._ticked_at: datetime | None = None
        self._lanes_ticked_at: datetime | None = None
        self._met = False
        """The hub has everything that was sent."""
        self._met_at = simulation.now
        """When it last had, in simulated time."""
        self._unseen = 0
        """Facts sent since the backlog was last looked at."""
        self._heard = 0
        self._trouble = ""
        """Why the hub could not be asked the last time that it could not."""
        self.progress = Progress(now=simulation.now)

    async def play(self) -> None:
        """Play to the end of the simulated time. Raises Unavailable when the hub stands still."""
        simulation = self._simulation
        while not simulation.finished:
            if self._pace == "real":
                await self._wait_for_wall()
            await self._step(self._next_beat())
            if (gates := simulation.gates) and simulation.gate:
                await self._wait_at(gates)
                simulation.open_gates()
            elif self._pace == "fast" and self._closed:
                await self._keep_together()
        if self._closed:
            await self._catch_up()
            await self._plan()

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
        if not self._closed:
            self._listen()
        facts = simulation.advance(until)
        if facts:
            await self._sink.send(facts)
            self._met = False
            self._unseen += len(facts)
        if self._pace == "fast" and self._closed and self._is_ahead():
            await self._catch_up()
        await self._tell_time()
        self.progress.facts += len(facts)
        self.progress.now = simulation.now

    def _is_ahead(self) -> bool:
        return self._simulation.now - self._met_at >= timedelta(seconds=self._limits.ahead_s)

    async def _tell_time(self) -> None:
        now, hub = self._simulation.now, self._hub
        if hub.tick and now != self._ticked_at:
            self._ticked_at = now
            await hub.tick(now)
            self._met = False
        if not self._closed:
            await self._tell_lanes()

    async def _tell_lanes(self) -> None:
        now, hub = self._simulation.now, self._hub
        if hub.tick_lanes and now != self._lanes_ticked_at:
            self._lanes_ticked_at = now
            await hub.tick_lanes(now)
            self._met = False

    def _listen(self) -> None:
        for event in self._hub.drain() if self._hub.drain else ():
            self._heard += 1
            self._simulation.hear(event)

    async def _wait_for_wall(self) -> None:
        """Not before the wall clock says so; at most a second at a time."""
        next_at = self._simulation.next_at or self._simulation.end_at
        wait_s = (next_at - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(min(max(wait_s, _POLL_S), _AGAIN_S))

    # --- the closed loop ------------------------------------------------------------------------

    async def _wait_at(self, gates: list[Gate]) -> None:
        for_lanes = [gate for gate in gates if gate.lane_id]
        if self._closed:
            await self._catch_up(foreseen=any(gate.alone for gate in gates))
            if for_lanes:
                await self._plan()
        if self._hub.drain is None:
            return
        for gate in for_lanes:
            if not self._simulation.book.is_settled(gate.lane_id, gate.since):
                self.progress.unplanned += 1
                log.warning("no_plan_at_gate", lane=gate.lane_id, at=gate.at.isoformat())

    async def _catch_up(self, *, foreseen: bool = False) -> None:
        """The hub takes in what was sent, and hears what follows from it."""
        self._met_at = self._simulation.now
        if self._met:
            return
        asked = self._simulation.book.requests
        await self._until(self._quiet, "the processors")
        if not foreseen:
            self.progress.unforeseen += self._simulation.book.requests - asked
        self._met = True

    async def _plan(self) -> None:
        """The lanes are told the time; all plans that they ask for come, and are in force."""
        if self._met and self._lanes_ticked_at == self._simulation.now:
            return
        await self._tell_lanes()
        await self._until(self._quiet, "the planner")
        self._met = True

    async def _quiet(self) -> bool:
        """Everything is taken in, published, heard and answered: in this order, at one instant."""
        self._listen()
        if self._simulation.book.unanswered():
            return False  # known here: while a plan is made, nobody need be asked
        if not await self._taken_in():
            return False
        heard = self._heard
        if self._hub.heard_all is not None and not await self._hub.heard_all():
            return False
        self._listen()
        if self._simulation.book.unanswered():
            return False
        # What was heard just now may be on its way into the states still.
        return heard == self._heard or (self._hub.backlog is not None and await self._taken_in())

    async def _taken_in(self) -> bool:
        if self._hub.backlog is None:
            await asyncio.sleep(self._limits.settle_s)
            return True
        return await self._hub.backlog() == 0

    async def _keep_together(self) -> None:
        """Fast motion: the facts may not pile up."""
        backlog = self._hub.backlog
        if backlog is None or self._unseen < self._limits.backlog_max // _LOOKS:
            return
        self._unseen = 0

        async def follows() -> bool:
            return await backlog() <= self._limits.backlog_max

        await self._until(follows, "the processors")

    async def _until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until it holds. Raises Unavailable when nothing has moved for too long."""
        began = moved_at = looked_at = time.monotonic()
        life = (-1, -1)
        while not await self._look(holds):
            now = time.monotonic()
            self.progress.waiting_for = what
            if now - looked_at > _AGAIN_S:
                looked_at = now
                if (seen := await self._signs_of_life()) != life:
                    life, moved_at = seen, now
                elif now - moved_at > self._limits.stall_s:
                    raise Unavailable(self._stalled(what))
            await asyncio.sleep(_POLL_S)
        self.progress.waiting_for = ""
        waited = self.progress.waited_s
        waited[what] = round(waited.get(what, 0.0) + time.monotonic() - began, 3)

    async def _look(self, holds: Callable[[], Awaitable[bool]]) -> bool:
        """A hub that cannot be asked at this moment is one to wait for."""
        try:
            return await holds()
        except Unavailable as error:
            self._trouble = f"; {error}"
            return False

    async def _signs_of_life(self) -> tuple[int, int]:
        backlog = self._hub.backlog
        try:
            return (self._heard, await backlog() if backlog is not None else 0)
        except Unavailable:
            return (self._heard, -1)

    def _stalled(self, what: str) -> str:
        waiting = ", ".join(self._simulation.book.unanswered()) or "none"
        return (
            f"the day stands at {self._simulation.now.isoformat()} and waits for {what}; nothing "
            f"moved for {self._limits.stall_s:g} s{self._trouble}. "
            f"Plan requests without an answer: {waiting}. "
            "Look at `groupage status`: a worker and a planner must run; "
            "`--open-loop` waits for neither"
        )
