"""The discrete-event engine: an agenda of actions, a queue of facts, and gates to wait at."""

import heapq
from collections.abc import Callable
from datetime import datetime

import msgspec

from groupage.domain.fact import Fact

Action = Callable[[], None]


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The simulation must not pass `at` before the hub has done its part.

    `lane_id` empty: the hub has taken in all facts. Else: no plan of that lane is
    being made, and one that was asked for at `since` or later is known.
    """

    at: datetime
    lane_id: str = ""
    since: datetime | None = None
    alone: bool = False
    """The facts since the gate before are one notice that a lane may answer at once."""


class Engine:
    """Runs actions in the order of time, then of entry, and returns facts when they are sent."""

    def __init__(self, start_at: datetime) -> None:
        self.now = start_at
        self._count = 0
        self._agenda: list[tuple[datetime, int, Action, Gate | None]] = []
        self._facts: list[tuple[datetime, int, Fact]] = []
        self._opened: tuple[datetime, int] = (start_at, 0)
        """Gates until this instant, entered up to this count, are open."""

    def schedule(self, at: datetime, action: Action, *, gate: Gate | None = None) -> None:
        """Run the action at that time; one in the past runs next."""
        self._count += 1
        heapq.heappush(self._agenda, (max(at, self.now), self._count, action, gate))

    def send(self, fact: Fact) -> None:
        """Send the fact at `fact.recorded_at`."""
        self._count += 1
        heapq.heappush(self._facts, (fact.recorded_at, self._count, fact))

    @property
    def gate(self) -> Gate | None:
        """The gate that the simulation waits at, if any."""
        if not self._agenda:
            return None
        at, count, _, gate = self._agenda[0]
        return gate if gate and at <= self.now and not self._is_open(at, count) else None

    def gates(self) -> list[Gate]:
        """Return all closed gates of this instant, in the order of entry."""
        here = [
            (count, gate)
            for at, count, _, gate in self._agenda
            if gate and at <= self.now and not self._is_open(at, count)
        ]
        return [gate for _, gate in sorted(here, key=lambda entry: entry[0])]

    def open_gates(self) -> None:
        """Open all gates of this instant: the hub has stored everything up to it."""
        self._opened = (self.now, self._count)

    def _is_open(self, at: datetime, count: int) -> bool:
        opened_at, opened_count = self._opened
        return at <= opened_at and count <= opened_count

    @property
    def next_at(self) -> datetime | None:
        """The time of the next action or fact; None: there is none."""
        heads = [queue[0][0] for queue in (self._agenda, self._facts) if queue]
        return min(heads, default=None)

    def advance(self, until: datetime) -> list[Fact]:
        """Run to `until`, or to the first gate before it, and return the facts sent on the way."""
        while self._agenda and self._agenda[0][0] <= until:
            at, count, action, gate = self._agenda[0]
            self.now = max(self.now, at)
            if gate and not self._is_open(at, count):
                return self._pop_facts(self.now)
            heapq.heappop(self._agenda)
            action()
        self.now = max(self.now, until)
        return self._pop_facts(self.now)

    def _pop_facts(self, until: datetime) -> list[Fact]:
        facts = []
        while self._facts and self._facts[0][0] <= until:
            facts.append(heapq.heappop(self._facts)[2])
        return facts
