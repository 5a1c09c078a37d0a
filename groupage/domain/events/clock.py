"""Time as a fact: the only clock that the cores know."""

from datetime import datetime
from typing import ClassVar

from groupage.domain.events.base import AggregateKind, Event


class ClockTicked(Event, frozen=True, kw_only=True):
    """It is `at` now. Sent to every partition of every topic that has deadlines."""

    name: ClassVar[str] = "clock.ticked"
    kind: ClassVar[AggregateKind] = "clock"
    key_field: ClassVar[str] = "clock_id"
    internal: ClassVar[bool] = True

    clock_id: str = "hub"
    at: datetime

    def clock_reading(self) -> datetime:
        """Return `at`."""
        return self.at
