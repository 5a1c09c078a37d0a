"""Alerts: raised when something needs a person, cleared when it does not any more."""

from datetime import datetime
from typing import ClassVar, Literal

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import Id, Text

Severity = Literal["info", "warning", "critical"]


class AlertRaised(Event, frozen=True, kw_only=True):
    """Somebody should look.

    The same `alert_id` again: it says something else now, or had been cleared in between.
    """

    name: ClassVar[str] = "alert.raised"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "about"
    subject_field: ClassVar[str] = "alert_id"
    internal: ClassVar[bool] = True

    alert_id: Id
    about: Id
    """Id of the aggregate."""
    about_kind: Text
    code: Text
    severity: Severity
    message: Text
    due_at: datetime | None = None

    def withdrawal(self) -> "AlertCleared":
        """Return the event that clears it."""
        return AlertCleared(
            alert_id=self.alert_id,
            about=self.about,
            about_kind=self.about_kind,
            code=self.code,
        )


class AlertCleared(Event, frozen=True, kw_only=True):
    """The reason went away."""

    name: ClassVar[str] = "alert.cleared"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "about"
    subject_field: ClassVar[str] = "alert_id"
    internal: ClassVar[bool] = True

    alert_id: Id
    about: Id
    about_kind: Text
    code: Text
