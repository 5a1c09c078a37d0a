"""SIGKILL at seeded random instants of a day, each counted in accepted events."""

import asyncio
import random
from collections.abc import Callable
from typing import NamedTuple, Protocol

from tests.e2e.commanded import CommandedHub

WORKERS = ("processors-1", "processors-2")
KILLS_EACH = 4
"""Of gateway, planner and the workers together."""
EVENTS_FIRST = 400
RECOVERY_S = 120.0
_JITTER_S = 1.5
_POLL_S = 0.05


class Kill(NamedTuple):
    """One process and the instant of its end."""

    name: str
    after_events: int
    """Accepted by then."""
    jitter_s: float


class Killed(NamedTuple):
    """What was done."""

    name: str
    pid: int
    at_events: int
    under_load: bool


class Kills(Protocol):
    """Whoever kills processes beside a day."""

    async def __call__(
        self, accepted: Callable[[], int], day: "asyncio.Task[None]"
    ) -> list[Killed]:
        """Kill until the day is over or enough was killed; `accepted` counts the day's events."""
        ...


def planned_kills(*, seed: int, events: int) -> list[Kill]:
    """Gateway, workers and planner several times, broker and database once, in random order.

    All before `events` events were accepted. The broker and the database do not fall first or
    last: something must have happened, and more must come.
    """
    chance = random.Random(seed)
    names = ["gateway", "planner"] * KILLS_EACH + [
        chance.choice(WORKERS) for _ in range(KILLS_EACH)
    ]
    chance.shuffle(names)
    for server in ("kafka", "postgres"):
        names.insert(chance.randrange(2, len(names) - 1), server)
    instants = sorted(chance.randrange(EVENTS_FIRST, events) for _ in names)
    return [
        Kill(name, instant, chance.uniform(0.0, _JITTER_S))
        for name, instant in zip(names, instants, strict=True)
    ]


class PlannedKills:
    """Kills of a hub, each after so many events."""

    def __init__(self, hub: CommandedHub, kills: list[Kill]) -> None:
        self._hub = hub
        self._kills = kills

    async def __call__(
        self, accepted: Callable[[], int], day: "asyncio.Task[None]"
    ) -> list[Killed]:
        """Kill while the day is played. Ends early only when the day has failed."""
        done: list[Killed] = []
        for kill in self._kills:
            while accepted() < kill.after_events and not day.done():  # noqa: ASYNC110 - a plain count
                await asyncio.sleep(_POLL_S)
            await asyncio.sleep(kill.jitter_s)
            if day.done() and day.exception() is not None:
                return done
            pid = await asyncio.to_thread(self._hub.kill, kill.name, within_s=RECOVERY_S)
            done.append(Killed(kill.name, pid, accepted(), not day.done()))
        return done
