"""Events of alerts: raised when a person should act, cleared when that is over."""

from datetime import datetime
from typing import ClassVar, Literal

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import Id, Text

Severity = Literal["info", "warning", "critical"]


class AlertRaised(Event, frozen=True, kw_only=True):
    """A person should look at an aggregate.

    The same `alert_id` again: the alert says something else now, or had been cleared in between.
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
    """The cause of the alert is gone."""

    name: ClassVar[str] = "alert.cleared"
    kind: ClassVar[AggregateKind] = "alert"
    key_field: ClassVar[str] = "about"
    subject_field: ClassVar[str] = "alert_id"
    internal: ClassVar[bool] = True

    alert_id: Id
    about: Id
    about_kind: Text
    code: Text
