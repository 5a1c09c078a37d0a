"""Play a simulated day: publish facts and ticks, receive plans, at the wanted pace.

Real time is an open loop: facts and ticks go out when the wall clock says so, plans count when
they arrive. Every other pace with a hub is a closed loop, because the same seed must give the same
day on a machine of any speed:

    facts ─▶ … ─▶ gate: the hub has stored everything ─▶ a tick for the lanes
                  ─▶ every requested plan, and what follows from it, is stored ─▶ plans count ─▶ …

Lanes get ticks only at such gates, so they request plans when the hub has stored every fact and
nothing is under way; between gates the facts flow freely. A wait ends with an error that names what
it waited for once nothing has moved for `Limits.stall_s`.
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
from producers.simulator.steps import Steps

log = structlog.get_logger(__name__)

Pace = Literal["real", "fast", "max"]
Tick = Callable[[datetime], Awaitable[None]]
Drain = Callable[[], list[Event]]
Backlog = Callable[[], Awaitable[int]]
"""Returns the records that the hub has not stored and the messages that it has not published."""
ReceivedAll = Callable[[], Awaitable[bool]]
"""Returns whether `Drain` has returned everything that the hub published until the call."""

_POLL_S = 0.02
_POLL_NEAR_S = 0.005
"""The same when the hub is nearly up to date, or a plan is being made: a look costs little then."""
_NEAR = 200
"""Records and messages that a worker takes in within a few milliseconds."""
_AGAIN_S = 1.0
_LOOKS = 4
"""Reads of the backlog per `Limits.backlog_max` facts sent between gates."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far the simulated day may run ahead of the hub. Real seconds unless the name says so."""

    beat_s: int = 600
    """Simulated seconds between ticks while things happen."""
    idle_beat_s: int = 3_600
    """The same when nothing happens."""
    backlog_max: int = 20_000
    """Fast motion, between gates: wait while the hub's backlog is larger. As many facts are made
    before they are due."""
    ahead_s: int = 7_200
    """Fast motion: simulated seconds after which no tick goes out before the hub has stored
    everything. Otherwise the night's ticks overtake the evening's facts, and the hub raises alerts
    about cut-offs that were met."""
    stall_s: float = 300.0
    """The longest wait for the hub without any progress."""
    settle_s: float = 1.0
    """Without a backlog: the hub counts as up to date after so long."""


