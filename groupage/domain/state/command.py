"""State of the command router, one for each key that commands name."""

from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.state.base import State


class RoutedCommand(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A command that was handed to its owner."""

    type: str
    by: str
    at: datetime
    fact_id: str
    reason: str = ""
    event_type: str = ""
    """Name of the event that its owner was event_fields."""
    event_fields: dict[str, Any] = msgspec.field(default_factory=dict)
    """That event's fields."""


class CommandState(State, kw_only=True, omit_defaults=True):
    """Commands by id, the newest 200."""

    commands: dict[str, RoutedCommand] = msgspec.field(default_factory=dict)
