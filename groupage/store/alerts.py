"""The alerts that a batch of events opens and closes: a projection of `alert.*` events."""

from dataclasses import dataclass, field
from datetime import datetime

from groupage.domain.events.alerts import AlertCleared, AlertRaised
from groupage.domain.events.base import Event
from groupage.store import writers
from groupage.store.pool import Connection
from groupage.store.writers import AlertRow


@dataclass
class AlertChanges:
    """Rows to open or close, by alert id; the last event about an alert counts."""

    opened: dict[str, AlertRow] = field(default_factory=dict)
    closed: dict[str, datetime] = field(default_factory=dict)

    def note(self, event: Event, at: datetime) -> None:
        """Take in an event; any but the two about alerts changes nothing."""
        if isinstance(event, AlertRaised):
            self.opened[event.alert_id] = AlertRow(
                event.alert_id,
                event.about,
                event.about_kind,
                event.code,
                event.severity,
                event.message,
                event.due_at,
                at,
            )
        elif isinstance(event, AlertCleared):
            self.closed[event.alert_id] = at


async def write(connection: Connection, changes: AlertChanges) -> None:
    """Open and close alerts."""
    if changes.opened:
        await writers.raise_alerts(connection, list(changes.opened.values()))
    if changes.closed:
        await writers.clear_alerts(connection, list(changes.closed.items()))