class Progress(msgspec.Struct, kw_only=True):
    """The progress of a play, changed in place."""

    now: datetime
    """The end of the last step; the simulation may be ahead of it."""
    facts: int = 0
    waiting_for: str = ""
    waited_s: dict[str, float] = msgspec.field(default_factory=dict)
    """Real seconds spent waiting, by what for."""
    unplanned: int = 0
    """Gates that needed a plan which the hub, up to date, had not requested (in an open loop: had
    not answered yet)."""
    unforeseen: int = 0
    """Plans that the hub requested between two gates: their time depends on its speed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HubLink:
    """The simulated day's ways to and from the hub, beside the facts; None: not available."""

    tick: Tick | None = None
    """Sends the time to all aggregates, or to all but the lanes if there is `tick_lanes`."""
    tick_lanes: Tick | None = None
    drain: Drain | None = None
    received_all: ReceivedAll | None = None
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
        self._steps = Steps(
            simulation, sink, next_beat=self._next_beat, ahead_max=self._limits.backlog_max
        )
        self._ticked_at: datetime | None = None
        self._lanes_ticked_at: datetime | None = None
        self._met = False
        """The hub has stored everything that was sent."""
        self._met_at = simulation.now
        """When it last had, in simulated time."""
        self._unseen = 0
        """Facts sent since the backlog was last looked at."""
        self._received = 0
        self._backlog = 0
        """The hub's, when it was last read."""
        self._trouble = ""
        """The last error of a request to the hub."""
        self.progress = Progress(now=simulation.now)

    async def play(self) -> None:
        """Play to the end of the simulated time. Raises Unavailable if the hub stops working."""
        # On a hub that stands at an earlier day, its facts would come from the future.
        await self._send_tick()
        while self._steps.left:
            if self._pace == "real":
                await self._wait_for_wall()
            if gates := await self._step():
                await self._wait_at(gates)
            elif self._pace == "fast" and self._closed:
                await self._keep_together()
        if self._closed:
            await self._catch_up()
            await self._plan()

    def _next_beat(self) -> datetime:
        """Return the end of the next beat, or a later time if nothing happens before."""
        now, limits = self._simulation.now, self._limits
        if self._pace == "real":
            return max(now, min(datetime.now(UTC), now + timedelta(seconds=limits.beat_s)))
        beat_at = now + timedelta(seconds=limits.beat_s)
        next_at = self._simulation.next_at or beat_at
        idle_until = min(next_at, now + timedelta(seconds=limits.idle_beat_s))
        return max(beat_at, idle_until)

    async def _step(self) -> list[Gate]:
        """Send the facts of the next step, then the time at its end; return the gates there."""
        if not self._closed:
            self._listen()
        step = self._steps.take()
        self.progress.now = step.at
        if facts := len(step.encoded):
            await self._sink.send(step.encoded)
            self._met = False
            self._unseen += facts
        if self._pace == "fast" and self._closed and self._is_ahead():
            await self._catch_up()
        await self._send_tick()
        self.progress.facts += facts
        return step.gates

    def _is_ahead(self) -> bool:
        return self.progress.now - self._met_at >= timedelta(seconds=self._limits.ahead_s)

    async def _send_tick(self) -> None:
        now, hub = self.progress.now, self._hub
        if hub.tick and now != self._ticked_at:
            self._ticked_at = now
            await hub.tick(now)
            self._met = False
        if not self._closed:
            await self._send_tick_to_lanes()

    async def _send_tick_to_lanes(self) -> None:
        now, hub = self.progress.now, self._hub
        if hub.tick_lanes and now != self._lanes_ticked_at:
            self._lanes_ticked_at = now
            await hub.tick_lanes(now)
            self._met = False

    def _listen(self) -> None:
        for event in self._hub.drain() if self._hub.drain else ():
            self._received += 1
            self._simulation.observe(event)

    async def _wait_for_wall(self) -> None:
        """Wait for the wall clock, at most a second at a time."""
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
        if for_lanes:
            self._steps.open_gates()
        if self._hub.drain is None:
            return
        for gate in for_lanes:
            if not self._simulation.book.is_settled(gate.lane_id, gate.since):
                self.progress.unplanned += 1
                log.warning("no_plan_at_gate", lane=gate.lane_id, at=gate.at.isoformat())

    async def _catch_up(self, *, foreseen: bool = False) -> None:
        """Wait until the hub has stored what was sent and what follows from it."""
        self._met_at = self.progress.now
        if self._met:
            return
        asked = self._simulation.book.requests
        await self._until(self._is_quiet, "the processors")
        if not foreseen:
            self.progress.unforeseen += self._simulation.book.requests - asked
        self._met = True

    async def _plan(self) -> None:
        """Tick the lanes, and wait until every plan that they request is in force."""
        if self._met and self._lanes_ticked_at == self.progress.now:
            return
        await self._send_tick_to_lanes()
        await self._until(self._is_quiet, "the planner")
        self._met = True

    async def _is_quiet(self) -> bool:
        """Return whether everything is stored, published, received and answered, in this order."""
        self._listen()
        if self._simulation.book.pending_lanes():
            return False  # no need to ask database and broker while a plan is being made
        if not await self._is_stored():
            return False
        received = self._received
        if self._hub.received_all is not None and not await self._hub.received_all():
            return False
        self._listen()
        if self._simulation.book.pending_lanes():
            return False
        # The worker may not have stored yet what was received just now.
        return received == self._received or (
            self._hub.backlog is not None and await self._is_stored()
        )

    async def _is_stored(self) -> bool:
        if self._hub.backlog is None:
            await asyncio.sleep(self._limits.settle_s)
            return True
        self._backlog = await self._hub.backlog()
        return self._backlog == 0

    async def _keep_together(self) -> None:
        """Fast motion: wait while the hub's backlog is too large."""
        backlog = self._hub.backlog
        if backlog is None or self._unseen < self._limits.backlog_max // _LOOKS:
            return
        self._unseen = 0

        async def follows() -> bool:
            self._backlog = await backlog()
            return self._backlog <= self._limits.backlog_max

        await self._until(follows, "the processors")

    async def _until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until it holds. Raises Unavailable after `Limits.stall_s` without progress."""
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
                    raise Unavailable(self._stall_message(what))
            poll_s = _POLL_S if self._backlog > _NEAR else _POLL_NEAR_S
            await asyncio.sleep(0.0 if self._steps.make_ahead() else poll_s)
        self.progress.waiting_for = ""
        waited = self.progress.waited_s
        waited[what] = round(waited.get(what, 0.0) + time.monotonic() - began, 3)

    async def _look(self, holds: Callable[[], Awaitable[bool]]) -> bool:
        """Return whether it holds; False, too, if the hub cannot be asked at this moment."""
        try:
            return await holds()
        except Unavailable as error:
            self._trouble = f"; {error}"
            return False

    async def _signs_of_life(self) -> tuple[int, int]:
        backlog = self._hub.backlog
        try:
            return (self._received, await backlog() if backlog is not None else 0)
        except Unavailable:
            return (self._received, -1)

    def _stall_message(self, what: str) -> str:
        waiting = ", ".join(self._simulation.book.pending_lanes()) or "none"
        return (
            f"the day stands at {self.progress.now.isoformat()} and waits for {what}; nothing "
            f"moved for {self._limits.stall_s:g} s{self._trouble}. "
            f"Plan requests without an answer: {waiting}. "
            "Look at `groupage status`: a worker and a planner must run; "
            "`--open-loop` waits for neither"
        )
