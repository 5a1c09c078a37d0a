"""Time as an event: the only clock that aggregates know."""

from datetime import datetime
from typing import ClassVar

from groupage.domain.events.base import AggregateKind, Event


class ClockTicked(Event, frozen=True, kw_only=True):
    """It is `at` now; the clock sends this to each partition of each topic with deadlines."""

    name: ClassVar[str] = "clock.ticked"
    kind: ClassVar[AggregateKind] = "clock"
    key_field: ClassVar[str] = "clock_id"
    internal: ClassVar[bool] = True

    clock_id: str = "hub"
    at: datetime

    def clock_reading(self) -> datetime:
        """Return `at`."""
        return self.at
