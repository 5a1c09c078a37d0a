"""The state that all parts of the simulated hub share."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from groupage.domain.events.base import Event
from producers.simulator.engine import Action, Engine
from producers.simulator.event_emitter import EventEmitter
from producers.simulator.lots import Lot
from producers.simulator.parameters import Parameters
from producers.simulator.randomness import Quota, Streams


@dataclass(slots=True)
class World:
    """The day's figures, its clock, its random numbers, its emitter and its lots."""

    parameters: Parameters
    engine: Engine
    streams: Streams
    emitter: EventEmitter
    lots: dict[str, Lot] = field(default_factory=dict)
    handled: Counter[str] = field(default_factory=Counter)
    """Number of handled exceptions, by kind."""
    transport: Counter[str] = field(default_factory=Counter)
    """By what trucks lots came and containers left."""
    quotas: dict[str, Quota] = field(default_factory=dict)
    """Of exceptions that strike at a rate, by the name of the rate."""

    @property
    def now(self) -> datetime:
        """The simulated instant."""
        return self.engine.now

    def emit(self, event: Event, source: str, *, at: datetime | None = None) -> None:
        """Emit an event of a system, of now or of the given time."""
        self.emitter.emit(event, source, at=at)

    def after(self, seconds: float, action: Action) -> None:
        """Schedule an action so many simulated seconds from now."""
        self.engine.schedule(self.now + timedelta(seconds=seconds), action)

    def span(self, least: float, most: float, *names: str | int) -> float:
        """Return a number between two bounds, decided by `names`."""
        return least + (most - least) * self.streams.uniform(*names)

    def quota(self, rate: float, name: str, *, first_within: int) -> Quota:
        """Return whether an exception of this rate strikes now."""
        offset = self.streams.uniform("quota", name)
        quota = self.quotas[name] = Quota(rate, first_within=first_within, offset=offset)
        return quota
