"""The alerts that a batch of events opens and closes: a projection of `alert.*` events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from groupage.domain.events.alerts import AlertCleared, AlertRaised
from groupage.domain.events.base import AggregateKind, Event
from groupage.store import writers
from groupage.store.pool import Connection
from groupage.store.writers import AlertRow


@dataclass
class AlertChanges:
    """Rows to open or close, by alert id; the last event about an alert counts."""

    opened: dict[str, AlertRow] = field(default_factory=dict)
    closed: dict[str, datetime] = field(default_factory=dict)

    def note(self, event: Event, at: datetime) -> None:
        """Note an event about an alert; ignore any other."""
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


class OpenAlert(NamedTuple):
    """An alert that is open, as the event that raised it."""

    alert_id: str
    about: str
    event: AlertRaised
    raised_at: datetime


def alert_id_of(event: Event) -> str | None:
    """Return the id of the alert that the event raises; None: it raises none."""
    return event.alert_id if isinstance(event, AlertRaised) else None


async def open_alerts(
    connection: Connection, kind: AggregateKind, keys: Sequence[str], *, lock: bool = False
) -> list[OpenAlert]:
    """Read the open alerts about those aggregates; `lock` them until the transaction ends."""
    rows = await connection.fetch(
        "select alert_id, about, about_kind, code, severity, message, due_at, raised_at from alert "  # noqa: S608 - our texts
        "where about_kind = $1 and about = any($2::text[]) and cleared_at is null"
        f"{' order by alert_id for update' if lock else ''}",
        kind,
        keys,
    )
    opened = []
    for row in rows:
        values = dict(row)
        raised_at = values.pop("raised_at")
        event = AlertRaised(**values)
        opened.append(OpenAlert(event.alert_id, event.about, event, raised_at))
    return opened


async def write(connection: Connection, changes: AlertChanges) -> None:
    """Open and close alerts."""
    if changes.opened:
        await writers.raise_alerts(connection, list(changes.opened.values()))
    if changes.closed:
        await writers.clear_alerts(connection, list(changes.closed.items()))
