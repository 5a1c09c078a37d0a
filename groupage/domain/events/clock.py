"""Time as an event: the only clock that aggregates know."""

from datetime import datetime
from typing import ClassVar

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import Id, Text


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


class ClockVoided(Event, frozen=True, kw_only=True):
    """Wrong ticks in this partition are void: its clock stands at `at` again.

    What they caused is taken back: cut-offs that they made missed, alerts, requests for plans.
    """

    name: ClassVar[str] = "clock.voided"
    kind: ClassVar[AggregateKind] = "clock"
    key_field: ClassVar[str] = "clock_id"
    internal: ClassVar[bool] = True
    resets_clock: ClassVar[bool] = True

    clock_id: str = "hub"
    at: datetime
    """The latest tick before this event that stands; 1900-01-01 if none does."""
    ticks: tuple[datetime, ...] = ()
    """The ticks that are void, all at these times before this event."""
    later_than: datetime | None = None
    """All ticks before this event that are later than this time are void, too."""
    by: Id
    reason: Text

    def clock_reading(self) -> datetime:
        """Return `at`."""
        return self.at

    def voids(self, tick_at: datetime) -> bool:
        """Tell whether a tick before this event is void."""
        return tick_at in self.ticks or (self.later_than is not None and tick_at > self.later_than)
